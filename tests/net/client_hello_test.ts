import assert from "node:assert/strict";
import { parseClientHello, parseHelloType, parseTlsVersion } from "../../lib/net/client_hello.ts";
import { clientHello } from "../support/client_hello.ts";
import { Random } from "../support/random.ts";

Deno.test("a ClientHello tells its server name, protocols, curves and tickets", () => {
  const hello = clientHello({ sni: "a.example", alpn: ["h2", "http/1.1"], ticket: 3 });
  assert.deepEqual(parseClientHello(hello), {
    version: 0x30003,
    sni: "a.example",
    alpn: ["h2", "http/1.1"],
    curves: true,
    ticket: 2,
  });
  assert.equal(parseHelloType(hello), 1);
  assert.equal(parseTlsVersion(hello), 0x30003);
  assert.deepEqual(parseClientHello(clientHello({ ticket: 0 })), {
    version: 0x30003,
    sni: undefined,
    alpn: [],
    curves: true,
    ticket: 1,
  });
});

Deno.test("a part of a ClientHello is waited behind, whatever its length", () => {
  const hello = clientHello({ sni: "a.example" });
  for (let length = 0; length < hello.length; length++) {
    assert.equal(parseClientHello(hello.subarray(0, length)), "more", `${length}`);
    assert.equal(parseHelloType(hello.subarray(0, length)), "more", `${length}`);
  }
});

Deno.test("a ClientHello in several records is one", () => {
  const hello = clientHello({ sni: "a.example", record: 50, padding: 2000 });
  assert.equal((parseClientHello(hello) as { sni?: string }).sni, "a.example");
  assert.equal(parseClientHello(hello.subarray(0, hello.length - 1)), "more");
});

Deno.test("what is no ClientHello is told from the first bytes", () => {
  for (const bytes of [[71, 69, 84], [22, 2], [22, 3, 1, 0, 0], [22, 3, 1, 0xff, 0xff]]) {
    assert.equal(parseClientHello(Uint8Array.from(bytes)), undefined, `${bytes}`);
  }
  assert.equal(parseClientHello(Uint8Array.of(22, 3, 3, 0, 4, 2, 0, 0, 0)), undefined);
  assert.equal(parseHelloType(Uint8Array.of(22, 3, 3, 0, 4, 2, 0, 0, 0)), 2);
});

Deno.test("SSLv2 announces its version in another place", () => {
  assert.equal(parseTlsVersion(Uint8Array.of(0x80, 0x2e, 1, 3, 1)), 0x30001);
  assert.equal(parseTlsVersion(Uint8Array.of(0x80, 0x2e, 1)), "more");
  assert.equal(parseTlsVersion(Uint8Array.of(1, 2, 3)), undefined);
});

Deno.test("no bytes make the reader of ClientHellos throw", () => {
  const r = new Random(20261128);
  for (let n = 0; n < 5000; n++) {
    const hello = clientHello({
      sni: r.text(r.below(20), "ab."),
      alpn: ["h2", "x"].slice(r.below(3)),
      record: 20 + r.below(300),
      ticket: r.below(4),
    });
    for (let k = r.below(5); k > 0; k--) hello[r.below(hello.length)] = r.below(256);
    const part = hello.subarray(0, r.below(hello.length + 1));
    parseClientHello(part);
    parseHelloType(part);
    parseTlsVersion(part);
  }
});
