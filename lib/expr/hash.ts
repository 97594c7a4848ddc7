/**
 * The hash functions of the manual's `hash-type` and 7.3.1: from bytes to 32 bits. Keys are strings whose units are
 * bytes (latin1). All arithmetic is modulo 2^32; answers are unsigned.
 */

/** Hashes the units `from` to `to` (not included) of `key`. */
export type HashFunction = (key: string, from: number, to: number) => number;

/** The function of the sdbm database library: each byte is added to 65599 times what was before. */
export const sdbm: HashFunction = (key, from, to) => {
  let h = 0;
  for (let i = from; i < to; i++) h = (key.charCodeAt(i) + (h << 6) + (h << 16) - h) | 0;
  return h >>> 0;
};

/** Daniel Bernstein's function: each byte is added to 33 times what was before. */
export const djb2: HashFunction = (key, from, to) => {
  let h = 5381;
  for (let i = from; i < to; i++) h = ((h << 5) + h + key.charCodeAt(i)) | 0;
  return h >>> 0;
};

/** HAProxy's own: two halves are turned by amounts that depend on what was hashed so far. */
export const wt6: HashFunction = (key, from, to) => {
  let a = 0xa53c965a | 0;
  let b = 0x5ca6953a | 0;
  let turnB = 6;
  let turnA = 18;
  for (let i = from; i < to; i++) {
    const c = key.charCodeAt(i);
    a = ~(a ^ c);
    b = ~(b + c);
    const turned = (b << turnB) | (b >>> (32 - turnB));
    b = (a << turnA) | (a >>> (32 - turnA));
    a = turned;
    const mixed = ((a >>> 16) ^ b) & 0xffff;
    turnB = mixed & 31;
    turnA = mixed >>> 11;
  }
  return (a ^ b) >>> 0;
};

function crcTable(polynomial: number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, n) => {
    for (let bit = 0; bit < 8; bit++) n = (n & 1) !== 0 ? (n >>> 1) ^ polynomial : n >>> 1;
    return n;
  });
}

function crcOf(table: Int32Array): HashFunction {
  return (key, from, to) => {
    let c = -1;
    for (let i = from; i < to; i++) c = table[(c ^ key.charCodeAt(i)) & 255] ^ (c >>> 8);
    return ~c >>> 0;
  };
}

/** The CRC of Ethernet, gzip and PNG (RFC 1952 section 8). */
export const crc32: HashFunction = crcOf(crcTable(0xedb88320));
/** The CRC of SCTP and iSCSI (RFC 4960 appendix B). */
export const crc32c: HashFunction = crcOf(crcTable(0x82f63b78));

/**
 * One of Bob Jenkins' full avalanche functions for 32-bit integers, then a product with 3 * 2^30 + 1: each bit
 * of the input may change each bit of the answer, and no two inputs have the same answer.
 */
export function avalanche(n: number): number {
  let a = n | 0;
  a = (a + 0x7ed55d16 + (a << 12)) | 0;
  a = a ^ 0xc761c23c ^ (a >>> 19);
  a = (a + 0x165667b1 + (a << 5)) | 0;
  a = (a + 0xd3a2646c) ^ (a << 9);
  a = (a + 0xfd7046c5 + (a << 3)) | 0;
  a = a ^ 0xb55a4f09 ^ (a >>> 16);
  return Math.imul(a, 0xc0000001) >>> 0;
}
