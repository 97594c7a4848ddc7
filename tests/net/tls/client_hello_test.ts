import assert from "node:assert/strict";
import {
  type ClientHello,
  MAX_HELLO,
  MORE,
  NOT_TLS,
  parseClientHello,
  takesEcdsa,
  takesRsa,
} from "../../../lib/net/tls/client_hello.ts";
import { Random } from "../../support/random.ts";

/** What OpenSSL 3.0's client sends first, for WWW.Example.org with ALPN. */
const HELLO = Uint8Array.fromHex(
  "160301010c010001080303566abf73452c467820373af78197f528fe34cc35c5b6ca4b3b02e5cf35ed2bc820f1" +
    "75ac55d1388971776238bbc1ceea83d411e4fb8387ae3567b7c9e9b3c7b242000c130213031301c02fc02b00ff" +
    "010000b300000014001200000f5757572e4578616d706c652e6f7267000b000403000102000a00060004001d00" +
    "17002300000010000e000c02683208687474702f312e310016000000170000000d002a00280403050306030807" +
    "08080809080a080b080408050806040105010601030303010302040205020602002b0009080304030303020301" +
    "002d00020101003300260024001d0020d1767d1448d8aa3d458b29308a1748f647751a4eb7d7907088b8d6191f" +
    "e5ec72",
);

function parsed(bytes: Uint8Array): ClientHello {
  const hello = parseClientHello(bytes);
  assert.ok(typeof hello === "object");
  return hello;
}

/** The same message in records of `size` bytes. */
function fragmented(bytes: Uint8Array, size: number): Uint8Array {
  const message = bytes.subarray(5);
  const parts: number[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    parts.push(22, 3, 1, part.length >> 8, part.length & 255, ...part);
  }
  return Uint8Array.from(parts);
}

Deno.test("a ClientHello tells name, protocols, versions, ciphers and extensions", () => {
  const hello = parsed(HELLO);
  assert.equal(hello.sni, "www.example.org");
  assert.deepEqual(hello.alpn, ["h2", "http/1.1"]);
  assert.equal(hello.legacyVersion, 0x0303);
  assert.equal(hello.maxVersion, 0x0304);
  assert.equal(hello.random.length, 32);
  assert.ok(hello.cipherSuites.toHex().startsWith("130213031301"));
  assert.equal(hello.groups.toHex(), "001d0017");
  assert.ok(hello.extensionTypes.includes(43));
  assert.ok(takesEcdsa(hello));
  assert.ok(takesRsa(hello));
});

Deno.test("every beginning of a ClientHello asks for more", () => {
  for (let length = 0; length < HELLO.length; length++) {
    assert.equal(parseClientHello(HELLO.subarray(0, length)), MORE, String(length));
  }
});

Deno.test("a ClientHello may come in records of any size", () => {
  for (const size of [1, 2, 3, 4, 5, 50, 100, 1000]) {
    const bytes = fragmented(HELLO, size);
    assert.equal(parsed(bytes).sni, "www.example.org", String(size));
    assert.equal(parseClientHello(bytes.subarray(0, bytes.length - 1)), MORE);
  }
});

Deno.test("what is no ClientHello is said to be none as soon as it can be", () => {
  const text = (value: string) => new TextEncoder().encode(value);
  for (
    const bytes of [
      text("GET / HTTP/1.1\r\n"),
      text("PROXY TCP4 1.2.3.4"),
      Uint8Array.of(22, 2),
      Uint8Array.of(22, 3, 1, 0, 0),
      Uint8Array.of(22, 3, 1, 0x50, 0),
      Uint8Array.of(22, 3, 1, 0, 4, 2, 0, 0, 0),
      // a message longer than any that is read
      Uint8Array.of(22, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff),
    ]
  ) assert.equal(parseClientHello(bytes), NOT_TLS, bytes.toHex());
});

Deno.test("a ClientHello that never ends is given up at the limit", () => {
  // The longest message that is permitted, in records of one byte each.
  const records = [[1], [0], [0x7f], [0xfc], ...Array.from({ length: MAX_HELLO }, () => [0])];
  const endless = Uint8Array.from(records.flatMap(([byte]) => [22, 3, 1, 0, 1, byte]));
  assert.equal(parseClientHello(endless.subarray(0, 6 * 5000)), MORE);
  assert.equal(parseClientHello(endless.subarray(0, 6 * 6000)), NOT_TLS);
});

Deno.test("damaged ClientHellos never throw and never read what is not theirs", () => {
  const random = new Random(20261127);
  for (let round = 0; round < 20_000; round++) {
    const bytes = HELLO.slice(0, 1 + random.below(HELLO.length));
    for (let n = random.below(4); n >= 0; n--) {
      bytes[random.below(bytes.length)] = random.below(256);
    }
    const hello = parseClientHello(bytes);
    if (typeof hello !== "object") continue;
    assert.ok((hello.sni ?? "").length <= bytes.length);
    assert.ok(hello.cipherSuites.length <= bytes.length);
  }
});
