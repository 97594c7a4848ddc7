import assert from "node:assert/strict";
import { Timer, TimerWheel } from "../../lib/net/timers.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** A wheel on a fake clock, and a timer maker that notes the times of firing. */
function bench(start = 0) {
  const clock = new FakeClock(start);
  const wheel = new TimerWheel(clock);
  const fired: number[] = [];
  const timer = () => new Timer(wheel, () => fired.push(clock.now()));
  return { clock, wheel, fired, timer };
}

Deno.test("a timer fires once, at its time and not before", () => {
  const { clock, fired, timer } = bench();
  const one = timer();
  one.set(50);
  assert.ok(one.armed);
  assert.equal(one.deadline, 50);
  clock.advance(49);
  assert.deepEqual(fired, []);
  clock.advance(1);
  assert.deepEqual(fired, [50]);
  assert.ok(!one.armed);
  assert.equal(one.deadline, Infinity);
  clock.advance(100000);
  assert.deepEqual(fired, [50]);
});

Deno.test("short timers are exact to 1 ms, long ones to 16 ms, none is early", () => {
  for (const start of [0, 0.25, 63.5, 4095.9, 123456.7]) {
    for (const ms of [0, 0.1, 1, 2.5, 63, 64, 65, 99, 100, 1000, 4096, 60000, 262144, 3600000]) {
      const { clock, fired, timer } = bench(start);
      timer().set(ms);
      clock.advance(ms + 20);
      const limit = start + ms + (ms < 100 ? 2 : 17);
      assert.equal(fired.length, 1);
      assert.ok(fired[0] >= start + ms && fired[0] < limit, `${ms} ms at ${start}: ${fired[0]}`);
    }
  }
});

Deno.test("a timer of years does not fire in months, and fires in the end", () => {
  const { clock, fired, timer } = bench();
  const year = 365 * 86400_000;
  timer().set(2 * year);
  clock.advance(2 * year - 1);
  assert.deepEqual(fired, []);
  clock.advance(17);
  assert.equal(fired.length, 1);
});

Deno.test("timers are right when the clock has run beyond 2^31 and 2^32 ms", () => {
  for (const start of [2 ** 31 - 50, 2 ** 32 - 50, 2 ** 40 - 50]) {
    const { clock, fired, timer } = bench(start);
    for (const ms of [10, 49, 50, 51, 90, 5000]) timer().set(ms);
    clock.advance(6000);
    assert.deepEqual(fired.map((at) => Math.min(at - start, 5000)), [10, 49, 50, 51, 90, 5000]);
  }
});

Deno.test("setting again replaces the deadline, to a later and to an earlier time", () => {
  const { clock, fired, timer } = bench();
  const one = timer();
  one.set(30);
  clock.advance(20);
  one.set(30);
  clock.advance(29);
  assert.deepEqual(fired, []);
  one.set(5000);
  one.set(7);
  clock.advance(6);
  assert.deepEqual(fired, []);
  clock.advance(1);
  assert.deepEqual(fired, [56]);
  clock.advance(10000);
  assert.deepEqual(fired, [56]);
});

Deno.test("a cleared timer does not fire and can be set again", () => {
  const { clock, fired, timer } = bench();
  const one = timer();
  one.set(30);
  one.clear();
  one.clear();
  assert.ok(!one.armed);
  assert.equal(one.deadline, Infinity);
  clock.advance(100);
  assert.deepEqual(fired, []);
  one.set(30);
  clock.advance(100);
  assert.deepEqual(fired, [130]);
});

Deno.test("setAt takes a time of the clock; one that has passed fires in the next tick", () => {
  const { clock, wheel, fired, timer } = bench(1000);
  assert.equal(wheel.now(), 1000);
  timer().setAt(1050);
  timer().setAt(3);
  clock.advance(2);
  assert.equal(fired.length, 1);
  clock.advance(60);
  assert.deepEqual(fired.slice(1), [1050]);
});

Deno.test("moving a timer later neither asks the clock's timer nor fires it early", () => {
  const { clock, fired, timer } = bench();
  const one = timer();
  one.set(60000);
  const calls = clock.calls;
  for (let round = 0; round < 1000; round++) {
    clock.advance(10);
    one.set(60000);
  }
  assert.ok(clock.calls - calls < 10, `${clock.calls - calls} calls`);
  clock.advance(59999);
  assert.deepEqual(fired, []);
  clock.advance(20);
  assert.equal(fired.length, 1);
});

Deno.test("one callback of the clock is pending while a timer is armed, none otherwise", () => {
  const { clock, wheel, timer } = bench();
  assert.equal(clock.pending, 0);
  const timers = Array.from({ length: 100 }, timer);
  timers.forEach((one, index) => one.set(index * 37));
  assert.equal(clock.pending, 1);
  assert.equal(wheel.armed, 100);
  for (let round = 0; round < 50; round++) {
    clock.advance(50);
    assert.equal(clock.pending, 1);
  }
  for (const one of timers) one.clear();
  assert.equal(clock.pending, 0);
  timers[0].set(5);
  clock.advance(5);
  assert.equal(clock.pending, 0);
});

Deno.test("idle timers cost few wake-ups: 10,000 long ones share them", () => {
  const { clock, fired, timer } = bench();
  for (let index = 0; index < 10000; index++) timer().set(60000 + index / 10);
  const calls = clock.calls;
  clock.advance(59000);
  assert.ok(clock.calls - calls < 20, `${clock.calls - calls} wake-ups before the first is due`);
  clock.advance(3000);
  assert.equal(fired.length, 10000);
  assert.ok(clock.calls - calls < 120, `${clock.calls - calls} wake-ups in all`);
});

