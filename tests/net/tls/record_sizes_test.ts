import assert from "node:assert/strict";
import { ManualClock } from "../../../lib/net/manual_clock.ts";
import { recordSizes } from "../../../lib/net/tls/record_sizes.ts";

Deno.test("records are short at the beginning and after a pause of a second, else long", () => {
  const clock = new ManualClock();
  const size = recordSizes({ maxRecord: 4096 }, clock)!;
  const run = () => Array.from({ length: 14 }, size);
  const begun = [...new Array(12).fill(4096), 16384, 16384];
  assert.deepEqual(run(), begun);
  clock.advance(900);
  assert.equal(size(), 16384);
  clock.advance(1001);
  assert.deepEqual(run(), begun);
});

Deno.test("the hard limit holds always, also for the short ones", () => {
  const clock = new ManualClock();
  assert.equal(recordSizes({ hardMaxRecord: 0, maxRecord: 0 }, clock), undefined);
  assert.equal(recordSizes({ hardMaxRecord: 2000 }, clock)!(), 2000);
  assert.equal(recordSizes({ hardMaxRecord: 2000, maxRecord: 4000 }, clock)!(), 2000);
});
