/** Pieces of an encoded body as chunks (RFC 9112 section 7.1). */
import { encodeChunkHeader } from "../http1/chunked.ts";

const NOTHING = new Uint8Array(0);
const CRLF = new Uint8Array([13, 10]);

/** Adds a chunk of `bytes` to what goes out; nothing for no bytes, which would end the body. */
export function addChunk(out: Uint8Array[], bytes: Uint8Array): void {
  if (bytes.length === 0) return;
  const header = new Uint8Array(18);
  out.push(header.subarray(0, encodeChunkHeader(header, 0, bytes.length)), bytes, CRLF);
}

/** All parts in one piece. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 0) return NOTHING;
  if (parts.length === 1) return parts[0];
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
