/** The idle server connections of the process: they outlive a reload when the server stays where it is. */
import type { Server } from "../balance/server.ts";
import type { ProcessContext } from "../proxy/process_context.ts";
import type { Backend } from "../proxy/backend.ts";
import { ReusePool } from "../proxy/reuse.ts";
import { yieldIdle } from "../proxy/strict_maxconn.ts";

export class ReusePools {
  readonly #pools = new Map<string, ReusePool>();
  readonly #process: ProcessContext;

  constructor(process: ProcessContext) {
    this.#process = process;
  }

  /** The pool of each server of `backend`; one that has the same name and address as before keeps its pool. */
  of(backend: string, servers: readonly Server[]): Map<Server, ReusePool> {
    const pools = new Map<Server, ReusePool>();
    for (const server of servers) {
      const key = JSON.stringify([
        backend,
        server.name,
        server.config.address,
        server.config.source,
        // What was agreed on by other settings of TLS is not trusted any more.
        server.config.tls,
        // Those that were not counted are not kept.
        server.config.strictMaxconn,
      ], (key, value) => key === "span" ? undefined : value);
      let pool = this.#pools.get(key);
      if (pool === undefined) {
        pool = new ReusePool(server.config, this.#process);
        this.#pools.set(key, pool);
        if (server.config.strictMaxconn === true) {
          pool.strict = server.state;
          yieldIdle(server, pool);
        }
      }
      pool.gauge = server.counters;
      pools.set(server, pool);
    }
    return pools;
  }

  /** The server is deleted: its connections are closed. */
  drop(pool: ReusePool): void {
    for (const [key, each] of this.#pools) if (each === pool) this.#pools.delete(key);
    pool.close();
  }

  /** Applies the present options to the pools of `backends` and closes all others. */
  keepOnly(backends: Iterable<Backend>): void {
    const kept = new Set<ReusePool>();
    for (const backend of backends) {
      for (const [server, pool] of backend.reuse) {
        pool.configure(server.config);
        kept.add(pool);
      }
    }
    for (const [key, pool] of this.#pools) {
      if (kept.has(pool)) continue;
      pool.close();
      this.#pools.delete(key);
    }
  }
}
