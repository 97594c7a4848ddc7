import assert from "node:assert/strict";
import { ask, startFarm } from "./farm.ts";
import { row } from "./tutorial.ts";

const pages = (make: (n: number) => string) => Array.from({ length: 30 }, (_, n) => make(n));

/** Pairs of targets that are one to the algorithm, and some that are not. */
const CASES: { balance: string; same: [string, string][]; different: string[] }[] = [
  {
    balance: "uri",
    same: [["/a/b?x=1", "/a/b?y=2"], ["/a/b", "/a/b?"], ["/", "/?"]],
    different: pages((n) => `/page${n}`),
  },
  {
    balance: "uri whole",
    same: [["/a/b?x=1", "/a/b?x=1"]],
    different: pages((n) => `/a/b?x=${n}`),
  },
  {
    balance: "uri depth 2",
    same: [["/a/b/c", "/a/b/d/e?z"], ["/a/b/", "/a/b"]],
    different: pages((n) => `/a/b${n}/c`),
  },
  {
    balance: "uri len 6",
    same: [["/abcdefgh", "/abcde/x?y"], ["/abcde", "/abcdef"]],
    different: pages((n) => `/ab${n + 10}c`),
  },
  {
    balance: "uri path-only",
    same: [["/a/b", "http://www.yu.com/a/b"], ["/a", "http://www.yu.com/a?q=1"]],
    different: pages((n) => `http://www.yu.com/page${n}`),
  },
];

for (const type of ["map-based", "consistent"]) {
  for (const { balance, same, different } of CASES) {
    row(
      `A17: balance ${balance} with hash-type ${type}: same URI, same server`,
      { programs: ["nginx"] },
      async (scope, form) => {
        const lines = { balance, "hash-type": type };
        await startFarm(scope, { lines, servers: ["", "", "", ""] }, form);
        const go = (targets: string[]) => ask(scope, targets.map((target) => ({ target })));
        const first = await go(different);
        assert.ok(new Set(first).size >= 3, `others go elsewhere: ${first}`);
        assert.deepEqual((await go(different.toReversed())).toReversed(), first);
        for (const [one, other] of same) {
          const [a, b] = await go([one, other]);
          assert.equal(a, b, `${one} and ${other}`);
        }
      },
    );
  }
}
