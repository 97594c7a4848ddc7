import assert from "node:assert/strict";
import { renewalTime, retryDelay } from "../../lib/acme/schedule.ts";

const DAY = 86_400_000;

Deno.test("a certificate of 90 days is renewed 30 days before its end, and up to 3 days earlier", () => {
  assert.equal(renewalTime(0, 90 * DAY, 0), 60 * DAY);
  assert.equal(renewalTime(0, 90 * DAY, 1), 57 * DAY);
});

Deno.test("one of six days is renewed two days before its end", () => {
  assert.equal(renewalTime(0, 6 * DAY, 0), 4 * DAY);
});

Deno.test("failures are tried again later and later, at most six hours, never before the authority says", () => {
  assert.equal(retryDelay(1, 0.5, undefined), 300_000);
  assert.equal(retryDelay(2, 0.5, undefined), 600_000);
  assert.equal(retryDelay(50, 0.5, undefined), 21_600_000);
  assert.ok(retryDelay(1, 0, undefined) < 300_000 && retryDelay(1, 1, undefined) > 300_000);
  assert.equal(retryDelay(1, 0.5, 7_200_000), 7_200_000);
});
