import assert from "node:assert/strict";
import { readCounts } from "../../scripts/test/groups.ts";
import { isRoot } from "../support/needs.ts";
import { mustRun, run } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { rootDirectory } from "../support/under_test.ts";

/** Builds the one file as `deno task compile` does, with the compressor in a hurry. */
async function build(scope: Scope): Promise<string> {
  const output = scope.path("sluice");
  const said = await mustRun([
    Deno.execPath(),
    "run",
    "-A",
    `${rootDirectory}scripts/compile.ts`,
    "--form",
    "self",
    "--fast",
    "--output",
    output,
  ], { limit: 120_000, cwd: scope.dir });
  assert.match(said, /first start [\d.]+ s, later starts [\d.]+ s/);
  return output;
}

/** What an empty environment makes root unpack is taken away again. */
function cleanCache(scope: Scope): void {
  const cache = "/var/cache/sluice";
  const list = () => {
    try {
      return [...Deno.readDirSync(cache)].map((entry) => entry.name);
    } catch {
      return undefined;
    }
  };
  const before = list();
  scope.defer("the cache", () => {
    if (!isRoot) return;
    if (before === undefined) Deno.removeSync(cache, { recursive: true });
    else {
      for (const name of list() ?? []) {
        if (!before.includes(name)) Deno.removeSync(`${cache}/${name}`, { recursive: true });
      }
    }
  });
}

scopedTest(
  "the one file passes the first acceptance rows in an empty environment and an empty directory",
  { limit: 300_000 },
  async (scope) => {
    const file = await build(scope);
    cleanCache(scope);
    Deno.mkdirSync(scope.path("empty"));
    const alone = { clearEnv: true, cwd: scope.path("empty") };

    const version = await run([file, "-v"], alone);
    assert.equal(version.code, 0, version.stderr);
    assert.match(version.stdout, /^sluice \d/);
    const begin = performance.now();
    await run([file, "-v"], alone);
    assert.ok(performance.now() - begin < 3000, "a later start is fast");
    assert.deepEqual([...Deno.readDirSync(scope.path("empty"))], [], "it leaves nothing behind");

    const tests = await run([
      Deno.execPath(),
      "test",
      "-A",
      "--no-check",
      ...["a01_frontend_backend", "a02_listen", "a03_log", "a35_typing_mistakes"]
        .map((name) => `tests/acceptance/${name}_test.ts`),
      "tests/acceptance/a36_global_and_defaults_test.ts",
    ], { cwd: rootDirectory, env: { SLUICE_UNDER_TEST: file, NO_COLOR: "1" }, limit: 240_000 });
    const counts = readCounts(tests.stdout);
    assert.equal(counts?.failed, 0, tests.stdout + tests.stderr);
    assert.equal(tests.code, 0, tests.stdout + tests.stderr);
    assert.ok(
      counts !== undefined && counts.passed + counts.skipped >= 24 && counts.passed > 0,
      tests.stdout,
    );
    console.log(`${counts.passed} acceptance tests passed with the one file`);
  },
);
