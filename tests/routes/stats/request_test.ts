import assert from "node:assert/strict";
import { parseStatsTarget, suffixOf } from "../../../routes/stats/request.ts";

Deno.test("what begins with the page's URI is for the page, in any form of target", () => {
  assert.equal(parseStatsTarget("/status", "/status")?.form, "html");
  assert.equal(parseStatsTarget("/statusx;csv", "/status")?.form, "csv");
  assert.equal(parseStatsTarget("http://a.example/status;typed", "/status")?.form, "typed");
  assert.equal(parseStatsTarget("/other", "/status"), undefined);
  assert.equal(parseStatsTarget("/haproxy?stats;json-schema", "/haproxy?stats")?.form, "schema");
});

Deno.test("options are told by their words, in any order", () => {
  const request = parseStatsTarget("/s;st=DONE;norefresh;up?scope=We%20b;x", "/s")!;
  assert.deepEqual(request, {
    form: "html",
    onlyUp: true,
    noRefresh: true,
    code: "DONE",
    scope: "We b",
    row: undefined,
  });
  assert.equal(suffixOf(request), ";up;norefresh?scope=We%20b");
  assert.equal(parseStatsTarget("/s;row=S%3Aapp%2Fweb1", "/s")?.row, "S:app/web1");
  assert.equal(parseStatsTarget("/s?scope=%zz", "/s")?.scope, "%zz");
});
