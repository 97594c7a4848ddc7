import assert from "node:assert/strict";
import {
  cacheControl,
  isNotModified,
  mayServe,
  rangeOf,
  requestControl,
  storability,
  varyKey,
} from "../../lib/cache/rules.ts";
import { request, response } from "../expr/support.ts";
import {
  CONDITION_CASES,
  NOW,
  RANGE_CASES,
  SERVE_CASES,
  STORE_CASES,
  VARY_CASES,
} from "./cases.ts";

const LIMITS = { maxAge: 3600, maxObjectSize: 1000, processVary: false };

for (const row of STORE_CASES) {
  Deno.test(`RFC 9111 section ${row.section}, keeping: ${row.why}`, () => {
    const version = row.version ?? "1.1";
    const asked = request([
      `${row.method ?? "GET"} / HTTP/${version}`,
      "Host: h",
      ...row.request ?? [],
    ]);
    const said = response([`HTTP/1.1 ${row.status ?? "200 OK"}`, ...row.answer]);
    const judged = storability(asked, said, NOW, { ...LIMITS, processVary: row.vary ?? false });
    assert.deepEqual(
      "refused" in judged ? judged.refused : [judged.lifetime, judged.age],
      row.expected,
    );
  });
}

for (const row of SERVE_CASES) {
  Deno.test(`RFC 9111 section ${row.section}, giving at the age of ${row.age}: ${row.why}`, () => {
    const asked = requestControl(
      request(["GET / HTTP/1.1", ...row.asked === "" ? [] : [`Cache-Control: ${row.asked}`]]),
    );
    const kept = { age: row.age, lifetime: 100, mustRevalidate: row.mustRevalidate ?? false };
    assert.equal(mayServe(kept, asked), row.serves);
  });
}

for (const { section, fields, etag, lastModified, is304 } of CONDITION_CASES) {
  Deno.test(`RFC 9110 section ${section}: ${fields.join(", ")} of ${etag ?? lastModified}`, () => {
    const asked = request(["GET / HTTP/1.1", "Host: h", ...fields]);
    assert.equal(isNotModified(asked, etag, lastModified), is304);
  });
}

for (const [section, fields, expected] of RANGE_CASES) {
  Deno.test(`RFC 9110 section ${section}: ${fields.join(", ")} of 10 bytes`, () => {
    const asked = request(["GET / HTTP/1.1", "Host: h", ...fields]);
    const range = rangeOf(asked, 10, '"a"', undefined);
    assert.deepEqual(typeof range === "object" ? [range.from, range.to] : range, expected);
  });
}

Deno.test("RFC 9111 section 5.4: Pragma counts only without Cache-Control", () => {
  const read = (
    ...fields: string[]
  ) => [...requestControl(request(["GET / HTTP/1.1", ...fields])).keys()];
  assert.deepEqual(read("Pragma: no-cache"), ["no-cache"]);
  assert.deepEqual(read("Pragma: no-cache", "Cache-Control: max-age=9"), ["max-age"]);
});

Deno.test("RFC 9111 section 4.1: what means the same selects the same answer", () => {
  const key = (...fields: string[]) =>
    varyKey(request(["GET / HTTP/1.1", ...fields]), ["accept-encoding", "accept-language"]);
  assert.equal(
    key("Accept-Encoding: gzip, br", "Accept-Language: de,en"),
    key("Accept-Language: de", "accept-encoding: BR,gzip", "Accept-Language: en"),
  );
  assert.notEqual(key("Accept-Language: de,en"), key("Accept-Language: en,de"));
  assert.notEqual(key("Accept-Encoding: gzip"), key());
});

Deno.test("Cache-Control of several fields is one list", () => {
  const head = response(["HTTP/1.1 200 OK", "Cache-Control: a, B=1", 'cache-control: c="x"']);
  assert.deepEqual([...cacheControl(head)], [["a", undefined], ["b", "1"], ["c", "x"]]);
});

for (const [section, why, names, first, second, same] of VARY_CASES) {
  Deno.test(`RFC 9111 section ${section}: ${why}: ${same ? "the same" : "another"} answer`, () => {
    const key = (fields: readonly string[]) =>
      varyKey(request(["GET / HTTP/1.1", ...fields]), names);
    assert.equal(key(first) === key(second), same);
  });
}
