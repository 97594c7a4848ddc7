import assert from "node:assert/strict";
import fc from "fast-check";
import { avalanche, hashFunctions } from "../../lib/balance/hash.ts";

const hashed = (name: keyof typeof hashFunctions, key: string) =>
  hashFunctions[name](key, 0, key.length);

Deno.test("crc32 is the CRC of RFC 1952", () => {
  assert.equal(hashed("crc32", "123456789"), 0xcbf43926);
  assert.equal(hashed("crc32", ""), 0);
});

Deno.test("sdbm and djb2 add each byte to a multiple of what was before", () => {
  const horner = (factor: bigint, start: bigint, key: string) => {
    let h = start;
    for (const c of key) h = (h * factor + BigInt(c.charCodeAt(0))) % (1n << 32n);
    return Number(h);
  };
  for (const key of ["", "a", "/index.html?x=1", "caf\xe9\xff\x80".repeat(9)]) {
    assert.equal(hashed("sdbm", key), horner(65599n, 0n, key), key);
    assert.equal(hashed("djb2", key), horner(33n, 5381n, key), key);
  }
});

Deno.test("none is the number that the key begins with, modulo 2^32", () => {
  const cases: [string, number][] = [
    ["0", 0],
    ["17", 17],
    ["17x", 17],
    ["x", 0],
    ["", 0],
    ["-1", 0xffffffff],
    ["4294967296", 0],
    ["4294967303", 7],
    ["9223372036854775807", 0xffffffff],
    ["99999999999999999999", 0xffffffff],
  ];
  for (const [key, expected] of cases) assert.equal(hashed("none", key), expected, key);
});

Deno.test("every function hashes the part that it is told and answers 32 bits", () => {
  const names = Object.keys(hashFunctions) as (keyof typeof hashFunctions)[];
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.array(fc.nat(255)).map((bytes) => String.fromCharCode(...bytes)),
      fc.nat(5),
      fc.nat(5),
      (name, key, before, behind) => {
        const hash = hashFunctions[name];
        const h = hash(key, 0, key.length);
        assert.ok(Number.isInteger(h) && h >= 0 && h < 2 ** 32);
        const padded = "5".repeat(before) + key + "7".repeat(behind);
        assert.equal(hash(padded, before, before + key.length), h);
      },
    ),
    { seed: 20240608, numRuns: 500 },
  );
});

Deno.test("no two numbers have the same avalanche, and each is spread over all 32 bits", () => {
  const seen = new Set<number>();
  let or = 0;
  let and = -1;
  for (let i = 0; i < 100_000; i++) {
    const mixed = avalanche(i * 4096);
    seen.add(mixed);
    or |= mixed;
    and &= mixed;
  }
  assert.equal(seen.size, 100_000);
  assert.deepEqual([or, and], [-1, 0]);
});
