/** Integers of HPACK (RFC 7541 section 5.1). */

/** Most that an integer may be: sizes and indexes beyond it are refused, so five bytes are enough. */
const LARGEST = 2 ** 28;

/** A read position with the last value read: one object serves a whole header block. */
export class Cursor {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
}

/**
 * Reads an integer whose first byte, at the cursor, has `prefix` bits of it. Answers it, or -1 when it is cut off
 * or too large.
 */
export function readInteger(cursor: Cursor, prefix: number): number {
  if (cursor.at >= cursor.end) return -1;
  const { bytes } = cursor;
  const most = (1 << prefix) - 1;
  let value = bytes[cursor.at++] & most;
  if (value < most) return value;
  let factor = 1;
  for (let n = 0; n < 5; n++) {
    if (cursor.at >= cursor.end) return -1;
    const b = bytes[cursor.at++];
    value += (b & 127) * factor;
    if (value > LARGEST) return -1;
    if (b < 128) return value;
    factor *= 128;
  }
  return -1;
}

/** Writes `value` behind the bits `first` of the first byte (room: 6 bytes); answers the position after. */
export function writeInteger(
  out: Uint8Array,
  at: number,
  first: number,
  prefix: number,
  value: number,
): number {
  const most = (1 << prefix) - 1;
  if (value < most) {
    out[at] = first | value;
    return at + 1;
  }
  out[at++] = first | most;
  value -= most;
  while (value >= 128) {
    out[at++] = (value & 127) | 128;
    value >>>= 7;
  }
  out[at++] = value;
  return at;
}
