import assert from "node:assert/strict";
import { isCacheable } from "../../lib/http1/cacheable.ts";
import type { Head } from "../../lib/http1/head.ts";
import { responseHead } from "./support.ts";

function response(status: number, fields: string): Head {
  return responseHead(`HTTP/1.1 ${status} X\r\n${fields}\r\n`);
}

/** Fields of a 200 to a GET, and whether HAProxy marks it private when it adds a cookie. From the real one. */
const FIELDS: readonly [fields: string, cacheable: boolean][] = [
  ["", false],
  ["ETag: x", true],
  ["ETag:", true],
  ["Last-Modified: x", true],
  ["Expires: 0", true],
  ["Expires:", true],
  ["Vary: *|ETag: x", true],
  ["Cache-Control: public", false],
  ["Cache-Control: max-age=10", true],
  ["Cache-Control: MAX-AGE=10", true],
  ["Cache-Control: max-age=00", true],
  ["Cache-Control: max-age", true],
  ["Cache-Control: max-agex=10", true],
  ["Cache-Control: x-max-age=10", false],
  ["Cache-Control: s-maxage=5", true],
  ["Cache-Control: max-age=0", false],
  ["Cache-Control: s-maxage=0", false],
  ["Cache-Control: max-age=10, s-maxage=0", false],
  ["Cache-Control: max-age=0, max-age=10", false],
  ["ETag: x|Cache-Control: max-age=0", false],
  ["ETag: x|Cache-Control: max-age=0|Cache-Control: public", true],
  ["ETag: x|Cache-Control: private", false],
  ["ETag: x|Cache-Control: PRIVATE", false],
  ["ETag: x|Cache-Control: no-cache", false],
  ["ETag: x|Cache-Control: no-store", false],
  ["ETag: x|Cache-Control: no-store, public", true],
  ["ETag: x|Cache-Control: public, no-store", false],
  ["ETag: x|Cache-Control: no-store, public=1", false],
  ["ETag: x|Cache-Control: no-storex", true],
  ['ETag: x|Cache-Control: private="a"', true],
  ['ETag: x|Cache-Control: "private"', true],
  ['ETag: x|Cache-Control: a="b, private"', true],
  ['Cache-Control: a="b, max-age=3"', false],
  ['ETag: x|Cache-Control: no-cache="set-cookie"', true],
  ["ETag: x|Pragma: no-cache", false],
  ["ETag: x|Pragma: No-Cache", false],
  ["ETag: x|Pragma: no-cache|Cache-Control: public", false],
  ["ETag: x|Pragma: foo, no-cache", true],
  ["ETag: x|Pragma: a|Pragma: no-cache", true],
];

for (const [fields, cacheable] of FIELDS) {
  Deno.test(`${fields || "no field"}: ${cacheable ? "" : "not "}cacheable`, () => {
    const lines = fields.split("|").filter((f) => f !== "").map((f) => `${f}\r\n`).join("");
    assert.equal(isCacheable("GET", response(200, lines)), cacheable);
  });
}

Deno.test("statuses that are cacheable by themselves", () => {
  const found: number[] = [];
  for (let status = 200; status < 600; status++) {
    if (isCacheable("GET", response(status, "ETag: x\r\n"))) found.push(status);
  }
  assert.deepEqual(found, [200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501]);
  assert.equal(isCacheable("GET", response(500, "ETag: x\r\nCache-Control: public\r\n")), true);
});

Deno.test("methods whose answers are cacheable by themselves", () => {
  const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "get"];
  const head = response(200, "ETag: x\r\n");
  assert.deepEqual(methods.filter((m) => isCacheable(m, head)), [
    "GET",
    "HEAD",
    "OPTIONS",
    "TRACE",
  ]);
  assert.equal(isCacheable("POST", response(200, "Cache-Control: public, max-age=1\r\n")), true);
});
