/**
 * The hash functions of `hash-type` (manual 4.2): from a key to 32 bits. Keys are strings whose units are bytes
 * (latin1). All arithmetic is modulo 2^32; answers are unsigned.
 */
import { crc32, djb2, type HashFunction, sdbm, wt6 } from "../expr/hash.ts";
import { readSint } from "../expr/sample.ts";

export { avalanche, type HashFunction } from "../expr/hash.ts";

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
