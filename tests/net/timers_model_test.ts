import assert from "node:assert/strict";
import fc from "fast-check";
import { Timer, TimerWheel } from "../../lib/net/timers.ts";
import { FakeClock } from "../support/fake_clock.ts";

const TIMERS = 12;

/** What one timer does when it fires, beside being noted. */
type Effect =
  | { readonly type: "none" }
  | { readonly type: "throw" }
  | { readonly type: "clear"; readonly which: number }
  | { readonly type: "set"; readonly which: number; readonly ms: number };

type Step =
  | { readonly type: "set"; readonly which: number; readonly ms: number }
  | { readonly type: "setAt"; readonly which: number; readonly offset: number }
  | { readonly type: "clear"; readonly which: number }
  | { readonly type: "advance"; readonly ms: number };

const which = fc.nat({ max: TIMERS - 1 });
const delay = fc.oneof(
  fc.nat({ max: 5 }),
  fc.nat({ max: 130 }),
  fc.double({ min: 0, max: 300, noNaN: true }),
  fc.nat({ max: 10000 }),
  fc.nat({ max: 600000 }),
  fc.constantFrom(63, 64, 65, 4095, 4096, 4097, 262143, 262144, 262145, 20_000_000),
);
const effect: fc.Arbitrary<Effect> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ type: "none" } as const) },
  { weight: 1, arbitrary: fc.constant({ type: "throw" } as const) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("clear" as const), which }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("set" as const), which, ms: delay }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant("set" as const), which, ms: delay }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("setAt" as const),
      which,
      offset: fc.integer({ min: -100, max: 5000 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("clear" as const), which }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("advance" as const), ms: delay }) },
);

/** A deadline and how far from it the timer was last touched: that decides how exact it must be. */
interface Expected {
  readonly deadline: number;
  readonly ms: number;
}

/** Runs the steps on the wheel beside a plain list of deadlines. */
function run(start: number, effects: readonly Effect[], steps: readonly Step[]): void {
  const clock = new FakeClock(start);
  const wheel = new TimerWheel(clock, (error) => assert.equal(error, "thrown by a timer"));
  const model: (Expected | undefined)[] = new Array(TIMERS).fill(undefined);
  // Effects that set timers could go on for ever within one step.
  let budget = 200;

  const set = (index: number, ms: number) => {
    model[index] = { deadline: clock.now() + ms, ms };
    timers[index].set(ms);
  };
  const clear = (index: number) => {
    model[index] = undefined;
    timers[index].clear();
  };
  const fire = (index: number) => {
    const expected = model[index];
    assert.ok(expected !== undefined, "a timer fired that is not armed");
    assert.ok(clock.now() >= expected.deadline, "a timer fired early");
    model[index] = undefined;
    const effect = effects[index];
    if (effect.type === "clear") clear(effect.which);
    if (effect.type === "set" && budget-- > 0) set(effect.which, effect.ms);
    if (effect.type === "throw") throw "thrown by a timer";
  };
  const timers = effects.map((_, index) => new Timer(wheel, () => fire(index)));

  for (const step of steps) {
    if (step.type === "set") set(step.which, step.ms);
    else if (step.type === "clear") clear(step.which);
    else if (step.type === "setAt") {
      const deadline = clock.now() + step.offset;
      model[step.which] = { deadline, ms: step.offset };
      timers[step.which].setAt(deadline);
    } else {
      budget = 200;
      clock.advance(step.ms);
    }
    const now = clock.now();
    let armed = 0;
    model.forEach((expected, index) => {
      const timer = timers[index];
      assert.equal(timer.armed, expected !== undefined);
      assert.equal(timer.deadline, expected?.deadline ?? Infinity);
      if (expected === undefined) return;
      armed++;
      // A deadline in the past counts from the moment when it was set: that is one tick away.
      const due = Math.max(expected.deadline, expected.deadline - expected.ms);
      const slack = expected.ms < 100 ? 2 : 17;
      assert.ok(now < due + slack, `due at ${due}, not fired at ${now}`);
    });
    assert.equal(wheel.armed, armed);
    assert.equal(clock.pending, armed > 0 ? 1 : 0);
  }
  wheel.stop();
  assert.equal(clock.pending, 0);
}

Deno.test("any sequence of set, clear and time fires what a plain list of deadlines would", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.constantFrom(0, 0.5, 2 ** 31 - 3000),
        fc.double({ min: 0, max: 1e7, noNaN: true }),
      ),
      fc.array(effect, { minLength: TIMERS, maxLength: TIMERS }),
      fc.array(step, { maxLength: 60, size: "max" }),
      run,
    ),
    { seed: 20240101, numRuns: 1500 },
  );
});

Deno.test("the same holds when timers are only ever moved to later times (the lazy way)", () => {
  const later = fc.array(
    fc.oneof(
      fc.record({
        type: fc.constant("set" as const),
        which,
        ms: fc.integer({ min: 200, max: 400 }),
      }),
      fc.record({ type: fc.constant("advance" as const), ms: fc.nat({ max: 60 }) }),
    ),
    { maxLength: 200, size: "max" },
  );
  const quiet: Effect[] = Array.from({ length: TIMERS }, () => ({ type: "none" }));
  fc.assert(fc.property(later, (steps) => run(0, quiet, steps)), { seed: 7, numRuns: 300 });
});
