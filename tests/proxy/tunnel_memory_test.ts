/** What a connection of TCP mode may hold, whatever its peers do: two buffers, one for each direction. */
import assert from "node:assert/strict";
import type { Rig } from "../support/proxy_rig.ts";
import { testCases } from "./support.ts";

/** Buffers that are lent now: of the small kind, and of the larger ones. */
function lent(rig: Rig): number[] {
  const { wait, full, bulk } = rig.process.state.buffers;
  return [wait.stats.lent, full.stats.lent + bulk.stats.lent];
}

const OPTIONS = { mode: "tcp", capacity: 4096 } as const;

testCases("a tunnel", [
  {
    name: "that is idle holds two small buffers",
    options: OPTIONS,
    async play(rig) {
      const client = await rig.client();
      const server = await rig.server();
      client.send("hello");
      await server.gets("hello");
      await rig.pass(10_000);
      assert.deepEqual(lent(rig), [2, 0]);
    },
  },
  {
    name: "whose peers both send and never read holds two buffers",
    options: OPTIONS,
    async play(rig) {
      rig.origin().reading = false;
      const client = await rig.client(undefined, false);
      const server = await rig.server();
      client.send("c".repeat(2_000_000));
      server.send("s".repeat(2_000_000));
      await rig.pass(1000);
      const [small, large] = lent(rig);
      assert.ok(small + large <= 2, `${small} small and ${large} large buffers`);
      // And it is not read on, either: the rest stays with its senders.
      assert.ok(client.conn.unread + server.conn.unread < 100_000);
    },
  },
  {
    name: "of which one side has finished holds no more, and ends after client-fin",
    options: { ...OPTIONS, frontend: "timeout client-fin 2s" },
    async play(rig) {
      const client = await rig.client();
      const server = await rig.server();
      server.finish();
      await rig.pass(1500);
      const [small, large] = lent(rig);
      assert.ok(small <= 2 && large === 0, `${small} small and ${large} large buffers`);
      assert.equal(client.state, "fin");
      await rig.pass(1000);
      await server.getsEnd("", "reset").catch(() => server.getsEnd());
    },
  },
  {
    name: "gives back what content rules have looked at, once that is sent on",
    options: {
      ...OPTIONS,
      frontend: "tcp-request inspect-delay 5s\n tcp-request content accept if { req.len ge 3000 }",
    },
    async play(rig) {
      const client = await rig.client();
      client.send("x".repeat(3000));
      const server = await rig.server();
      await server.gets("x".repeat(3000));
      await rig.pass(10);
      assert.deepEqual(lent(rig), [2, 0]);
    },
  },
]);
