import assert from "node:assert/strict";
import zlib from "node:zlib";
import { fastDeflate } from "../../lib/compression/fast_deflate.ts";
import { Random } from "../support/random.ts";

/** What zlib reads, with an empty last block behind it. */
function inflate(blocks: Uint8Array): Uint8Array {
  return zlib.inflateRawSync(new Uint8Array([...blocks, 3, 0]));
}

function same(input: Uint8Array, what: string): void {
  const blocks = fastDeflate(input);
  assert.deepEqual(new Uint8Array(inflate(blocks)), input, what);
  assert.ok(blocks.length <= input.length + 5 * Math.ceil(input.length / 65_535) + 5, what);
}

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("fast deflate: zlib reads what it writes: nothing, little, repetition, no repetition", () => {
  for (let length = 0; length < 300; length++) {
    same(new Uint8Array(length), `${length} zeros`);
    same(new Uint8Array(length).map((_, i) => i * 7), `${length} steps`);
  }
  same(new Uint8Array(200_000), "many zeros");
  const r = new Random(8);
  same(Uint8Array.from({ length: 200_000 }, () => r.below(256)), "noise");
});

Deno.test("fast deflate: matches of every length and of every kind of distance", () => {
  for (let size = 4; size < 600; size += 3) {
    for (const distance of [1, 2, 3, 4, 5, 8, 100, 256, 257, 300, 4096, 20_000, 32_768, 32_769]) {
      const input = new Uint8Array(distance + size + 8);
      for (let i = 0; i < input.length; i++) input[i] = (i * 2654435761) >>> 24;
      input.copyWithin(distance, 0, size);
      same(input, `${size} at ${distance}`);
    }
  }
});

Deno.test("fast deflate: any mix of text and noise, piece after piece", () => {
  const r = new Random(81);
  const words = ["the ", "quick ", "<div class=", '"x">', "\n", "and so on, ", "é"].map(bytes);
  for (let round = 0; round < 300; round++) {
    const parts: number[] = [];
    const length = r.below(r.pick([20, 300, 5000, 70_000]));
    while (parts.length < length) {
      if (r.below(4) === 0) parts.push(r.below(256));
      else if (r.below(8) === 0) {
        const from = r.below(parts.length + 1);
        parts.push(...parts.slice(from, from + r.below(400)));
      } else parts.push(...r.pick(words));
    }
    same(Uint8Array.from(parts), `round ${round}`);
    // As a view into a larger buffer too.
    const whole = Uint8Array.from([1, 2, 3, ...parts, 9]);
    same(whole.subarray(3, whole.length - 1), `round ${round}, a part`);
  }
});

Deno.test("fast deflate: text becomes about as small as by zlib's fastest level", () => {
  const text = Deno.readFileSync(new URL("../../docs/l4.md", import.meta.url));
  const zlibs = zlib.deflateRawSync(text, { level: 1 }).length;
  assert.ok(fastDeflate(text).length < zlibs * 1.25);
});
