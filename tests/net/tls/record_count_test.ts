import assert from "node:assert/strict";
import { RecordCount } from "../../../lib/net/tls/record_count.ts";
import { Random } from "../../support/random.ts";

const record = (size: number) => {
  const bytes = new Uint8Array(5 + size).fill(0xff);
  bytes.set([23, 3, 3, size >> 8, size & 255]);
  return bytes;
};

/** What is counted after each piece. */
function counts(pieces: readonly Uint8Array[]): number[] {
  const count = new RecordCount();
  return pieces.map((piece) => {
    count.add(piece, piece.length);
    return count.ready;
  });
}

const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

Deno.test("a record counts when its last byte has come", () => {
  const whole = record(10);
  assert.deepEqual(counts([whole]), [1]);
  assert.deepEqual(counts([whole.subarray(0, 14), whole.subarray(14)]), [0, 1]);
  assert.deepEqual(counts([whole.subarray(0, 5), whole.subarray(5, 6), whole.subarray(6)]), [
    0,
    0,
    1,
  ]);
  assert.deepEqual(counts([join(whole, record(0), whole.subarray(0, 7)), whole.subarray(7)]), [
    2,
    3,
  ]);
});

Deno.test("where a header comes in two pieces each piece counts, until there is nothing more to be had", () => {
  const two = join(record(3), record(4));
  const count = new RecordCount();
  count.add(two.subarray(0, 10), 10);
  assert.equal(count.ready, 1);
  count.read();
  assert.equal(count.ready, 1);
  count.empty();
  count.add(two.subarray(10), two.length - 10);
  assert.equal(count.ready, 1);
});

Deno.test("a length that no record has makes each piece count: OpenSSL is to see it at once", () => {
  assert.deepEqual(counts([Uint8Array.of(23, 3, 3, 0xff, 0xff, 0)]), [1]);
});

Deno.test("however a stream of records is cut, no record that is whole goes uncounted", () => {
  const random = new Random(7);
  for (let round = 0; round < 300; round++) {
    const records = Array.from({ length: 5 }, () => record(random.below(40)));
    const stream = join(...records);
    const count = new RecordCount();
    let [at, done, read] = [0, 0, 0];
    while (at < stream.length) {
      const piece = stream.subarray(at, at + 1 + random.below(60));
      count.add(piece, piece.length);
      at += piece.length;
      while (
        done < 5 && at >= records.slice(0, done + 1).reduce((sum, { length }) => sum + length, 0)
      ) {
        done++;
      }
      // As whoever reads does: until nothing is to be had.
      while (count.ready > 0) {
        if (read < done) {
          read++;
          count.read();
        } else count.empty();
      }
      assert.equal(read, done);
    }
  }
});
