import assert from "node:assert/strict";
import { bytesOfLatin1 } from "../../../lib/http1/bytes.ts";
import { crc32c } from "../../../lib/net/proxy_protocol/crc32c.ts";
import { HeaderProblem, tlvOf } from "../../../lib/net/proxy_protocol/header.ts";
import { CipProblem, parseNetscalerCip } from "../../../lib/net/proxy_protocol/netscaler.ts";
import { parseProxyHeader } from "../../../lib/net/proxy_protocol/parse.ts";
import { sslTlv, writeV1, writeV2 } from "../../../lib/net/proxy_protocol/write.ts";
import { tcpAddress, unixAddress } from "../../../lib/net/address.ts";

const LIMIT = 16384;
const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
const LONG6 = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

function parse(text: string, limit = LIMIT) {
  const bytes = bytesOfLatin1(text);
  return parseProxyHeader(bytes, 0, bytes.length, limit);
}

/** `source destination | what is left`, `own` for the connection's own ends, a problem's name, or `more`. */
function said(text: string, limit = LIMIT): string {
  const result = parse(text, limit);
  if (result === undefined) return "more";
  if (typeof result === "number") {
    return Object.entries(HeaderProblem).find(([, value]) => value === result)![0];
  }
  const { ends } = result.header;
  const told = ends === undefined
    ? "own"
    : [ends.source, ends.destination].map(({ host, port }) => `${host}:${port}`).join(" ");
  return `${told} | ${text.slice(result.end)}`;
}

/** A header of version 2: the byte of version and command, that of family and protocol, the rest. */
function v2(command: number, family: number, rest: string, length = rest.length): string {
  return SIGNATURE + String.fromCharCode(command, family, length >> 8, length & 255) + rest;
}

const ENDS4 = "\x0a\x00\x00\x01\x0a\x00\x00\x02\xdc\x04\x01\xbb";
const tlv = (type: number, value: string) =>
  String.fromCharCode(type, value.length >> 8, value.length & 255) + value;
const path = (text: string) => text.padEnd(108, "\0");

