/** Hashes and digests (manual 7.3.1). */
import { createHash, createHmac } from "node:crypto";
import { bytesOfLatin1 } from "../../http1/bytes.ts";
import { fromBase64 } from "../base64.ts";
import { avalanche, crc32, crc32c, djb2, type HashFunction, sdbm, wt6 } from "../hash.ts";
import type { ArgSpec, ConverterRow } from "../rows.ts";
import { type Sint, toSint } from "../sample.ts";
import type { Variable } from "../variables.ts";
import { xxh3 } from "../xxh3.ts";
import { xxh32 } from "../xxh32.ts";
import { xxh64 } from "../xxh64.ts";
import { readAs } from "./variable.ts";

const SECTION = "7.3.1";

/** A hash of 32 bits; any number but 0 asks for the avalanche. */
function hash32(name: string, hash: HashFunction, doc: string): ConverterRow {
  return {
    name,
    args: [{ name: "avalanche", type: "int", optional: true }],
    input: "bin",
    output: "sint",
    doc: `${doc}, with avalanche 1 mixed once more`,
    section: SECTION,
    make: ([full]) =>
      full
        ? (value) => avalanche(hash(value as string, 0, (value as string).length))
        : (value) => hash(value as string, 0, (value as string).length),
  };
}

function xxh(name: string, doc: string, hash: (bytes: Uint8Array, seed: bigint) => Sint) {
  const row: ConverterRow = {
    name,
    args: [{ name: "seed", type: "int", optional: true }],
    input: "bin",
    output: "sint",
    doc,
    section: SECTION,
    make: ([given]) => {
      const seed = BigInt.asUintN(64, BigInt((given ?? 0) as number));
      return (value) => hash(bytesOfLatin1(value as string), seed);
    },
  };
  return row;
}

const signed = (h: bigint): Sint => toSint(BigInt.asIntN(64, h));

/** The digest of a latin1 string as another. */
function digest(algorithm: string): (text: string) => string {
  return (text) => createHash(algorithm).update(text, "latin1").digest("binary");
}

function isAlgorithm(name: string): boolean {
  // The length of their digests must be chosen, which no argument says.
  if (/shake/i.test(name)) return false;
  try {
    createHash(name);
    return true;
  } catch {
    return false;
  }
}

const ALGORITHM: ArgSpec = {
  name: "algorithm",
  type: "str",
  check: (name) =>
    isAlgorithm(name as string) ? undefined : "a digest that the runtime has: sha256, sha3-256 …",
};

/** Bytes of a key: written in base64, or read as base64 from a variable. */
export function keyReader(key: string | Variable) {
  if (typeof key === "string") return () => key;
  const read = readAs(key, "str");
  return (stream: Parameters<typeof read>[0]): string | undefined => {
    const text = read(stream);
    return text === undefined ? undefined : fromBase64(text as string);
  };
}

export const DIGEST_CONVERTERS: readonly ConverterRow[] = [
  hash32("crc32", crc32, "the CRC-32 of the bytes"),
  hash32("crc32c", crc32c, "the CRC-32C of the bytes"),
  hash32("djb2", djb2, "Bernstein's hash of the bytes"),
  hash32("sdbm", sdbm, "the SDBM hash of the bytes"),
  hash32("wt6", wt6, "HAProxy's WT6 hash of the bytes"),
  xxh("xxh32", "the 32-bit xxHash of the bytes", (b, seed) => xxh32(b, Number(seed & 0xffffffffn))),
  xxh("xxh64", "the 64-bit xxHash of the bytes", (b, seed) => signed(xxh64(b, seed))),
  xxh("xxh3", "the 64-bit XXH3 hash of the bytes", (b, seed) => signed(xxh3(b, seed))),
  {
    name: "sha1",
    args: [],
    input: "bin",
    output: "bin",
    doc: "the SHA-1 digest: 20 bytes",
    section: SECTION,
    make: () => {
      const run = digest("sha1");
      return (value) => run(value as string);
    },
  },
  {
    name: "sha2",
    args: [{
      name: "bits",
      type: "int",
      optional: true,
      check: (bits) =>
        [224, 256, 384, 512].includes(bits as number) ? undefined : "224, 256, 384 or 512",
    }],
    input: "bin",
    output: "bin",
    doc: "the SHA-2 digest of so many bits (256)",
    section: SECTION,
    make: ([bits]) => {
      const run = digest(`sha${bits ?? 256}`);
      return (value) => run(value as string);
    },
  },
  {
    name: "digest",
    args: [ALGORITHM],
    input: "bin",
    output: "bin",
    doc: "the digest of the named algorithm",
    section: SECTION,
    make: ([name]) => {
      const run = digest(name as string);
      return (value) => run(value as string);
    },
  },
  {
    name: "hmac",
    args: [ALGORITHM, { name: "key", type: "key" }],
    input: "bin",
    output: "bin",
    doc: "the message authentication code (RFC 2104) with a digest and a key in base64",
    section: SECTION,
    make: ([name, key]) => {
      const keyOf = keyReader(key as string | Variable);
      return (value, stream) => {
        const secret = keyOf(stream);
        if (secret === undefined) return undefined;
        const mac = createHmac(name as string, bytesOfLatin1(secret));
        return mac.update(value as string, "latin1").digest("binary");
      };
    },
  },
];
