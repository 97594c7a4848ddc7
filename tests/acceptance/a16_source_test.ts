import assert from "node:assert/strict";
import { curlBody } from "../support/curl.ts";
import { waitFor } from "../support/poll.ts";
import { farmAddress, startFarm } from "./farm.ts";
import { socat } from "./runtime_socket.ts";
import { row } from "./tutorial.ts";

const CLIENTS = Array.from({ length: 24 }, (_, n) => `127.0.1.${n + 1}`);

/** The server of each client. */
async function homes(): Promise<string[]> {
  const names: string[] = [];
  for (const client of CLIENTS) {
    names.push(await curlBody(`http://${farmAddress}/`, ["--interface", client]));
  }
  return names;
}

for (const type of ["map-based", "consistent"]) {
  row(
    `A16: balance source with hash-type ${type}: one client, one server`,
    { programs: ["nginx", "curl", "socat"] },
    async (scope, form) => {
      const lines = { balance: "source", "hash-type": type };
      await startFarm(scope, { lines, servers: ["", "", "", ""] }, form);
      const before = await homes();
      assert.equal(new Set(before).size, 4, "all servers have clients");
      assert.deepEqual(await homes(), before);
      const gone = before[0];
      const server = `farm/s${Number(gone.slice(-1))}`;
      assert.equal(await socat(scope, `disable server ${server}`), "\n");
      const after = await homes();
      assert.ok(!after.includes(gone));
      const moved = before.flatMap((name, n) => name === after[n] ? [] : [n]);
      const its = before.flatMap((name, n) => name === gone ? [n] : []);
      if (type === "consistent") assert.deepEqual(moved, its, "only its clients move");
      else assert.ok(moved.length > its.length, "the map is another one");
      assert.equal(await socat(scope, `enable server ${server}`), "\n");
      await waitFor("the server to be back", async () => {
        return JSON.stringify(await homes()) === JSON.stringify(before);
      });
    },
  );
}
