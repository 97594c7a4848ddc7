import assert from "node:assert/strict";
import { layoutOf } from "../../lib/stick/layout.ts";
import { StickTable } from "../../lib/stick/table.ts";
import { tableConfig } from "./support.ts";

const ROUNDS = 20_000;
const THREADS = 3;

Deno.test("stick table: threads that use it at the same time lose no event and no entry", async () => {
  const config = tableConfig({
    size: 64,
    store: [{ name: "http_req_cnt" }, { name: "bytes_in_cnt" }, {
      name: "http_req_rate",
      period: 3_600_000,
    }],
  });
  const buffer = new SharedArrayBuffer(layoutOf(config).bytes);
  const table = new StickTable("t", config, buffer, [1, 2]);
  const wall = Date.now();
  // These are held, so that nothing purges them; other keys come and go around them.
  const held = [1, 2, 3, 4].map((key) => table.acquire(key, wall));
  await Promise.all(Array.from({ length: THREADS }, (_, i) => work(i)));

  async function work(thread: number): Promise<void> {
    const worker = new Worker(new URL("./table_worker.ts", import.meta.url).href, {
      type: "module",
    });
    const done = new Promise<void>((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onerror = (event) => reject(event.error ?? new Error(event.message));
    });
    worker.postMessage({ config, buffer, rounds: ROUNDS, thread, wall });
    await done;
    worker.terminate();
  }

  const sum = (name: "http_req_cnt" | "bytes_in_cnt" | "http_req_rate") =>
    held.reduce((total, entry) => total + table.get(entry, table.column(name)!, wall), 0);
  assert.equal(sum("http_req_cnt"), THREADS * ROUNDS);
  assert.equal(sum("http_req_rate"), THREADS * ROUNDS);
  assert.equal(sum("bytes_in_cnt"), THREADS * ROUNDS * 3e9);
  for (const entry of held) {
    assert.equal(table.refs(entry), 1);
    table.release(entry);
  }
  const found = new Set<unknown>();
  for (let entry = table.next(0, wall); entry !== 0; entry = table.next(entry, wall)) {
    found.add(table.keyOf(entry));
    table.release(entry);
  }
  assert.equal(found.size, table.used(wall));
  assert.ok(found.size <= 64);
});
