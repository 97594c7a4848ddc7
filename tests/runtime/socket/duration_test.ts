import assert from "node:assert/strict";
import { parseTime } from "../../../lib/runtime/socket/duration.ts";

Deno.test("times have a unit, or the one that is meant", () => {
  assert.equal(parseTime("10", "s"), 10_000);
  assert.equal(parseTime("10", "ms"), 10);
  assert.deepEqual(
    ["1us", "20ms", "3s", "2m", "1h", "1d"].map((text) => parseTime(text, "s")),
    [1, 20, 3000, 120_000, 3_600_000, 86_400_000],
  );
});

Deno.test("what is not a time, and what no timer takes, is refused", () => {
  for (const text of ["", "x", "-1", "1x", "1.5s", "s", "25d", "99999999999"]) {
    assert.equal(parseTime(text, "s"), undefined, text);
  }
});
