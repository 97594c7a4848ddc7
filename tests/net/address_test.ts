import assert from "node:assert/strict";
import { isIP } from "node:net";
import fc from "fast-check";
import {
  formatAddress,
  formatIp,
  inNetwork,
  isMapped,
  parseCidr,
  parseHostPort,
  parseIp,
  parseNetwork,
  tcpAddress,
  unixAddress,
} from "../../lib/net/address.ts";

const CANONICAL: [string, string][] = [
  ["0.0.0.0", "0.0.0.0"],
  ["255.1.20.3", "255.1.20.3"],
  ["::", "::"],
  ["::1", "::1"],
  ["1::", "1::"],
  ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["0:0:1:0:0:0:1:0", "0:0:1::1:0"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ["::ffff:10.0.0.1", "::ffff:10.0.0.1"],
  ["::FFFF:a00:1", "::ffff:10.0.0.1"],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
];

const NOT_ADDRESSES = [
  "",
  "1.2.3",
  "1.2.3.4.5",
  "1.2.3.256",
  "01.2.3.4",
  "1.2.3.4 ",
  "0x1.2.3.4",
  "1..2.3",
  ":",
  ":::",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "1:2:3:4::5:6:7:8",
  "1::2::3",
  "12345::",
  "::g",
  "1:2:3:4:5:6:7:8:",
  ":1:2:3:4:5:6:7:8",
  "::1.2.3",
  "1.2.3.4::",
  "::1.2.3.4:5",
  "fe80::1%eth0",
  "[::1]",
  "localhost",
];

Deno.test("an address is read and written in its canonical form", () => {
  for (const [text, canonical] of CANONICAL) {
    const bytes = parseIp(text);
    assert.ok(bytes !== undefined, text);
    assert.equal(formatIp(bytes), canonical);
  }
});

Deno.test("what is not an address is refused", () => {
  for (const text of NOT_ADDRESSES) assert.equal(parseIp(text), undefined, text);
});

Deno.test("parseIp takes exactly what the platform takes as an address", () => {
  const piece = fc.constantFrom(
    "0",
    "1",
    "ffff",
    "255",
    "256",
    ":",
    "::",
    ".",
    "1.2.3.4",
    "a",
    "g",
  );
  const text = fc.array(piece, { minLength: 1, maxLength: 18 }).map((parts) => parts.join(""));
  const address = fc.oneof(text, fc.ipV4(), fc.ipV6());
  fc.assert(
    fc.property(address, (text) => {
      const bytes = parseIp(text);
      assert.equal(bytes === undefined ? 0 : bytes.length === 4 ? 4 : 6, isIP(text), text);
    }),
    { seed: 1, numRuns: 3000 },
  );
});

Deno.test("bytes written as text are read as the same bytes", () => {
  const group = fc.constantFrom(0, 0, 0, 1, 255);
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.array(group, { minLength: 16, maxLength: 16 }).map((list) => Uint8Array.from(list)),
  );
  fc.assert(
    fc.property(bytes, (bytes) => {
      assert.deepEqual(parseIp(formatIp(bytes)), bytes);
    }),
    { seed: 2, numRuns: 1000 },
  );
});

Deno.test("a network matches its addresses and no others", () => {
  const rows: [network: string, inside: string[], outside: string[]][] = [
    ["127.0.0.0/8", ["127.0.0.1", "127.255.255.255", "::ffff:127.0.0.1"], ["128.0.0.0", "::1"]],
    ["10.1.2.3/8", ["10.200.0.1"], ["11.1.2.3"]],
    ["10.0.0.0/255.255.254.0", ["10.0.1.255"], ["10.0.2.0"]],
    ["192.168.1.7", ["192.168.1.7", "::ffff:c0a8:107"], ["192.168.1.6"]],
    ["0.0.0.0/0", ["1.2.3.4", "::ffff:1.2.3.4"], ["::1", "name", ""]],
    ["2001:db8::/33", ["2001:db8:7fff::1"], ["2001:db8:8000::", "10.0.0.1"]],
    ["::1", ["::1"], ["::2", "0.0.0.1"]],
    ["::/0", ["::1", "2001:db8::"], ["10.0.0.1"]],
    ["::ffff:0:0/96", ["::ffff:10.0.0.1"], ["::1"]],
    ["10.0.0.1/32", ["10.0.0.1"], ["10.0.0.0"]],
  ];
  for (const [text, inside, outside] of rows) {
    const matches = parseNetwork(text);
    assert.ok(matches !== undefined, text);
    for (const ip of inside) assert.ok(matches(ip), `${ip} in ${text}`);
    for (const ip of outside) assert.ok(!matches(ip), `${ip} not in ${text}`);
  }
});

Deno.test("what is not a network is refused", () => {
  const wrong = ["", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/255.0.255.0"];
  for (const text of [...wrong, "::/129", "::/255.0.0.0", "10.0.0.0/8/8", "name/8"]) {
    assert.equal(parseNetwork(text), undefined, text);
  }
});

Deno.test("inNetwork agrees with a comparison bit by bit", () => {
  const bits = (bytes: Uint8Array) =>
    [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const sized = fc.constantFrom(4, 16).chain((size) => {
    const bytes = fc.uint8Array({ minLength: size, maxLength: size, max: 3 });
    return fc.tuple(bytes, bytes, fc.integer({ min: 0, max: size * 8 }));
  });
  fc.assert(
    fc.property(sized, ([address, base, length]) => {
      const network = parseCidr(`${formatIp(base)}/${length}`);
      assert.ok(network !== undefined);
      const expected = bits(address).slice(0, length) === bits(base).slice(0, length);
      assert.equal(inNetwork(address, network), expected);
    }),
    { seed: 3, numRuns: 2000 },
  );
});

Deno.test("only ::ffff:0:0/96 is mapped", () => {
  assert.ok(isMapped(parseIp("::ffff:1.2.3.4")!));
  for (const text of ["1.2.3.4", "::1.2.3.4", "::1:ffff:1.2.3.4", "::fffe:1.2.3.4"]) {
    assert.ok(!isMapped(parseIp(text)!), text);
  }
});

Deno.test("a host and port are split at the last colon", () => {
  assert.deepEqual(parseHostPort("127.0.0.1:80"), { host: "127.0.0.1", port: 80 });
  assert.deepEqual(parseHostPort("[::1]:443"), { host: "::1", port: 443 });
  assert.deepEqual(parseHostPort(":::80"), { host: "::", port: 80 });
  assert.deepEqual(parseHostPort("2001:db8::1:80"), { host: "2001:db8::1", port: 80 });
  assert.deepEqual(parseHostPort(":80"), { host: "", port: 80 });
  assert.deepEqual(parseHostPort("*:0"), { host: "*", port: 0 });
  assert.deepEqual(parseHostPort("name:65535"), { host: "name", port: 65535 });
  for (
    const text of ["", "name", "name:", "name:65536", "name:8 0", "name:-1", "[name]:1", "a:b:1"]
  ) {
    assert.equal(parseHostPort(text), undefined, text);
  }
});

Deno.test("an address is written with brackets around IPv6", () => {
  assert.equal(formatAddress(tcpAddress("127.0.0.1", 80)), "127.0.0.1:80");
  assert.equal(formatAddress(tcpAddress("::1", 80)), "[::1]:80");
  assert.equal(formatAddress(unixAddress("/run/x.sock")), "/run/x.sock");
});
