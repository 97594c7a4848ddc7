/** The first message of TLS, read from bytes that nobody decrypts (RFC 8446 section 4.1.2, RFC 6066, RFC 7301). */

export interface ClientHello {
  /** the highest version up to TLS 1.2 that the client offers: major * 65536 + minor */
  readonly version: number;
  /** RFC 6066 section 3 */
  readonly sni?: string;
  /** RFC 7301, in the client's order */
  readonly alpn: readonly string[];
  /** elliptic curves are offered (RFC 8422) */
  readonly curves: boolean;
  /** 0: no session ticket extension, 1: an empty one, 2: one with a ticket (RFC 5077) */
  readonly ticket: 0 | 1 | 2;
}

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
/** RFC 8446 section 5.2 */
const LONGEST_RECORD = 16384 + 2048;
const Extension = { serverName: 0, curves: 10, alpn: 16, ticket: 35 } as const;

/** `more`: what is there may become one. undefined: it is none. */
export function parseClientHello(bytes: Uint8Array): ClientHello | "more" | undefined {
  const message = handshakeMessage(bytes, CLIENT_HELLO);
  return typeof message === "object" ? helloOf(message) : message;
}

/** The type of the hello that `bytes` begin with, once all of it is there (1: client, 2: server). */
export function parseHelloType(bytes: Uint8Array): number | "more" | undefined {
  if (bytes.length > 5 && bytes[5] !== 1 && bytes[5] !== 2) return undefined;
  const message = handshakeMessage(bytes, bytes[5] ?? CLIENT_HELLO);
  return typeof message === "object" ? bytes[5] : message;
}

/**
 * The version that the stream announces: of a hello that of its message, before that none. SSLv2's hello is known
 * (RFC 6101 appendix E).
 */
export function parseTlsVersion(bytes: Uint8Array): number | "more" | undefined {
  if (bytes.length < 3) {
    return bytes.length === 0 || bytes[0] >= 0x80 || bytes[0] === 22 ? "more" : undefined;
  }
  if (bytes[0] === HANDSHAKE) {
    if (bytes[1] !== 3) return undefined;
    return bytes.length < 11 ? "more" : bytes[9] << 16 | bytes[10];
  }
  if (bytes[0] < 0x80 || bytes[2] !== CLIENT_HELLO) return undefined;
  return bytes.length < 5 ? "more" : bytes[3] << 16 | bytes[4];
}

/** The body of a handshake message of this type, which may lie in several records. */
function handshakeMessage(bytes: Uint8Array, type: number): Uint8Array | "more" | undefined {
  let body: Uint8Array | undefined;
  for (let at = 0;;) {
    if (bytes.length > at && bytes[at] !== HANDSHAKE) return undefined;
    if (bytes.length > at + 1 && bytes[at + 1] !== 3) return undefined;
    if (bytes.length < at + 5) return "more";
    const length = bytes[at + 3] << 8 | bytes[at + 4];
    if (length === 0 || length > LONGEST_RECORD) return undefined;
    const part = bytes.subarray(at + 5, at + 5 + length);
    body = body === undefined ? part : joined(body, part);
    if (body.length > 0 && body[0] !== type) return undefined;
    if (body.length >= 4) {
      const size = body[1] << 16 | body[2] << 8 | body[3];
      if (body.length >= 4 + size) return body.subarray(4, 4 + size);
    }
    if (part.length < length) return "more";
    at += 5 + length;
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Reads lengths and what they count; `bad` once something lay beyond the end. */
class Reader {
  bad = false;
  #at = 0;
  constructor(readonly bytes: Uint8Array) {}
  get left(): number {
    return this.bytes.length - this.#at;
  }
  number(size: number): number {
    let value = 0;
    for (const byte of this.take(size)) value = value * 256 + byte;
    return value;
  }
  take(length: number): Uint8Array {
    if (length > this.left) {
      this.bad = true;
      this.#at = this.bytes.length;
      return new Uint8Array(0);
    }
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }
  /** What a length of `size` bytes counts. */
  vector(size: number): Uint8Array {
    return this.take(this.number(size));
  }
}

function helloOf(message: Uint8Array): ClientHello | undefined {
  const reader = new Reader(message);
  const version = reader.number(1) << 16 | reader.number(1);
  reader.take(32);
  reader.vector(1);
  reader.vector(2);
  reader.vector(1);
  let sni: string | undefined;
  let alpn: readonly string[] = [];
  let curves = false;
  let ticket: 0 | 1 | 2 = 0;
  const extensions = new Reader(reader.left > 0 ? reader.vector(2) : new Uint8Array(0));
  while (extensions.left > 0 && !extensions.bad) {
    const type = extensions.number(2);
    const data = extensions.vector(2);
    if (type === Extension.serverName) sni ??= serverNameOf(data);
    else if (type === Extension.alpn) alpn = protocolsOf(data);
    else if (type === Extension.curves) curves = true;
    else if (type === Extension.ticket) ticket = data.length > 0 ? 2 : 1;
  }
  if (reader.bad || extensions.bad) return undefined;
  return { version, sni, alpn, curves, ticket };
}

/** The first host name; an empty one is none. */
function serverNameOf(data: Uint8Array): string | undefined {
  const list = new Reader(new Reader(data).vector(2));
  while (list.left > 0 && !list.bad) {
    const type = list.number(1);
    const name = list.vector(2);
    if (type === 0 && name.length > 0 && !list.bad) return textOf(name);
  }
  return undefined;
}

function protocolsOf(data: Uint8Array): string[] {
  const list = new Reader(new Reader(data).vector(2));
  const names: string[] = [];
  while (list.left > 0) {
    const name = list.vector(1);
    if (list.bad) break;
    names.push(textOf(name));
  }
  return names;
}

function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
