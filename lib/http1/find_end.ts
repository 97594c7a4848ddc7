/**
 * Finding the end of a message head in bytes that arrive in pieces (RFC 9112 section 2.2).
 */

const LF = 10;
const CR = 13;

/**
 * Position of the first byte of a message: skips the empty lines before it (RFC 9112 section 2.2). A CR whose LF
 * has not come yet stays unskipped: call it again when there are more bytes. The caller's time limit for a
 * head is what bounds a peer that sends nothing but empty lines.
 */
export function skipEmptyLines(bytes: Uint8Array, from: number, to: number): number {
  let i = from;
  while (i < to) {
    if (bytes[i] === LF) i++;
    else if (bytes[i] === CR && i + 1 < to && bytes[i + 1] === LF) i += 2;
    else break;
  }
  return i;
}

/**
 * Index after the blank line that ends the head which begins at `start`, or -1 when it has not come yet.
 * `scanned` is where the bytes begin that were not seen by an earlier call (`start` at first); at most
 * two older bytes are looked at again. Reads nothing at or beyond `to`.
 */
export function findHeadEnd(
  bytes: Uint8Array,
  start: number,
  scanned: number,
  to: number,
): number {
  let i = scanned - 2;
  if (i < start) i = start;
  // LF LF and LF CR LF both have two neighbouring bytes of {CR, LF}: every second byte is enough to meet one.
  for (; i < to; i += 2) {
    const b = bytes[i];
    if (b > CR || (b !== LF && b !== CR)) continue;
    const afterLf = i > start && bytes[i - 1] === LF;
    if (b === LF) {
      if (afterLf) return i + 1;
      if (i + 1 < to) {
        if (bytes[i + 1] === LF) return i + 2;
        if (i + 2 < to && bytes[i + 1] === CR && bytes[i + 2] === LF) return i + 3;
      }
    } else if (afterLf && i + 1 < to && bytes[i + 1] === LF) {
      return i + 2;
    }
  }
  return -1;
}
