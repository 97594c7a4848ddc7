import assert from "node:assert/strict";
import { IoStatus } from "../../lib/net/conn.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { MemoryTransport } from "../support/memory_transport.ts";
import {
  bytesOf,
  conformance,
  failureOf,
  pair,
  readBytes,
  sleep,
  testConformance,
  textOf,
  writeBytes,
} from "./conformance.ts";

/** Cases that ask the kernel, or a peer outside the transport, and why they mean nothing in memory. */
const SKIPPED: ReadonlyMap<string, string> = new Map([
  ["bytes that came before the peer's end are read before the end", "peer outside, see below"],
  ["a reset by the peer answers the pending read with Reset", "peer outside, see below"],
  [
    "a reset by the peer answers a pending write with Reset, and later ones as well",
    "peer outside, see below",
  ],
  [
    "the peer sees an abort as the end or, where the transport can, as a reset",
    "peer outside, see below",
  ],
  [
    "a connect that gets no answer ends with timeout at its time and leaves no socket",
    "a kernel's backlog, see below",
  ],
  ["a connect without a timeout waits for the kernel", "a kernel's backlog, see below"],
  [
    "cancel answers a pending connect with aborted and leaves no socket",
    "a kernel's backlog, see below",
  ],
  [
    "cancel at any moment, even when the connection is just made, leaves no socket",
    "a connection is made in one turn, and there are no descriptors",
  ],
  ["keepAlive is set where it is asked for, on either side", "reads the kernel's table"],
  ["a port that another program holds is addrinuse", "no other programs"],
  [
    "a Unix socket has the mode and owner that were asked for and is gone after close",
    "no files",
  ],
  ["the socket that a dead process left is replaced", "no files"],
  [
    "a new listener takes a Unix path over without a gap, and the old one's close leaves it",
    "no files",
  ],
  ["a file that is not a socket is not replaced", "no files"],
  ["a Unix path that is too long or has no directory is a failure, not an exception", "no files"],
  ["an abstract name is padded to the whole length, as HAProxy's abns@ is", "no kernel"],
  [
    "a descriptor that is not open, or is not a socket, is a failure that says so",
    "no descriptors",
  ],
  ["an adopted listening descriptor accepts, pauses, half-closes and closes", "no descriptors"],
]);

const cases = conformance.filter(({ name }) => !SKIPPED.has(name));

for (const immediate of [false, true]) {
  const clock = new FakeClock();
  const transport = new MemoryTransport(clock, { immediate });
  testConformance({ transport, v6only: true, resets: true }, cases);

  Deno.test(`${transport.name} transport: what is skipped exists`, () => {
    const names = new Set(conformance.map(({ name }) => name));
    for (const name of SKIPPED.keys()) assert.ok(names.has(name), name);
  });

  Deno.test(`${transport.name} transport: what came before the end is read first`, async () => {
    const { client, server, done } = await pair(transport);
    await writeBytes(client, bytesOf("last words"));
    client.close();
    assert.equal(textOf(await readBytes(server, 100)), "last words");
    done();
    assert.equal(transport.openEnds, 0);
  });

  Deno.test(`${transport.name} transport: abort resets pending and later operations`, async () => {
    const { client, server, done } = await pair(transport);
    const reading = server.read(new Uint8Array(4));
    let writing = server.write(new Uint8Array(1 << 20));
    while (typeof await Promise.race([writing, sleep(0).then(() => "waits")]) === "number") {
      writing = server.write(new Uint8Array(1 << 20));
    }
    client.abort();
    assert.deepEqual([await reading, await writing], [IoStatus.Reset, IoStatus.Reset]);
    assert.equal(await server.read(new Uint8Array(4)), IoStatus.Reset);
    assert.equal(await server.write(new Uint8Array(4)), IoStatus.Reset);
    done();
  });

  Deno.test(`${transport.name} transport: closing with unread bytes resets the peer`, async () => {
    const { client, server, done } = await pair(transport);
    await writeBytes(server, bytesOf("never read"));
    await writeBytes(client, bytesOf("never read"));
    server.close();
    assert.equal(await client.read(new Uint8Array(4)), IoStatus.Reset, "the answer is destroyed");
    done();
  });

  Deno.test(`${transport.name} transport: bytes to a closed peer are answered by RST`, async () => {
    const { client, server, done } = await pair(transport);
    await writeBytes(server, bytesOf("answer"));
    server.close();
    assert.equal(await client.write(bytesOf("x")), 1);
    assert.equal(await client.read(new Uint8Array(4)), IoStatus.Reset);
    assert.equal(await client.write(bytesOf("x")), IoStatus.Reset);
    done();
  });

  Deno.test(`${transport.name} transport: a silent place times out on the clock`, async () => {
    transport.behave("127.0.0.1:9", "silent");
    const target = { type: "tcp", host: "127.0.0.1", port: 9 } as const;
    const connecting = transport.connect(target, { timeout: 500 });
    const given = transport.connect(target, {});
    assert.equal(transport.connecting, 2);
    clock.advance(499);
    assert.equal(await Promise.race([connecting.promise, sleep(0).then(() => "waits")]), "waits");
    clock.advance(1);
    assert.equal(failureOf(await connecting.promise).failed, "timeout");
    given.cancel();
    assert.equal(failureOf(await given.promise).failed, "aborted");
    assert.deepEqual([transport.connecting, clock.pending], [0, 0]);
    transport.behave("127.0.0.1:9", undefined);
    assert.equal(failureOf(await transport.connect(target, {}).promise).failed, "refused");
  });
}
