/**
 * Fast deflate (RFC 1951): blocks with the fixed codes, matches found by one look into a table of 4-byte sequences.
 * It is what HAProxy's stateless compression does: less dense than zlib, and several times cheaper.
 *
 * Laws:
 * - Nothing is kept between calls but tables: each call's output is a run of whole blocks that ends on a byte.
 * - Output is never much larger than the input: what would grow by more than the frame of a stored block is stored.
 */

/** log2 of the places of the table */
const HASH_BITS = 13;
const MIN_MATCH = 4;
const MAX_MATCH = 258;
const MAX_DISTANCE = 32_768;
/** Bytes of a stored block (RFC 1951 section 3.2.4). */
const MAX_STORED = 65_535;

/** Fixed codes of literals, bits reversed for output: the code, and its length above bit 16. */
const LITERAL = new Int32Array(256);
/** Of a match's length from 0 to 258: code and extra bits together, its length in bits above bit 24. */
const LENGTH = new Int32Array(MAX_MATCH + 1);
/** Of distances from 1 to 256, and of (distance - 1) >> 7 above: code (5 bits), base and extra bits. */
const DISTANCE_CODE = new Uint8Array(512);
const DISTANCE_BASE = new Uint16Array(30);
const DISTANCE_EXTRA = new Uint8Array(30);
const DISTANCE_BITS = new Uint8Array(30);

function reversed(code: number, length: number): number {
  let value = 0;
  for (let i = 0; i < length; i++) value |= ((code >> i) & 1) << (length - 1 - i);
  return value;
}

function fixedCode(symbol: number): [code: number, length: number] {
  if (symbol < 144) return [0x30 + symbol, 8];
  if (symbol < 256) return [0x190 + symbol - 144, 9];
  if (symbol < 280) return [symbol - 256, 7];
  return [0xc0 + symbol - 280, 8];
}

function makeTables(): void {
  for (let i = 0; i < 256; i++) {
    const [code, length] = fixedCode(i);
    LITERAL[i] = reversed(code, length) | (length << 16);
  }
  let base = 3;
  for (let symbol = 257; symbol < 285; symbol++) {
    const extra = symbol < 265 ? 0 : (symbol - 261) >> 2;
    const [code, length] = fixedCode(symbol);
    for (let i = 0; i < 1 << extra && base + i < MAX_MATCH; i++) {
      LENGTH[base + i] = reversed(code, length) | (i << length) | ((length + extra) << 24);
    }
    base += 1 << extra;
  }
  const [last, size] = fixedCode(285);
  LENGTH[MAX_MATCH] = reversed(last, size) | (size << 24);
  let from = 1;
  for (let code = 0; code < 30; code++) {
    const extra = code < 4 ? 0 : (code >> 1) - 1;
    DISTANCE_BASE[code] = from;
    DISTANCE_EXTRA[code] = extra;
    DISTANCE_BITS[code] = reversed(code, 5);
    for (let d = from; d < from + (1 << extra); d++) {
      DISTANCE_CODE[d <= 256 ? d - 1 : 256 + ((d - 1) >> 7)] = code;
    }
    from += 1 << extra;
  }
}
makeTables();

/** Positions of sequences in the run that began at `#epoch`: those of earlier runs are below it. */
const table = new Int32Array(1 << HASH_BITS);
let epoch = 1;

/** What `fastDeflate` writes into; large enough for any piece of a body that it was given yet. */
let room = new Uint8Array(0);

/** Compresses `input` into blocks, the last of which is an empty stored one that ends on a byte; not the final one. */
export function fastDeflate(input: Uint8Array): Uint8Array {
  const length = input.length;
  // At most 9 bits for a byte, and the frames of blocks.
  const most = length + (length >> 3) + 32;
  if (room.length < most) room = new Uint8Array(most);
  const out = room;
  if (epoch + length > 0x7fff0000) {
    table.fill(0);
    epoch = 1;
  }
  const begin = epoch;
  epoch += length;
  const view = new DataView(input.buffer, input.byteOffset, length);
  // Fixed codes, not the last block.
  let bits = 2;
  let count = 3;
  let at = 0;
  let to = 0;
  const end = length - MIN_MATCH;
  while (at <= end) {
    const word = view.getInt32(at, true);
    const hash = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);
    const seen = table[hash] - begin;
    table[hash] = begin + at;
    if (seen >= 0 && at - seen <= MAX_DISTANCE && view.getInt32(seen, true) === word) {
      let size = MIN_MATCH;
      const longest = Math.min(MAX_MATCH, length - at);
      while (size + 4 <= longest) {
        const differ = view.getInt32(seen + size, true) ^ view.getInt32(at + size, true);
        if (differ !== 0) {
          // The lowest byte that differs.
          size += (31 - Math.clz32(differ & -differ)) >> 3;
          break;
        }
        size += 4;
      }
      if (size + 4 > longest) {
        while (size < longest && input[seen + size] === input[at + size]) size++;
      }
      const code = LENGTH[size];
      bits |= (code & 0xffffff) << count;
      count += code >>> 24;
      if (count >= 16) {
        out[to] = bits;
        out[to + 1] = bits >>> 8;
        to += 2;
        bits >>>= 16;
        count -= 16;
      }
      const distance = at - seen;
      const d = DISTANCE_CODE[distance <= 256 ? distance - 1 : 256 + ((distance - 1) >> 7)];
      bits |= DISTANCE_BITS[d] << count;
      count += 5;
      if (count >= 16) {
        out[to] = bits;
        out[to + 1] = bits >>> 8;
        to += 2;
        bits >>>= 16;
        count -= 16;
      }
      bits |= (distance - DISTANCE_BASE[d]) << count;
      count += DISTANCE_EXTRA[d];
      if (count >= 16) {
        out[to] = bits;
        out[to + 1] = bits >>> 8;
        to += 2;
        bits >>>= 16;
        count -= 16;
      }
      at += size;
      continue;
    }
    const code = LITERAL[word & 255];
    bits |= (code & 0xffff) << count;
    count += code >>> 16;
    if (count >= 16) {
      out[to] = bits;
      out[to + 1] = bits >>> 8;
      to += 2;
      bits >>>= 16;
      count -= 16;
    }
    at++;
  }
  for (; at < length; at++) {
    const code = LITERAL[input[at]];
    bits |= (code & 0xffff) << count;
    count += code >>> 16;
    while (count >= 8) {
      out[to++] = bits;
      bits >>>= 8;
      count -= 8;
    }
  }
  // End of block: seven zeros; then an empty stored block: three zeros, up to a byte, its length.
  count += 7 + 3;
  while (count > 0) {
    out[to++] = bits;
    bits >>>= 8;
    count -= 8;
  }
  out[to] = out[to + 1] = 0;
  out[to + 2] = out[to + 3] = 0xff;
  to += 4;
  return to <= length + 5 * Math.ceil(length / MAX_STORED) + 5 ? out.slice(0, to) : stored(input);
}

/** The input as it is. */
function stored(input: Uint8Array): Uint8Array {
  const blocks = Math.ceil(input.length / MAX_STORED);
  const out = new Uint8Array(input.length + 5 * blocks);
  let to = 0;
  for (let from = 0; from < input.length; from += MAX_STORED) {
    const size = Math.min(MAX_STORED, input.length - from);
    out[to + 1] = size;
    out[to + 2] = size >> 8;
    out[to + 3] = ~size;
    out[to + 4] = ~size >> 8;
    out.set(input.subarray(from, from + size), to + 5);
    to += 5 + size;
  }
  return out;
}
