import assert from "node:assert/strict";
import { dirname, normalize } from "node:path";
import { closingLine, GROUPS, readCounts } from "../../scripts/test/groups.ts";
import { missingPackages } from "../../scripts/test/packages.ts";

Deno.test("the counts are read from the runner's last summary line", () => {
  const output = "a ... ok (1ms)\nok | 1 passed | 0 failed (1ms)\nb\n" +
    "\x1b[31mFAILED\x1b[0m | 17 passed (3 steps) | 2 failed (1 step) | 4 ignored \x1b[38;5;245m(23s)\x1b[0m\n\nerror: Test failed\n";
  assert.deepEqual(readCounts(output), { passed: 17, failed: 2, skipped: 4 });
});

Deno.test("a summary without ignored tests has none skipped", () => {
  assert.deepEqual(readCounts("ok | 5 passed | 0 failed (1s)\n"), {
    passed: 5,
    failed: 0,
    skipped: 0,
  });
});

Deno.test("a run that never came to a summary has no counts", () => {
  assert.equal(readCounts("error: Module not found\n"), undefined);
});

Deno.test("the closing line names skipped tests only when there are some", () => {
  assert.equal(closingLine({ passed: 3, failed: 0, skipped: 0 }), "3 passed, 0 failed");
  assert.equal(closingLine({ passed: 3, failed: 1, skipped: 2 }), "3 passed, 1 failed, 2 skipped");
});

Deno.test("every directory of tests belongs to exactly one group", () => {
  const whole = GROUPS.filter((group) => group.paths.includes("tests"));
  assert.equal(whole.length, 1);
  const others = GROUPS.filter((group) => group !== whole[0]).flatMap((group) => group.paths);
  assert.deepEqual([...whole[0].ignore ?? []].toSorted(), others.toSorted());
});

Deno.test("no test of a group that runs beside the installation starts a program", () => {
  const files = GROUPS.filter((group) => group.alone === true)
    .flatMap((group) => group.paths).flatMap((path) => [...testFiles(path)]);
  assert.ok(files.length > 100);
  const starting = files.map((file) => [file, startsProgram(file, new Set())]);
  assert.deepEqual(starting.filter(([, by]) => by !== undefined), []);
});

function* testFiles(directory: string): Generator<string> {
  for (const entry of Deno.readDirSync(directory)) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) yield* testFiles(path);
    else if (path.endsWith("_test.ts")) yield path;
  }
}

/** The module that starts a program or asks for one, `file` itself or one of the tests' that it imports. */
function startsProgram(file: string, seen: Set<string>): string | undefined {
  if (seen.has(file)) return undefined;
  seen.add(file);
  const text = Deno.readTextFileSync(file);
  if (/Deno\.Command|child_process|findProgram/.test(text)) return file;
  for (const [, to] of text.matchAll(/^(?:import|export)(?! type)[^;"]*"(\.[^"]+)"/gm)) {
    const path = normalize(`${dirname(file)}/${to}`);
    if (!path.startsWith("tests/") && !path.startsWith("scripts/")) continue;
    const by = startsProgram(path, seen);
    if (by !== undefined) return by;
  }
  return undefined;
}

Deno.test("a package counts as missing when one of its programs is", () => {
  const rows = [
    { name: "present", programs: ["sh"] },
    { name: "absent", programs: ["sh", "no-such-program-here"] },
  ];
  assert.deepEqual(missingPackages(rows).map((row) => row.name), ["absent"]);
});
