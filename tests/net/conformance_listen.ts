import assert from "node:assert/strict";
import type { Conn } from "../../lib/net/conn.ts";
import {
  bytesOf,
  type Case,
  connect,
  failureOf,
  listen,
  readBytes,
  refusal,
  sleep,
  targetOf,
  textOf,
  until,
  V4,
  writeBytes,
} from "./conformance.ts";

export const listenCases: readonly Case[] = [
  {
    name: "300 connections at once are all accepted and served",
    async run({ transport }) {
      const listener = listen(transport, V4);
      const served: Conn[] = [];
      listener.start(async (conn) => {
        served.push(conn);
        await writeBytes(conn, await readBytes(conn, 4));
      });
      const clients = await Promise.all(
        Array.from({ length: 300 }, () => connect(transport, targetOf(listener))),
      );
      await Promise.all(clients.map(async (client, index) => {
        const text = String(1000 + index);
        await writeBytes(client, bytesOf(text));
        assert.equal(textOf(await readBytes(client, 4)), text);
      }));
      assert.equal(served.length, 300);
      for (const conn of [...clients, ...served]) conn.close();
      listener.close();
    },
  },
  {
    name: "connections that came before start wait for it",
    async run({ transport }) {
      const listener = listen(transport, V4);
      const client = await connect(transport, targetOf(listener));
      await writeBytes(client, bytesOf("early"));
      const server = await new Promise<Conn>((resolve) => listener.start(resolve));
      assert.equal(textOf(await readBytes(server, 5)), "early");
      client.close();
      server.close();
      listener.close();
    },
  },
  {
    name: "a paused listener delivers at most one more connection, the rest after resume",
    async run({ transport }) {
      const listener = listen(transport, V4);
      const accepted: Conn[] = [];
      listener.start((conn) => accepted.push(conn));
      await sleep(5);
      listener.pause();
      const clients = await Promise.all(
        Array.from({ length: 10 }, () => connect(transport, targetOf(listener))),
      );
      await sleep(50);
      assert.ok(accepted.length <= 1, `${accepted.length} were delivered`);
      listener.resume();
      listener.resume();
      await until(() => accepted.length === 10, "all are delivered");
      for (const conn of [...clients, ...accepted]) conn.close();
      listener.close();
    },
  },
  {
    name: "pausing from within the callback stops after that connection",
    async run({ transport }) {
      const listener = listen(transport, V4);
      const accepted: Conn[] = [];
      const clients = await Promise.all(
        Array.from({ length: 6 }, () => connect(transport, targetOf(listener))),
      );
      listener.start((conn) => {
        accepted.push(conn);
        if (accepted.length % 2 === 0) listener.pause();
      });
      for (const expected of [2, 4, 6]) {
        await until(() => accepted.length === expected, `${expected} are delivered`);
        await sleep(20);
        assert.equal(accepted.length, expected);
        listener.resume();
      }
      for (const conn of [...clients, ...accepted]) conn.close();
      listener.close();
    },
  },
  {
    name: "a closed listener refuses new connections and leaves accepted ones alone",
    async run({ transport }) {
      const listener = listen(transport, V4);
      const target = targetOf(listener);
      const errors: string[] = [];
      const accepted: Conn[] = [];
      listener.start((conn) => accepted.push(conn), (reason) => errors.push(reason));
      const client = await connect(transport, target);
      await until(() => accepted.length === 1, "the connection is delivered");
      listener.close();
      listener.close();
      listener.resume();
      const failure = failureOf(await transport.connect(target, { timeout: 2000 }).promise);
      assert.equal(failure.failed, "refused");
      await writeBytes(client, bytesOf("still"));
      assert.equal(textOf(await readBytes(accepted[0], 5)), "still");
      assert.deepEqual(errors, []);
      client.close();
      accepted[0].close();
    },
  },
  {
    name: "a second listener can be bound to the same port, and takes over when the first closes",
    async run({ transport }) {
      const first = listen(transport, V4);
      const target = targetOf(first);
      const place = { type: "tcp", host: "127.0.0.1", port: first.address.port } as const;
      const second = listen(transport, place);
      const accepted: Conn[] = [];
      second.start((conn) => accepted.push(conn));
      first.start((conn) => conn.close());
      first.close();
      // A pending accept is given up in the next turn; a connection until then would be reset.
      await sleep(20);
      const client = await connect(transport, target);
      await until(() => accepted.length === 1, "the second one accepts");
      client.close();
      accepted[0].close();
      second.close();
    },
  },
  {
    name: "a port that another program holds is addrinuse",
    run({ transport }) {
      const other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const place = { type: "tcp", host: "127.0.0.1", port: other.addr.port } as const;
      const failure = refusal(transport.listen(place, {}));
      assert.equal(failure.failed, "addrinuse");
      other.close();
      return Promise.resolve();
    },
  },
  {
    name: "an address that is not the machine's own is addrnotavailable",
    run({ transport }) {
      const place = { type: "tcp", host: "192.0.2.1", port: 0 } as const;
      assert.equal(refusal(transport.listen(place, {})).failed, "addrnotavailable");
      return Promise.resolve();
    },
  },
  {
    name: "a port that cannot be is a failure, not an exception",
    run({ transport }) {
      const place = { type: "tcp", host: "127.0.0.1", port: 70000 } as const;
      assert.equal(refusal(transport.listen(place, {})).failed, "other");
      return Promise.resolve();
    },
  },
];
