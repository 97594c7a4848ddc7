/**
 * The sessions of docs/explain.md are what the program prints: every `console` block is a command, and its output
 * stands behind it. UPDATE_GOLDEN=1 writes them anew.
 */
import assert from "node:assert/strict";
import { main } from "../../lib/cli/main.ts";
import { SluiceProcess } from "../../lib/runtime/process.ts";
import { compilePolicies } from "../../routes/policies.ts";
import { scopedTest } from "../support/scope.ts";

const path = new URL("../../docs/explain.md", import.meta.url);
const page = Deno.readTextFileSync(path);

function block(info: string): string {
  const found = new RegExp(`^\`\`\`${info}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(page);
  assert.ok(found !== null, info);
  return found[1];
}

scopedTest("the sessions of docs/explain.md are what the program prints", {}, async (scope) => {
  scope.write("haproxy.cfg", block("haproxy complete"));
  const tests = block("yaml tests");
  scope.write("tests.yaml", tests);
  scope.write("wrong.yaml", tests.replace("server: web2", "server: web1"));
  let now = page;
  let commands = 0;
  for (const [whole, command] of page.matchAll(/^```console\n\$ sluice (.*)\n[\s\S]*?^```$/gm)) {
    commands++;
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) =>
      quoted ?? (/\.(cfg|yaml)$/.test(plain) ? scope.path(plain) : plain)
    );
    let out = "";
    await main(words, {
      env: {},
      output: { out: (text) => out += text, err: (text) => out += text, render: {} },
      compilePolicies,
      createProcess: (settings) => new SluiceProcess({ ...settings, compilePolicies }),
    });
    const shown = `\`\`\`console\n$ sluice ${command}\n${
      out.replaceAll(`${scope.dir}/`, "")
    }\`\`\``;
    now = now.replace(whole, () => shown);
  }
  assert.ok(commands >= 4);
  if (Deno.env.get("UPDATE_GOLDEN") === "1") Deno.writeTextFileSync(path, now);
  else assert.equal(now, page);
});

Deno.test("the tests in docs/explain.md are valid", async () => {
  const { readTests } = await import("../../lib/config/tests/read.ts");
  const { Diagnostics } = await import("../../lib/config/diagnostic.ts");
  for (const [, text] of page.matchAll(/^```yaml(?: tests)?\n([\s\S]*?)^```$/gm)) {
    const diagnostics = new Diagnostics();
    assert.ok(readTests(text, "tests.yaml", diagnostics, true) !== undefined);
    assert.deepEqual(diagnostics.list, []);
  }
});
