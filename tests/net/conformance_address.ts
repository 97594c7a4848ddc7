import assert from "node:assert/strict";
import type { Conn, Listener, Place } from "../../lib/net/conn.ts";
import {
  bytesOf,
  type Case,
  connect,
  failureOf,
  listen,
  pair,
  readBytes,
  refusal,
  targetOf,
  temporaryDirectory,
  textOf,
  until,
  V4,
  writeBytes,
} from "./conformance.ts";

function unixPlace(path: string): Place & { type: "unix" } {
  return { type: "unix", path };
}

function modeOf(path: string): number {
  return (Deno.statSync(path).mode ?? 0) & 0o7777;
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Accepts one connection and says `word` on it. */
function greet(listener: Listener, word: string): void {
  listener.start(async (conn: Conn) => {
    await writeBytes(conn, bytesOf(word));
    conn.close();
  });
}

export const addressCases: readonly Case[] = [
  {
    name: "both ends know the same two IPv4 addresses",
    async run({ transport }) {
      const { client, server, done } = await pair(transport);
      assert.deepEqual(client.local, server.remote);
      assert.deepEqual(client.remote, server.local);
      assert.deepEqual([client.local.family, client.local.host], [4, "127.0.0.1"]);
      assert.ok(client.local.port > 0);
      assert.equal(client.local, client.local, "made once");
      done();
    },
  },
  {
    name: "IPv6 works and its addresses are in the canonical form",
    async run({ transport }) {
      const { client, server, done } = await pair(transport, { type: "tcp", host: "::1", port: 0 });
      assert.deepEqual(client.local, server.remote);
      assert.deepEqual([server.local.family, server.local.host], [6, "::1"]);
      await writeBytes(client, bytesOf("six"));
      assert.equal(textOf(await readBytes(server, 3)), "six");
      done();
    },
  },
  {
    name: ":: takes IPv4 as well, shown as a mapped address",
    async run({ transport }) {
      const listener = listen(transport, { type: "tcp", host: "::", port: 0 });
      const accepted = new Promise<Conn>((resolve) => listener.start(resolve));
      const client = await connect(transport, {
        type: "tcp",
        host: "127.0.0.1",
        port: listener.address.port,
      });
      const server = await accepted;
      assert.deepEqual([server.remote.family, server.remote.host], [6, "::ffff:127.0.0.1"]);
      client.close();
      server.close();
      listener.close();
    },
  },
  {
    name: "v6only on :: keeps IPv4 away, or is refused by a transport that cannot",
    async run({ transport, v6only }) {
      const place = { type: "tcp", host: "::", port: 0 } as const;
      const answer = transport.listen(place, { v6only: true });
      if (!v6only) {
        assert.match(refusal(answer).message, /v6only/);
        return;
      }
      assert.ok(!("failed" in answer));
      const target = { type: "tcp", host: "127.0.0.1", port: answer.address.port } as const;
      assert.equal(failureOf(await transport.connect(target, {}).promise).failed, "refused");
      answer.close();
    },
  },
  {
    name: "v6only on one IPv6 address changes nothing",
    run({ transport }) {
      listen(transport, { type: "tcp", host: "::1", port: 0 }, { v6only: true }).close();
      return Promise.resolve();
    },
  },
  {
    name: "an empty host and * mean every IPv4 address",
    run({ transport }) {
      for (const host of ["", "*"]) {
        const listener = listen(transport, { type: "tcp", host, port: 0 });
        assert.equal(listener.address.host, "0.0.0.0");
        listener.close();
      }
      return Promise.resolve();
    },
  },
  {
    name: "a Unix socket has the mode and owner that were asked for and is gone after close",
    async run({ transport }) {
      using dir = temporaryDirectory();
      const path = `${dir.path}/s.sock`;
      const { uid, gid } = Deno.statSync(dir.path);
      const options = { mode: 0o620, uid: uid ?? undefined, gid: gid ?? undefined };
      const listener = listen(transport, unixPlace(path), options);
      assert.equal(modeOf(path), 0o620);
      assert.deepEqual(listener.address, { family: "unix", host: path, port: 0 });
      assert.deepEqual([...Deno.readDirSync(dir.path)].map((entry) => entry.name), ["s.sock"]);
      const accepted = new Promise<Conn>((resolve) => listener.start(resolve));
      const client = await connect(transport, targetOf(listener));
      const server = await accepted;
      assert.deepEqual(server.local, { family: "unix", host: path, port: 0 });
      assert.equal(client.remote.host, path);
      assert.deepEqual(server.remote, { family: "unix", host: "", port: 0 });
      await writeBytes(client, bytesOf("local"));
      assert.equal(textOf(await readBytes(server, 5)), "local");
      client.close();
      server.close();
      listener.close();
      assert.ok(!exists(path));
    },
  },
  {
    name: "the socket that a dead process left is replaced",
    async run({ transport }) {
      using dir = temporaryDirectory();
      const path = `${dir.path}/s.sock`;
      const stale = Deno.listen({ transport: "unix", path: `${path}.old` });
      Deno.renameSync(`${path}.old`, path);
      stale.close();
      assert.ok(exists(path));
      const listener = listen(transport, unixPlace(path));
      greet(listener, "new");
      const client = await connect(transport, targetOf(listener));
      assert.equal(textOf(await readBytes(client, 10)), "new");
      client.close();
      listener.close();
    },
  },
  {
    name: "a new listener takes a Unix path over without a gap, and the old one's close leaves it",
    async run({ transport }) {
      using dir = temporaryDirectory();
      const path = `${dir.path}/s.sock`;
      const old = listen(transport, unixPlace(path));
      greet(old, "old");
      const next = listen(transport, unixPlace(path));
      greet(next, "next");
      old.close();
      const client = await connect(transport, targetOf(next));
      assert.equal(textOf(await readBytes(client, 10)), "next");
      client.close();
      next.close();
      assert.ok(!exists(path));
    },
  },
  {
    name: "a file that is not a socket is not replaced",
    async run({ transport }) {
      using dir = temporaryDirectory();
      const path = `${dir.path}/precious`;
      await Deno.writeTextFile(path, "data");
      assert.equal(refusal(transport.listen(unixPlace(path), {})).failed, "addrinuse");
      assert.equal(await Deno.readTextFile(path), "data");
    },
  },
  {
    name: "a Unix path that is too long or has no directory is a failure, not an exception",
    async run({ transport }) {
      const long = `/tmp/${"x".repeat(110)}`;
      assert.match(refusal(transport.listen(unixPlace(long), {})).message, /longer/);
      assert.equal(refusal(transport.listen(unixPlace("/nonexistent/s.sock"), {})).failed, "other");
      const answer = await transport.connect({ type: "unix", path: long }, {}).promise;
      assert.match(failureOf(answer).message, /longer/);
    },
  },
  {
    name: "an abstract name is padded to the whole length, as HAProxy's abns@ is",
    async run({ transport }) {
      const name = `@sluice-test-${Deno.pid}`;
      const listener = listen(transport, unixPlace(name));
      assert.equal(listener.address.host, name);
      const row = (await Deno.readTextFile("/proc/net/unix")).split("\n")
        .find((line) => line.includes(name)) ?? "";
      assert.equal(row.slice(row.indexOf(name)), name.padEnd(108, "@"));
      greet(listener, "abstract");
      const client = await connect(transport, targetOf(listener));
      assert.equal(client.remote.host, name);
      assert.equal(textOf(await readBytes(client, 20)), "abstract");
      client.close();
      listener.close();
      assert.match(
        refusal(transport.listen(unixPlace(`@${"x".repeat(108)}`), {})).message,
        /longer/,
      );
    },
  },
  {
    name: "a descriptor that is not open, or is not a socket, is a failure that says so",
    run({ transport }) {
      assert.match(refusal(transport.listen({ type: "fd", fd: 999 }, {})).message, /not open/);
      using file = Deno.openSync("/dev/null");
      assert.ok(file);
      const { name } = [...Deno.readDirSync("/proc/self/fd")].find(({ name }) => {
        try {
          return Deno.readLinkSync(`/proc/self/fd/${name}`) === "/dev/null" && Number(name) > 2;
        } catch {
          return false;
        }
      })!;
      const answer = transport.listen({ type: "fd", fd: Number(name) }, {});
      assert.match(refusal(answer).message, /not a socket/);
      return Promise.resolve();
    },
  },
  {
    name: "an adopted listening descriptor accepts, pauses, half-closes and closes",
    async run({ transport }) {
      const { fd, port } = inheritedSocket();
      const listener = listen(transport, { type: "fd", fd });
      assert.deepEqual(listener.address, { family: 4, host: "127.0.0.1", port });
      const accepted: Conn[] = [];
      listener.start((conn) => accepted.push(conn));
      const target = { type: "tcp", host: "127.0.0.1", port } as const;
      const client = await connect(transport, target);
      await until(() => accepted.length === 1, "the connection is delivered");
      const server = accepted[0];
      assert.deepEqual(server.remote, client.local);
      await writeBytes(client, bytesOf("question"));
      client.closeWrite();
      assert.equal(textOf(await readBytes(server, 100)), "question");
      await writeBytes(server, bytesOf("answer"));
      server.closeWrite();
      assert.equal(textOf(await readBytes(client, 100)), "answer");
      listener.pause();
      const held = await connect(transport, target);
      await writeBytes(held, bytesOf("held"));
      const late = held.read(new Uint8Array(4));
      assert.equal(accepted.length, 1);
      listener.resume();
      await until(() => accepted.length === 2, "the held connection is delivered");
      assert.equal(textOf(await readBytes(accepted[1], 4)), "held");
      accepted[1].close();
      assert.ok(await late <= 0);
      for (const conn of [client, server, held]) conn.close();
      listener.close();
      await until(() => !exists(`/proc/self/fd/${fd}`), "the descriptor is closed");
      assert.equal(failureOf(await transport.connect(target, {}).promise).failed, "refused");
      listen(transport, V4).close();
    },
  },
];

/** A listening socket that no object owns, like one that the process was started with. */
function inheritedSocket(): { fd: number; port: number } {
  const libc = Deno.dlopen("libc.so.6", {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    listen: { parameters: ["i32", "i32"], result: "i32" },
    getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  });
  const { socket, bind, listen, getsockname } = libc.symbols;
  // struct sockaddr_in: family (host order), port and address (network order)
  const name = new Uint8Array(16);
  name.set([2, 0, 0, 0, 127, 0, 0, 1]);
  const fd = socket(2, 1, 0);
  assert.ok(fd >= 0 && bind(fd, name, 16) === 0 && listen(fd, 16) === 0);
  assert.equal(getsockname(fd, name, new Uint32Array([16])), 0);
  libc.close();
  return { fd, port: name[2] << 8 | name[3] };
}
