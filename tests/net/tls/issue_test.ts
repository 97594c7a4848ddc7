import assert from "node:assert/strict";
import { namesOf, parseCertificate } from "../../../lib/net/tls/certificate.ts";
import { derChildren, oidText, readDer } from "../../../lib/net/tls/der.ts";
import * as der from "../../../lib/net/tls/der_write.ts";
import { makeCertificate, makeKey, makeRequest } from "../../../lib/net/tls/issue.ts";
import { armor, parsePem } from "../../../lib/net/tls/pem.ts";
import { findProgram } from "../../support/needs.ts";
import { Random } from "../../support/random.ts";

Deno.test("what is written is read back: lengths of one to three bytes, numbers, identifiers", () => {
  for (const length of [0, 1, 127, 128, 255, 256, 65535, 70000]) {
    const value = readDer(der.octetString(new Uint8Array(length)), 0)!;
    assert.equal(value.value.length, length);
    assert.equal(value.whole.length, der.octetString(new Uint8Array(length)).length);
  }
  assert.deepEqual([...der.integer(Uint8Array.of(0, 0, 0x80))], [2, 2, 0, 0x80]);
  assert.deepEqual([...der.integer(Uint8Array.of(0))], [2, 1, 0]);
  for (const id of ["2.5.29.17", "1.3.6.1.5.5.7.1.31", "1.2.840.113549.1.9.14"]) {
    assert.equal(oidText(readDer(der.oid(id), 0)!.value), id);
  }
  const both = derChildren(readDer(der.sequence(der.boolean(true), der.utf8String("ä")), 0)!);
  assert.deepEqual(both.map(({ tag }) => tag), [1, 12]);
});

Deno.test("times before 2050 have two digits of a year, later ones four (RFC 5280 4.1.2.5)", () => {
  assert.equal(der.time(Date.UTC(2049, 11, 31))[0], 0x17);
  assert.equal(der.time(Date.UTC(2050, 0, 1))[0], 0x18);
});

Deno.test("a certificate has its names, dates and key", () => {
  const key = makeKey({ type: "ecdsa", curve: "P-384" });
  const pem = makeCertificate({
    names: ["a.example", "10.0.0.1"],
    from: Date.UTC(2026, 0, 1),
    until: Date.UTC(2051, 0, 1),
    key,
  });
  const certificate = parseCertificate(parsePem(pem)[0].der)!;
  assert.deepEqual(namesOf(certificate), ["a.example"]);
  assert.deepEqual(certificate.ipAddresses.map((each) => [...each]), [[10, 0, 0, 1]]);
  assert.equal(certificate.notBefore, "260101000000Z");
  assert.equal(certificate.notAfter, "20510101000000Z");
  assert.equal(certificate.keyBits, 384);
  assert.equal(certificate.isAuthority, false);
});

/** What OpenSSL says of a text. */
function openssl(args: readonly string[], text: string): string {
  const file = Deno.makeTempFileSync();
  Deno.writeTextFileSync(file, text);
  const { stdout, stderr } = new Deno.Command("openssl", { args: [...args, "-in", file] })
    .outputSync();
  Deno.removeSync(file);
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test({
  name: "OpenSSL verifies requests and certificates of every kind of key",
  ignore: findProgram("openssl") === undefined,
  fn: () => {
    const long = `${"x".repeat(60)}.${"y".repeat(60)}.example`;
    const kinds = [
      { type: "rsa", bits: 2048 },
      { type: "ecdsa", curve: "P-256" },
      { type: "ecdsa", curve: "P-384" },
      { type: "ecdsa", curve: "P-521" },
    ] as const;
    for (const kind of kinds) {
      for (const names of [["a.example", "b.example"], [long]]) {
        const key = makeKey(kind);
        const request = armor("CERTIFICATE REQUEST", makeRequest(names, key));
        const said = openssl(["req", "-verify", "-noout", "-text"], request);
        assert.match(said, /verify OK/);
        for (const name of names) assert.ok(said.includes(`DNS:${name}`));
        const until = Date.now() + 86_400_000;
        const pem = makeCertificate({ names, from: Date.now() - 1000, until, key });
        const seen = openssl(["x509", "-noout", "-text", "-checkend", "60"], pem);
        assert.ok(seen.includes(`DNS:${names[0]}`) && seen.includes("will not expire"));
      }
    }
  },
});

Deno.test("no bytes make the reader throw that reads what is written here", () => {
  const random = new Random(17);
  const pem = makeCertificate({
    names: ["a.example"],
    from: 0,
    until: 1e12,
    key: makeKey({ type: "ecdsa", curve: "P-256" }),
  });
  const bytes = parsePem(pem)[0].der;
  for (let round = 0; round < 3000; round++) {
    const broken = bytes.slice(0, 1 + random.below(bytes.length));
    broken[random.below(broken.length)] = random.below(256);
    parseCertificate(broken);
  }
});
