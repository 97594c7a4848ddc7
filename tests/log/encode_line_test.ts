import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeLine } from "../../lib/log/encode_line.ts";

function encode(line: string, size = 100, at = 0, whole = false): Uint8Array {
  const into = new Uint8Array(size);
  return into.slice(at, encodeLine(line, into, at, whole));
}

Deno.test("a code unit of a log line is one byte, and a line feed ends the line", () => {
  assert.deepEqual([...encode("aé\xff")], [0x61, 0xe9, 0xff, 10]);
});

Deno.test("a line with a character beyond latin1 is written as UTF-8", () => {
  assert.equal(new TextDecoder().decode(encode("a→é")), "a→é\n");
});

Deno.test("a line that does not fit is cut, or not taken at all when it must be whole", () => {
  assert.deepEqual([...encode("abcdef", 4)], [0x61, 0x62, 0x63, 10]);
  assert.deepEqual([...encode("abc", 4)], [0x61, 0x62, 0x63, 10]);
  assert.equal(encodeLine("abcdef", new Uint8Array(4), 0, true), 0);
  assert.equal(encodeLine("ab", new Uint8Array(4), 2, true), 0);
  assert.deepEqual([...encode("é\xe9\xe9\xe9", 4)], [0xe9, 0xe9, 0xe9, 10]);
  assert.equal(encode("→→→", 6).at(-1), 10);
});

Deno.test("a line of bytes comes out byte for byte, at any offset", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(20), (bytes, at) => {
      const line = String.fromCharCode(...bytes);
      assert.deepEqual([...encode(line, 100, at, true)], [...bytes, 10]);
    }),
    { seed: 7, numRuns: 300 },
  );
});

Deno.test("no text and no room makes the encoder write beyond the end", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 30 }),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      (line, size, whole) => {
        const into = new Uint8Array(size);
        const end = encodeLine(line, into, 0, whole);
        assert.ok(end <= size);
        if (end > 0) assert.equal(into[end - 1], 10);
      },
    ),
    { seed: 8, numRuns: 500 },
  );
});
