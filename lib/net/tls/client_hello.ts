/**
 * The first message of a TLS client (RFC 8446 4.1.2), read before an engine sees it: which certificate, and what
 * the ssl_fc_* fetches tell, depend on it. Pure; nothing is believed that does not fit its length.
 */

export interface ClientHello {
  /** the version field of the message: 0x0303 with TLS 1.3 too */
  readonly legacyVersion: number;
  /** the highest version that the client offers */
  readonly maxVersion: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  /** two bytes each */
  readonly cipherSuites: Uint8Array;
  /** identifiers in the order of the message */
  readonly extensionTypes: readonly number[];
  /** bytes of the extensions that are kept */
  readonly groups: Uint8Array;
  readonly ecFormats: Uint8Array;
  readonly signatureAlgorithms: Uint8Array;
  /** in lower case; undefined: the client names none */
  readonly sni: string | undefined;
  readonly alpn: readonly string[];
}

/** More bytes are needed. */
export const MORE = 0;
/** What came is no ClientHello. */
export const NOT_TLS = 1;

/** Longest ClientHello that is read, in bytes, its record headers included. */
export const MAX_HELLO = 32 * 1024;

const Extension = {
  SERVER_NAME: 0,
  GROUPS: 10,
  EC_FORMATS: 11,
  SIGNATURE_ALGORITHMS: 13,
  ALPN: 16,
  SUPPORTED_VERSIONS: 43,
} as const;

const EMPTY = new Uint8Array(0);

/** Reads the ClientHello at the start of a connection's bytes: the message, MORE or NOT_TLS. Never throws. */
export function parseClientHello(bytes: Uint8Array): ClientHello | typeof MORE | typeof NOT_TLS {
  let message: Uint8Array = EMPTY;
  /** where records are put together, when there are several: never more than came */
  let joined: Uint8Array | undefined;
  let needed = 4;
  for (let at = 0; message.length < needed;) {
    if (at >= bytes.length) return bytes.length > MAX_HELLO ? NOT_TLS : MORE;
    if (bytes[at] !== 22) return NOT_TLS;
    if (at + 1 < bytes.length && bytes[at + 1] !== 3) return NOT_TLS;
    if (at + 5 > bytes.length) return MORE;
    const length = bytes[at + 3] * 256 + bytes[at + 4];
    if (length === 0 || length > 16384) return NOT_TLS;
    const part = bytes.subarray(at + 5, Math.min(at + 5 + length, bytes.length));
    if (message.length === 0) message = part;
    else {
      if (joined === undefined) {
        joined = new Uint8Array(bytes.length);
        joined.set(message);
      }
      joined.set(part, message.length);
      message = joined.subarray(0, message.length + part.length);
    }
    at += 5 + length;
    if (message.length > 0 && message[0] !== 1) return NOT_TLS;
    if (message.length >= 4) needed = 4 + message[1] * 65536 + message[2] * 256 + message[3];
    if (needed > MAX_HELLO) return NOT_TLS;
  }
  return parseBody(message.subarray(4, needed)) ?? NOT_TLS;
}

/** A cursor over length-prefixed vectors (RFC 8446 3.4). */
class Reader {
  at = 0;
  failed = false;
  constructor(readonly bytes: Uint8Array) {}

  take(length: number): Uint8Array {
    if (length > this.bytes.length - this.at) {
      this.failed = true;
      return EMPTY;
    }
    const part = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return part;
  }
  number(size: number): number {
    return this.take(size).reduce((value, byte) => value * 256 + byte, 0);
  }
  vector(size: number): Uint8Array {
    return this.take(this.number(size));
  }
  get left(): number {
    return this.failed ? 0 : this.bytes.length - this.at;
  }
}

function parseBody(body: Uint8Array): ClientHello | undefined {
  const reader = new Reader(body);
  const legacyVersion = reader.number(2);
  const random = reader.take(32).slice();
  const sessionId = reader.vector(1).slice();
  const cipherSuites = reader.vector(2).slice();
  reader.vector(1);
  if (reader.failed) return undefined;
  const extensions = new Map<number, Uint8Array>();
  const extensionTypes: number[] = [];
  if (reader.left > 0) {
    const list = new Reader(reader.vector(2));
    while (list.left > 0) {
      const type = list.number(2);
      const value = list.vector(2);
      extensionTypes.push(type);
      extensions.set(type, value);
    }
    if (reader.failed || list.failed) return undefined;
  }
  const inner = (type: number, size: number) =>
    new Reader(extensions.get(type) ?? EMPTY).vector(size);
  return {
    legacyVersion,
    maxVersion: highest(inner(Extension.SUPPORTED_VERSIONS, 1), legacyVersion),
    random,
    sessionId,
    cipherSuites,
    extensionTypes,
    groups: inner(Extension.GROUPS, 2).slice(),
    ecFormats: inner(Extension.EC_FORMATS, 1).slice(),
    signatureAlgorithms: inner(Extension.SIGNATURE_ALGORITHMS, 2).slice(),
    sni: serverName(inner(Extension.SERVER_NAME, 2)),
    alpn: protocols(inner(Extension.ALPN, 2)),
  };
}

/** GREASE values (RFC 8701) are none. */
function highest(versions: Uint8Array, legacy: number): number {
  let best = 0;
  for (let i = 0; i + 1 < versions.length; i += 2) {
    const version = versions[i] * 256 + versions[i + 1];
    if (versions[i] === 3 && version > best) best = version;
  }
  return best === 0 ? legacy : best;
}

function serverName(list: Uint8Array): string | undefined {
  const reader = new Reader(list);
  while (reader.left > 0) {
    const type = reader.number(1);
    const name = reader.vector(2);
    if (type === 0 && !reader.failed && name.length > 0) return text(name).toLowerCase();
  }
  return undefined;
}

function protocols(list: Uint8Array): string[] {
  const reader = new Reader(list);
  const found: string[] = [];
  while (reader.left > 0) {
    const name = reader.vector(1);
    if (!reader.failed && name.length > 0) found.push(text(name));
  }
  return found;
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** What kind of key the client can verify: an ECDSA certificate is given only to who understands it. */
export function takesEcdsa(hello: ClientHello): boolean {
  const { signatureAlgorithms: list } = hello;
  for (let i = 0; i + 1 < list.length; i += 2) {
    // ecdsa_* of TLS 1.3 (0x0403 …) and of 1.2 (anything with ecdsa = 3); Ed25519, Ed448
    if (list[i + 1] === 3 || (list[i] === 8 && (list[i + 1] === 7 || list[i + 1] === 8))) {
      return true;
    }
  }
  return false;
}

/** The same for RSA. */
export function takesRsa(hello: ClientHello): boolean {
  const { signatureAlgorithms: list } = hello;
  if (list.length === 0) return true;
  for (let i = 0; i + 1 < list.length; i += 2) {
    if (
      (list[i + 1] === 1 && list[i] < 8) ||
      (list[i] === 8 && list[i + 1] >= 4 && list[i + 1] <= 11 && list[i + 1] !== 7 &&
        list[i + 1] !== 8)
    ) return true;
  }
  return false;
}
