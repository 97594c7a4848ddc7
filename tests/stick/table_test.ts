import assert from "node:assert/strict";
import type { StickKey } from "../../lib/stick/key.ts";
import { layoutOf } from "../../lib/stick/layout.ts";
import type { StickTable } from "../../lib/stick/table.ts";
import { Random } from "../support/random.ts";
import { newTable, tableConfig } from "./support.ts";

const T0 = Date.UTC(2024, 0, 1);

/** Makes an entry and lets it go. */
function put(table: StickTable, key: StickKey, wall = T0): boolean {
  const entry = table.acquire(key, wall);
  if (entry !== 0) table.release(entry);
  return entry !== 0;
}

function has(table: StickTable, key: StickKey, wall = T0): boolean {
  const entry = table.lookup(key, wall);
  if (entry !== 0) table.release(entry);
  return entry !== 0;
}

function keys(table: StickTable, wall = T0): StickKey[] {
  const found: StickKey[] = [];
  for (let entry = table.next(0, wall); entry !== 0; entry = table.next(entry, wall)) {
    found.push(table.keyOf(entry));
    table.release(entry);
  }
  return found;
}

Deno.test("stick table: keys of every type come back as they were written", () => {
  const cases: readonly [Parameters<typeof newTable>[0], readonly StickKey[]][] = [
    [{ type: "ip" }, [0, 0x7f000001, 0xffffffff]],
    [{ type: "integer" }, [0, 1, 0xfffffffe]],
    [{ type: "ipv6" }, [{ a: 0x20010db8, b: 0, c: 0, d: 1 }, { a: 0, b: 0, c: 0xffff, d: 5 }]],
    [{ type: "string", length: 9 }, ["", "a", "abc", "abcd", "nine byte", "\xff\0\x80"]],
    [{ type: "binary", length: 3 }, ["\0\0\0", "abc", "\xff\xfe\xfd"]],
  ];
  for (const [more, all] of cases) {
    const table = newTable(more);
    for (const key of all) assert.ok(put(table, key));
    for (const key of all) assert.ok(has(table, key));
    assert.deepEqual(keys(table), all);
    assert.equal(table.used(T0), all.length);
  }
});

Deno.test("stick table: a string is cut to its length, a block also filled with zeros", () => {
  const strings = newTable({ type: "string", length: 5 });
  put(strings, "abcdefgh");
  assert.deepEqual(keys(strings), ["abcde"]);
  assert.ok(has(strings, "abcdeXYZ"));
  assert.ok(!has(strings, "abcd"));
  const blocks = newTable({ type: "binary", length: 5 });
  put(blocks, "ab");
  assert.deepEqual(keys(blocks), ["ab\0\0\0"]);
  assert.ok(has(blocks, "ab\0"));
});

Deno.test("stick table: a full table drops the entries touched longest ago, a 256th and one", () => {
  const table = newTable({ size: 1000 });
  for (let i = 0; i < 1000; i++) put(table, i, T0 + i);
  put(table, 0, T0 + 1000); // touched again: the oldest is 1 now
  put(table, 5000, T0 + 1001);
  // 1000 / 256 + 1 = 4 are dropped, one is made
  assert.equal(table.used(T0), 997);
  for (const key of [1, 2, 3, 4]) assert.ok(!has(table, key), `${key}`);
  for (const key of [0, 5, 5000]) assert.ok(has(table, key), `${key}`);
});

Deno.test("stick table: with nopurge a full table takes nothing new", () => {
  const table = newTable({ size: 3, nopurge: true, expire: 1000 });
  for (const key of [1, 2, 3]) assert.ok(put(table, key));
  assert.ok(!put(table, 4));
  assert.ok(put(table, 2), "what is there is found");
  assert.ok(put(table, 4, T0 + 1000), "expired entries make room");
});

Deno.test("stick table: entries in use are neither purged nor expired", () => {
  const table = newTable({ size: 2, expire: 1000 });
  const held = table.acquire(1, T0);
  put(table, 2);
  assert.ok(put(table, 3), "the other one goes");
  assert.ok(!has(table, 2));
  const second = table.acquire(3, T0);
  assert.ok(!put(table, 4), "both are in use");
  assert.ok(has(table, 1, T0 + 5000));
  assert.ok(!table.remove(table.lookup(1, T0)));
  table.release(held);
  table.release(second);
  assert.ok(put(table, 4));
});

Deno.test("stick table: an entry lives for expire since it was touched", () => {
  const table = newTable({ expire: 1000 });
  put(table, 1, T0);
  put(table, 1, T0 + 900);
  assert.ok(has(table, 1, T0 + 1899));
  assert.ok(!has(table, 1, T0 + 1900));
  assert.equal(table.used(T0 + 1900), 0);
  // Time modulo 2^32 runs over every 49 days.
  const wrap = Math.ceil(T0 / 2 ** 32) * 2 ** 32 - 500;
  put(table, 2, wrap);
  assert.ok(has(table, 2, wrap + 999));
  assert.ok(!has(table, 2, wrap + 1000));
});

Deno.test("stick table: memory follows from size and store, and is all there is", () => {
  const config = tableConfig({ size: 1_000_000, expire: 1 });
  const { bytes, recordCells } = layoutOf(config);
  assert.equal(recordCells, 6 + 1 + 1 + 3);
  assert.equal(bytes, (16 + 2 ** 20 + 1_000_000 * recordCells) * 4);
});

Deno.test("stick table: 64-bit numbers carry, names are found again", () => {
  const table = newTable({ store: [{ name: "bytes_in_cnt" }, { name: "server_key" }] });
  const entry = table.acquire(1, T0);
  const bytes = table.column("bytes_in_cnt")!;
  table.set(entry, bytes, T0, 2 ** 32 - 10);
  table.add(entry, bytes, T0, 30);
  assert.equal(table.get(entry, bytes, T0), 2 ** 32 + 20);
  table.add(entry, bytes, T0, 5 * 2 ** 32);
  assert.equal(table.get(entry, bytes, T0), 6 * 2 ** 32 + 20);
  const one = table.nameNumber("web1");
  assert.equal(table.nameNumber("web2"), one + 1);
  assert.equal(table.nameNumber("web1"), one);
  assert.equal(table.nameOf(one), "web1");
  assert.equal(table.nameOf(0), undefined);
  assert.equal(table.nameNumber("x".repeat(65)), 0);
});

Deno.test("stick table: does what a plain model of it does, for any order of operations", () => {
  const random = new Random(7);
  const size = 50;
  const table = newTable({ type: "string", size, expire: 400 });
  /** key to the time it was touched, in the order of touching */
  const model = new Map<string, number>();
  let now = T0;
  for (let step = 0; step < 20_000; step++) {
    now += random.below(10);
    for (const [key, at] of model) if (now - at >= 400) model.delete(key);
    const key = `k${random.below(120)}`;
    switch (random.below(4)) {
      case 0:
        assert.equal(has(table, key, now), model.has(key));
        break;
      case 1: {
        const entry = table.lookup(key, now);
        if (entry !== 0) assert.ok(table.remove(entry));
        assert.equal(entry !== 0, model.delete(key));
        break;
      }
      default:
        assert.ok(put(table, key, now));
        if (!model.has(key) && model.size === size) model.delete(model.keys().next().value!);
        model.delete(key);
        model.set(key, now);
    }
    if (step % 100 === 0) {
      assert.equal(table.used(now), model.size);
      assert.deepEqual(new Set(keys(table, now)), new Set(model.keys()));
    }
  }
});
