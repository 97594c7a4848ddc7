import assert from "node:assert/strict";
import fc from "fast-check";
import { PeerBytes, PeerWriter } from "../../../lib/stick/peers/encoding.ts";

function encode(value: number): string {
  const writer = new PeerWriter(1);
  writer.number(value);
  return [...writer.written].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

Deno.test("peers: numbers are encoded as the specification's example and its borders say", () => {
  assert.equal(encode(0x1234), "f49401");
  const lengths: [number, number][] = [
    [0, 1],
    [239, 1],
    [240, 2],
    [2287, 2],
    [2288, 3],
    [264_431, 3],
    [264_432, 4],
    [33_818_863, 4],
    [33_818_864, 5],
  ];
  for (const [value, bytes] of lengths) assert.equal(encode(value).length, bytes * 2, `${value}`);
});

Deno.test("peers: what is written is read again, and nothing is read behind the end", () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeNat()), fc.nat(0xffffffff), (values, word) => {
      const writer = new PeerWriter(1);
      for (const value of values) writer.number(value);
      writer.uint32(word);
      writer.text("abc");
      const bytes = new PeerBytes(writer.written);
      for (const value of values) assert.equal(bytes.number(), value);
      assert.equal(bytes.uint32(), word);
      assert.equal(bytes.text(3), "abc");
      assert.equal(bytes.failed, false);
      assert.equal(bytes.byte(), 0);
      assert.equal(bytes.failed, true);
    }),
    { seed: 8 },
  );
});

Deno.test("peers: a number without an end fails", () => {
  const bytes = new PeerBytes(new Uint8Array(40).fill(0xff));
  assert.equal(bytes.number(), 0);
  assert.ok(bytes.failed);
});