const CASES: readonly (readonly [name: string, text: string, said: string])[] = [
  [
    "the example of the specification is read and what follows it is left",
    "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\nGET / HTTP/1.1\r\n",
    "192.168.0.1:56324 192.168.0.11:443 | GET / HTTP/1.1\r\n",
  ],
  [
    "the longest line of IPv4 is read",
    "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
    "255.255.255.255:65535 255.255.255.255:65535 | ",
  ],
  [
    "the longest line of IPv6 is read",
    `PROXY TCP6 ${LONG6} ${LONG6} 65535 65535\r\n`,
    `${LONG6}:65535 ${LONG6}:65535 | `,
  ],
  ["upper case and :: are IPv6", "PROXY TCP6 ::1 FE80::1 1 2\r\n", "::1:1 fe80::1:2 | "],
  ["UNKNOWN alone leaves the connection's own ends", "PROXY UNKNOWN\r\nx", "own | x"],
  [
    "the worst case of UNKNOWN is read",
    `PROXY UNKNOWN ${LONG6} ${LONG6} 65535 65535\r\n`,
    "own | ",
  ],
  ["anything may follow UNKNOWN", "PROXY UNKNOWN what ever\r\n", "own | "],
  ["a line without its end is waited for", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2", "more"],
  ["a CR may be the last byte that is there", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r", "more"],
  ["one byte is waited behind", "P", "more"],
  ["107 bytes without an end are too many", "PROXY UNKNOWN " + "x".repeat(93), "Invalid"],
  ["a LF alone does not end the line", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", "Invalid"],
  ["zeros before a number are refused", "PROXY TCP4 01.2.3.4 1.2.3.4 1 2\r\n", "Invalid"],
  ["zeros before a port are refused", "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n", "Invalid"],
  ["port 0 is allowed", "PROXY TCP4 1.2.3.4 1.2.3.4 0 0\r\n", "1.2.3.4:0 1.2.3.4:0 | "],
  ["port 65536 is refused", "PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n", "Invalid"],
  ["256 in an address is refused", "PROXY TCP4 256.2.3.4 1.2.3.4 1 2\r\n", "Invalid"],
  ["IPv6 in a line of IPv4 is refused", "PROXY TCP4 ::1 ::1 1 2\r\n", "Invalid"],
  ["IPv4 in a line of IPv6 is refused", "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n", "Invalid"],
  ["two spaces are refused", "PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n", "Invalid"],
  ["a space at the end is refused", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n", "Invalid"],
  ["a port that is missing is refused", "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", "Invalid"],
  ["another protocol is not handled", "PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n", "BadProtocol"],
  ["lower case is no header", "proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n", "NotHeader"],
  ["a request is no header", "GET / HTTP/1.1\r\n\r\n", "NotHeader"],
  ["POST is told from PROXY by its second letter", "PO", "NotHeader"],
  ["TLS is no header", "\x16\x03\x01\x02\x00", "NotHeader"],
  ["two empty lines alone may become a header of version 2", "\r\n\r\n", "more"],
  ["a wrong byte in the signature is no header", "\r\n\r\n\x01", "NotHeader"],
  ["TCP over IPv4", v2(0x21, 0x11, ENDS4) + "rest", "10.0.0.1:56324 10.0.0.2:443 | rest"],
  [
    "TCP over IPv6",
    v2(0x21, 0x21, "\0".repeat(15) + "\x01" + "\0".repeat(15) + "\x02" + "\0\x50\x01\xbb"),
    "::1:80 ::2:443 | ",
  ],
  [
    "UNIX stream",
    v2(0x21, 0x31, path("/tmp/a") + path("\0name")),
    "/tmp/a:0 @name:0 | ",
  ],
  ["LOCAL is taken whatever follows", v2(0x20, 0xff & 0x11, ENDS4) + "x", "own | x"],
  ["LOCAL without addresses", v2(0x20, 0, ""), "own | "],
  ["UNSPEC of a PROXY command", v2(0x21, 0, "whatever"), "own | "],
  ["UDP leaves the connection's own ends", v2(0x21, 0x12, ENDS4), "own | "],
  ["the length is waited for", v2(0x21, 0x11, ENDS4.slice(1), 12), "more"],
  ["the first 15 bytes are not enough", v2(0x21, 0x11, ENDS4).slice(0, 15), "more"],
  ["an address that is cut short is refused", v2(0x21, 0x11, ENDS4.slice(1)), "Invalid"],
  ["version 1 in a binary header is refused", v2(0x11, 0x11, ENDS4), "Invalid"],
  ["another command is refused", v2(0x22, 0x11, ENDS4), "Invalid"],
  ["another family is refused", v2(0x21, 0x41, ENDS4), "BadProtocol"],
  ["another protocol is refused", v2(0x21, 0x13, ENDS4), "BadProtocol"],
  [
    "vectors of unknown types are skipped",
    v2(0x21, 0x11, ENDS4 + tlv(0xe0, "abc") + tlv(4, "")) + "x",
    "10.0.0.1:56324 10.0.0.2:443 | x",
  ],
  ["a vector that is longer than the header", v2(0x21, 0x11, ENDS4 + "\xe0\0\x04abc"), "Invalid"],
  ["a vector of two bytes", v2(0x21, 0x11, ENDS4 + "\xe0\0"), "Invalid"],
  ["an authority of 256 bytes", v2(0x21, 0x11, ENDS4 + tlv(2, "a".repeat(256))), "Invalid"],
  ["a unique id of 129 bytes", v2(0x21, 0x11, ENDS4 + tlv(5, "a".repeat(129))), "Invalid"],
  ["a checksum of three bytes", v2(0x21, 0x11, ENDS4 + tlv(3, "abc")), "Invalid"],
  ["a wrong checksum", v2(0x21, 0x11, ENDS4 + tlv(3, "abcd")), "Invalid"],
  [
    "the checksum that HAProxy sends is right",
    "\x0d\x0a\x0d\x0a\x00\x0d\x0aQUIT\x0a\x21\x11\x00\x1b\x7f\x00\x00\x01\x7f\x00\x00\x01" +
    "\xb0\x4a\x1b\x59\x03\x00\x04\x33\x52\x08\x8d\x20\x00\x05\x00\x00\x00\x00\x00hi\n",
    "127.0.0.1:45130 127.0.0.1:7001 | hi\n",
  ],
];

for (const [name, text, expected] of CASES) {
  Deno.test(`PROXY header: ${name}`, () => {
    assert.equal(said(text), expected);
    // However the bytes are cut, the answer is the same, and no part answers otherwise before.
    for (let length = 0; length < text.length; length++) {
      const part = said(text.slice(0, length));
      if (part === "more") continue;
      const end = text.length - expected.split(" | ")[1]?.length;
      if (/^\w+$/.test(expected)) assert.equal(part, expected, `after ${length} bytes`);
      else assert.ok(length >= end, `answered ${part} after ${length} bytes`);
    }
  });
}

Deno.test("PROXY header: one that is longer than the limit is refused before it has come", () => {
  assert.equal(said(v2(0x21, 0x11, ENDS4, 200), 100), "Invalid");
  assert.equal(said(v2(0x21, 0x11, ENDS4, 84), 100), "more");
});

Deno.test("PROXY header: values of vectors are found by their type", () => {
  const result = parse(v2(0x21, 0x11, ENDS4 + tlv(2, "example.com") + tlv(0xe0, "x")));
  assert.ok(typeof result === "object");
  const text = new TextDecoder();
  assert.equal(text.decode(tlvOf(result.header, 2)), "example.com");
  assert.equal(tlvOf(result.header, 0xe1), undefined);
});

Deno.test("CRC32c has the check value of its catalogue", () => {
  assert.equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
});

const source = tcpAddress("192.168.0.1", 56324);
const destination = tcpAddress("192.168.0.11", 443);

Deno.test("version 1 is written as the specification's example", () => {
  const line = new TextDecoder().decode(writeV1({ source, destination }));
  assert.equal(line, "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n");
});

Deno.test("an end that is a Unix socket makes version 1 UNKNOWN and version 2 LOCAL", () => {
  const ends = { source: unixAddress("/a"), destination };
  assert.equal(new TextDecoder().decode(writeV1(ends)), "PROXY UNKNOWN\r\n");
  const bytes = writeV2(ends);
  assert.deepEqual([...bytes.subarray(12)], [0x20, 0, 0, 0]);
});

Deno.test("ends of two families are both written as IPv6", () => {
  const ends = { source, destination: tcpAddress("2001:db8::1", 443) };
  const line = new TextDecoder().decode(writeV1(ends));
  assert.equal(line, "PROXY TCP6 ::ffff:192.168.0.1 2001:db8::1 56324 443\r\n");
  const result = parseProxyHeader(writeV2(ends), 0, 52, LIMIT);
  assert.ok(typeof result === "object");
  assert.equal(result.header.ends?.source.host, "::ffff:192.168.0.1");
});

Deno.test("what version 2 writes with vectors and a checksum is read back", () => {
  const ssl = sslTlv({
    version: "TLSv1.3",
    certificate: "connection",
    verify: 0,
    commonName: "client",
    cipher: "TLS_AES_128_GCM_SHA256",
  });
  const bytes = writeV2(
    { source, destination },
    [ssl, { type: 0xe0, value: bytesOfLatin1("v") }],
    true,
  );
  const result = parseProxyHeader(bytes, 0, bytes.length, LIMIT);
  assert.ok(typeof result === "object");
  assert.equal(result.end, bytes.length);
  assert.deepEqual(result.header.ends, { source, destination });
  const told = new TextDecoder().decode(tlvOf(result.header, 0x20));
  assert.ok(
    told.startsWith("\x07\0\0\0\0\x21\0\x07TLSv1.3\x22\0\x06client\x23\0\x16TLS_AES"),
    told,
  );
  bytes[20] ^= 1;
  assert.equal(parseProxyHeader(bytes, 0, bytes.length, LIMIT), HeaderProblem.Invalid);
});

const packet4 = "E".padEnd(9, "\0") + "\x06\0\0\x0a\0\0\x01\x0a\0\0\x02" +
  "\xdc\x04\x01\xbb".padEnd(20, "\0");
const packet6 = "`".padEnd(6, "\0") + "\x06\0" + "\x20\x01\x0d\xb8".padEnd(15, "\0") + "\x01" +
  "\x20\x01\x0d\xb8".padEnd(15, "\0") + "\x02" + "\xdc\x04\x01\xbb".padEnd(20, "\0");
const MAGIC = "CKIP";

for (
  const [name, text, expected] of [
    ["the old form", `${MAGIC}\0\0\0\x28${packet4}rest`, "10.0.0.1:56324 10.0.0.2:443 | rest"],
    [
      "the newer form",
      `${MAGIC}\0\0\0\x34\0\0\0\x28${packet4}rest`,
      "10.0.0.1:56324 10.0.0.2:443 | rest",
    ],
    [
      "IPv6 in the old form",
      `${MAGIC}\0\0\0\x3c${packet6}`,
      "2001:db8::1:56324 2001:db8::2:443 | ",
    ],
    [
      "IPv6 in the newer form",
      `${MAGIC}\0\0\0\x48\0\0\0\x3c${packet6}`,
      "2001:db8::1:56324 2001:db8::2:443 | ",
    ],
    ["another magic number", `CKIQ\0\0\0\x28${packet4}`, "BadMagic"],
    ["no packet of IP", `${MAGIC}\0\0\0\x34\0\0\0\x28${"\x50".padEnd(40, "\0")}`, "BadProtocol"],
    ["a packet without TCP", `${MAGIC}\0\0\0\x34\0\0\0\x14${packet4.slice(0, 20)}`, "BadProtocol"],
    ["a length beyond the limit", `${MAGIC}\0\0\xff\xff${packet4}`, "BadProtocol"],
    ["half of it", `${MAGIC}\0\0\0\x28${packet4.slice(0, 30)}`, "more"],
    ["the magic number alone", MAGIC, "more"],
  ] as const
) {
  Deno.test(`NetScaler header: ${name} is answered ${expected.split(" ")[0]}`, () => {
    const bytes = bytesOfLatin1(text);
    const result = parseNetscalerCip(bytes, 0, bytes.length, 0x434b4950, 1000);
    const answer = result === undefined
      ? "more"
      : typeof result === "number"
      ? Object.entries(CipProblem).find(([, value]) => value === result)![0]
      : `${result.ends.source.host}:${result.ends.source.port} ` +
        `${result.ends.destination.host}:${result.ends.destination.port} | ${
          text.slice(result.end)
        }`;
    assert.equal(answer, expected);
  });
}
