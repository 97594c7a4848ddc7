import assert from "node:assert/strict";
import { signalAll, writePidfile } from "../../lib/runtime/pidfile.ts";
import { SIGNALS } from "../../lib/runtime/signals.ts";
import { run } from "../support/process.ts";
import { scopedTest } from "../support/scope.ts";
import { rootDirectory } from "../support/under_test.ts";

scopedTest(
  "errors that nothing caught are reported, a few a second, and everything goes on",
  {},
  async (scope) => {
    const script = scope.write(
      "child.ts",
      `import { surviveUncaught } from "${rootDirectory}lib/runtime/uncaught.ts";
let time = 0;
const said: string[] = [];
surviveUncaught((text) => said.push(text.split("\\n")[0]), () => time);
const heard = async (count: number) => {
  while (said.length < count) await new Promise((r) => setTimeout(r, 1));
};
Promise.reject(new Error("rejected"));
await heard(1);
setTimeout(() => { throw new Error("thrown"); });
await heard(2);
setTimeout(() => { throw "a text"; });
await heard(3);
setTimeout(() => { throw { toString() { throw 1; } }; });
await heard(4);
const first = said.splice(0);
for (let i = 0; i < 100; i++) Promise.reject(i);
await heard(6);
await new Promise((r) => setTimeout(r, 20));
time = 1500;
Promise.reject("later");
await heard(8);
console.log(JSON.stringify({ first, more: said.length, end: said.slice(-2) }));`,
    );
    const { code, stdout } = await run([Deno.execPath(), "run", "-q", "-A", "--no-check", script]);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), {
      first: [
        "internal error (unhandled rejection): Error: rejected",
        "internal error (uncaught): Error: thrown",
        "internal error (uncaught): a text",
        "internal error (uncaught): an error that cannot be shown",
      ],
      more: 6 + 2,
      end: [
        "94 more internal errors were not shown",
        "internal error (unhandled rejection): later",
      ],
    });
  },
);

scopedTest("the pid file holds the number and a line feed, whatever was in it", {}, (scope) => {
  const path = scope.write("pid", "12345678 something longer\n");
  assert.equal(writePidfile(path, 42), undefined);
  assert.equal(Deno.readTextFileSync(path), "42\n");
  assert.match(
    writePidfile(scope.path("no/dir/pid"), 1)!,
    /cannot write the pidfile '.*no\/dir\/pid'/,
  );
  return Promise.resolve();
});

scopedTest("processes to signal that are gone are left out", {}, async () => {
  const gone = await new Deno.Command("true").spawn();
  await gone.status;
  const child = new Deno.Command("sleep", { args: ["20"] }).spawn();
  assert.equal(signalAll([gone.pid, child.pid], "SIGTERM"), 1);
  assert.equal((await child.status).signal, "SIGTERM");
});

Deno.test("every signal has one row", () => {
  assert.equal(new Set(SIGNALS.map(({ signal }) => signal)).size, SIGNALS.length);
});
