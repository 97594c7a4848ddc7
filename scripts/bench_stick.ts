/**
 * Costs of stick tables: `deno run scripts/bench_stick.ts [entries]`. Medians of seven rounds, in µs of CPU time for each operation.
 * Keys come in no order, so nearly every look-up leaves the processor's caches.
 */
import process from "node:process";
import type { StickTableConfig } from "../lib/config/model_stick.ts";
import { DT } from "../lib/config/stick_data.ts";
import { layoutOf } from "../lib/stick/layout.ts";
import { StickTable } from "../lib/stick/table.ts";

const ENTRIES = Number(Deno.args[0] ?? 1_000_000);
const ROUNDS = 7;
const OPERATIONS = 200_000;

const config: StickTableConfig = {
  type: "ip",
  length: 0,
  size: ENTRIES,
  expire: 3_600_000,
  nopurge: false,
  srvkey: "name",
  store: [{ name: "http_req_cnt" }, { name: "http_req_rate", period: 10_000 }],
  span: { file: "bench", line: 1, column: 1, length: 1 },
};

const keys = new Uint32Array(OPERATIONS);
const keyOf = (i: number) => Math.imul(i + 1, 0x9e3779b1) >>> 0;
for (let i = 0; i < OPERATIONS; i++) keys[i] = keyOf((Math.imul(i, 48_271) >>> 0) % ENTRIES);

/** µs that this process has used. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function bench(name: string, run: (key: number) => void): void {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = cpu();
    for (let i = 0; i < OPERATIONS; i++) run(keys[i]);
    times.push((cpu() - began) / OPERATIONS);
  }
  times.sort((a, b) => a - b);
  console.log(`${name.padEnd(56)} ${times[ROUNDS >> 1].toFixed(3)} µs`);
}

const wall = Date.now();
for (const told of [false, true]) {
  const of = told ? { ...config, peers: "p" } : config;
  const { bytes } = layoutOf(of);
  const table = new StickTable("t", of, new SharedArrayBuffer(bytes), [1, 2]);
  for (let i = 0; i < ENTRIES; i++) table.release(table.acquire(keyOf(i), wall));
  const rate = table.column("http_req_rate")!;
  console.log(
    `${ENTRIES} addresses${told ? ", told to peers" : ""}: ${(bytes / 2 ** 20).toFixed(0)} MiB`,
  );
  bench("  look-up", (key) => table.release(table.lookup(key, wall)));
  bench("  look-up and the rate (src_http_req_rate)", (key) => {
    const entry = table.lookup(key, wall);
    table.get(entry, rate, wall);
    table.release(entry);
  });
  bench("  a tracked request: entry, count, rate, end (track-sc0)", (key) => {
    const entry = table.acquire(key, wall);
    table.count(entry, DT.http_req_cnt, DT.http_req_rate, wall, 1);
    table.get(entry, rate, wall);
    table.release(entry);
  });
}
