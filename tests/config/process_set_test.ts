import assert from "node:assert/strict";
import { cpusFor, parseCpuMap, parseProcessSet } from "../../lib/config/process_set.ts";
import type { CpuMapEntry } from "../../lib/config/model_processes.ts";

Deno.test("sets of processes are numbers, ranges, open ranges and words", () => {
  assert.deepEqual(parseProcessSet("3"), [3]);
  assert.deepEqual(parseProcessSet("2-4"), [2, 3, 4]);
  assert.deepEqual(parseProcessSet("4-2"), [2, 3, 4]);
  assert.deepEqual(parseProcessSet("62-"), [62, 63, 64]);
  assert.equal(parseProcessSet("all")?.length, 64);
  assert.deepEqual(parseProcessSet("odd")?.slice(0, 3), [1, 3, 5]);
  assert.deepEqual(parseProcessSet("even")?.slice(0, 3), [2, 4, 6]);
  for (const wrong of ["", "0", "65", "a", "1-65", "-3", "1-2-3"]) {
    assert.equal(parseProcessSet(wrong), undefined, wrong);
  }
});

function map(text: string): readonly CpuMapEntry[] {
  return text.split("\n").flatMap((line) => {
    const entries = parseCpuMap(line.trim().split(/\s+/));
    assert.ok(!("refusal" in entries), line);
    return entries;
  });
}

Deno.test("the manual's examples of cpu-map give each thread its CPU", () => {
  for (const line of ["auto:1/1-4 0-3", "auto:1/1-4 0-1 2-3", "auto:1/1-4 3 2 1 0"]) {
    const entries = map(line);
    assert.deepEqual([1, 2, 3, 4].map((thread) => cpusFor(entries, 1, thread)), [[0], [1], [2], [
      3,
    ]]);
  }
  assert.deepEqual(cpusFor(map("1/all 0-3"), 1, 7), [0, 1, 2, 3]);
  assert.deepEqual(cpusFor(map("1/1- 0-63"), 1, 64)?.length, 64);
  assert.deepEqual(cpusFor(map("auto:1/even 0-31"), 1, 4), [1]);
  for (
    const line of ["auto:1/1-4 0", "auto:1/1 0-3", "auto:1-2/1-2 0-3", "x 1", "1 x", "1/2/3 0"]
  ) {
    assert.ok("refusal" in parseCpuMap(line.split(" ")), line);
  }
});

Deno.test("a thread runs where its process and it may both run; the last line counts", () => {
  const entries = map("1 0-3\n1/2 2-5\n1/3 8\n2 1\n2 0");
  assert.deepEqual(cpusFor(entries, 1, 1), [0, 1, 2, 3]);
  assert.deepEqual(cpusFor(entries, 1, 2), [2, 3]);
  assert.equal(cpusFor(entries, 1, 3), undefined);
  assert.deepEqual(cpusFor(entries, 2, 1), [0]);
  assert.equal(cpusFor(entries, 3, 1), undefined);
});
