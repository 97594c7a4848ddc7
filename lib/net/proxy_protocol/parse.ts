/** A header of either version at the beginning of a connection. Bytes in, a value out. */
import { HeaderProblem, type HeaderResult } from "./header.ts";
import { parseV1 } from "./parse_v1.ts";
import { parseV2 } from "./parse_v2.ts";

/** `PROXY `, section 2.1 */
const V1 = Uint8Array.of(80, 82, 79, 88, 89, 32);
/** Section 2.2. */
export const SIGNATURE: Uint8Array = Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10);

/**
 * Reads the header in `bytes[start, end)`: the header and where it ends, a HeaderProblem, or undefined while more
 * bytes are needed. A header of more than `limit` bytes is invalid.
 */
export function parseProxyHeader(
  bytes: Uint8Array,
  start: number,
  end: number,
  limit: number,
): HeaderResult {
  if (start === end) return undefined;
  const mark = bytes[start] === V1[0] ? V1 : SIGNATURE;
  const known = Math.min(mark.length, end - start);
  for (let i = 0; i < known; i++) if (bytes[start + i] !== mark[i]) return HeaderProblem.NotHeader;
  if (known < mark.length) return undefined;
  return mark === V1 ? parseV1(bytes, start, end) : parseV2(bytes, start, end, limit);
}
