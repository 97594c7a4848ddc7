/**
 * The hash functions of `hash-type` (manual 4.2): from a key to 32 bits. Keys are strings whose units are bytes
 * (latin1). All arithmetic is modulo 2^32; answers are unsigned.
 */
import { readSint } from "../expr/sample.ts";

/** Hashes the units `from` to `to` (not included) of `key`. */
export type HashFunction = (key: string, from: number, to: number) => number;

/** The function of the sdbm database library: each byte is added to 65599 times what was before. */
function sdbm(key: string, from: number, to: number): number {
  let h = 0;
  for (let i = from; i < to; i++) h = (key.charCodeAt(i) + (h << 6) + (h << 16) - h) | 0;
  return h >>> 0;
}

/** Daniel Bernstein's function: each byte is added to 33 times what was before. */
function djb2(key: string, from: number, to: number): number {
  let h = 5381;
  for (let i = from; i < to; i++) h = ((h << 5) + h + key.charCodeAt(i)) | 0;
  return h >>> 0;
}

/** HAProxy's own: two halves are turned by amounts that depend on what was hashed so far. */
function wt6(key: string, from: number, to: number): number {
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
}

const CRC_TABLE = new Int32Array(256);
for (let n = 0; n < 256; n++) {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = (c & 1) !== 0 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  CRC_TABLE[n] = c;
}

/** The CRC of Ethernet, gzip and PNG (RFC 1952 section 8). */
function crc32(key: string, from: number, to: number): number {
  let c = -1;
  for (let i = from; i < to; i++) c = CRC_TABLE[(c ^ key.charCodeAt(i)) & 255] ^ (c >>> 8);
  return ~c >>> 0;
}

/** The number that the key begins with (HAProxy 2.8: a converter has hashed the key already). */
function none(key: string, from: number, to: number): number {
  const n = readSint(key.slice(from, to));
  return Number(BigInt.asUintN(32, BigInt(n)));
}

export type HashFunctionName = "sdbm" | "djb2" | "wt6" | "crc32" | "none";

export const hashFunctions: Readonly<Record<HashFunctionName, HashFunction>> = {
  sdbm,
  djb2,
  wt6,
  crc32,
  none,
};

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
