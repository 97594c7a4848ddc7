import assert from "node:assert/strict";
import { defaultThreads } from "../../lib/cli/default_threads.ts";
import { Diagnostics } from "../../lib/config/diagnostic.ts";

const GIB = 2 ** 30;

function count(cpus: number, memory: number, env: Record<string, string> = {}) {
  const diagnostics = new Diagnostics();
  const threads = defaultThreads(env, diagnostics, { cpus, memory });
  return { threads, messages: diagnostics.list.map(({ message }) => message) };
}

Deno.test("there is a thread for each CPU", () => {
  assert.equal(count(1, 8 * GIB).threads, 1);
  assert.equal(count(2, 8 * GIB).threads, 2);
  assert.equal(count(16, 8 * GIB).threads, 16);
});

Deno.test("threads that nobody asked for take a quarter of the memory at most", () => {
  assert.equal(count(8, GIB / 2).threads, 2);
  assert.equal(count(8, GIB / 16).threads, 1);
});

Deno.test("there are 64 threads at most, as in HAProxy", () => {
  assert.equal(count(128, 1024 * GIB).threads, 64);
});

Deno.test("SLUICE_THREADS goes before what the machine has", () => {
  assert.equal(count(2, GIB / 16, { SLUICE_THREADS: "5" }).threads, 5);
  assert.equal(count(2, 8 * GIB, { SLUICE_THREADS: "" }).threads, 2);
});

Deno.test("SLUICE_THREADS that is no number of threads is an alert", () => {
  for (const value of ["0", "65", "two", "-1", "1.5"]) {
    assert.deepEqual(count(2, 8 * GIB, { SLUICE_THREADS: value }).messages, [
      `SLUICE_THREADS: a number from 1 to 64 is needed, not '${value}'`,
    ]);
  }
});
