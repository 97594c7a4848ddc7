import assert from "node:assert/strict";
import { bytes, count, duration } from "../../../routes/stats/units.ts";
import { pathOf } from "../../../routes/stats/sparkline.ts";

Deno.test("numbers, sizes and times are short and exact where they are small", () => {
  assert.deepEqual([0, 999, 9983, 1_250_000, 3e9].map(count), [
    "0",
    "999",
    "9,983",
    "1.3 M",
    "3.0 G",
  ]);
  assert.deepEqual([0, 999, 1500, 123_456_789].map(bytes), ["0 B", "999 B", "1.5 kB", "123 MB"]);
  assert.deepEqual([0, 59, 60, 3661, 90_000].map(duration), ["0s", "59s", "1m", "1h1m", "1d1h"]);
});

Deno.test("a line has a point for each value, the newest at the right edge", () => {
  assert.equal(pathOf([], 1, 60), "");
  assert.match(pathOf([0, 5], 5, 2), /^M0\.0 23\.0L100\.0 1\.0$/);
});
