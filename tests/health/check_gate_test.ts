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
  assert.deepEqual(begun, count(24));
  await end(7);
  assert.deepEqual(begun, count(25));
  for (const n of [0, 1, 2]) await end(n);
  assert.deepEqual(begun, count(28));
});

Deno.test("checks that do not end hold others up for 20 ms and no longer", async () => {
  const { clock, begun, enter, end } = setUp();
  for (const n of count(60)) enter(n);
  await clock.advanceAsync(19);
  assert.equal(begun.length, 24);
  await clock.advanceAsync(3);
  assert.equal(begun.length, 48);
  // Those that are old already make no more room when they end.
  for (const n of count(24)) await end(n);
  assert.equal(begun.length, 48);
  await clock.advanceAsync(22);
  assert.deepEqual(begun, count(60));
});

Deno.test("one that comes when others wait does not overtake them", async () => {
  const { begun, enter, end } = setUp();
  for (const n of count(25)) enter(n);
  await end(0);
  enter(25);
  await end(1);
  assert.deepEqual(begun, count(26));
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
