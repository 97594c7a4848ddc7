import assert from "node:assert/strict";
import { ConnectionIds, sourceId } from "../../../lib/proxy/udp/quic.ts";
import { Random } from "../../support/random.ts";

const long = (destination: number[], source: number[]) =>
  Uint8Array.of(
    0xc3,
    0,
    0,
    0,
    1,
    destination.length,
    ...destination,
    source.length,
    ...source,
    9,
    9,
  );
const short = (destination: number[]) => Uint8Array.of(0x43, ...destination, 1, 2, 3);

Deno.test("the id that a server chooses leads its client's later packets, whatever their header", () => {
  const ids = new ConnectionIds<string>();
  const id = sourceId(long([1, 2], [7, 8, 9, 10]))!;
  assert.equal(id, "\x07\x08\x09\x0a");
  ids.add(id, "s1");
  assert.equal(ids.find(short([7, 8, 9, 10])), "s1");
  assert.equal(ids.find(long([7, 8, 9, 10], [5])), "s1");
  assert.equal(ids.find(short([7, 8, 9, 11])), undefined);
  ids.delete(id);
  assert.equal(ids.find(short([7, 8, 9, 10])), undefined);
  assert.equal(ids.size, 0);
});

Deno.test("packets without a long header, or with an empty id, choose none", () => {
  assert.equal(sourceId(short([1, 2, 3, 4, 5, 6])), undefined);
  assert.equal(sourceId(long([1], [])), undefined);
  assert.equal(sourceId(long([1], new Array(21).fill(1))), undefined);
});

Deno.test("no bytes make the reader of connection ids read beyond them or throw", () => {
  const r = new Random(20261129);
  const ids = new ConnectionIds<number>();
  ids.add("abcd", 1);
  for (let n = 0; n < 5000; n++) {
    const bytes = Uint8Array.from({ length: r.below(40) }, () => r.below(256));
    sourceId(bytes);
    ids.find(bytes);
  }
});
