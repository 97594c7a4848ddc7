/** `option redispatch` (manual 4.2): when a stream leaves the server that it could not be connected to. */
import assert from "node:assert/strict";
import { SC } from "../../lib/state/traffic.ts";
import { type Rig, S1, S2 } from "../support/proxy_rig.ts";
import { type Case, get, ok, page, testCases } from "./support.ts";

const TWO = `server s1 ${S1}\nserver s2 ${S2}`;

/** `sessions connections retries redispatches errors` of each server. */
function counted(rig: Rig): string[] {
  const { servers } = rig.process.generation.backends.get("be")!.pool;
  const fields = [SC.stot, SC.connect, SC.wretr, SC.wredis, SC.econ];
  return servers.map((s) => fields.map((field) => s.counters.total(field)).join(" "));
}

async function answersFrom(rig: Rig, address: string, target = "/"): Promise<void> {
  const server = await rig.server(address);
  await server.gets(get(target));
  server.send(ok());
}

/** Algorithms for which one server is as good as another. */
const immediate: Case[] = ["roundrobin", "static-rr", "leastconn", "first"].map((balance) => ({
  name: `with ${balance} the first failure leads to another server at once`,
  options: { defaults: `option redispatch\nretries 3\nbalance ${balance}`, backend: TWO },
  async play(rig) {
    rig.origin(S1).shut();
    const client = await rig.client();
    client.send(get());
    await answersFrom(rig, S2);
    await client.gets(ok());
    assert.deepEqual(counted(rig), ["1 1 0 1 0", "1 1 0 0 0"]);
    await rig.takeLog();
  },
}));

testCases("redispatch", [
  ...immediate,
  {
    name: "a key stays with its server until the last retry, a pause between two attempts",
    options: { defaults: "option redispatch\nretries 2\nbalance uri", backend: TWO },
    async play(rig) {
      rig.origin(S1).shut();
      const client = await rig.client();
      // Its hash is even: the first of two servers.
      client.send(get("/a"));
      await rig.pass(900);
      assert.deepEqual(counted(rig), ["1 1 1 0 0", "0 0 0 0 0"]);
      await rig.pass(200);
      await answersFrom(rig, S2, "/a");
      await client.gets(ok());
      assert.deepEqual(counted(rig), ["2 2 1 1 0", "1 1 0 0 0"]);
      await rig.takeLog();
    },
  },
  {
    name: "a key leaves a server at once that has gone down",
    options: { defaults: "option redispatch\nretries 3\nbalance uri", backend: TWO },
    async play(rig) {
      rig.origin(S1).shut();
      const client = await rig.client();
      client.send(get("/a"));
      await rig.pass(500);
      const [s1] = rig.process.generation.backends.get("be")!.pool.servers;
      s1.state.setOp(0, 0);
      await rig.pass(600);
      await answersFrom(rig, S2, "/a");
      await client.gets(ok());
      await rig.takeLog();
    },
  },
  {
    name: "with an interval of 1 a key goes elsewhere after its first failure",
    options: { defaults: "option redispatch 1\nretries 3\nbalance uri", backend: TWO },
    async play(rig) {
      rig.origin(S1).shut();
      const client = await rig.client();
      client.send(get("/a"));
      await answersFrom(rig, S2, "/a");
      await client.gets(ok());
      assert.deepEqual(counted(rig), ["1 1 0 1 0", "1 1 0 0 0"]);
      await rig.takeLog();
    },
  },
  {
    name: "when all refuse, the retries are shared among them, and the last is told",
    options: { defaults: "option redispatch\nretries 3\nbalance roundrobin", backend: TWO },
    async play(rig) {
      rig.origin(S1).shut();
      rig.origin(S2).shut();
      const client = await rig.client();
      client.send(get());
      await client.gets(page(503));
      assert.deepEqual(counted(rig), ["2 2 0 2 0", "2 2 0 1 1"]);
      const [logged] = await rig.takeLog();
      assert.match(logged, /^fe be\/s2 .* 503 \d+ - - SC-- 1\/1\/0\/0\/\+3 0\/0 /);
    },
  },
]);
