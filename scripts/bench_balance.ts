/**
 * What choosing a server costs: every algorithm at 10, 400 and 4,000 servers, alone and with slots taken and given
 * back, and laying the servers out anew when one of them goes or comes back. No sockets.
 *
 *   deno run -A scripts/bench_balance.ts [servers ...] [--json]
 *
 * The bound is 2 µs for each choice (issue 4). `full`: 9 of 10 servers have no room. With bounded loads
 * (`hash-balance-factor`) a stream may have to go past servers that have their share: when all streams have one key,
 * past nearly all of them. On a busy machine: chrt -r 10 deno run …
 */
import type { Server } from "../lib/balance/server.ts";
import { OpState } from "../lib/state/server_fields.ts";
import type { StreamView } from "../lib/expr/context.ts";
import { type Backend, serverConfig } from "../tests/balance/support.ts";
import { client, VARIANTS } from "../tests/balance/variants.ts";

const CLIENTS = 4096;
const sizes = Deno.args.filter((a) => /^\d+$/.test(a)).map(Number);
const clients: StreamView[] = Array.from({ length: CLIENTS }, (_, i) => client(i));

/** ns for one call of `body`, the best of eight rounds. */
function nanoseconds(body: (i: number) => void): number {
  for (let i = 0; i < 20_000; i++) body(i);
  let best = Infinity;
  for (let round = 0; round < 8; round++) {
    const n = 20_000;
    const start = performance.now();
    for (let i = 0; i < n; i++) body(i);
    best = Math.min(best, (performance.now() - start) * 1e6 / n);
  }
  return best;
}

function microsecondsOnce(body: () => void): number {
  const start = performance.now();
  body();
  return (performance.now() - start) * 1000;
}

/** A stream comes and the one that came `held` before it goes. */
function turnover(b: Backend, held: number): (i: number) => void {
  const running = new Array<Server | undefined>(held).fill(undefined);
  return (i) => {
    const at = i % held;
    const old = running[at];
    if (old !== undefined) b.pool.release(old);
    const answer = b.pool.assign(clients[i & (CLIENTS - 1)], {});
    running[at] = answer as Server;
  };
}

interface Row {
  readonly algorithm: string;
  readonly servers: number;
  readonly pick: number;
  readonly assign: number;
  readonly full: number | undefined;
  /** µs: the first pick after a server has gone, and after it has come back */
  readonly goes: number;
  readonly returns: number;
}

function measure(variant: typeof VARIANTS[number], n: number): Row {
  const weights = (i: number) => 1 + i % 3;
  const servers = (maxconn?: number) =>
    Array.from({ length: n }, (_, i) => serverConfig(`s${i}`, { weight: weights(i), maxconn }));
  const b = variant.make(servers());
  const { balancer } = b.pool;
  const pick = nanoseconds((i) => {
    balancer.pick(clients[i & (CLIENTS - 1)]);
  });
  const assign = nanoseconds(turnover(b, Math.min(1000, n * 4)));
  const change = (op: number) => {
    b.servers[n >> 1].state.setOp(op, 0);
    return microsecondsOnce(() => {
      b.pool.update();
      balancer.pick(clients[0]);
    });
  };
  const goes = change(OpState.Stopped);
  const returns = change(OpState.Running);
  return {
    algorithm: variant.title,
    servers: n,
    pick,
    assign,
    full: full(variant, servers(2)),
    goes,
    returns,
  };
}

/** 9 of 10 servers are full; streams have no key, as those with one do not look for room. */
function full(
  variant: typeof VARIANTS[number],
  servers: ReturnType<typeof serverConfig>[],
): number {
  const b = variant.make(servers);
  for (const s of b.servers) {
    if (s.index % 10 !== 0) { for (let k = 0; k < 2; k++) s.state.takeSlot(0); }
    b.pool.balancer.loadChanged(s);
  }
  let last: Server | undefined;
  return nanoseconds(() => {
    if (last !== undefined) b.pool.release(last);
    last = b.pool.assign(undefined, {}) as Server;
  });
}

/** `hash-balance-factor 125` with so many keys and so many streams held. */
function bounded(n: number, keys: number, streams: number): number {
  const variant = VARIANTS.find((v) => v.title === "uri, consistent")!;
  const b = variant.make(
    Array.from({ length: n }, (_, i) => serverConfig(`s${i}`)),
    { balanceFactor: 125 },
  );
  const held: Server[] = [];
  const next = (i: number) => b.pool.assign(clients[i % keys], {}) as Server;
  for (let i = 0; i < streams; i++) held.push(next(i));
  return nanoseconds((i) => {
    b.pool.release(held[i % streams]);
    held[i % streams] = next(i);
  });
}

const rows: Row[] = [];
const json = Deno.args.includes("--json");
const us = (ns: number) => (ns / 1000).toFixed(3).padStart(9);
if (!json) {
  console.log("µs".padEnd(38) + "servers     pick   assign     full       goes    returns");
}
for (const n of sizes.length > 0 ? sizes : [10, 4000]) {
  for (const variant of VARIANTS) {
    if (variant.title.includes("avalanche")) continue;
    const row = measure(variant, n);
    rows.push(row);
    if (json) continue;
    console.log(
      row.algorithm.padEnd(38) + String(n).padStart(7) + us(row.pick) + us(row.assign) +
        us(row.full!) + row.goes.toFixed(0).padStart(11) + row.returns.toFixed(0).padStart(11),
    );
  }
}
const many = bounded(4000, CLIENTS, 40_000);
const hot = bounded(4000, 1, 4000);
if (json) console.log(JSON.stringify({ rows, many, hot }));
else {
  console.log(`hash-balance-factor 125, 4000 servers, 40000 streams: ${us(many).trim()}`);
  console.log(`the same with one key and 4000 streams: ${us(hot).trim()}`);
  const worst = Math.max(many, hot, ...rows.map((row) => row.pick));
  console.log(`slowest: ${us(worst).trim()} (bound: 2)`);
}
