import assert from "node:assert/strict";
import { roundClock } from "../../lib/net/round_clock.ts";
import { FakeClock } from "../support/fake_clock.ts";

Deno.test("within a round time stands still, outside of one it is the machine's", async () => {
  const below = new FakeClock();
  const clock = roundClock(below);
  const [now, wall] = [below.now(), below.wall()];
  assert.equal(clock.now(), now);
  clock.begin(clock.now());
  await below.advance(5);
  assert.equal(clock.now(), now);
  assert.equal(clock.wall(), wall + 5);
  await below.advance(5);
  assert.equal(clock.wall(), wall + 5);
  clock.end();
  assert.equal(clock.now(), now + 10);
  assert.equal(clock.wall(), wall + 10);
  clock.begin(clock.now());
  assert.equal(clock.wall(), wall + 10);
});
