import assert from "node:assert/strict";
import fc from "fast-check";
import {
  parseListenAddresses,
  parseLogAddress,
  parseServerAddress,
  parseSourceAddress,
} from "../../lib/config/addresses.ts";
import { Refusal } from "../../lib/config/keywords/args.ts";

const tcp = (host: string, port: number) => ({ type: "tcp", host, port });

Deno.test("a bind address names a host, or none for all of IPv4, and a port", () => {
  const cases: Record<string, unknown[]> = {
    ":80": [tcp("0.0.0.0", 80)],
    "*:80": [tcp("0.0.0.0", 80)],
    "0.0.0.0:80": [tcp("0.0.0.0", 80)],
    "127.0.0.1:8080": [tcp("127.0.0.1", 8080)],
    "localhost:80": [tcp("localhost", 80)],
    ":::80": [tcp("::", 80)],
    "[::]:80": [tcp("::", 80)],
    "::1:80": [tcp("::1", 80)],
    "[2001:db8::1]:443": [tcp("2001:db8::1", 443)],
    "ipv4@:80": [tcp("0.0.0.0", 80)],
    "ipv6@:80": [tcp("::", 80)],
    "ipv6@*:80": [tcp("::", 80)],
    "tcp@127.0.0.1:80": [tcp("127.0.0.1", 80)],
    "stream+ipv4@127.0.0.1:80": [tcp("127.0.0.1", 80)],
    ":80-82": [tcp("0.0.0.0", 80), tcp("0.0.0.0", 81), tcp("0.0.0.0", 82)],
    ":80,127.0.0.1:81,/run/x": [tcp("0.0.0.0", 80), tcp("127.0.0.1", 81), {
      type: "unix",
      path: "/run/x",
    }],
    ":80,": [tcp("0.0.0.0", 80)],
    "/run/web.sock": [{ type: "unix", path: "/run/web.sock" }],
    "unix@web.sock": [{ type: "unix", path: "web.sock" }],
    "abns@web": [{ type: "abstract", name: "web" }],
    "fd@3": [{ type: "fd", fd: 3 }],
  };
  for (const [text, expected] of Object.entries(cases)) {
    assert.deepEqual(parseListenAddresses(text), expected, text);
  }
});

Deno.test("a wrong bind address is refused with the part that is wrong", () => {
  const cases: Record<string, RegExp> = {
    "": /address is empty/,
    ",": /address is empty/,
    ":80,,": /address is empty/,
    "*": /missing port/,
    "8080": /missing port/,
    "127.0.0.1:": /missing port/,
    ":0": /invalid port '0'/,
    ":65536": /invalid port '65536'/,
    ":80a": /invalid port '80a'/,
    ":90-80": /invalid port range '90-80'/,
    ":+80": /port offset is not possible/,
    "300.1.1.1:80": /invalid address '300.1.1.1'/,
    "1.2.3:80": /invalid address '1.2.3'/,
    "a b:80": /invalid address 'a b'/,
    "ipv4@::1:80": /'::1' is not an IPv4 address/,
    "ipv6@127.0.0.1:80": /'127.0.0.1' is not an IPv6 address/,
    "ipv5@:80": /unknown address prefix 'ipv5@'/,
    "udp@:80": /UDP is not supported/,
    "quic4@:80": /QUIC is not supported/,
    "unix@": /path is missing/,
    "abns@": /name is missing/,
    "fd@x": /'x' is not a file descriptor/,
    "sockpair@4": /cannot be listened on/,
    [`/${"x".repeat(108)}`]: /too long/,
  };
  for (const [text, expected] of Object.entries(cases)) {
    const value = parseListenAddresses(text);
    assert.ok(value instanceof Refusal, `'${text}' was taken`);
    assert.match(value.message, expected, text);
  }
});

