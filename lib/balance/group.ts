/**
 * The pools of one backend in one thread: more than one while old streams finish after a reload. They share
 * the servers' slots, so a slot that one frees may be what another's stream waits for.
 */
import type { StateStore } from "../state/store.ts";
import type { ServerPool } from "./pool.ts";
import type { Server } from "./server.ts";

export class PoolGroup {
  /** oldest first: its streams have waited longest */
  readonly #pools: ServerPool[] = [];

  constructor(readonly name: string, readonly store: StateStore) {}

  static of(store: StateStore, backend: string): PoolGroup {
    return store.local(`pools of ${backend}`, () => new PoolGroup(backend, store));
  }

  add(pool: ServerPool): void {
    this.#pools.push(pool);
  }

  remove(pool: ServerPool): void {
    const i = this.#pools.indexOf(pool);
    if (i >= 0) this.#pools.splice(i, 1);
    if (this.#pools.length === 0) this.store.dropLocal(`pools of ${this.name}`);
  }

  /** Lets all look at the servers again; answers how many streams were moved. */
  update(): number {
    let moved = 0;
    for (const pool of this.#pools) moved += pool.update();
    return moved;
  }

  /** As `update` for those in which streams wait. */
  changed(): number {
    let moved = 0;
    for (const pool of this.#pools) moved += pool.changed();
    return moved;
  }

  /** Offers a freed slot of `server` to the waiting streams, oldest pool first. */
  freed(server: Server): void {
    for (const pool of this.#pools) {
      const same = pool.server(server.name);
      if (same !== undefined) pool.serve(same);
    }
  }

  /** True when a slot freed by `pool` can only be wanted by its own streams. */
  isOnly(pool: ServerPool): boolean {
    return this.#pools.length === 1 && this.#pools[0] === pool;
  }
}
