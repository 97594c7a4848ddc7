/** `option socket-stats` over reloads. */
import assert from "node:assert/strict";
import { listensOf } from "../../lib/runtime/places.ts";
import { LC } from "../../lib/state/listener.ts";
import { settle } from "../support/memory_peer.ts";
import { configOf, FRONTEND, type Rig, S1 } from "../support/proxy_rig.ts";
import { type Case, get, ok, testCases } from "../proxy/support.ts";

const text = (bind: string, option = "option socket-stats") =>
  `defaults
    mode http
    timeout connect 1s
    timeout client 16s
    timeout server 16s
frontend fe
    ${option}
    bind ${FRONTEND} ${bind}
    default_backend be
backend be
    server s1 ${S1}
`;

/** Its listeners: name, connections now, the most, in all. */
function listeners(rig: Rig) {
  const sockets = rig.process.generation.frontends[0].sockets;
  return [...sockets?.values() ?? []].map(({ name, counters }) => [
    name,
    counters.current,
    counters.total(LC.smax),
    counters.total(LC.stot),
  ]);
}

const CASES: readonly Case[] = [
  {
    name: "without the option nothing is counted",
    options: { text: text("", "") },
    async play(rig) {
      await rig.client();
      assert.deepEqual(listeners(rig), []);
      assert.deepEqual(await rig.reload({ text: text("") }), []);
      // The client that was there belongs to the listener from now on.
      await rig.client();
      assert.deepEqual(listeners(rig).map(([, , , stot]) => stot), [1]);
    },
  },
  {
    name: "a listener that keeps its number keeps its counters, whatever it is called",
    options: { text: text("name a") },
    async play(rig) {
      const client = await rig.client();
      assert.deepEqual(listeners(rig), [["a", 1, 1, 1]]);
      assert.deepEqual(await rig.reload({ text: text("name b") }), []);
      assert.deepEqual(listeners(rig), [["b", 1, 1, 1]]);
      client.close();
      await settle();
      await rig.client();
      assert.deepEqual(listeners(rig), [["b", 1, 1, 2]]);
    },
  },
  {
    name: "an idle connection is counted where its listener is counted after the reload",
    options: { text: text("") },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server(S1);
      server.send(ok());
      await client.gets(ok());
      assert.deepEqual(await rig.reload({ text: text("id 5") }), []);
      assert.deepEqual(listeners(rig), [["sock-5", 1, 1, 0]]);
      assert.deepEqual(await rig.reload({ text: text("id 5", "") }), []);
      assert.deepEqual(await rig.reload({ text: text("id 5") }), []);
      assert.deepEqual(listeners(rig), [["sock-5", 1, 1, 0]]);
      client.close();
      await settle();
      await rig.client();
      assert.deepEqual(listeners(rig), [["sock-5", 1, 1, 1]]);
    },
  },
  {
    name: "the limit of the frontend makes it wait",
    options: { text: text("", "option socket-stats\n    maxconn 1") },
    async play(rig) {
      const { counters } = rig.process.generation.frontends[0].sockets!.get(1)!;
      const client = await rig.client();
      assert.ok(counters.waiting);
      assert.deepEqual(await rig.reload({ text: text("", "option socket-stats\n maxconn 2") }), []);
      assert.ok(!counters.waiting);
      client.close();
    },
  },
];

testCases("socket-stats", CASES);

Deno.test("every address has the next free number from its place on, unless it has its own", () => {
  const { proxies } = configOf({
    text: `frontend f
    bind 127.0.0.1:1 id 3
    bind 127.0.0.1:2,127.0.0.1:3
    bind 127.0.0.1:4-5 name x
    timeout client 1s
`,
  });
  assert.deepEqual(listensOf(proxies[0]).map(({ number }) => number), [3, 2, 4, 5, 6]);
});
