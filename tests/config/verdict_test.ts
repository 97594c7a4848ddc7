import assert from "node:assert/strict";
import { findProgram } from "../support/needs.ts";
import { build } from "./support.ts";
import { DIFFERENCES, VERDICT_CASES } from "./verdict_cases.ts";

const directory = new URL("golden/mistakes/", import.meta.url);
const haproxy = findProgram("haproxy");

/** `haproxy -c`: 0 is valid, 2 is valid without a listener. */
async function haproxyVerdict(path: string): Promise<"refused" | "accepted"> {
  const { code } = await new Deno.Command(haproxy!, {
    args: ["-c", "-f", path],
    stdout: "null",
    stderr: "null",
  }).output();
  assert.ok(code <= 2, `haproxy -c -f ${path} exits with ${code}`);
  return code === 1 ? "refused" : "accepted";
}

Deno.test({
  name: "sluice refuses what HAProxy refuses, but for the listed differences",
  ignore: haproxy === undefined,
  async fn() {
    const cases = new Map(Object.entries(VERDICT_CASES));
    for (const { name } of Deno.readDirSync(directory)) {
      if (name.endsWith(".cfg")) cases.set(name, Deno.readTextFileSync(new URL(name, directory)));
    }
    const dir = await Deno.makeTempDir({ prefix: "sluice-verdict-" });
    try {
      const found: Record<string, string> = {};
      const file = `${dir}/haproxy.cfg`;
      for (const [name, text] of cases) {
        await Deno.writeTextFile(file, text);
        const theirs = await haproxyVerdict(file);
        const files = { "/dev/null": "" };
        const ours = build(text, { files }).config === undefined ? "refused" : "accepted";
        if (ours !== theirs) found[name] = ours;
      }
      const listed = Object.fromEntries(
        Object.entries(DIFFERENCES).map(([name, [ours]]) => [name, ours]),
      );
      assert.deepEqual(found, listed);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
