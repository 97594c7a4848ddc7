/** The servers that HAProxy 2.6 chose for 500 keys of each case (scripts/compare_balance.ts recorded them). */
import assert from "node:assert/strict";
import { chooseAll } from "./choose.ts";
import { differenceOf, HASH_CASES, KEYS, nameOf, serverName } from "./hash_cases.ts";

const lines = (await Deno.readTextFile(new URL("./golden/haproxy_hashes.txt", import.meta.url)))
  .split("\n");
const recorded = new Map<string, string>();
for (let i = 0; i + 1 < lines.length; i += 2) recorded.set(lines[i], lines[i + 1]);

const groups = Map.groupBy(HASH_CASES, (c) => `${c.balance} / ${c.hashType ?? "no hash-type"}`);

for (const [group, cases] of groups) {
  Deno.test(`${group}: each key goes to the server that HAProxy chooses`, () => {
    for (const c of cases) {
      const theirs = recorded.get(nameOf(c));
      assert.equal(theirs?.length, KEYS, `nothing was recorded for ${nameOf(c)}`);
      const ours = chooseAll(c);
      if (differenceOf(c) === undefined) {
        assert.equal(ours, theirs, nameOf(c));
      } else {
        const first = c.servers.findIndex((s) => s.backup && !s.down);
        assert.equal(ours, serverName(first).repeat(KEYS), nameOf(c));
      }
    }
  });
}

Deno.test("nothing is recorded that is not asked", () => {
  assert.deepEqual([...recorded.keys()].sort(), HASH_CASES.map(nameOf).sort());
});