Deno.test("a server's port may be absent, fixed, or relative to the client's", () => {
  const cases: Record<string, unknown> = {
    "10.0.0.1": { type: "tcp", host: "10.0.0.1" },
    "10.0.0.1:": { type: "tcp", host: "10.0.0.1" },
    "10.0.0.1:0": { type: "tcp", host: "10.0.0.1" },
    "10.0.0.1:80": tcp("10.0.0.1", 80),
    "10.0.0.1:+10": { type: "tcp", host: "10.0.0.1", portOffset: 10 },
    "10.0.0.1:-10": { type: "tcp", host: "10.0.0.1", portOffset: -10 },
    "::1": { type: "tcp", host: "::1" },
    "[::1]": { type: "tcp", host: "::1" },
    "[::1]:80": tcp("::1", 80),
    "2001:db8::5:80": tcp("2001:db8::5", 80),
    "web1.example:80": tcp("web1.example", 80),
    "ipv6@[::1]:80": tcp("::1", 80),
    "/run/app.sock": { type: "unix", path: "/run/app.sock" },
    "unix@app.sock": { type: "unix", path: "app.sock" },
    "abns@app": { type: "abstract", name: "app" },
    "udp@10.0.0.1:53": { ...tcp("10.0.0.1", 53), datagrams: true },
  };
  for (const [text, expected] of Object.entries(cases)) {
    assert.deepEqual(parseServerAddress(text), expected, text);
  }
  const wrong = [
    "",
    "10.0.0.1:80-90",
    "fd@3",
    "quic4@10.0.0.1:53",
    "uxdg@/run/x.sock",
    "10.0.0.1:http",
    "10.0.0:80",
  ];
  for (const text of wrong) assert.ok(parseServerAddress(text) instanceof Refusal, text);
});

Deno.test("a source address is an IP address, with a port or a range of ports at most", () => {
  assert.deepEqual(parseSourceAddress("10.0.0.5"), { host: "10.0.0.5" });
  assert.deepEqual(parseSourceAddress("10.0.0.5:1024"), { host: "10.0.0.5", port: 1024 });
  assert.deepEqual(parseSourceAddress("10.0.0.5:1-9"), { host: "10.0.0.5", port: 1, lastPort: 9 });
  assert.deepEqual(parseSourceAddress("[::1]:7"), { host: "::1", port: 7 });
  for (const text of ["eth0", "10.0.0.5:9-1", "10.0.0.5:0-9", "/run/x", "10.0.0.5:x"]) {
    assert.ok(parseSourceAddress(text) instanceof Refusal, text);
  }
});

Deno.test("log lines go to UDP port 514 unless the address says otherwise", () => {
  const udp = (host: string, port: number) => ({ type: "udp", host, port });
  const cases: Record<string, unknown> = {
    "127.0.0.1": udp("127.0.0.1", 514),
    "127.0.0.1:5140": udp("127.0.0.1", 5140),
    "udp@127.0.0.1:5140": udp("127.0.0.1", 5140),
    "loghost": udp("loghost", 514),
    "::1": udp("::1", 514),
    "[::1]:5140": udp("::1", 5140),
    "tcp@127.0.0.1:601": tcp("127.0.0.1", 601),
    "tcp6@[::1]:601": tcp("::1", 601),
    "/dev/log": { type: "unix", path: "/dev/log" },
    "uxdg@/dev/log": { type: "unix", path: "/dev/log" },
    "stdout": { type: "stdout" },
    "stderr": { type: "stderr" },
    "fd@1": { type: "stdout" },
    "fd@2": { type: "stderr" },
    "fd@5": { type: "fd", fd: 5 },
    "ring@recent": { type: "ring", name: "recent" },
    "backend@logs": { type: "backend", name: "logs" },
  };
  for (const [text, expected] of Object.entries(cases)) {
    assert.deepEqual(parseLogAddress(text), expected, text);
  }
  for (const text of ["", ":514", "ring@", "127.0.0.1:0", "127.0.0.1:99999", "abns@x", "fd@x"]) {
    assert.ok(parseLogAddress(text) instanceof Refusal, text);
  }
});

Deno.test("no text makes an address parser throw", () => {
  const parsers = [parseListenAddresses, parseServerAddress, parseSourceAddress, parseLogAddress];
  const piece = fc.constantFrom(
    "[",
    "]",
    ":",
    "::",
    "@",
    "ipv6",
    "unix",
    "fd",
    "80",
    "-",
    "+",
    "*",
    ",",
    "/",
    ".",
    "1",
  );
  const text = fc.oneof(fc.array(piece, { maxLength: 8 }).map((p) => p.join("")), fc.string());
  fc.assert(
    fc.property(text, (t) => {
      for (const parse of parsers) parse(t);
    }),
    { seed: 2603, numRuns: 1000 },
  );
});
