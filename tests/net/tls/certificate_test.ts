import assert from "node:assert/strict";
import { certificateTime, namesOf, parseCertificate } from "../../../lib/net/tls/certificate.ts";
import { oidText } from "../../../lib/net/tls/der.ts";
import { armor, parsePem } from "../../../lib/net/tls/pem.ts";
import { keyName } from "../../../lib/net/tls/shown.ts";
import { Authority } from "../../support/certificates.ts";
import { findProgram } from "../../support/needs.ts";
import { Random } from "../../support/random.ts";

Deno.test("times of certificates are UTC, with two or four digits of the year", () => {
  assert.equal(certificateTime("491231235959Z"), Date.UTC(2049, 11, 31, 23, 59, 59));
  assert.equal(certificateTime("500101000000Z"), Date.UTC(1950, 0, 1));
  assert.equal(certificateTime("20991231000000Z"), Date.UTC(2099, 11, 31));
  assert.ok(Number.isNaN(certificateTime("2099")));
});

Deno.test("object identifiers are written with dots", () => {
  assert.equal(oidText(Uint8Array.of(0x55, 4, 3)), "2.5.4.3");
  assert.equal(
    oidText(Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 11)),
    "1.2.840.113549.1.1.11",
  );
});

Deno.test("PEM blocks are found among other text; what is damaged is skipped", () => {
  const der = Uint8Array.from({ length: 100 }, (_, n) => n);
  const block = armor("CERTIFICATE", der);
  const blocks = parsePem(
    `subject=x\n${block}noise\n-----BEGIN X-----\n!!!\n-----END X-----\r\n` +
      block.replaceAll("\n", "\r\n") +
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
  );
  assert.deepEqual(blocks.map(({ label, encrypted }) => [label, encrypted]), [
    ["CERTIFICATE", false],
    ["CERTIFICATE", false],
    ["RSA PRIVATE KEY", true],
  ]);
  assert.deepEqual([...blocks[1].der], [...der]);
  assert.equal(blocks[1].text, block);
});

Deno.test({
  name: "a certificate tells what OpenSSL says of it; damaged ones never throw",
  ignore: findProgram("openssl") === undefined,
  fn() {
    const root = Authority.make("Root");
    const issued = root.issue({
      names: ["www.example.org", "*.example.org", "192.0.2.1"],
      subject: "/C=FR/O=A B/OU=x/OU=y/CN=Common",
      key: "rsa",
    });
    const [{ der }] = parsePem(issued.certificate);
    const certificate = parseCertificate(der)!;
    assert.deepEqual(certificate.subject.map(({ name, value }) => `${name}=${value}`), [
      "C=FR",
      "O=A B",
      "OU=x",
      "OU=y",
      "CN=Common",
    ]);
    assert.deepEqual(certificate.issuer.map(({ value }) => value), ["Tests", "Root"]);
    assert.deepEqual(namesOf(certificate), ["www.example.org", "*.example.org", "common"]);
    assert.deepEqual([...certificate.ipAddresses[0]], [192, 0, 2, 1]);
    assert.equal(certificate.version, 3);
    assert.equal(keyName(certificate), "RSA2048");
    assert.equal(certificate.signatureAlgorithm, "ecdsa-with-SHA256");
    assert.equal(certificate.isAuthority, false);
    assert.equal(parseCertificate(parsePem(root.certificate)[0].der)!.isAuthority, true);
    const random = new Random(5280);
    for (let round = 0; round < 5000; round++) {
      const bytes = der.slice(0, 1 + random.below(der.length));
      for (let n = random.below(4); n >= 0; n--) {
        bytes[random.below(bytes.length)] = random.below(256);
      }
      parseCertificate(bytes);
    }
  },
});
