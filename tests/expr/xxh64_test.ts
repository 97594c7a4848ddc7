import assert from "node:assert/strict";
import { xxh64 } from "../../lib/expr/xxh64.ts";

/** Vectors that are published with the algorithm and its ports. */
const VECTORS: readonly [text: string, hash: string][] = [
  ["", "ef46db3751d8e999"],
  ["a", "d24ec4f1a98c6e5b"],
  ["abc", "44bc2cf5ad770999"],
  ["Nobody inspects the spammish repetition", "fbcea83c8a378bf1"],
];

for (const [text, hash] of VECTORS) {
  Deno.test(`XXH64 of ${JSON.stringify(text)}`, () => {
    assert.equal(xxh64(new TextEncoder().encode(text)).toString(16), hash);
  });
}

Deno.test("XXH64 reads a part of a buffer as it reads a copy of it", () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
  for (let end = 0; end < 90; end++) {
    assert.equal(xxh64(bytes.subarray(7, 7 + end)), xxh64(bytes.slice(7, 7 + end)));
  }
});
