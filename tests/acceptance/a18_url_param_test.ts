import assert from "node:assert/strict";
import { tally } from "../support/curl.ts";
import { ask, startFarm } from "./farm.ts";
import { row } from "./tutorial.ts";

for (const type of ["map-based", "consistent"]) {
  row(
    `A18: balance url_param with hash-type ${type}: same value, same server; absent: round robin`,
    { programs: ["nginx"] },
    async (scope, form) => {
      const lines = { balance: "url_param userid", "hash-type": type };
      await startFarm(scope, { lines, servers: ["", "", "", ""] }, form);
      const go = (targets: string[]) => ask(scope, targets.map((target) => ({ target })));
      const users = Array.from({ length: 30 }, (_, n) => `user${n}`);
      const first = await go(users.map((user) => `/?userid=${user}`));
      assert.ok(new Set(first).size >= 3, `${first}`);
      assert.deepEqual(await go(users.map((user) => `/other/page?x=1&userid=${user}&y`)), first);
      const none = await go(new Array(64).fill("/?userids=user1&id=3"));
      assert.deepEqual(tally(none), { s1: 16, s2: 16, s3: 16, s4: 16 });
    },
  );
}
