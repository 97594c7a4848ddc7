/** No byte outside what a caller gave is read or written by C, whatever the engine does with its memory meanwhile. */
import assert from "node:assert/strict";
import { systemClock } from "../../lib/net/clock.ts";
import type { Conn } from "../../lib/net/conn.ts";
import { epollTransport } from "../../lib/net/epoll/transport.ts";
import { pair, pattern } from "./conformance.ts";
import { Random } from "../support/random.ts";

const transport = epollTransport(systemClock);
const GUARD = 0xa5;

/** `length` bytes between two guards, at any place of a buffer. */
function guarded(length: number, offset: number): { whole: Uint8Array; part: Uint8Array } {
  const whole = new Uint8Array(offset + length + 64).fill(GUARD);
  return { whole, part: whole.subarray(offset, offset + length) };
}

function assertGuards(whole: Uint8Array, from: number, to: number): void {
  for (let at = 0; at < from; at++) assert.equal(whole[at], GUARD, `byte ${at} before the part`);
  for (let at = to; at < whole.length; at++) assert.equal(whole[at], GUARD, `byte ${at} behind`);
}

Deno.test({
  name: "epoll: reads fill what they were given and no byte beside it, while memory is collected",
  ignore: transport === undefined,
  async fn() {
    const random = new Random(9);
    const { client, server, done } = await pair(transport!);
    const sent = pattern(1 << 20);
    const writing = writeAll(client, sent, random);
    let garbage: Uint8Array[] = [];
    let got = 0;
    while (got < sent.length) {
      // Small arrays too: the engine keeps those inside its own objects, which move.
      const length = 1 + random.below(random.below(10) < 3 ? 8 : 3000);
      const offset = random.below(70);
      const { whole, part } = length > 8
        ? guarded(length, offset)
        : { whole: new Uint8Array(0), part: new Uint8Array(length) };
      const pending = server.read(part);
      garbage.push(new Uint8Array(50_000));
      if (garbage.length > 40) garbage = [];
      const n = await pending;
      assert.ok(n > 0 && n <= length);
      if (length > 8) assertGuards(whole, offset, offset + n);
      assert.deepEqual(part.subarray(0, n), sent.subarray(got, got + n));
      got += n;
    }
    await writing;
    done();
  },
});

async function writeAll(conn: Conn, bytes: Uint8Array, random: Random): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const length = Math.min(bytes.length - at, 1 + random.below(5000));
    const { whole, part } = guarded(length, random.below(70));
    part.set(bytes.subarray(at, at + length));
    const before = whole.slice();
    const n = await conn.write(part);
    assert.ok(n > 0 && n <= length);
    assert.deepEqual(whole, before, "what is written stays as it was");
    at += n;
  }
}

Deno.test({
  name: "epoll: a read that is closed while it waits leaves its memory alone for good",
  ignore: transport === undefined,
  async fn() {
    const { client, server, done } = await pair(transport!);
    const { whole, part } = guarded(256, 32);
    const pending = server.read(part);
    server.close();
    await pending;
    await client.write(pattern(100));
    await new Promise((resolve) => setTimeout(resolve, 30));
    assertGuards(whole, 0, 0);
    done();
  },
});
