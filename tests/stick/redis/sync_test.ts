/** Tables that a store adds up over nodes, with a store in memory that does what the script does. */
import assert from "node:assert/strict";
import type { StickTableConfig } from "../../../lib/config/model_stick.ts";
import { layoutOf } from "../../../lib/stick/layout.ts";
import { keyName } from "../../../lib/stick/redis/script.ts";
import { RedisSync, type SumStore } from "../../../lib/stick/redis/sync.ts";
import { StickTable } from "../../../lib/stick/table.ts";
import { Random } from "../../support/random.ts";
import { tableConfig } from "../support.ts";

const PERIOD = 10_000;
const redis = {
  url: "redis://x",
  sync: 100,
  prefix: "s",
} as NonNullable<StickTableConfig["redis"]>;

function newTable(more: Partial<StickTableConfig> = {}): StickTable {
  const config = tableConfig({ redis, expire: 60_000, ...more });
  return new StickTable("t", config, new SharedArrayBuffer(layoutOf(config).bytes), [3, 4]);
}

/** Hashes of numbers, and what the script says of them (lib/stick/redis/script.ts). */
class MemoryStore implements SumStore {
  ready = true;
  readonly hashes = new Map<string, Map<string, number>>();
  /** answers are lost, though the work is done */
  loses = false;
  /** called before an answer arrives */
  onTheWay = () => {};

  run(keys: string[], words: string[]): Promise<readonly number[]> {
    const out: number[] = [];
    let at = 1;
    for (const key of keys) {
      let hash = this.hashes.get(key);
      if (hash === undefined) this.hashes.set(key, hash = new Map());
      const get = (field: string) => hash.get(field);
      for (; words[at] !== ";";) {
        const field = words[at + 1];
        if (words[at] === "c") {
          const value = Math.max(0, (get(field) ?? 0) + Number(words[at + 2]));
          hash.set(field, value);
          out.push(value);
          at += 3;
          continue;
        }
        const [window, events, before] = words.slice(at + 2, at + 5).map(Number);
        let [w, c, p] = [get(field + "w") ?? window, get(field + "c") ?? 0, get(field + "p") ?? 0];
        if (w === window - 1) [w, c, p] = [window, events, c + before];
        else if (w < window) [w, c, p] = [window, events, before];
        else if (w === window) [c, p] = [c + events, p + before];
        else if (w === window + 1) p += events;
        [c, p] = [Math.max(0, c), Math.max(0, p)];
        hash.set(field + "w", w).set(field + "c", c).set(field + "p", p);
        out.push(w, c, p);
        at += 5;
      }
      at++;
    }
    this.onTheWay();
    return this.loses ? Promise.reject(new Error("lost")) : Promise.resolve(out);
  }
}

function node(store: SumStore, clock: { wall: number }, more?: Partial<StickTableConfig>) {
  const table = newTable(more);
  const sync = new RedisSync({ table, store, prefix: "s", wall: () => clock.wall });
  return {
    table,
    sync,
    count(key: number, n: number) {
      const entry = table.acquire(key, clock.wall);
      table.count(entry, 9, 10, clock.wall, n);
      table.release(entry);
    },
    read(key: number): [number, number] {
      const entry = table.lookup(key, clock.wall);
      if (entry === 0) return [0, 0];
      const total = table.get(entry, table.column("http_req_cnt")!, clock.wall);
      const rate = table.get(entry, table.column("http_req_rate")!, clock.wall);
      table.release(entry);
      return [total, rate];
    },
  };
}

/** The middle of a window. */
const START = Math.floor(1_700_000_000_000 / PERIOD) * PERIOD;

Deno.test("redis tables: what nodes count is added up, and each knows the sum after its own exchange", async () => {
  const clock = { wall: START + 1000 };
  const store = new MemoryStore();
  const [a, b, c] = [node(store, clock), node(store, clock), node(store, clock)];
  a.count(1, 5);
  b.count(1, 7);
  c.count(1, 1);
  for (const each of [a, b, c]) await each.sync.run();
  assert.deepEqual(c.read(1), [13, 13]);
  // The others hear of it with what they count next.
  assert.deepEqual(a.read(1), [5, 5]);
  a.count(1, 1);
  assert.deepEqual(a.read(1), [6, 6]);
  await a.sync.run();
  assert.deepEqual(a.read(1), [14, 14]);
  assert.equal(a.sync.pending, false);
  assert.deepEqual([...store.hashes.keys()], ["s:t:0.0.0.1"]);
});

Deno.test("redis tables: what is counted while an answer is on its way is kept, and told once", async () => {
  const clock = { wall: START + 1000 };
  const store = new MemoryStore();
  const [a, b] = [node(store, clock), node(store, clock)];
  b.count(1, 100);
  await b.sync.run();
  let once = true;
  store.onTheWay = () => {
    if (once) a.count(1, 3);
    once = false;
  };
  a.count(1, 2);
  await a.sync.run();
  assert.deepEqual(a.read(1), [105, 105]);
  assert.equal(store.hashes.get("s:t:0.0.0.1")!.get("http_req_cnt"), 105);
  b.count(1, 1);
  await b.sync.run();
  assert.deepEqual(b.read(1), [106, 106]);
});

