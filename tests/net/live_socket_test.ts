import assert from "node:assert/strict";
import { systemClock } from "../../lib/net/clock.ts";
import { type Conn, IoStatus } from "../../lib/net/conn.ts";
import { epollTransport } from "../../lib/net/epoll/transport.ts";
import { denoTransport } from "../../lib/net/deno_transport.ts";
import { findProgram } from "../support/needs.ts";
import { silentPort } from "./silent_port.ts";
import {
  hasSocketCalls,
  setMark,
  setTos,
  setUserTimeout,
  tcpInfo,
  vanish,
} from "../../lib/net/live_socket.ts";
import {
  bytesOf,
  type Pair,
  pair,
  readBytes,
  sleep,
  textOf,
  V4,
  writeBytes,
} from "./conformance.ts";

const transport = denoTransport(systemClock);
const ignore = !hasSocketCalls();
const KINDS = [
  { kind: "IPv4", make: () => pair(transport) },
  { kind: "IPv6", make: () => pair(transport, { type: "tcp", host: "::1", port: 0 }) },
  {
    kind: "a source address",
    make: () => pair(transport, V4, { timeout: 5000, source: { host: "127.0.0.3" } }),
  },
];

/** The value of a socket option, read by a way of its own. */
function option(fd: number, level: number, name: number): number {
  const libc = Deno.dlopen("libc.so.6", {
    getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  });
  const value = new Int32Array(1);
  const size = new Uint8Array(new Uint32Array([4]).buffer);
  assert.equal(libc.symbols.getsockopt(fd, level, name, new Uint8Array(value.buffer), size), 0);
  libc.close();
  return value[0];
}

/** The state of the connection's socket in the kernel's table (01: established); undefined: it is gone. */
async function stateOf({ local, remote }: Conn): Promise<string | undefined> {
  const port = (n: number) => n.toString(16).toUpperCase().padStart(4, "0");
  const ends = `:${port(local.port)} [0-9A-F]+:${port(remote.port)} ([0-9A-F]{2})`;
  return new RegExp(ends).exec(await Deno.readTextFile("/proc/net/tcp"))?.[1];
}

for (const { kind, make } of KINDS) {
  Deno.test({
    name: `either end of a connection (${kind}) knows its descriptor until it is closed`,
    ignore,
    async fn() {
      const { client, server, done } = await make();
      try {
        const fds = [client.descriptor, server.descriptor];
        assert.notEqual(fds[0], fds[1]);
        for (const [i, conn] of [client, server].entries()) {
          const fd = fds[i]!;
          assert.equal(
            await Deno.readLink(`/proc/self/fd/${fd}`).then((s) => s.slice(0, 6)),
            "socket",
          );
          assert.ok(setTos(fd, 0x20));
          const [level, name] = conn.local.family === 6 ? [41, 67] : [0, 1];
          assert.equal(option(fd, level, name), 0x20);
          assert.ok(setUserTimeout(conn, 4321));
          assert.equal(option(fd, 6, 18), 4321);
        }
      } finally {
        done();
      }
      assert.equal(client.descriptor, undefined);
      assert.equal(server.descriptor, undefined);
    },
  });
}

Deno.test({
  name: "TCP_INFO tells the round trip time of a connection, and nothing of what is no socket",
  ignore,
  async fn() {
    const { client, server, done } = await pair(transport);
    await writeBytes(client, bytesOf("ping"));
    await readBytes(server, 4);
    const rtt = tcpInfo(server.descriptor!, "rtt")!;
    assert.ok(rtt > 0 && rtt < 5_000_000, String(rtt));
    assert.equal(tcpInfo(server.descriptor!, "lost"), 0);
    assert.equal(tcpInfo(0, "rtt"), undefined);
    done();
  },
});

/** What the client's read answers after the server has vanished and closed. */
async function afterVanishing({ client, server }: Pair, ttl?: number): Promise<number | "silent"> {
  await writeBytes(client, bytesOf("hello"));
  assert.equal(textOf(await readBytes(server, 5)), "hello");
  // As in a session: a read is pending when the rule strikes.
  const pending = server.read(new Uint8Array(10));
  const read = Promise.resolve(client.read(new Uint8Array(10)));
  vanish(server.descriptor!, ttl);
  server.close();
  assert.equal(await pending, IoStatus.Aborted);
  while (await stateOf(server) !== undefined) await sleep(5);
  return await Promise.race([read, sleep(50).then(() => "silent" as const)]);
}

const permitted = !ignore && await (async () => {
  const { server, done } = await pair(transport);
  const can = setMark(server.descriptor!, 1);
  done();
  return can;
})();

Deno.test({
  name: "a connection that vanishes leaves its client with one that seems established",
  ignore: !permitted,
  async fn() {
    const ends = await pair(transport);
    assert.equal(await afterVanishing(ends), "silent");
    assert.equal(await stateOf(ends.client), "01");
    ends.done();
  },
});

Deno.test({
  name: "with a TTL the client gets a reset where the packet reaches it",
  ignore,
  async fn() {
    const ends = await pair(transport);
    assert.equal(await afterVanishing(ends, 1), IoStatus.Reset);
    ends.done();
  },
});

Deno.test({
  name: "packets get a mark where that is permitted, up to the whole 32 bits",
  ignore: !permitted,
  async fn() {
    const { server, done } = await pair(transport);
    assert.ok(setMark(server.descriptor!, 0xfedcba98));
    assert.equal(option(server.descriptor!, 1, 36) >>> 0, 0xfedcba98);
    done();
  },
});

const epoll = epollTransport(systemClock);

Deno.test({
  name:
    "marks are on a socket before its first packet is sent, where the transport makes it itself",
  ignore: !permitted || epoll === undefined || findProgram("ss") === undefined,
  async fn() {
    const { port, done } = await silentPort();
    const connecting = epoll!.connect(
      { type: "tcp", host: "127.0.0.1", port },
      { marks: { tos: 0x28, mark: 77 } },
    );
    const asked = ["-tneOH", "--tos", "state", "syn-sent", `dport = :${port}`];
    const { stdout } = await new Deno.Command("ss", { args: asked }).output();
    assert.match(new TextDecoder().decode(stdout), /fwmark:0x4d.* tos:0x28|tos:0x28.* fwmark:0x4d/);
    connecting.cancel();
    await connecting.promise;
    await done();
  },
});

Deno.test({
  name: "marks are on a connection as soon as it is made, on any transport",
  ignore: !permitted,
  async fn() {
    for (const each of [transport, epoll ?? transport]) {
      const { client, done } = await pair(each, V4, { timeout: 5000, marks: { mark: 78 } });
      assert.equal(option(client.descriptor!, 1, 36), 78, each.name);
      done();
    }
  },
});
