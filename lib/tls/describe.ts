/** Certificates, revocation lists and OCSP answers as the runtime socket shows them (management manual 9.3). */
import { createHash } from "node:crypto";
import { type Certificate, certificateTime, type NameEntry } from "../net/tls/certificate.ts";
import type { RevocationList } from "../net/tls/crl.ts";
import { ocspCertId } from "../net/tls/ocsp.ts";
import { keyName } from "../net/tls/shown.ts";

/** Bytes as OpenSSL prints numbers: without the zero that keeps them positive. */
const hex = (bytes: Uint8Array) => bytes.toHex().toUpperCase();
const numberText = (bytes: Uint8Array) =>
  hex(bytes.length > 1 && bytes[0] === 0 ? bytes.subarray(1) : bytes);

export function certificateLines(certificate: Certificate): string[] {
  const { dnsNames } = certificate;
  return [
    `Serial: ${hex(certificate.serial)}`,
    `notBefore: ${dateText(certificate.notBefore)}`,
    `notAfter: ${dateText(certificate.notAfter)}`,
    `Subject Alternative Name: ${dnsNames.map((name) => `DNS:${name}`).join(", ")}`,
    `Algorithm: ${keyName(certificate)}`,
    `SHA1 FingerPrint: ${createHash("sha1").update(certificate.der).digest("hex").toUpperCase()}`,
    `Subject: ${nameText(certificate.subject)}`,
    `Issuer: ${nameText(certificate.issuer)}`,
  ];
}

/** OpenSSL's long names, where they differ from its short ones. */
const LONG_NAMES: Readonly<Record<string, string>> = {
  "RSA-MD5": "md5WithRSAEncryption",
  "RSA-SHA1": "sha1WithRSAEncryption",
  "RSA-SHA224": "sha224WithRSAEncryption",
  "RSA-SHA256": "sha256WithRSAEncryption",
  "RSA-SHA384": "sha384WithRSAEncryption",
  "RSA-SHA512": "sha512WithRSAEncryption",
};

export function revocationLines(list: RevocationList): string[] {
  const { signatureAlgorithm: algorithm, revoked, nextUpdate } = list;
  return [
    `Version ${list.version}`,
    `Signature Algorithm: ${LONG_NAMES[algorithm] ?? algorithm}`,
    `Issuer: ${nameText(list.issuer)}`,
    `Last Update: ${dateText(list.lastUpdate)}`,
    `Next Update: ${nextUpdate === undefined ? "NONE" : dateText(nextUpdate)}`,
    ...revoked.length === 0 ? ["No Revoked Certificates."] : ["Revoked Certificates:"],
    ...revoked.flatMap(({ serial, date }) => [
      `    Serial Number: ${numberText(serial)}`,
      `        Revocation Date: ${dateText(date)}`,
    ]),
  ];
}

/** The name that an OCSP answer has on the socket: its CertID in hexadecimal; empty: there is none. */
export function ocspKey(der: Uint8Array<ArrayBuffer> | undefined): string {
  return (der && ocspCertId(der)?.der.toHex()) ?? "";
}

export function ocspIdLines(der: Uint8Array<ArrayBuffer>): string[] {
  const id = ocspCertId(der);
  if (id === undefined) return [];
  return [
    `Certificate ID key : ${id.der.toHex()}`,
    " Certificate ID:",
    `   Issuer Name Hash: ${hex(id.issuerNameHash)}`,
    `   Issuer Key Hash: ${hex(id.issuerKeyHash)}`,
    `   Serial Number: ${numberText(id.serial)}`,
  ];
}

export function nameText(entries: readonly NameEntry[]): string {
  return entries.map(({ name, value }) => `/${name}=${value}`).join("");
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** As OpenSSL prints times: `Nov 27 19:36:48 2026 GMT`. */
function dateText(text: string): string {
  const date = new Date(certificateTime(text));
  const two = (n: number) => String(n).padStart(2, "0");
  const day = String(date.getUTCDate()).padStart(2, " ");
  return `${MONTHS[date.getUTCMonth()]} ${day} ${two(date.getUTCHours())}:` +
    `${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} ${date.getUTCFullYear()} GMT`;
}
