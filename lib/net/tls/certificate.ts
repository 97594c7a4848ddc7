/** X.509 certificates (RFC 5280), as far as choosing one and the ssl_* fetches need them. Pure. */
import { derChildren, type DerValue, oidText, readDer, Tag } from "./der.ts";

/** One attribute of a distinguished name. */
export interface NameEntry {
  /** OpenSSL's short name (`CN`), else the identifier's numbers */
  readonly name: string;
  readonly value: string;
}

export interface Certificate {
  readonly der: Uint8Array<ArrayBuffer>;
  /** 1 to 3 */
  readonly version: number;
  readonly serial: Uint8Array<ArrayBuffer>;
  /** OpenSSL's short name: `RSA-SHA256` */
  readonly signatureAlgorithm: string;
  readonly keyAlgorithm: string;
  /** bits of an RSA modulus or of an elliptic curve's field; 0: of another kind */
  readonly keyBits: number;
  readonly issuer: readonly NameEntry[];
  readonly subject: readonly NameEntry[];
  readonly issuerDer: Uint8Array<ArrayBuffer>;
  readonly subjectDer: Uint8Array<ArrayBuffer>;
  /** as written in the certificate: `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ` */
  readonly notBefore: string;
  readonly notAfter: string;
  /** SubjectPublicKeyInfo */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly Uint8Array[];
  readonly isAuthority: boolean;
}

const ATTRIBUTES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.4": "SN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "street",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.12": "title",
  "2.5.4.13": "description",
  "2.5.4.15": "businessCategory",
  "2.5.4.17": "postalCode",
  "2.5.4.41": "name",
  "2.5.4.42": "GN",
  "2.5.4.43": "initials",
  "2.5.4.44": "generationQualifier",
  "2.5.4.46": "dnQualifier",
  "2.5.4.65": "pseudonym",
  "2.5.4.97": "organizationIdentifier",
  "1.2.840.113549.1.9.1": "emailAddress",
  "1.2.840.113549.1.9.2": "unstructuredName",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL",
  "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
  "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
};

const ALGORITHMS: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.1": "rsaEncryption",
  "1.2.840.113549.1.1.4": "RSA-MD5",
  "1.2.840.113549.1.1.5": "RSA-SHA1",
  "1.2.840.113549.1.1.10": "RSASSA-PSS",
  "1.2.840.113549.1.1.11": "RSA-SHA256",
  "1.2.840.113549.1.1.12": "RSA-SHA384",
  "1.2.840.113549.1.1.13": "RSA-SHA512",
  "1.2.840.113549.1.1.14": "RSA-SHA224",
  "1.2.840.10045.2.1": "id-ecPublicKey",
  "1.2.840.10045.4.1": "ecdsa-with-SHA1",
  "1.2.840.10045.4.3.1": "ecdsa-with-SHA224",
  "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
  "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
  "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
  "1.3.101.112": "ED25519",
  "1.3.101.113": "ED448",
  "1.2.840.10040.4.1": "dsaEncryption",
};

const SUBJECT_ALT_NAME = "2.5.29.17";
const BASIC_CONSTRAINTS = "2.5.29.19";

/** Reads a certificate; undefined when it is none. Never throws. */
export function parseCertificate(der: Uint8Array<ArrayBuffer>): Certificate | undefined {
  const outer = readDer(der, 0);
  if (outer?.tag !== Tag.SEQUENCE) return undefined;
  const [tbs] = derChildren(outer);
  if (tbs?.tag !== Tag.SEQUENCE) return undefined;
  const fields = derChildren(tbs);
  let version = 1;
  if (fields[0]?.tag === 0xa0) {
    version = (derChildren(fields[0])[0]?.value[0] ?? 0) + 1;
    fields.shift();
  }
  const [serial, algorithm, issuer, validity, subject, key] = fields;
  if (
    serial?.tag !== Tag.INTEGER || algorithm?.tag !== Tag.SEQUENCE ||
    issuer?.tag !== Tag.SEQUENCE || validity?.tag !== Tag.SEQUENCE ||
    subject?.tag !== Tag.SEQUENCE || key?.tag !== Tag.SEQUENCE
  ) return undefined;
  const [notBefore, notAfter] = derChildren(validity);
  if (notBefore === undefined || notAfter === undefined) return undefined;
  const [keyAlgorithm] = derChildren(key);
  const extensions = extensionsOf(fields.slice(6));
  const names = extensions.get(SUBJECT_ALT_NAME);
  const alternatives = names === undefined ? [] : derChildren(names);
  const constraints = extensions.get(BASIC_CONSTRAINTS);
  const authority = constraints && derChildren(constraints)[0];
  return {
    der: outer.whole,
    version,
    serial: serial.value,
    signatureAlgorithm: algorithmName(algorithm),
    keyAlgorithm: keyAlgorithm === undefined ? "" : algorithmName(keyAlgorithm),
    keyBits: keyBitsOf(key),
    issuer: nameEntries(issuer),
    subject: nameEntries(subject),
    issuerDer: issuer.whole,
    subjectDer: subject.whole,
    notBefore: latin1(notBefore.value),
    notAfter: latin1(notAfter.value),
    publicKey: key.whole,
    dnsNames: alternatives.filter(({ tag }) => tag === 0x82).map(({ value }) => latin1(value)),
    ipAddresses: alternatives.filter(({ tag }) => tag === 0x87).map(({ value }) => value),
    isAuthority: authority?.tag === 0x01 && authority.value[0] !== 0,
  };
}

