import assert from "node:assert/strict";
import { createConnection, type Socket } from "node:net";
import { type Conn, IoStatus, LATER } from "../../lib/net/conn.ts";
import { writeAll } from "../../lib/net/io.ts";
import {
  bytesOf,
  type Case,
  type ForeignPeer,
  listen,
  pair,
  pattern,
  readBytes,
  sleep,
  type Subject,
  textOf,
  until,
  V4,
  writeBytes,
} from "./conformance.ts";

function plainPeer(port: number): ForeignPeer {
  const socket = createConnection({ host: "127.0.0.1", port, allowHalfOpen: true });
  return { socket, reset: () => socket.resetAndDestroy() };
}

/** A connection of the transport whose peer is a socket of node's. */
async function withForeignPeer(
  { transport, dial = plainPeer }: Subject,
): Promise<{ conn: Conn; peer: Socket; reset: () => void; done: () => Promise<void> }> {
  const listener = listen(transport, V4);
  const accepted = new Promise<Conn>((resolve) => listener.start(resolve));
  const { socket: peer, reset } = dial(listener.address.port);
  peer.on("error", () => {});
  const gone = new Promise<void>((resolve) => peer.once("close", () => resolve()));
  const connected = new Promise<void>((resolve) => peer.once("connect", () => resolve()));
  const conn = await accepted;
  // A reset of one that does not know yet that it is connected would be no reset.
  if (dial === plainPeer) await connected;
  const done = async () => {
    conn.close();
    listener.close();
    peer.destroy();
    await gone;
  };
  return { conn, peer, reset, done };
}

