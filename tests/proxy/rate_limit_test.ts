/** `rate-limit sessions` (manual 4.2), `maxconnrate` and `maxsessrate` (3.2): how many come in a second. */
import assert from "node:assert/strict";
import type { Rig } from "../support/proxy_rig.ts";
import { testCases } from "./support.ts";

const sessions = (rig: Rig) => rig.process.state.actconn;

async function connect(rig: Rig, n: number, address?: string): Promise<void> {
  for (let i = 0; i < n; i++) await rig.client(address);
}

testCases("rate-limit sessions", [
  {
    name: "so many come at once, then one after the other as the second passes",
    options: { frontend: "rate-limit sessions 10" },
    async play(rig) {
      await connect(rig, 14);
      assert.equal(sessions(rig), 10);
      // The rate is that of the second which ends now: it falls as its beginning is forgotten.
      await rig.pass(1900);
      assert.ok(sessions(rig) > 10 && sessions(rig) <= 14, `${sessions(rig)}`);
      await rig.pass(1500);
      assert.equal(sessions(rig), 14);
    },
  },
  {
    name: "over time the rate is what the limit says",
    options: { frontend: "rate-limit sessions 5" },
    async play(rig) {
      await connect(rig, 40);
      const seen: number[] = [];
      for (let second = 0; second < 5; second++) {
        await rig.pass(1000);
        seen.push(sessions(rig));
      }
      for (let i = 1; i < seen.length; i++) {
        const more = seen[i] - seen[i - 1];
        assert.ok(more >= 3 && more <= 7, `${seen}`);
      }
      await rig.pass(6000);
      assert.equal(sessions(rig), 40);
    },
  },
  {
    name: "another frontend is not concerned",
    options: {
      frontend: "rate-limit sessions 1",
      more: "listen other\n bind 127.0.0.1:82\n server s 127.0.0.1:9\n",
    },
    async play(rig) {
      await connect(rig, 3);
      assert.equal(sessions(rig), 1);
      await connect(rig, 3, "127.0.0.1:82");
      assert.equal(sessions(rig), 4);
      await rig.pass(5000);
      assert.equal(sessions(rig), 6);
    },
  },
  {
    name: "0 is no limit, also when the defaults section has one",
    options: { defaults: "rate-limit sessions 1", frontend: "rate-limit sessions 0" },
    async play(rig) {
      await connect(rig, 20);
      assert.equal(sessions(rig), 20);
    },
  },
  {
    name: "what waits is taken when a reload lifts the limit",
    options: { frontend: "rate-limit sessions 1" },
    async play(rig) {
      await connect(rig, 4);
      assert.equal(sessions(rig), 1);
      assert.deepEqual(await rig.reload({}), []);
      await rig.pass(50);
      assert.equal(sessions(rig), 4);
    },
  },
]);

testCases(
  "limits of the process",
  ["maxconnrate", "maxsessrate"].flatMap((keyword) => [
    {
      name: `${keyword} holds for all frontends together, and what waits comes as time passes`,
      options: {
        global: `${keyword} 6`,
        more: "listen other\n bind 127.0.0.1:82\n server s 127.0.0.1:9\n",
      },
      async play(rig: Rig) {
        await connect(rig, 5);
        await connect(rig, 5, "127.0.0.1:82");
        assert.equal(sessions(rig), 6);
        await rig.pass(4000);
        assert.equal(sessions(rig), 10);
      },
    },
    {
      name: `${keyword} 0 is no limit`,
      options: { global: `${keyword} 0` },
      async play(rig: Rig) {
        await connect(rig, 20);
        assert.equal(sessions(rig), 20);
      },
    },
  ]),
);
