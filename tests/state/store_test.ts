import assert from "node:assert/strict";
import { type Layout, positions } from "../../lib/state/layout.ts";
import { StateStore } from "../../lib/state/store.ts";

const shared: Layout = {
  kind: "t",
  type: "shared",
  fields: [{ name: "a", doc: "" }, { name: "b", doc: "" }],
};
const cells = (p: { buffer: SharedArrayBuffer; byteOffset: number }) =>
  new Int32Array(p.buffer, p.byteOffset, 2);

Deno.test("a record is found again by its name, and only by that", () => {
  const lease = new StateStore().lease();
  const one = lease.take(shared, "b/s1");
  cells(one)[0] = 7;
  assert.equal(one.fresh, true);
  const again = lease.take(shared, "b/s1");
  assert.equal(again.fresh, false);
  assert.equal(cells(again)[0], 7);
  assert.equal(cells(lease.take(shared, "b/s2"))[0], 0);
  assert.equal(cells(lease.take({ ...shared, kind: "other" }, "b/s1"))[0], 0);
});

Deno.test("a record outlives the Generation that made it as long as another holds it", () => {
  const store = new StateStore();
  const old = store.lease();
  cells(old.take(shared, "x"))[1] = 5;
  const next = store.lease();
  next.take(shared, "x");
  old.end();
  old.end();
  assert.equal(cells(store.find(shared, "x")!)[1], 5);
  next.end();
  assert.equal(store.find(shared, "x"), undefined);
  assert.throws(() => next.take(shared, "x"), /ended/);
});

Deno.test("the place of a removed record is used again, cleared, only after its release", () => {
  const store = new StateStore();
  const old = store.lease();
  const gone = old.take(shared, "gone");
  cells(gone)[0] = 9;
  const next = store.lease();
  const other = next.take(shared, "other");
  assert.notEqual(other.byteOffset, gone.byteOffset);
  old.end();
  const reused = next.take(shared, "new");
  assert.equal(reused.byteOffset, gone.byteOffset);
  assert.equal(reused.fresh, true);
  assert.equal(cells(reused)[0], 0);
});

Deno.test("a table grows by segments; records never move nor overlap", () => {
  const store = new StateStore();
  const lease = store.lease();
  const first = cells(lease.take(shared, "r0"));
  for (let i = 0; i < 1000; i++) {
    const c = cells(lease.take(shared, `r${i}`));
    c[0] = i;
    c[1] = -i;
  }
  first[1] = 42;
  assert.equal(cells(store.find(shared, "r0")!)[1], 42);
  for (let i = 1; i < 1000; i++) {
    const c = cells(store.find(shared, `r${i}`)!);
    assert.deepEqual([c[0], c[1]], [i, -i]);
  }
  assert.equal(store.names(shared).length, 1000);
});

Deno.test("another thread finds the same memory by name, and later records after a newer image", async () => {
  const store = new StateStore({ threads: 2 });
  const lease = store.lease();
  const mine = cells(lease.take(shared, "x"));
  mine[0] = 1;
  const worker = new Worker(new URL("./store_worker.ts", import.meta.url), { type: "module" });
  const answer = () =>
    new Promise<string>((resolve) => worker.onmessage = (e) => resolve(e.data as string));
  try {
    worker.postMessage({ image: store.image(), name: "x" });
    assert.equal(await answer(), "x was 1");
    assert.equal(Atomics.load(mine, 0), 2);
    worker.postMessage({ image: undefined, name: "y" });
    assert.equal(await answer(), "state record t y is not in the image");
    cells(lease.take(shared, "y"))[0] = 10;
    worker.postMessage({ image: store.image(), name: "y" });
    assert.equal(await answer(), "y was 10");
  } finally {
    worker.terminate();
  }
});

Deno.test("a thread number outside the store's rows is refused", () => {
  const image = new StateStore({ threads: 2 }).image();
  assert.throws(() => StateStore.attach(image, 2), RangeError);
});

Deno.test("objects of a thread are found by name until they are dropped", () => {
  const store = new StateStore();
  const made = store.local("k", () => ({ n: 1 }));
  assert.equal(store.local("k", () => ({ n: 2 })), made);
  store.dropLocal("k");
  assert.notEqual(store.local("k", () => ({ n: 3 })), made);
});

Deno.test("the end of a lease is told before its records go", () => {
  const store = new StateStore();
  const lease = store.lease();
  lease.take(shared, "x");
  let found = false;
  lease.onEnd(() => found = store.find(shared, "x") !== undefined);
  lease.end();
  assert.equal(found, true);
});

Deno.test("a field declared twice is refused", () => {
  assert.throws(() => positions([{ name: "a", doc: "" }, { name: "a", doc: "" }]), /twice/);
});
