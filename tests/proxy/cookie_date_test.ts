import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeCookieDate, encodeCookieDate } from "../../lib/proxy/cookie_date.ts";

Deno.test("a date in a cookie counts steps of 4 seconds in base64", () => {
  assert.equal(encodeCookieDate(0), "AAAAA");
  assert.equal(encodeCookieDate(1), "AAAAB");
  assert.equal(encodeCookieDate(4), "AAAAB");
  assert.equal(encodeCookieDate(5), "AAAAC");
  assert.equal(encodeCookieDate(4 * 64), "AAABA");
  assert.equal(decodeCookieDate("x|AAABA", 2), 256);
});

Deno.test("what is no date counts as none", () => {
  for (const text of ["", "AAAA", "AAA=A", "!!!!!", "AAAAA"]) {
    assert.equal(decodeCookieDate(text, 0), 0, text);
  }
  assert.equal(decodeCookieDate("AAAABAAAA", 5), 0);
});

Deno.test("a date comes back rounded up to 4 seconds", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 32 - 4 }), (seconds) => {
      const text = encodeCookieDate(seconds);
      assert.equal(text.length, 5);
      const back = decodeCookieDate(text, 0);
      assert.ok(back >= seconds && back < seconds + 4);
    }),
    { seed: 3102, numRuns: 500 },
  );
});
