import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import type { Conn } from "../../lib/net/conn.ts";
import {
  bytesOf,
  type Case,
  connect,
  failureOf,
  listen,
  pair,
  readBytes,
  sleep,
  socketCount,
  targetOf,
  temporaryDirectory,
  textOf,
  until,
  V4,
  writeBytes,
} from "./conformance.ts";
import { silentPort } from "./silent_port.ts";

export const connectCases: readonly Case[] = [
  {
    name: "connecting to a port where nobody listens is refused",
    async run({ transport }) {
      const listener = listen(transport, V4);
      const target = targetOf(listener);
      listener.close();
      const failure = failureOf(await transport.connect(target, { timeout: 5000 }).promise);
      assert.equal(failure.failed, "refused");
      assert.ok(failure.message.length > 0);
    },
  },
  {
    name: "connecting to a Unix path where nobody listens is refused",
    async run({ transport }) {
      using dir = temporaryDirectory();
      const path = `${dir.path}/none.sock`;
      const failure = failureOf(await transport.connect({ type: "unix", path }, {}).promise);
      assert.equal(failure.failed, "refused");
    },
  },
  {
    name: "a connect that gets no answer ends with timeout at its time and leaves no socket",
    async run({ transport }) {
      const { port, done } = await silentPort();
      const before = socketCount();
      const begin = performance.now();
      const target = { type: "tcp", host: "127.0.0.1", port } as const;
      const failure = failureOf(await transport.connect(target, { timeout: 80 }).promise);
      const took = performance.now() - begin;
      assert.equal(failure.failed, "timeout");
      assert.ok(took >= 80 && took < 900, `${took} ms`);
      await until(() => socketCount() <= before, "the socket is closed");
      await done();
    },
  },
  {
    name: "a connect without a timeout waits for the kernel",
    async run({ transport }) {
      const { port, done } = await silentPort();
      const connecting = transport.connect({ type: "tcp", host: "127.0.0.1", port }, {});
      const first = await Promise.race([connecting.promise, sleep(150).then(() => "waits")]);
      assert.equal(first, "waits");
      connecting.cancel();
      assert.equal(failureOf(await connecting.promise).failed, "aborted");
      await done();
    },
  },
  {
    name: "cancel answers a pending connect with aborted and leaves no socket",
    async run({ transport }) {
      const { port, done } = await silentPort();
      const before = socketCount();
      const target = { type: "tcp", host: "127.0.0.1", port } as const;
      const connecting = transport.connect(target, { timeout: 5000 });
      await sleep(10);
      connecting.cancel();
      connecting.cancel();
      assert.equal(failureOf(await connecting.promise).failed, "aborted");
      await until(() => socketCount() <= before, "the socket is closed");
      await done();
    },
  },
  {
    name: "cancel at any moment, even when the connection is just made, leaves no socket",
    async run({ transport }) {
      const listener = listen(transport, V4);
      const accepted: Conn[] = [];
      listener.start((conn) => accepted.push(conn));
      const before = socketCount();
      let aborted = 0;
      const total = 2000;
      const width = 20;
      for (let round = 0; round < total / width; round++) {
        // A connect may be ready in the kernel, in the runtime, or not yet when it is given up.
        const several = Array.from(
          { length: width },
          () => transport.connect(targetOf(listener), { timeout: 5000 }),
        );
        const cancel = () => several.forEach((connecting) => connecting.cancel());
        if (round % 8 === 0) queueMicrotask(cancel);
        else if (round % 8 === 1) setImmediate(cancel);
        else if (round % 8 === 2) setTimeout(cancel, 0);
        else setImmediate(() => setImmediate(cancel));
        for (const answer of await Promise.all(several.map(({ promise }) => promise))) {
          if ("failed" in answer) aborted++;
          else answer.close();
        }
      }
      assert.ok(aborted >= total / 8, `${aborted} of ${total} were given up`);
      await sleep(20);
      await until(() => {
        // Some are accepted late.
        for (const conn of accepted.splice(0)) conn.close();
        return socketCount() <= before;
      }, "all sockets are closed");
      listener.close();
    },
  },
  {
    name: "cancel after the connection was made does not touch it",
    async run({ transport }) {
      const listener = listen(transport, V4);
      const accepted = new Promise<Conn>((resolve) => listener.start(resolve));
      const connecting = transport.connect(targetOf(listener), { timeout: 50 });
      const client = await connecting.promise;
      assert.ok(!("failed" in client));
      connecting.cancel();
      await sleep(80);
      await writeBytes(client, bytesOf("alive"));
      const server = await accepted;
      assert.equal(textOf(await readBytes(server, 5)), "alive");
      client.close();
      server.close();
      listener.close();
    },
  },
  {
    name: "a name is resolved",
    async run({ transport }) {
      const listener = listen(transport, V4);
      const accepted = new Promise<Conn>((resolve) => listener.start(resolve));
      const target = { type: "tcp", host: "localhost", port: listener.address.port } as const;
      const client = await connect(transport, target);
      assert.equal(client.remote.host, "127.0.0.1");
      client.close();
      (await accepted).close();
      listener.close();
    },
  },
  {
    name: "a source address and port are what the server sees",
    async run({ transport }) {
      const probe = Deno.listen({ hostname: "127.0.0.8", port: 0 });
      const { port } = probe.addr;
      probe.close();
      for (const source of [{ host: "127.0.0.9" }, { host: "127.0.0.8", port }]) {
        const { client, server, done } = await pair(transport, V4, { timeout: 5000, source });
        assert.equal(server.remote.host, source.host);
        if (source.port !== undefined) assert.equal(server.remote.port, source.port);
        assert.deepEqual(client.local, server.remote);
        assert.deepEqual(client.remote, server.local);
        await writeBytes(client, bytesOf("from there"));
        assert.equal(textOf(await readBytes(server, 10)), "from there");
        await writeBytes(server, bytesOf("and back"));
        server.closeWrite();
        assert.equal(textOf(await readBytes(client, 100)), "and back");
        done();
      }
    },
  },
  {
    name: "a source address that is not the machine's own fails with resource",
    async run({ transport }) {
      const listener = listen(transport, V4);
      const source = { host: "192.0.2.7" };
      const answer = await transport.connect(targetOf(listener), { timeout: 2000, source }).promise;
      assert.equal(failureOf(answer).failed, "resource");
      listener.close();
    },
  },
  {
    name: "keepAlive is set where it is asked for, on either side",
    async run({ transport }) {
      for (const [connecting, listening] of [[true, false], [false, true]]) {
        const listener = listen(transport, V4, { keepAlive: listening });
        const accepted = new Promise<Conn>((resolve) => listener.start(resolve));
        const options = { timeout: 5000, keepAlive: connecting };
        const client = await connect(transport, targetOf(listener), options);
        const server = await accepted;
        assert.equal(await hasKeepAlive(client), connecting);
        assert.equal(await hasKeepAlive(server), listening);
        client.close();
        server.close();
        listener.close();
      }
    },
  },
];

/** Whether the kernel's keep-alive timer runs: the sixth column of its row is then 02 (proc_net_tcp). */
async function hasKeepAlive(conn: Conn): Promise<boolean> {
  const ends = [conn.local, conn.remote].map(({ port }) =>
    `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`
  ).join(" ");
  const rows = (await Deno.readTextFile("/proc/net/tcp")).split("\n");
  const row = rows.find((row) => row.includes(ends));
  assert.ok(row !== undefined, `no row of ${ends}`);
  return row.trim().split(/\s+/)[5].startsWith("02:");
}