const CURVE_BITS: Readonly<Record<string, number>> = {
  "1.2.840.10045.3.1.7": 256,
  "1.3.132.0.10": 256,
  "1.3.132.0.34": 384,
  "1.3.132.0.35": 521,
};

function keyBitsOf(key: DerValue): number {
  const [algorithm, bits] = derChildren(key);
  const parameters = algorithm && derChildren(algorithm)[1];
  if (parameters?.tag === Tag.OID) return CURVE_BITS[oidText(parameters.value)] ?? 0;
  const inner = bits?.tag === Tag.BIT_STRING ? readDer(bits.value, 1) : undefined;
  const modulus = inner?.tag === Tag.SEQUENCE ? derChildren(inner)[0] : undefined;
  if (modulus?.tag !== Tag.INTEGER) return 0;
  const value = modulus.value[0] === 0 ? modulus.value.subarray(1) : modulus.value;
  return value.length === 0 ? 0 : value.length * 8 - Math.clz32(value[0]) + 24;
}

/** The values of extensions, by identifier. */
function extensionsOf(rest: readonly DerValue[]): Map<string, DerValue> {
  const found = new Map<string, DerValue>();
  const wrapper = rest.find(({ tag }) => tag === 0xa3);
  const list = wrapper && derChildren(wrapper)[0];
  for (const extension of list === undefined ? [] : derChildren(list)) {
    const parts = derChildren(extension);
    const value = parts.at(-1);
    if (parts[0]?.tag !== Tag.OID || value?.tag !== Tag.OCTET_STRING) continue;
    const inner = readDer(value.value, 0);
    if (inner !== undefined) found.set(oidText(parts[0].value), inner);
  }
  return found;
}

export function algorithmName(sequence: DerValue): string {
  const [oid] = derChildren(sequence);
  if (oid?.tag !== Tag.OID) return "";
  const text = oidText(oid.value);
  return ALGORITHMS[text] ?? text;
}

export function nameEntries(sequence: DerValue): NameEntry[] {
  const entries: NameEntry[] = [];
  for (const set of derChildren(sequence)) {
    for (const attribute of derChildren(set)) {
      const [oid, value] = derChildren(attribute);
      if (oid?.tag !== Tag.OID || value === undefined) continue;
      const text = oidText(oid.value);
      entries.push({ name: ATTRIBUTES[text] ?? text, value: stringOf(value) });
    }
  }
  return entries;
}

/** A directory string, one unit for each byte of its UTF-8 form, as samples are. */
function stringOf({ tag, value }: DerValue): string {
  if (tag !== Tag.BMP) return latin1(value);
  let text = "";
  for (let i = 0; i + 1 < value.length; i += 2) {
    text += String.fromCharCode(value[i] * 256 + value[i + 1]);
  }
  return latin1(new TextEncoder().encode(text));
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The wall time, in ms, of a certificate's UTCTime or GeneralizedTime (RFC 5280 4.1.2.5); NaN: it is none. */
export function certificateTime(text: string): number {
  const match = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (match === null) return NaN;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  const full = match[1].length === 4 ? year : year < 50 ? 2000 + year : 1900 + year;
  return Date.UTC(full, month - 1, day, hour, minute, second);
}

/** The names a certificate is for: those of the subject's alternatives, and its CNs. */
export function namesOf(certificate: Certificate): string[] {
  const common = certificate.subject.filter(({ name }) => name === "CN").map(({ value }) => value);
  return [...new Set([...certificate.dnsNames, ...common].map((name) => name.toLowerCase()))];
}

/** Whether two DER values are the same bytes. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
