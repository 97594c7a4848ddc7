import { type Conn, LATER, type Reader } from "./conn.ts";

/**
 * Writes all of `bytes`: 0 when it is done, else the negative IoStatus that stopped it; a promise only when
 * the connection makes one. The bytes must stay as they are until the answer.
 */
export function writeAll(conn: Conn, bytes: Uint8Array): number | Promise<number> {
  let offset = 0;
  while (offset < bytes.length) {
    const written = conn.write(offset === 0 ? bytes : bytes.subarray(offset));
    if (typeof written !== "number") return writeRest(conn, bytes, offset, written);
    if (written < 0) return written;
    offset += written;
  }
  return 0;
}

/**
 * What follows a first `conn.write(bytes)` that answered `n`: 0 when that was all, `n` when it failed, else the
 * writing of the rest. With it the usual case, one write that takes everything, costs one await.
 */
export function afterWrite(conn: Conn, bytes: Uint8Array, n: number): number | Promise<number> {
  if (n === bytes.length) return 0;
  return n < 0 ? n : writeAll(conn, bytes.subarray(n));
}

async function writeRest(
  conn: Conn,
  bytes: Uint8Array,
  offset: number,
  pending: Promise<number>,
): Promise<number> {
  let written: number | Promise<number> = pending;
  for (;;) {
    if (typeof written !== "number") written = await written;
    if (written < 0) return written;
    offset += written;
    if (offset >= bytes.length) return 0;
    written = conn.write(bytes.subarray(offset));
  }
}

/**
 * Reads and throws away until the peer has finished or `limit` bytes came: 0 after the end, 1 when the limit
 * was reached first, else the negative IoStatus. Lets a peer read our last answer before the connection is
 * closed (data left unread would turn the close into a reset, RFC 9112 9.6).
 */
export async function discard(conn: Conn, into: Uint8Array, limit: number): Promise<number> {
  let left = limit;
  while (left > 0) {
    const answer = conn.read(left < into.length ? into.subarray(0, left) : into);
    const count = typeof answer === "number" ? answer : await answer;
    if (count <= 0) return count;
    left -= count;
  }
  return 1;
}

/** What a read answered, as `Conn.readFor` answers: where it made a promise, `reader` will be told. */
export function tellLater(reader: Reader, answer: number | Promise<number>): number {
  if (typeof answer === "number") return answer;
  answer.then((count) => reader.answered(count));
  return LATER;
}
