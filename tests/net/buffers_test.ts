import assert from "node:assert/strict";
import { BufferPool, SlabPool } from "../../lib/net/buffers.ts";

Deno.test("a pool lends buffers of its size and lends a returned one again", () => {
  const pool = new BufferPool(4096);
  const first = pool.lend();
  const second = pool.lend();
  assert.notEqual(first, second);
  assert.equal(first.bytes.length, 4096);
  assert.deepEqual(pool.stats, { lent: 2, free: 0 });
  pool.giveBack(first);
  assert.deepEqual(pool.stats, { lent: 1, free: 1 });
  assert.equal(pool.lend(), first);
});

Deno.test("the default size is 16384, as tune.bufsize", () => {
  assert.equal(new BufferPool().lend().bytes.length, 16384);
});

Deno.test("bytes and view are the same memory", () => {
  const slabs = new SlabPool(1024);
  slabs.lend();
  for (const buffer of [new BufferPool(64).lend(), slabs.lend()]) {
    assert.equal(buffer.view.length, buffer.bytes.length);
    buffer.bytes.set([0xe9, 0x21], 3);
    assert.equal(buffer.view.latin1Slice(3, 5), "é!");
    assert.equal(buffer.view, buffer.view);
  }
});

Deno.test("a pool keeps no more than maxFree buffers, and trim drops these", () => {
  const pool = new BufferPool(16, 2);
  const lent = [pool.lend(), pool.lend(), pool.lend()];
  for (const buffer of lent) pool.giveBack(buffer);
  assert.deepEqual(pool.stats, { lent: 0, free: 2 });
  pool.trim();
  assert.deepEqual(pool.stats, { lent: 0, free: 0 });
});

Deno.test("giving a buffer back twice is an error", () => {
  for (const pool of [new BufferPool(16), new SlabPool(16, 64)]) {
    const buffer = pool.lend();
    pool.giveBack(buffer);
    assert.throws(() => pool.giveBack(buffer), /twice/);
    assert.equal(pool.stats.lent, 0);
  }
});

Deno.test("giving back to another pool is an error", () => {
  for (const make of [() => new BufferPool(16), () => new SlabPool(16, 64)]) {
    const buffer = make().lend();
    assert.throws(() => make().giveBack(buffer), /another pool/);
  }
});

Deno.test("slab buffers do not overlap, and a new slab is cut only when all are lent", () => {
  const pool = new SlabPool(16, 64);
  const lent = Array.from({ length: 6 }, () => pool.lend());
  assert.deepEqual(pool.stats, { lent: 6, free: 2, slabs: 2 });
  lent.forEach((buffer, index) => buffer.bytes.fill(index));
  lent.forEach((buffer, index) => assert.deepEqual([...buffer.bytes], Array(16).fill(index)));
  for (const buffer of lent) pool.giveBack(buffer);
  for (let round = 0; round < 8; round++) pool.lend();
  assert.deepEqual(pool.stats, { lent: 8, free: 0, slabs: 2 });
});
