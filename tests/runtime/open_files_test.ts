import assert from "node:assert/strict";
import { checkMaxconn, openFiles } from "../../lib/runtime/open_files.ts";
import { run } from "../support/process.ts";
import { scopedTest } from "../support/scope.ts";
import { rootDirectory } from "../support/under_test.ts";

Deno.test("a maxconn that fits says nothing, one that does not says what fits", () => {
  assert.equal(checkMaxconn(undefined, 1000), undefined);
  assert.equal(checkMaxconn(1000, undefined), undefined);
  assert.equal(checkMaxconn(450, 1000), undefined);
  assert.match(checkMaxconn(451, 1000)!, /'maxconn 451' may need 1002 open files.* to 450$/);
});

Deno.test("the limits are known here", () => {
  const limits = openFiles();
  assert.ok(limits !== undefined && limits.soft > 0 && limits.soft <= limits.hard);
});

async function raised(wanted: number | undefined) {
  const code =
    `import { openFiles, raiseOpenFiles } from "${rootDirectory}lib/runtime/open_files.ts";
console.log(JSON.stringify([raiseOpenFiles(${wanted}), openFiles()]));`;
  const { stdout } = await run([
    "bash",
    "-c",
    `ulimit -Sn 1500; ulimit -Hn 4000; exec "$0" run -q --no-check "$@" <(cat <<'END'\n${code}\nEND\n)`,
    Deno.execPath(),
    "-A",
  ]);
  return JSON.parse(stdout);
}

scopedTest(
  "ulimit-n sets the limit, and nothing asked raises it as far as allowed",
  {},
  async () => {
    assert.deepEqual(await raised(3000), [{ limit: 3000 }, { soft: 3000, hard: 4000 }]);
    assert.deepEqual(await raised(undefined), [{ limit: 4000 }, { soft: 4000, hard: 4000 }]);
  },
);

scopedTest("beyond the hard limit goes only who may, and who may not is told", {}, async () => {
  const status = Deno.readTextFileSync("/proc/self/status");
  const capabilities = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  const mayRaise = (capabilities >> CAP_SYS_RESOURCE & 1n) === 1n;
  const [result, limits] = await raised(5000);
  if (mayRaise) {
    assert.deepEqual([result, limits], [{ limit: 5000 }, { soft: 5000, hard: 5000 }]);
  } else {
    assert.equal(result.limit, 4000);
    assert.match(result.warning, /'ulimit-n 5000' is beyond the hard limit 4000/);
    assert.deepEqual(limits, { soft: 4000, hard: 4000 });
  }
});

const CAP_SYS_RESOURCE = 24n;
