import assert from "node:assert/strict";
import { systemClock } from "../../lib/net/clock.ts";
import type { Conn, ConnectFailure, Transport } from "../../lib/net/conn.ts";
import { denoTransport } from "../../lib/net/deno_transport.ts";
import { connectFromRange } from "../../lib/net/source_ports.ts";
import { freePort } from "../support/ports.ts";

const TARGET = { type: "tcp", host: "127.0.0.1", port: 1 } as const;

/** A transport on which these source ports are in use; it notes the others. */
function scripted(inUse: readonly number[]): { transport: Transport; tried: number[] } {
  const tried: number[] = [];
  const connect: Transport["connect"] = (_target, { source }) => {
    const port = source?.port ?? 0;
    tried.push(port);
    const answer: ConnectFailure | Conn = inUse.includes(port)
      ? { failed: "resource", message: "in use" }
      : {} as Conn;
    return { promise: Promise.resolve(answer), cancel: () => undefined };
  };
  return { transport: { name: "scripted", connect } as Transport, tried };
}

Deno.test("the ports of a range are used in turn, past those that are in use", async () => {
  const { transport, tried } = scripted([2001]);
  const range = { host: "127.9.0.1", port: 2000, lastPort: 2003 };
  for (let i = 0; i < 5; i++) {
    const answer = await connectFromRange(transport, TARGET, { source: range }).promise;
    assert.ok(!("failed" in answer));
  }
  assert.deepEqual(tried, [2000, 2001, 2002, 2003, 2000, 2001, 2002]);
});

Deno.test("when all of a range is in use, the connection fails for want of a port", async () => {
  const { transport, tried } = scripted([3000, 3001]);
  const range = { host: "127.9.0.2", port: 3000, lastPort: 3001 };
  const answer = await connectFromRange(transport, TARGET, { source: range }).promise;
  assert.equal((answer as ConnectFailure).failed, "resource");
  assert.deepEqual(tried, [3000, 3001]);
});

Deno.test("without a range the transport is asked as it is", async () => {
  const { transport, tried } = scripted([]);
  await connectFromRange(transport, TARGET, { source: { host: "127.9.0.3", port: 4000 } }).promise;
  await connectFromRange(transport, TARGET, { source: undefined }).promise;
  assert.deepEqual(tried, [4000, 0]);
});

Deno.test("real connections leave from the ports of their range", async () => {
  const host = "127.9.0.4";
  const first = freePort();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const transport = denoTransport(systemClock);
  const target = { type: "tcp", host: "127.0.0.1", port: listener.addr.port } as const;
  const range = { host, port: first, lastPort: first + 1 };
  const conns: Conn[] = [];
  const accepted: Deno.Conn[] = [];
  for (let i = 0; i < 2; i++) {
    const connecting = connectFromRange(transport, target, { timeout: 5000, source: range });
    accepted.push(await listener.accept());
    const conn = await connecting.promise;
    assert.ok(!("failed" in conn), JSON.stringify(conn));
    conns.push(conn);
  }
  assert.deepEqual(
    accepted.map(({ remoteAddr }) => (remoteAddr as Deno.NetAddr).port).sort(),
    [first, first + 1],
  );
  // Both are in use now.
  const third = await connectFromRange(transport, target, { timeout: 5000, source: range }).promise;
  assert.equal("failed" in third && third.failed, "resource", JSON.stringify(third));
  for (const conn of conns) conn.abort();
  for (const conn of accepted) conn.close();
  listener.close();
});