export const streamCases: readonly Case[] = [
  {
    name: "what one end writes the other end reads, both ways",
    async run({ transport }) {
      const { client, server, done } = await pair(transport);
      await writeBytes(client, bytesOf("ping"));
      assert.equal(textOf(await readBytes(server, 4)), "ping");
      await writeBytes(server, bytesOf("pong"));
      assert.equal(textOf(await readBytes(client, 4)), "pong");
      done();
    },
  },
  {
    name: "a read fills only the part of the memory that it was given",
    async run({ transport }) {
      const { client, server, done } = await pair(transport);
      const slab = new Uint8Array(64).fill(7);
      await writeBytes(client, new Uint8Array(50).fill(1));
      let count = 0;
      while (count < 16) {
        count += await server.read(slab.subarray(16 + count, 32));
      }
      assert.deepEqual([...slab.subarray(0, 16)], Array(16).fill(7));
      assert.deepEqual([...slab.subarray(16, 32)], Array(16).fill(1));
      assert.deepEqual([...slab.subarray(32)], Array(32).fill(7));
      done();
    },
  },
  {
    name: "who waits without memory is asked for it when something has come, and not before",
    async run({ transport }) {
      const { client, server, done } = await pair(transport);
      if (server.readLent !== undefined) {
        const memory = new Uint8Array(8).fill(0xa5);
        let asked = 0;
        const lender = { room: () => (asked++, memory.subarray(2, 6)) };
        const pending = server.readLent(lender);
        await sleep(20);
        assert.equal(asked, 0);
        await writeBytes(client, bytesOf("abcdef"));
        assert.equal(await pending, 4);
        assert.equal(asked, 1);
        assert.deepEqual([...memory], [0xa5, 0xa5, ...bytesOf("abcd"), 0xa5, 0xa5]);
        // What is there already is had at once, or soon.
        assert.equal(await server.readLent(lender), 2);
        assert.equal(asked, 2);
        const last = server.readLent(lender);
        server.close();
        assert.equal(await last, IoStatus.Aborted);
        assert.equal(asked, 2);
      }
      done();
    },
  },
  {
    name:
      "a reader is told later what its read has answered, never inside a call, and by close at the latest",
    async run({ transport }) {
      const { client, server, done } = await pair(transport);
      if (server.readFor !== undefined) {
        const memory = new Uint8Array(8).fill(0xa5);
        const told: number[] = [];
        let asked = 0;
        let tell = () => {};
        const reader = {
          room: () => (asked++, memory.subarray(2, 6)),
          answered: (count: number) => (told.push(count), tell()),
        };
        const next = () => new Promise<void>((resolve) => tell = resolve);
        assert.equal(server.readFor(reader), LATER);
        await sleep(20);
        assert.deepEqual([asked, told], [0, []]);
        const first = next();
        await writeBytes(client, bytesOf("abcdef"));
        await first;
        assert.deepEqual([asked, told], [1, [4]]);
        assert.deepEqual([...memory], [0xa5, 0xa5, ...bytesOf("abcd"), 0xa5, 0xa5]);
        const second = next();
        const n = server.readFor(reader);
        if (n === LATER) await second;
        assert.deepEqual([asked, n === LATER ? told : [4, n]], [2, [4, 2]]);
        // One of which nobody knows when it is called.
        told.length = 0;
        const third = next();
        assert.equal(server.readFor(reader), LATER);
        server.close();
        assert.deepEqual(told, []);
        await third;
        assert.deepEqual([asked, told], [2, [IoStatus.Aborted]]);
        assert.equal(server.readFor(reader), IoStatus.Aborted);
      }
      done();
    },
  },
  {
    name:
      "who is told may close the connection, or another one, and the others are told all the same",
    async run({ transport }) {
      const one = await pair(transport);
      const two = await pair(transport);
      if (one.server.readFor !== undefined && two.server.readFor !== undefined) {
        const told: string[] = [];
        const reader = (name: string, other: Conn) => ({
          room: () => new Uint8Array(8),
          answered(count: number) {
            told.push(`${name} ${count}`);
            other.close();
          },
        });
        assert.equal(one.server.readFor(reader("one", two.server)), LATER);
        assert.equal(two.server.readFor(reader("two", one.server)), LATER);
        await writeBytes(one.client, bytesOf("x"));
        await until(() => told.length === 2, "both are told");
        assert.deepEqual(told, ["one 1", `two ${IoStatus.Aborted}`]);
      }
      one.done();
      two.done();
    },
  },
  {
    name: "a write is possible while a read is pending",
    async run({ transport }) {
      const { client, server, done } = await pair(transport);
      const pending = readBytes(client, 3);
      for (let round = 0; round < 20; round++) {
        await writeBytes(client, bytesOf("x"));
        assert.equal(textOf(await readBytes(server, 1)), "x");
      }
      await writeBytes(server, bytesOf("end"));
      assert.equal(textOf(await pending), "end");
      done();
    },
  },
  {
    name: "8 MiB go both ways at once and arrive as they were sent",
    async run({ transport }) {
      const { client, server, done } = await pair(transport);
      const up = pattern(8 << 20, 1);
      const down = pattern(8 << 20, 2);
      const [sentUp, sentDown, gotUp, gotDown] = await Promise.all([
        writeAll(client, up),
        writeAll(server, down),
        readBytes(server, up.length),
        readBytes(client, down.length),
      ]);
      assert.deepEqual([sentUp, sentDown], [0, 0]);
      assert.ok(Buffer.compare(gotUp, up) === 0 && Buffer.compare(gotDown, down) === 0);
      done();
    },
  },
  {
    name: "a writer waits for a reader who does not read, and loses nothing when he does",
    async run({ transport }) {
      const { client, server, done } = await pair(transport);
      const chunk = pattern(65536);
      let taken = 0;
      let stopped = false;
      const total = 1024 * chunk.length;
      const writer = (async () => {
        while (taken < total) {
          const offset = taken % chunk.length;
          const count = await client.write(chunk.subarray(offset));
          assert.ok(count > 0);
          taken += count;
        }
        client.closeWrite();
        stopped = true;
      })();
      let before = -1;
      while (before !== taken) {
        before = taken;
        await sleep(100);
      }
      assert.ok(taken > 0 && taken < 32 << 20 && !stopped, `${taken} bytes were taken unread`);
      const buffer = new Uint8Array(50000);
      let got = 0;
      for (;;) {
        const count = await server.read(buffer);
        if (count === IoStatus.Eof) break;
        assert.ok(count > 0);
        if (got % 97 === 0) await sleep(0);
        for (let at = 0; at < count; at += 4099) {
          assert.equal(buffer[at], chunk[(got + at) % chunk.length]);
        }
        got += count;
      }
      await writer;
      assert.equal(got, total);
      done();
    },
  },
  {
    name: "after closeWrite of the client the server reads the end and still answers",
    async run({ transport }) {
      const { client, server, done } = await pair(transport);
      await writeBytes(client, bytesOf("question"));
      client.closeWrite();
      assert.equal(textOf(await readBytes(server, 100)), "question");
      assert.equal(await server.read(new Uint8Array(8)), IoStatus.Eof);
      await sleep(20);
      const answer = pattern(300000);
      const [sent, got] = await Promise.all([writeAll(server, answer), readBytes(client, 300000)]);
      assert.equal(sent, 0);
      assert.deepEqual(got, answer);
      server.closeWrite();
      assert.equal(await client.read(new Uint8Array(8)), IoStatus.Eof);
      done();
    },
  },
  {
    name: "after closeWrite of the server the client reads the end and still sends",
    async run({ transport }) {
      const { client, server, done } = await pair(transport);
      server.closeWrite();
      assert.equal(await client.read(new Uint8Array(8)), IoStatus.Eof);
      assert.equal(await client.read(new Uint8Array(8)), IoStatus.Eof);
      await writeBytes(client, bytesOf("more"));
      assert.equal(textOf(await readBytes(server, 4)), "more");
      done();
    },
  },
  {
    name: "bytes that came before the peer's end are read before the end",
    async run(subject) {
      const { conn, peer, done } = await withForeignPeer(subject);
      peer.end("last words");
      await sleep(20);
      assert.equal(textOf(await readBytes(conn, 100)), "last words");
      await done();
    },
  },
  {
    name: "a reset by the peer answers the pending read with Reset",
    async run(subject) {
      const { conn, reset, done } = await withForeignPeer(subject);
      const pending = conn.read(new Uint8Array(16));
      await sleep(10);
      reset();
      assert.equal(await pending, IoStatus.Reset);
      await done();
    },
  },
  {
    name: "a reset by the peer answers a pending write with Reset, and later ones as well",
    async run(subject) {
      const { conn, peer, reset, done } = await withForeignPeer(subject);
      peer.pause();
      const chunk = new Uint8Array(1 << 20);
      let answer = 0;
      const writer = (async () => {
        while (answer >= 0) answer = await conn.write(chunk);
      })();
      await sleep(100);
      reset();
      await writer;
      assert.equal(answer, IoStatus.Reset);
      assert.equal(await conn.write(chunk), IoStatus.Reset);
      await done();
    },
  },
  {
    name: "close answers the pending read with Aborted",
    async run({ transport }) {
      const { server, done } = await pair(transport);
      const pending = server.read(new Uint8Array(16));
      await sleep(5);
      server.close();
      assert.equal(await pending, IoStatus.Aborted);
      done();
    },
  },
  {
    name: "close answers the pending write with Aborted",
    async run({ transport }) {
      const { client, done } = await pair(transport);
      const chunk = new Uint8Array(1 << 20);
      let answer = 0;
      const writer = (async () => {
        while (answer >= 0) answer = await client.write(chunk);
      })();
      await sleep(100);
      client.close();
      await writer;
      assert.equal(answer, IoStatus.Aborted);
      done();
    },
  },
  {
    name: "after close every operation answers Aborted or does nothing, and none throws",
    async run({ transport }) {
      const { client, server, done } = await pair(transport);
      const { local, remote } = client;
      client.close();
      client.close();
      client.abort();
      client.closeWrite();
      assert.equal(await client.read(new Uint8Array(1)), IoStatus.Aborted);
      assert.equal(await client.write(new Uint8Array(1)), IoStatus.Aborted);
      assert.deepEqual([client.local, client.remote], [local, remote]);
      assert.equal(await server.read(new Uint8Array(1)), IoStatus.Eof);
      done();
    },
  },
  {
    name: "the addresses can be asked for after close",
    async run({ transport }) {
      const { client, server, done } = await pair(transport);
      done();
      assert.deepEqual(client.local, server.remote);
      assert.deepEqual(client.remote, server.local);
    },
  },
  {
    name: "the peer sees an abort as the end or, where the transport can, as a reset",
    async run(subject) {
      const { conn, peer, done } = await withForeignPeer(subject);
      let seen = "";
      peer.on("error", (error) => seen = (error as { code?: string }).code ?? "error");
      peer.on("end", () => seen = seen || "end");
      peer.resume();
      conn.abort();
      await until(() => seen !== "", "the peer sees the abort");
      assert.equal(seen, subject.resets ? "ECONNRESET" : "end");
      await done();
    },
  },
  {
    name: "two small writes in a row do not wait for an acknowledgement (TCP_NODELAY)",
    async run({ transport }) {
      const { client, server, done } = await pair(transport);
      const waits: number[] = [];
      for (let round = 0; round < 41; round++) {
        // Both directions: Nagle's wait of 40 ms would show in the one that does not have the option.
        const begin = performance.now();
        for (const [from, to] of [[client, server], [server, client]]) {
          await writeBytes(from, bytesOf("ab"));
          await writeBytes(from, bytesOf("cd"));
          await readBytes(to, 4);
        }
        waits.push(performance.now() - begin);
      }
      waits.sort((a, b) => a - b);
      assert.ok(waits[20] < 20, `the median round took ${waits[20]} ms`);
      done();
    },
  },
];