Deno.test("redis tables: rates slide in windows that all nodes have in common", async () => {
  const clock = { wall: START + 9000 };
  const store = new MemoryStore();
  const [a, b] = [node(store, clock), node(store, clock)];
  a.count(1, 10);
  await a.sync.run();
  b.count(1, 10);
  await b.sync.run();
  assert.equal(b.read(1)[1], 20);
  // The next window: half of it later, half of what was counts.
  clock.wall = START + 15_000;
  assert.equal(b.read(1)[1], 10);
  b.count(1, 4);
  await b.sync.run();
  assert.equal(b.read(1)[1], 14);
  a.count(1, 1);
  await a.sync.run();
  assert.deepEqual(a.read(1), [25, 15]);
  clock.wall = START + 40_000;
  assert.equal(a.read(1)[1], 0);
  a.count(1, 1);
  await a.sync.run();
  assert.deepEqual(a.read(1), [26, 1]);
});

Deno.test("redis tables: events at the end of a window are told in the next one, as events of before", async () => {
  const clock = { wall: START + 9900 };
  const store = new MemoryStore();
  const [a, b] = [node(store, clock), node(store, clock)];
  a.count(1, 1);
  await a.sync.run();
  a.count(1, 10);
  clock.wall = START + 10_100;
  a.count(1, 5);
  await a.sync.run();
  b.count(1, 1);
  await b.sync.run();
  const [total, rate] = b.read(1);
  assert.equal(total, 17);
  // 11 in the window before, of which nearly all count, and 6 in this one.
  assert.equal(rate, Math.floor(11 * 0.99) + 6);
});

Deno.test("redis tables: without the store each node counts alone, and tells everything later", async () => {
  const clock = { wall: START + 1000 };
  const store = new MemoryStore();
  const [a, b] = [node(store, clock), node(store, clock)];
  store.ready = false;
  a.count(1, 5);
  await a.sync.run();
  assert.deepEqual(a.read(1), [5, 5]);
  assert.equal(a.sync.pending, true);
  b.count(1, 2);
  store.ready = true;
  await a.sync.run();
  await b.sync.run();
  assert.deepEqual(b.read(1), [7, 7]);
});

Deno.test("redis tables: an answer that is lost makes counts higher, never lower", async () => {
  const clock = { wall: START + 1000 };
  const store = new MemoryStore();
  const a = node(store, clock);
  store.loses = true;
  a.count(1, 5);
  await a.sync.run();
  assert.equal(a.sync.failures, 1);
  store.loses = false;
  await a.sync.run();
  assert.deepEqual(a.read(1), [10, 10]);
});

Deno.test("redis tables: more changes than the ring holds are told as everything", async () => {
  const clock = { wall: START + 1000 };
  const store = new MemoryStore();
  const a = node(store, clock, { size: 2000 });
  for (let key = 0; key < 9000; key++) a.count(key, 1);
  await a.sync.run();
  assert.equal(a.sync.pending, false);
  assert.ok(a.sync.batches > 2);
  assert.equal(store.hashes.get("s:t:0.0.35.39")!.get("http_req_cnt"), 1);
});

Deno.test("redis tables: however nodes count and meet, the sums are right", async () => {
  const r = new Random(8);
  for (let round = 0; round < 20; round++) {
    const clock = { wall: START };
    const store = new MemoryStore();
    const nodes = [node(store, clock), node(store, clock), node(store, clock)];
    const totals = [0, 0, 0];
    for (let step = 0; step < 200; step++) {
      clock.wall += r.below(400);
      const each = r.pick(nodes);
      const key = r.below(3);
      const n = r.below(5);
      each.count(key, n);
      totals[key] += n;
      if (r.below(3) === 0) await each.sync.run();
    }
    for (const each of nodes) await each.sync.run();
    const last = nodes[0];
    for (let key = 0; key < 3; key++) {
      last.count(key, 0);
      await last.sync.run();
      assert.equal(last.read(key)[0], totals[key]);
    }
  }
});

Deno.test("redis tables: names of keys differ as keys do", () => {
  assert.equal(keyName("ip", 0xc0000201), "192.0.2.1");
  assert.equal(keyName("integer", 7), "7");
  assert.equal(keyName("ipv6", { a: 1, b: 0, c: 0xffff, d: 0x7f000001 }).length, 35);
  assert.equal(keyName("string", "a b:\n\xff"), "a%20b%3A%0A%C3%BF");
  assert.notEqual(keyName("binary", "\xff"), keyName("binary", "ÿ".slice(0, 0)));
});
