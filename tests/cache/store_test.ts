import assert from "node:assert/strict";
import { CacheStore } from "../../lib/cache/store.ts";
import { Random } from "../support/random.ts";

const FACTS = { stored: 0, lifetime: 100, age: 0, flags: 0 };

function put(store: CacheStore, key: string, body: string, vary = "", most = 10): boolean {
  const writer = store.begin(key, vary, `head of ${key}\r\n`);
  if (writer === undefined) return false;
  if (!writer.appendText(body)) {
    writer.drop();
    return false;
  }
  return store.commit(
    writer.object,
    store.hashOf(key),
    { ...FACTS, body: body.length },
    (other) => other === vary,
    most,
  );
}

function get(store: CacheStore, key: string, vary = ""): string | undefined {
  const object = store.find(store.hashOf(key), key, (other) => other === vary, () => false);
  if (object === 0) return undefined;
  const body = new Uint8Array(store.facts(object).body);
  store.copyBody(object, 0, body);
  assert.equal(store.head(object), `head of ${key}\r\n`);
  store.release(object);
  return String.fromCharCode(...body);
}

Deno.test("cache store: all memory is the buffer that it is given", () => {
  for (const bytes of [2 ** 20, 3 * 2 ** 20 + 12345 * 4]) {
    const store = new CacheStore(new SharedArrayBuffer(bytes), true);
    // Blocks, their links, buckets and header fill it but for a part of a block.
    assert.ok(store.blocks * 1028 <= bytes);
    assert.ok(store.blocks * 1028 > bytes * 0.98, `${store.blocks} blocks of ${bytes} bytes`);
    assert.equal(store.freeBlocks, store.blocks);
  }
});

Deno.test("cache store: objects of all sizes come back whole, also in parts", () => {
  const store = new CacheStore(new SharedArrayBuffer(2 ** 20), true);
  const random = new Random(3);
  for (const size of [0, 1, 900, 1024, 1025, 5000, 100_000]) {
    const body = random.text(size, "abcdef");
    assert.ok(put(store, `k${size}`, body));
    assert.equal(get(store, `k${size}`), body);
    const object = store.find(store.hashOf(`k${size}`), `k${size}`, () => true, () => false);
    const part = new Uint8Array(Math.floor(size / 3));
    store.copyBody(object, Math.floor(size / 2), part);
    const from = Math.floor(size / 2);
    assert.equal(String.fromCharCode(...part), body.slice(from, from + part.length));
    store.release(object);
  }
});

Deno.test("cache store: what was used longest ago makes room, what is read does not", () => {
  const store = new CacheStore(new SharedArrayBuffer(100 * 1024), true);
  const body = "x".repeat(30 * 1024);
  for (const key of ["a", "b", "c"]) assert.ok(put(store, key, body));
  assert.equal(get(store, "a"), body);
  const held = store.find(store.hashOf("c"), "c", () => true, () => false);
  assert.ok(put(store, "d", body));
  assert.equal(get(store, "b"), undefined);
  assert.equal(get(store, "a"), body);
  assert.ok(put(store, "e", "x".repeat(60 * 1024)));
  const whole = new Uint8Array(body.length);
  store.copyBody(held, 0, whole);
  assert.ok(whole.every((byte) => byte === 120), "its blocks were not given to others");
  store.release(held);
  assert.ok(!put(store, "f", "x".repeat(200 * 1024)), "there is no room for it at all");
});

Deno.test("cache store: objects of one key differ by what they vary on, up to a number", () => {
  const store = new CacheStore(new SharedArrayBuffer(2 ** 20), true);
  assert.ok(put(store, "k", "de", "l:de", 2));
  assert.ok(put(store, "k", "en", "l:en", 2));
  assert.ok(!put(store, "k", "fr", "l:fr", 2));
  assert.ok(put(store, "k", "DE", "l:de", 2), "in place of the old one");
  assert.equal(get(store, "k", "l:de"), "DE");
  assert.equal(get(store, "k", "l:en"), "en");
  assert.equal(get(store, "k", "l:fr"), undefined);
  assert.equal(store.remove(store.hashOf("k"), "k"), 2);
  assert.equal(store.freeBlocks, store.blocks);
});

Deno.test("cache store: any order of writing, reading and dropping loses no block", () => {
  const store = new CacheStore(new SharedArrayBuffer(300 * 1024), true);
  const random = new Random(17);
  const held: number[] = [];
  for (let step = 0; step < 3000; step++) {
    const key = `k${random.below(40)}`;
    switch (random.below(5)) {
      case 0: {
        const object = store.find(store.hashOf(key), key, () => true, () => false);
        if (object !== 0) held.push(object);
        break;
      }
      case 1:
        if (held.length > 0) store.release(held.splice(random.below(held.length), 1)[0]);
        break;
      case 2:
        store.remove(store.hashOf(key), key);
        break;
      default:
        put(store, key, random.text(random.below(20_000), "xyz"));
    }
  }
  for (const object of held) store.release(object);
  for (let i = 0; i < 40; i++) store.remove(store.hashOf(`k${i}`), `k${i}`);
  assert.equal(store.objects, 0);
  assert.equal(store.freeBlocks, store.blocks);
});
