/** What `sluice check` warns of, for every configuration of `golden`; UPDATE_GOLDEN=1 writes it anew. */
import assert from "node:assert/strict";
import { main } from "../../lib/cli/main.ts";
import { SluiceProcess } from "../../lib/runtime/process.ts";
import { compilePolicies } from "../../routes/policies.ts";
import { assertGolden } from "../support/golden.ts";

const directory = new URL("golden/", import.meta.url);
const names = [...Deno.readDirSync(directory)]
  .map((entry) => entry.name)
  .filter((name) => /\.(cfg|yaml)$/.test(name))
  .sort();

async function check(path: string): Promise<{ code: number; text: string }> {
  let text = "";
  const code = await main(["check", path], {
    env: {},
    output: { out: (more) => text += more, err: (more) => text += more, render: {} },
    compilePolicies,
    createProcess: ({ observer, ...settings }) =>
      new SluiceProcess({
        ...settings,
        compilePolicies: (built, process, diagnostics) =>
          compilePolicies(built, process, diagnostics, observer),
      }),
  });
  return { code, text };
}

for (const name of names) {
  Deno.test(`what is warned of in ${name} is as it was`, async () => {
    const { code, text } = await check(new URL(name, directory).pathname);
    assert.equal(code, 0, text);
    const said = text.replaceAll(directory.pathname, "");
    await assertGolden(import.meta.url, `golden/${name}.expected`, said);
  });
}

Deno.test("nothing is said of what only looks like a mistake", async () => {
  const { text } = await check(new URL("silent.cfg", directory).pathname);
  assert.equal(text, "Configuration file is valid\n");
});

Deno.test("the configurations of the explanations, which are right, are not warned of", async () => {
  const others = new URL("../explain/golden/", import.meta.url);
  for (const { name } of Deno.readDirSync(others)) {
    if (!name.endsWith(".cfg")) continue;
    const { text } = await check(new URL(name, others).pathname);
    assert.equal(text, "Configuration file is valid\n", name);
  }
});
