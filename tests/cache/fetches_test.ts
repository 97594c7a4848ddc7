/** Which objects are being fetched, as all threads see it. */
import assert from "node:assert/strict";
import { Fetches } from "../../lib/cache/fetches.ts";

const two = () => {
  const places = new Int32Array(new SharedArrayBuffer(4 * 2 * 4));
  return [new Fetches(places), new Fetches(places)] as const;
};

Deno.test("one of two threads fetches an object, the other one sees it until it is done", () => {
  const [a, b] = two();
  assert.equal(a.begin(5, 100), "mine");
  assert.equal(b.begin(5, 100), "other");
  assert.ok(b.has(5));
  a.end(5);
  assert.ok(!b.has(5));
  assert.equal(b.begin(5, 100), "mine");
});

Deno.test("objects that meet in one place are fetched without knowing of each other", () => {
  const [a, b] = two();
  assert.equal(a.begin(1, 100), "mine");
  assert.equal(b.begin(1 + 4 * 2, 100), "unknown");
  b.end(1 + 4 * 2);
  assert.ok(a.has(1), "who has not begun ends nothing");
});

Deno.test("what a thread that died was fetching is taken over after a minute", () => {
  const [a, b] = two();
  assert.equal(a.begin(3, 100), "mine");
  assert.equal(b.begin(3, 160), "other");
  assert.equal(b.begin(3, 161), "mine");
  assert.equal(a.begin(3, 162), "other");
});

Deno.test("hashes of any sign have a place, and none is empty", () => {
  const [a, b] = two();
  for (const hash of [0, -1, -(2 ** 31), 2 ** 31 - 1]) {
    assert.equal(a.begin(hash, 1), "mine", `${hash}`);
    assert.equal(b.begin(hash, 1), "other", `${hash}`);
    a.end(hash);
  }
});
