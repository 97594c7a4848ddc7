/**
 * Certificates (RFC 5280) and requests for them (RFC 2986) that are made here: placeholders, certificates of
 * `generate-certificates`, answers to tls-alpn-01 (RFC 8737), requests of ACME. Keys are `node:crypto`'s.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { parseIp } from "../address.ts";
import * as der from "./der_write.ts";
import { armor } from "./pem.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The kinds of keys that are made. */
export type KeyKind =
  | { readonly type: "ecdsa"; readonly curve: "P-256" | "P-384" | "P-521" }
  | { readonly type: "rsa"; readonly bits: number };

/** A new private key, as PEM (PKCS #8). */
export function makeKey(kind: KeyKind): string {
  const { privateKey } = kind.type === "rsa"
    ? generateKeyPairSync("rsa", { modulusLength: kind.bits })
    : generateKeyPairSync("ec", { namedCurve: kind.curve });
  return privateKey.export({ type: "pkcs8", format: "pem" }) as string;
}

/** Algorithms of signatures with their digests, by the kind of key (RFC 5758 3.2: the digest fits the curve). */
const SHA256_RSA = {
  digest: "sha256",
  id: der.sequence(der.oid("1.2.840.113549.1.1.11"), Uint8Array.of(5, 0)),
};
const ECDSA: Readonly<Record<string, { digest: string; id: Bytes }>> = {
  prime256v1: { digest: "sha256", id: der.sequence(der.oid("1.2.840.10045.4.3.2")) },
  secp384r1: { digest: "sha384", id: der.sequence(der.oid("1.2.840.10045.4.3.3")) },
  secp521r1: { digest: "sha512", id: der.sequence(der.oid("1.2.840.10045.4.3.4")) },
};

function algorithmOf(key: KeyObject): { digest: string; id: Bytes } {
  const curve = key.asymmetricKeyDetails?.namedCurve ?? "";
  const found = key.asymmetricKeyType === "rsa" ? SHA256_RSA : ECDSA[curve];
  if (found === undefined) throw new TypeError("a key that is neither RSA nor of a NIST curve");
  return found;
}

/** `data` with its algorithm and signature: what certificates and requests are. */
function signed(data: Bytes, key: KeyObject): Bytes {
  const { digest, id } = algorithmOf(key);
  return der.sequence(data, id, der.bitString(sign(digest, data, key)));
}

/** DER of the public half of a private key (PEM). */
export function publicKeyOf(key: string): Uint8Array {
  return publicPart(createPrivateKey(key));
}

function publicPart(key: KeyObject): Uint8Array {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

function commonName(name: string): Bytes {
  return der.sequence(der.set(der.sequence(der.oid("2.5.4.3"), der.utf8String(name))));
}

function extension(id: string, critical: boolean, ...value: readonly Bytes[]): Bytes {
  const flag = critical ? [der.boolean(true)] : [];
  return der.sequence(der.oid(id), ...flag, der.octetString(...value));
}

/** subjectAltName: host names and addresses. */
function alternativeNames(names: readonly string[]): Bytes {
  const parts = names.map((name) => {
    const ip = parseIp(name);
    return ip === undefined ? der.tlv(0x82, new TextEncoder().encode(name)) : der.tlv(0x87, ip);
  });
  return extension("2.5.29.17", false, der.sequence(...parts));
}

/** A request of `key` (PEM) for these names, as DER. */
export function makeRequest(names: readonly string[], key: string): Bytes {
  const own = createPrivateKey(key);
  // Names longer than 64 characters do not fit into a CN, which nobody reads.
  const subject = names[0].length > 64 ? der.sequence() : commonName(names[0]);
  const extensions = der.sequence(
    der.oid("1.2.840.113549.1.9.14"),
    der.set(der.sequence(alternativeNames(names))),
  );
  const info = der.sequence(
    der.integer(Uint8Array.of(0)),
    subject,
    publicPart(own) as Bytes,
    der.tlv(0xa0, extensions),
  );
  return signed(info, own);
}

/** What a certificate is made from. */
export interface Wish {
  readonly names: readonly string[];
  /** wall ms */
  readonly from: number;
  readonly until: number;
  /** DER of SubjectPublicKeyInfo; undefined: that of `key` */
  readonly publicKey?: Uint8Array;
  /** PEM of the key that signs */
  readonly key: string;
  /** DER of the name of who signs; undefined: it signs itself */
  readonly issuer?: Uint8Array;
  /** DER of the digest that tls-alpn-01 asks for (RFC 8737 3) */
  readonly acmeIdentifier?: Uint8Array;
}

/** A certificate, as PEM. Throws a TypeError when the key is neither RSA nor of a NIST curve. */
export function makeCertificate(wish: Wish): string {
  const key = createPrivateKey(wish.key);
  const serial = Uint8Array.from(randomBytes(16));
  serial[0] &= 0x7f;
  const name = wish.names[0].length > 64 ? der.sequence() : commonName(wish.names[0]);
  const extensions = [
    extension("2.5.29.19", true, der.sequence()),
    alternativeNames(wish.names),
    extension("2.5.29.37", false, der.sequence(der.oid("1.3.6.1.5.5.7.3.1"))),
  ];
  if (wish.acmeIdentifier !== undefined) {
    const digest = der.octetString(wish.acmeIdentifier);
    extensions.push(extension("1.3.6.1.5.5.7.1.31", true, digest));
  }
  const body = der.sequence(
    der.tlv(0xa0, der.integer(Uint8Array.of(2))),
    der.integer(serial),
    algorithmOf(key).id,
    (wish.issuer ?? name) as Bytes,
    der.sequence(der.time(wish.from), der.time(wish.until)),
    name,
    (wish.publicKey ?? publicPart(key)) as Bytes,
    der.tlv(0xa3, der.sequence(...extensions)),
  );
  return armor("CERTIFICATE", signed(body, key));
}
