import assert from "node:assert/strict";
import { distance, nearest } from "../../lib/config/suggest.ts";

const SERVER = [
  "fall",
  "rise",
  "inter",
  "check",
  "weight",
  "backup",
  "disabled",
  "maxconn",
  "maxqueue",
];

Deno.test("a mistyped word suggests the nearest valid one", () => {
  const cases: readonly (readonly [string, readonly string[], string | undefined])[] = [
    ["dall", SERVER, "fall"],
    ["chekc", SERVER, "check"],
    ["wieght", SERVER, "weight"],
    ["Backup", SERVER, "backup"],
    ["maxcon", SERVER, "maxconn"],
    ["disable", SERVER, "disabled"],
    ["fronted", ["frontend", "backend", "listen"], "frontend"],
    ["use_backends", ["use_backend", "default_backend"], "use_backend"],
    ["http_request", ["http-request", "http-response"], "http-request"],
    ["round", ["roundrobin", "leastconn"], "roundrobin"],
    ["max", SERVER, undefined],
    ["xyz", SERVER, undefined],
    ["", SERVER, undefined],
    ["a", ["b"], undefined],
    ["x".repeat(100), SERVER, undefined],
  ];
  for (const [word, candidates, expected] of cases) {
    assert.equal(nearest(word, candidates), expected, word);
  }
});

Deno.test("a swap of letters wins over a replaced one, a common beginning over none", () => {
  assert.equal(nearest("form", ["farm", "from"]), "from");
  assert.equal(nearest("best", ["rest", "best1"]), "best1");
});

Deno.test("the distance counts a swap of neighbours once", () => {
  assert.equal(distance("ab", "ba"), 1);
  assert.equal(distance("kitten", "sitting"), 3);
  assert.equal(distance("", "abc"), 3);
});
