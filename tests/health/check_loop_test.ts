import assert from "node:assert/strict";
import { CheckLoop } from "../../lib/health/check_loop.ts";
import { checkResult } from "../../lib/health/result.ts";
import { TimerWheel } from "../../lib/net/timers.ts";
import { FakeClock } from "../support/fake_clock.ts";

Deno.test("a check that began late is followed by the next one sooner, so that many come apart again", async () => {
  for (const [late, pause] of [[0, 1000], [300, 700], [900, 500]]) {
    const clock = new FakeClock();
    const begun: number[] = [];
    const loop = new CheckLoop({
      wheel: new TimerWheel(clock),
      memory: { last: undefined, nextAt: undefined },
      // The second one has to wait.
      gate: {
        enter: (begin) => clock.after(begun.length === 1 ? late : 0, () => void begin()),
      },
      spread: 0,
      random: () => 0.5,
      interval: () => 1000,
      begin: () => {
        begun.push(clock.now());
        return { promise: Promise.resolve(checkResult("L4OK", 0)), cancel: () => undefined };
      },
      done: () => undefined,
    });
    loop.start(1);
    for (let ms = 0; ms < 3500; ms += 2) await clock.advanceAsync(2);
    const [first, second, third] = begun;
    assert.ok(Math.abs(second - first - 1000 - late) <= 20, `${begun}`);
    assert.ok(Math.abs(third - second - pause) <= 20, `${late} ms late: ${begun}`);
    loop.stop();
  }
});

Deno.test("a loop that is stopped while its check waits begins none", async () => {
  const clock = new FakeClock();
  let begun = 0;
  const loop = new CheckLoop({
    wheel: new TimerWheel(clock),
    memory: { last: undefined, nextAt: undefined },
    gate: { enter: (begin) => clock.after(100, () => void begin()) },
    spread: 0,
    random: () => 0.5,
    interval: () => 1000,
    begin: () => {
      begun++;
      return undefined;
    },
    done: () => undefined,
  });
  loop.start(1);
  await clock.advanceAsync(50);
  loop.stop();
  await clock.advanceAsync(5000);
  assert.equal(begun, 0);
});
