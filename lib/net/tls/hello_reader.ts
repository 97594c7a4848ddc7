/** Reading a ClientHello from a connection, before TLS begins on it. */
import type { Conn } from "../conn.ts";
import { type ClientHello, MORE, NOT_TLS, parseClientHello } from "./client_hello.ts";
import type { TlsFailure } from "./engine.ts";

export interface HelloRead {
  readonly hello: ClientHello;
  /** everything that was read: the engine must see it too */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The first bytes of a connection, until they are a ClientHello. Bounded by `MAX_HELLO`. */
export class Greeting {
  #bytes: Uint8Array<ArrayBuffer> | undefined;

  /** bytes so far */
  get length(): number {
    return this.#bytes?.length ?? 0;
  }

  /** The next `length` bytes are the first ones of `bytes`, which are copied. undefined: more are needed. */
  add(bytes: Uint8Array, length: number): HelloRead | TlsFailure | undefined {
    const before = this.#bytes;
    const all = new Uint8Array(this.length + length);
    if (before !== undefined) all.set(before);
    all.set(bytes.subarray(0, length), this.length);
    this.#bytes = all;
    const hello = parseClientHello(all);
    if (hello === MORE) return undefined;
    if (hello === NOT_TLS) return { failed: "handshake", code: 0, message: describe(all) };
    return { hello, bytes: all };
  }
}

/** The failure of a client that went after this many bytes. */
export function closedBefore(length: number): TlsFailure {
  const message = length === 0
    ? "the client closed the connection before it said anything"
    : "the client closed the connection during the handshake";
  return { failed: "closed", code: 0, message, silent: length === 0 };
}

/** Reads until the ClientHello is complete. Never rejects. */
export async function readHello(conn: Conn): Promise<HelloRead | TlsFailure> {
  const greeting = new Greeting();
  const buffer = new Uint8Array(2048);
  for (;;) {
    const answer = conn.read(buffer);
    const n = typeof answer === "number" ? answer : await answer;
    if (n <= 0) return closedBefore(greeting.length);
    const read = greeting.add(buffer, n);
    if (read !== undefined) return read;
  }
}

/** What somebody sends who does not know that this is a TLS socket. */
function describe(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 8));
  if (/^(GET|HEAD|POST|PUT|PATCH|OPTIONS|DELETE|PRI) /.test(start)) return "http request";
  if (start.startsWith("CONNECT ")) return "https proxy request";
  if (start.startsWith("PROXY ") || start.startsWith("\r\n\r\n\0")) return "PROXY header";
  return "wrong version number";
}

/** A fatal alert before TLS is up (RFC 8446 6): as a record of its own. */
export function alertRecord(description: number): Uint8Array {
  return Uint8Array.of(21, 3, 1, 0, 2, 2, description);
}

/** Alert descriptions that are sent from here. */
export const Alert = {
  UNRECOGNIZED_NAME: 112,
  HANDSHAKE_FAILURE: 40,
  INTERNAL_ERROR: 80,
} as const;
