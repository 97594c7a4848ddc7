import assert from "node:assert/strict";
import { systemClock } from "../../lib/net/clock.ts";
import { denoTransport } from "../../lib/net/deno_transport.ts";
import type { Conn, Listener } from "../../lib/net/conn.ts";
import { poller } from "../../lib/net/epoll/poller.ts";

const transport = denoTransport(systemClock);
const loopback = { type: "tcp", host: "127.0.0.1", port: 0 } as const;

/** Do the socket options show in what the kernel tells of accepted connections? */
async function acceptedAfter(
  listener: Listener,
  ms: number,
  act: (conn: Deno.TcpConn) => Promise<void>,
): Promise<boolean> {
  let accepted = false;
  listener.start((conn) => {
    accepted = true;
    conn.close();
  });
  const { host, port } = listener.address;
  const client = await Deno.connect({ hostname: host, port });
  await act(client);
  for (let waited = 0; waited < ms && !accepted; waited += 10) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  client.close();
  listener.close();
  return accepted;
}

Deno.test("with defer-accept a silent connection is not accepted, one that speaks is", async () => {
  const silent = transport.listen(loopback, { deferAccept: true });
  assert(!("failed" in silent), JSON.stringify(silent));
  assert.equal(await acceptedAfter(silent, 150, () => Promise.resolve()), false);
  const speaking = transport.listen(loopback, { deferAccept: true });
  assert(!("failed" in speaking), JSON.stringify(speaking));
  const write = async (conn: Deno.TcpConn) => {
    await conn.write(new Uint8Array([1]));
  };
  assert.equal(await acceptedAfter(speaking, 2000, write), true);
});

Deno.test("a listener bound to the loopback interface takes loopback connections", async () => {
  const listener = transport.listen(loopback, { interface: "lo", tcpUt: 5000 });
  assert(!("failed" in listener));
  assert.equal(await acceptedAfter(listener, 2000, () => Promise.resolve()), true);
});

Deno.test("an interface that does not exist is refused by its name", () => {
  const failure = transport.listen(loopback, { interface: "nosuch0" });
  assert("failed" in failure);
  assert.match(failure.message, /interface nosuch0/);
});

Deno.test("with nolinger a connection that is closed is reset, on both sides", async () => {
  const listener = transport.listen(loopback, { noLinger: true });
  assert(!("failed" in listener));
  const accepted = new Promise<Conn>((resolve) => listener.start(resolve));
  const { host, port } = listener.address;
  const client = await Deno.connect({ hostname: host, port });
  (await accepted).close();
  await assert.rejects(client.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
  client.close();
  listener.close();
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const target = {
    type: "tcp",
    host: "127.0.0.1",
    port: (server.addr as Deno.NetAddr).port,
  } as const;
  const conn = await transport.connect(target, { socket: { noLinger: true } }).promise;
  assert(!("failed" in conn));
  const other = await server.accept();
  conn.close();
  await assert.rejects(other.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
  other.close();
  server.close();
  await poller()?.ended();
});

Deno.test("connections take tfo and an interface, and are refused one that is not there", async () => {
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const target = {
    type: "tcp",
    host: "127.0.0.1",
    port: (server.addr as Deno.NetAddr).port,
  } as const;
  const socket = { fastOpen: true, interface: "lo" };
  const conn = await transport.connect(target, { socket }).promise;
  assert(!("failed" in conn));
  const writing = conn.write(new Uint8Array([7]));
  const other = await server.accept();
  assert.equal(await writing, 1);
  assert.equal(await other.read(new Uint8Array(1)), 1);
  conn.close();
  other.close();
  server.close();
  const wrong = await transport.connect(target, { socket: { interface: "nosuch0" } }).promise;
  assert.equal("failed" in wrong && wrong.failed, "resource");
  await poller()?.ended();
});
