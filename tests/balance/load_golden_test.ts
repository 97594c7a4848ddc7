/** The servers that HAProxy 2.6 chose for connections that stay open (scripts/compare_balance.ts recorded them). */
import assert from "node:assert/strict";
import { chooseLoads } from "./choose.ts";
import { LOAD_CASES, loadNameOf } from "./load_cases.ts";

const lines = (await Deno.readTextFile(new URL("./golden/haproxy_loads.txt", import.meta.url)))
  .split("\n");

for (const [i, c] of LOAD_CASES.entries()) {
  Deno.test(`${loadNameOf(c)}: connections go to the servers that HAProxy chooses`, () => {
    assert.equal(lines[2 * i], loadNameOf(c));
    assert.equal(chooseLoads(c), lines[2 * i + 1]);
  });
}
