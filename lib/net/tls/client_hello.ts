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

/**
 * Reads the ClientHello at the start of a connection's bytes: the message, which looks into them later too, MORE or
 * NOT_TLS. Never throws.
 */
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
  return Hello.of(message.subarray(4, needed)) ?? NOT_TLS;
}

/** A cursor over length-prefixed vectors (RFC 8446 3.4). */
class Reader {
  at = 0;
  failed = false;
  constructor(readonly bytes: Uint8Array) {}

  number(size: number): number {
    const { bytes, at } = this;
    this.at += size;
    if (this.at > bytes.length) this.failed = true;
    if (this.failed) return 0;
    return size === 1 ? bytes[at] : bytes[at] * 256 + bytes[at + 1];
  }
  vector(size: number): Uint8Array {
    const length = this.number(size);
    const end = this.at + length;
    if (this.failed || end > this.bytes.length) {
      this.failed = true;
      return EMPTY;
    }
    const part = this.bytes.subarray(this.at, end);
    this.at = end;
    return part;
  }
  get left(): number {
    return this.failed ? 0 : this.bytes.length - this.at;
  }
}

/** The position behind the vector at `at`, whose length has `size` bytes; -1: it is not whole. */
function behind(bytes: Uint8Array, at: number, size: number): number {
  if (at < 0 || at + size > bytes.length) return -1;
  const end = at + size + (size === 1 ? bytes[at] : bytes[at] * 256 + bytes[at + 1]);
  return end > bytes.length ? -1 : end;
}

const SESSION_ID = 34;

/** Bounds are checked when it is made; most of it is looked at only when a fetch asks. */
class Hello implements ClientHello {
  readonly #body: Uint8Array;
  readonly #ciphers: number;
  /** where the extensions begin and end */
  readonly #from: number;
  readonly #to: number;
  readonly sni: string | undefined;

  private constructor(body: Uint8Array, ciphers: number, from: number, to: number) {
    this.#body = body;
    this.#ciphers = ciphers;
    this.#from = from;
    this.#to = to;
    this.sni = serverName(this.#inner(Extension.SERVER_NAME, 2));
  }

  /** undefined when something does not fit. */
  static of(body: Uint8Array): Hello | undefined {
    const ciphers = behind(body, SESSION_ID, 1);
    const rest = behind(body, behind(body, ciphers, 2), 1);
    if (rest < 0) return undefined;
    if (rest === body.length) return new Hello(body, ciphers, rest, rest);
    const end = behind(body, rest, 2);
    for (let at = rest + 2; at !== end;) {
      at = behind(body, at + 2, 2);
      if (at < 0 || at > end) return undefined;
    }
    return new Hello(body, ciphers, rest + 2, end);
  }

  #inner(wanted: number, size: number): Uint8Array {
    const body = this.#body;
    let found: Uint8Array = EMPTY;
    for (let at = this.#from; at < this.#to;) {
      const end = behind(body, at + 2, 2);
      if (body[at] * 256 + body[at + 1] === wanted) found = body.subarray(at + 4, end);
      at = end;
    }
    return found === EMPTY ? EMPTY : new Reader(found).vector(size);
  }

  get legacyVersion(): number {
    return this.#body[0] * 256 + this.#body[1];
  }
  get maxVersion(): number {
    return highest(this.#inner(Extension.SUPPORTED_VERSIONS, 1), this.legacyVersion);
  }
  get random(): Uint8Array {
    return this.#body.subarray(2, SESSION_ID);
  }
  get sessionId(): Uint8Array {
    return this.#body.subarray(SESSION_ID + 1, this.#ciphers);
  }
  get cipherSuites(): Uint8Array {
    return this.#body.subarray(this.#ciphers + 2, behind(this.#body, this.#ciphers, 2));
  }
  get extensionTypes(): readonly number[] {
    const types: number[] = [];
    for (let at = this.#from; at < this.#to; at = behind(this.#body, at + 2, 2)) {
      types.push(this.#body[at] * 256 + this.#body[at + 1]);
    }
    return types;
  }
  get groups(): Uint8Array {
    return this.#inner(Extension.GROUPS, 2);
  }
  get ecFormats(): Uint8Array {
    return this.#inner(Extension.EC_FORMATS, 1);
  }
  get signatureAlgorithms(): Uint8Array {
    return this.#inner(Extension.SIGNATURE_ALGORITHMS, 2);
  }
  get alpn(): readonly string[] {
    return protocols(this.#inner(Extension.ALPN, 2));
  }
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
