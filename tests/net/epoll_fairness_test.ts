/** The poller shares its thread: with the runtime's event loop, among connections, and with nobody when idle. */
import assert from "node:assert/strict";
import { systemClock } from "../../lib/net/clock.ts";
import type { Conn } from "../../lib/net/conn.ts";
import { epollTransport } from "../../lib/net/epoll/transport.ts";
import { pair } from "./conformance.ts";

const transport = epollTransport(systemClock);
const ignore = transport === undefined;

/** ms of CPU that this thread has used: what the machine, and tests beside this one, do does not count. */
function cpu(): number {
  return Number(Deno.readTextFileSync("/proc/thread-self/schedstat").split(" ")[0]) / 1e6;
}

/** Sends what comes back, for ever. */
async function echo(conn: Conn, size: number): Promise<void> {
  const buffer = new Uint8Array(size);
  for (;;) {
    const n = await conn.read(buffer);
    if (n <= 0 || await conn.write(buffer.subarray(0, n)) <= 0) return;
  }
}

/** Reads and writes at once when it can, as a pump does. */
async function flood(from: Conn, to: Conn): Promise<void> {
  const zeros = new Uint8Array(65536);
  const buffer = new Uint8Array(65536);
  const writing = (async () => {
    for (;;) {
      const w = from.write(zeros);
      if ((typeof w === "number" ? w : await w) <= 0) return;
    }
  })();
  for (;;) {
    const r = to.read(buffer);
    if ((typeof r === "number" ? r : await r) <= 0) break;
  }
  await writing;
}

async function underLoad(measure: () => Promise<void>): Promise<void> {
  const pairs = await Promise.all(Array.from({ length: 32 }, () => pair(transport!)));
  const ends = pairs.flatMap(({ client, server }) => [echo(client, 512), echo(server, 512)]);
  for (const { client } of pairs) await client.write(new Uint8Array(100));
  const bulk = await pair(transport!);
  ends.push(flood(bulk.client, bulk.server));
  await measure();
  for (const { done } of [...pairs, bulk]) done();
  await Promise.all(ends);
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

Deno.test({
  name: "epoll: under full load timers and the runtime's own sockets wait less than 10 ms",
  ignore,
  fn: () =>
    underLoad(async () => {
      const late: number[] = [];
      for (let i = 0; i < 60; i++) {
        const begin = cpu();
        await new Promise((resolve) => setTimeout(resolve, 0));
        late.push(cpu() - begin);
      }
      assert.ok(median(late) < 10, `timers are late by ${median(late)} ms of CPU`);
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = listener.addr as Deno.NetAddr;
      const trips: number[] = [];
      const [one, other] = await Promise.all([Deno.connect({ port }), listener.accept()]);
      for (let i = 0; i < 30; i++) {
        const begin = cpu();
        await one.write(new Uint8Array(1));
        await other.read(new Uint8Array(1));
        trips.push(cpu() - begin);
      }
      one.close();
      other.close();
      listener.close();
      assert.ok(median(trips) < 10, `a message takes ${median(trips)} ms of CPU`);
    }),
});

Deno.test({
  name: "epoll: a connection that always has something to do does not starve another",
  ignore,
  fn: () =>
    underLoad(async () => {
      const { client, server, done } = await pair(transport!);
      const end = echo(server, 64);
      const trips: number[] = [];
      for (let i = 0; i < 50; i++) {
        const begin = cpu();
        await client.write(new Uint8Array(10));
        await client.read(new Uint8Array(64));
        trips.push(cpu() - begin);
      }
      done();
      await end;
      assert.ok(median(trips) < 20, `a round trip takes ${median(trips)} ms of CPU`);
    }),
});

Deno.test({
  name: "epoll: with nothing to do no CPU is used, and the first event after that is seen",
  ignore,
  async fn() {
    const { client, server, done } = await pair(transport!);
    const pending = server.read(new Uint8Array(16));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const begin = cpu();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const used = cpu() - begin;
    assert.ok(used < 75, `${used} ms of CPU in 1500 ms of silence`);
    await client.write(new Uint8Array(3));
    assert.equal(await pending, 3);
    done();
  },
});