Deno.test("thousands fire in one tick, each once", () => {
  const { clock, wheel } = bench();
  const counts = new Array<number>(5000).fill(0);
  counts.forEach((_, index) => new Timer(wheel, () => counts[index]++).set(20));
  clock.advance(20);
  assert.ok(counts.every((count) => count === 1));
});

Deno.test("a callback may set its own timer again, also to fire at once, without an endless turn", () => {
  const { clock, wheel } = bench();
  let count = 0;
  const one = new Timer(wheel, () => {
    if (++count < 1000) one.set(0);
  });
  one.set(0);
  clock.advance(10);
  assert.ok(count > 0 && count <= 10, `${count} times in 10 ms`);
});

Deno.test("a callback may clear and set others that are due in the same tick", () => {
  const { clock, wheel } = bench();
  const fired: string[] = [];
  const names = ["a", "b", "c", "d"];
  const timers: Timer[] = names.map((name, index) =>
    new Timer(wheel, () => {
      fired.push(name);
      // Whoever comes first takes the three others out: one to a later time, two for good.
      timers.forEach((other, at) =>
        at !== index && (at % 4 === (index + 1) % 4 ? other.set(40) : other.clear())
      );
    })
  );
  for (const one of timers) one.set(10);
  clock.advance(10);
  assert.equal(fired.length, 1);
  assert.equal(wheel.armed, 1);
});

Deno.test("a callback that throws does not stop the others, and its error is seen", () => {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock);
  const fired: number[] = [];
  for (let index = 0; index < 5; index++) {
    new Timer(wheel, () => {
      fired.push(index);
      if (index % 2 === 0) throw new Error(`of ${index}`);
    }).set(10);
  }
  const later = new Timer(wheel, () => fired.push(99));
  later.set(30);
  assert.throws(() => clock.advance(10), /of [024]/);
  assert.equal(fired.length, 5);
  clock.advance(20);
  assert.equal(fired[5], 99);

  const errors: unknown[] = [];
  const handled = new TimerWheel(clock, (error) => errors.push(error));
  for (let index = 0; index < 3; index++) {
    new Timer(handled, () => {
      throw index;
    }).set(10);
  }
  clock.advance(10);
  assert.deepEqual(errors.sort(), [0, 1, 2]);
});

Deno.test("after a late wake-up everything that is due fires, and nothing else", () => {
  // The event loop was blocked: the clock jumps over many slots at once.
  let now = 0;
  let wake: (() => void) | undefined;
  const wheel = new TimerWheel({
    now: () => now,
    wall: () => now,
    after(_ms, fn) {
      wake = fn;
      return () => wake = undefined;
    },
  });
  const fired: number[] = [];
  const due = [1, 63, 64, 65, 4000, 4097, 9999, 10001, 70000];
  for (const ms of due) new Timer(wheel, () => fired.push(ms)).set(ms);
  now = 10000;
  // The first wake-up gives way to what came meanwhile.
  wake!();
  wake!();
  assert.deepEqual(fired.sort((a, b) => a - b), [1, 63, 64, 65, 4000, 4097, 9999]);
  now = 10001;
  wake!();
  now = 80000;
  wake!();
  wake!();
  wake?.();
  assert.deepEqual(fired.slice(7), [10001, 70000]);
});

Deno.test("a wake-up that comes too early fires nothing and waits again", () => {
  let now = 0;
  const wakes: (() => void)[] = [];
  const wheel = new TimerWheel({
    now: () => now,
    wall: () => now,
    after(_ms, fn) {
      wakes.push(fn);
      return () => {};
    },
  });
  let count = 0;
  new Timer(wheel, () => count++).set(50);
  now = 49.7;
  wakes.shift()!();
  assert.equal(count, 0);
  now = 50.1;
  wakes.shift()!();
  assert.equal(count, 1);
  assert.equal(wakes.length, 0);
});

Deno.test("stop clears all timers for good", () => {
  const { clock, wheel, fired, timer } = bench();
  const timers = [10, 1000, 100000].map((ms) => {
    const one = timer();
    one.set(ms);
    return one;
  });
  wheel.stop();
  assert.ok(timers.every((one) => !one.armed));
  assert.equal(clock.pending, 0);
  timers[0].set(10);
  assert.ok(!timers[0].armed);
  assert.equal(timers[0].deadline, Infinity);
  clock.advance(200000);
  assert.deepEqual(fired, []);
});

Deno.test("stop within a callback ends the turn", () => {
  const { clock, wheel } = bench();
  let count = 0;
  for (let index = 0; index < 4; index++) {
    new Timer(wheel, () => {
      count++;
      wheel.stop();
    }).set(10 + index);
  }
  clock.advance(100);
  assert.equal(count, 1);
  assert.equal(clock.pending, 0);
});

Deno.test("a wake-up that comes late gives way to what arrived meanwhile, once", () => {
  let now = 0;
  const waiting: (() => void)[] = [];
  const wheel = new TimerWheel({
    now: () => now,
    wall: () => now,
    after: (_ms, fn) => {
      waiting.push(fn);
      return () => waiting.splice(waiting.indexOf(fn), 1);
    },
  });
  const fired: string[] = [];
  const answered = new Timer(wheel, () => fired.push("answered"));
  const silent = new Timer(wheel, () => fired.push("silent"));
  answered.set(5000);
  silent.set(5000);
  // The thread had nine seconds of work.
  now = 9000;
  waiting.shift()!();
  assert.deepEqual(fired, []);
  // One of the answers was there all the time.
  answered.clear();
  now = 12_000;
  waiting.shift()!();
  assert.deepEqual(fired, ["silent"]);
});
