import assert from "node:assert/strict";
import fc from "fast-check";
import { checksum, echoRequest, readEcho } from "../../../lib/health/icmp/packet.ts";

/** A whole IPv4 header of 20 bytes, or 24 with an option. */
const ipv4 = (words: number) => [0x40 | words, ...new Array(words * 4 - 1).fill(0)];

Deno.test("the checksum of a message that has one is 0 (RFC 1071)", () => {
  fc.assert(
    fc.property(fc.nat(65535), fc.nat(65535), fc.nat(2 ** 31), (id, seq, token) => {
      assert.equal(checksum(echoRequest(4, { id, seq, token })), 0);
    }),
    { seed: 7 },
  );
  assert.equal(checksum(new Uint8Array([0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7])), 0x220d);
  assert.equal(checksum(new Uint8Array([1])), 0xfeff, "an odd byte counts as a high one");
});

Deno.test("a reply tells the request's id, number and token", () => {
  for (const family of [4, 6] as const) {
    const echo = { id: 4242, seq: 65535, token: 2 ** 47 + 12345 };
    const message = echoRequest(family, echo);
    assert.equal(readEcho(family, message, 0, message.length), undefined, "a request is no reply");
    message[0] = family === 4 ? 0 : 129;
    assert.deepEqual(readEcho(family, message, 0, message.length), { kind: "reply", ...echo });
  }
});

Deno.test("a report of an unreachable machine quotes the request", () => {
  const echo = { id: 7, seq: 9, token: 11 };
  const four = [3, 1, 0, 0, 0, 0, 0, 0];
  for (const words of [5, 6]) {
    const bytes = new Uint8Array([...four, ...ipv4(words), ...echoRequest(4, echo)]);
    assert.deepEqual(readEcho(4, bytes, 0, bytes.length), { kind: "unreachable", ...echo });
    // RFC 792: only 8 bytes of the request need be quoted.
    const short = readEcho(4, bytes, 0, 8 + words * 4 + 8);
    assert.deepEqual(short, { kind: "unreachable", ...echo, token: -1 });
  }
  const six = new Uint8Array([
    1,
    3,
    0,
    0,
    0,
    0,
    0,
    0,
    ...new Array(40).fill(0),
    ...echoRequest(6, echo),
  ]);
  assert.deepEqual(readEcho(6, six, 0, six.length), { kind: "unreachable", ...echo });
});

Deno.test("no message makes the reader fail", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      fc.constantFrom(4 as const, 6 as const),
      (bytes, family) => {
        readEcho(family, bytes, 0, bytes.length);
        readEcho(family, bytes, 0, bytes.length, true);
        const report = new Uint8Array([family === 4 ? 3 : 1, 0, 0, 0, 0, 0, 0, 0, ...bytes]);
        readEcho(family, report, 0, report.length);
      },
    ),
    { seed: 11, numRuns: 2000 },
  );
});
