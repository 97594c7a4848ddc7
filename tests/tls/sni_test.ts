import assert from "node:assert/strict";
import type { ClientHello } from "../../lib/net/tls/client_hello.ts";
import { formatCrtListLine, parseCrtList } from "../../lib/tls/crt_list.ts";
import { type SniEntry, SniIndex } from "../../lib/tls/sni.ts";

const entry = (kind: SniEntry["kind"], ...names: string[]): SniEntry => ({ kind, names });

/** A client that takes both kinds of keys, or only RSA. */
const hello = (sni: string | undefined, algorithms = [4, 3, 8, 4]): ClientHello => ({
  legacyVersion: 0x303,
  maxVersion: 0x304,
  random: new Uint8Array(32),
  sessionId: new Uint8Array(0),
  cipherSuites: new Uint8Array(0),
  extensionTypes: [],
  groups: new Uint8Array(0),
  ecFormats: new Uint8Array(0),
  signatureAlgorithms: Uint8Array.from(algorithms),
  sni,
  alpn: [],
});

Deno.test("the very name goes before the wildcard, which is of one label", () => {
  const exact = entry("rsa", "a.example");
  const wild = entry("rsa", "*.example");
  const index = new SniIndex([wild, exact], [wild]);
  assert.equal(index.choose(hello("a.example"), true), exact);
  assert.equal(index.choose(hello("a.example."), true), exact);
  assert.equal(index.choose(hello("b.example"), true), wild);
  assert.equal(index.choose(hello("a.b.example"), true), undefined);
  assert.equal(index.choose(hello("example"), true), undefined);
  assert.equal(index.choose(hello("example"), false), wild);
  assert.equal(index.choose(hello(undefined), false), wild);
  assert.equal(index.choose(hello(undefined), true), undefined);
});

Deno.test("an excluded name is not served by its wildcard", () => {
  const wild = entry("rsa", "*.example", "!not.example");
  const other = entry("rsa", "other");
  const index = new SniIndex([other, wild], [other]);
  assert.equal(index.choose(hello("yes.example"), false), wild);
  assert.equal(index.choose(hello("not.example"), false), other);
});

Deno.test("ECDSA goes to those who take it, also among the first certificates", () => {
  const rsa = entry("rsa", "x");
  const ecdsa = entry("ecdsa", "x");
  const index = new SniIndex([rsa, ecdsa], [rsa, ecdsa]);
  for (const sni of ["x", undefined]) {
    assert.equal(index.choose(hello(sni), false), ecdsa);
    assert.equal(index.choose(hello(sni, [4, 1, 8, 4]), false), rsa);
    assert.equal(index.choose(hello(sni, [4, 3]), false), ecdsa);
    assert.equal(index.choose(hello(sni, []), false), rsa);
  }
});

Deno.test("a crt-list has a file, settings in brackets, and names", () => {
  const lines = parseCrtList(
    "# comment\n\n a.pem \nb.pem [alpn h2,http/1.1 ssl-min-ver TLSv1.3] B.example !c.example\nc.pem !*\n",
  );
  assert.ok(!("problem" in lines));
  assert.deepEqual(lines, [
    { line: 3, path: "a.pem", settings: [], filters: [] },
    {
      line: 4,
      path: "b.pem",
      settings: ["alpn", "h2,http/1.1", "ssl-min-ver", "TLSv1.3"],
      filters: ["b.example", "!c.example"],
    },
    { line: 5, path: "c.pem", settings: [], filters: ["!*"] },
  ]);
  assert.equal(
    lines.map(formatCrtListLine).join("|"),
    "a.pem|b.pem [alpn h2,http/1.1 ssl-min-ver TLSv1.3] b.example !c.example|c.pem !*",
  );
  const pem = parseCrtList("# a\n-----BEGIN PRIVATE KEY-----\nMIIsecret\n");
  assert.match(JSON.stringify(pem), /"line":2,"problem":"it is a certificate or key/);
  for (const bad of ["a.pem [alpn h2", "a.pem ] x", "a.pem x [alpn h2]", "[alpn h2]"]) {
    assert.ok("problem" in parseCrtList(`ok.pem\n${bad}\n`), bad);
  }
});
