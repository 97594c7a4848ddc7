import assert from "node:assert/strict";
import type { RunningCheck } from "../../lib/health/check.ts";
import { CheckGate } from "../../lib/health/check_gate.ts";
import { TimerWheel } from "../../lib/net/timers.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** Checks that end when the test says so. */
function setUp() {
  const clock = new FakeClock();
  const gate = new CheckGate(new TimerWheel(clock));
  const begun: number[] = [];
  const ends = new Map<number, () => void>();
  const enter = (n: number) =>
    gate.enter((): RunningCheck => {
      begun.push(n);
      const promise = new Promise<undefined>((resolve) => ends.set(n, () => resolve(undefined)));
      return { promise, cancel: () => undefined };
    });
  const end = async (n: number) => {
    ends.get(n)!();
    for (let i = 0; i < 4; i++) await undefined;
  };
  return { clock, gate, begun, enter, end };
}

const count = (n: number, from = 0) => Array.from({ length: n }, (_, i) => from + i);

Deno.test("checks that become due together begin a few at a time, in their order", async () => {
  const { begun, enter, end } = setUp();
  for (const n of count(100)) enter(n);
  assert.deepEqual(begun, count(8));
  await end(7);
  assert.deepEqual(begun, count(9));
  for (const n of [0, 1, 2]) await end(n);
  assert.deepEqual(begun, count(12));
});

Deno.test("checks that do not end hold others up for 5 ms and no longer", async () => {
  const { clock, begun, enter, end } = setUp();
  for (const n of count(20)) enter(n);
  await clock.advanceAsync(4);
  assert.equal(begun.length, 8);
  await clock.advanceAsync(2);
  assert.equal(begun.length, 16);
  // Those that are old already make no more room when they end.
  for (const n of count(8)) await end(n);
  assert.equal(begun.length, 16);
  await clock.advanceAsync(6);
  assert.deepEqual(begun, count(20));
});

Deno.test("one that comes when others wait does not overtake them", async () => {
  const { begun, enter, end } = setUp();
  for (const n of count(9)) enter(n);
  await end(0);
  enter(9);
  await end(1);
  assert.deepEqual(begun, count(10));
});

Deno.test("what begins nothing after all takes no room", () => {
  const { gate, begun, enter } = setUp();
  let asked = 0;
  for (let i = 0; i < 100; i++) {
    gate.enter(() => {
      asked++;
      return undefined;
    });
  }
  assert.equal(asked, 100);
  enter(1);
  assert.deepEqual(begun, [1]);
});
