/** Connecting through an HTTP proxy (RFC 9110 section 9.3.6): `CONNECT`, and what it answers. */
import type { Conn } from "./conn.ts";
import { HandedConn } from "./handed_conn.ts";
import { writeAll } from "./io.ts";

/** bytes of an answer's head that are read */
const LONGEST = 8192;

/** The request; `auth` is `user:password` (RFC 7617). */
export function connectRequest(host: string, port: number, auth: string | undefined): Uint8Array {
  const place = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const bytes = new TextEncoder();
  const who = auth === undefined
    ? ""
    : `Proxy-Authorization: Basic ${btoa(String.fromCharCode(...bytes.encode(auth)))}\r\n`;
  return bytes.encode(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${who}\r\n`);
}

/** Where the head of an answer ends (behind its empty line), -1: not yet. */
export function headEnd(bytes: Uint8Array, length: number): number {
  for (let i = 1; i < length; i++) {
    if (bytes[i] !== 10) continue;
    if (bytes[i - 1] === 10) return i + 1;
    if (bytes[i - 1] === 13 && i >= 2 && bytes[i - 2] === 10) return i + 1;
  }
  return -1;
}

/** Why an answer is no permission; undefined: it is. Its body, if it has one, is the server's bytes. */
export function connectRefusal(head: string): string | undefined {
  const status = /^HTTP\/1\.[01] ([0-9]{3})(?: ([^\r\n]{0,80}))?/.exec(head);
  if (status === null) return "it does not speak HTTP/1";
  if (status[1].startsWith("2")) return undefined;
  return `it answered ${status[1]}${status[2] ? ` ${status[2].trim()}` : ""}`;
}

/** Asks the proxy at the other end. The connection to go on with, or why there is none. Never rejects. */
export async function askHttpProxy(conn: Conn, request: Uint8Array): Promise<Conn | string> {
  if (await writeAll(conn, request) < 0) return "the connection ended";
  const answer = new Uint8Array(LONGEST);
  let length = 0;
  for (;;) {
    const n = await conn.read(answer.subarray(length));
    if (n <= 0) return n === 0 ? "it closed the connection" : "the connection ended";
    length += n;
    const end = headEnd(answer, length);
    if (end < 0) {
      if (length === LONGEST) return "its answer is too long";
      continue;
    }
    const head = String.fromCharCode(...answer.subarray(0, Math.min(end, 200)));
    const why = connectRefusal(head);
    if (why !== undefined) return why;
    return length === end ? conn : new HandedConn(conn, { rest: answer.slice(end, length) });
  }
}
