/** The tables of the process that Redis adds up over all nodes: kept over reloads. Only the first thread has any. */
import { LogLevel } from "../../log/types.ts";
import type { Generation } from "../generation.ts";
import type { ProcessState } from "../process_state.ts";
import { RedisSync } from "../../stick/redis/sync.ts";
import type { StickTable } from "../../stick/table.ts";
import { RedisClient } from "./client.ts";

interface Shared {
  readonly sync: RedisSync;
  readonly url: string;
  cancel: () => void;
}

export class RedisTables {
  readonly #process: ProcessState;
  readonly #log: (level: number, text: string) => void;
  /** by address */
  readonly #clients = new Map<string, RedisClient>();
  /** by what must stay the same for a table to go on */
  readonly #tables = new Map<string, Shared>();

  constructor(process: ProcessState, log: (level: number, text: string) => void) {
    this.#process = process;
    this.#log = log;
  }

  /** These are the tables of the running Generation now. */
  adopt({ tables }: Generation): void {
    if (this.#process.thread > 0) return;
    const wanted = new Map<string, StickTable>();
    for (const table of tables.values()) {
      const { redis, type, length, size, expire, store } = table.config;
      if (redis === undefined) continue;
      const { url, sync, prefix } = redis;
      wanted.set(
        JSON.stringify([table.name, url, sync, prefix, type, length, size, expire, store]),
        table,
      );
    }
    for (const [key, shared] of this.#tables) {
      if (wanted.has(key)) continue;
      shared.cancel();
      this.#tables.delete(key);
    }
    for (const [key, table] of wanted) {
      const known = this.#tables.get(key);
      if (known !== undefined) known.sync.table = table;
      else this.#tables.set(key, this.#begin(table));
    }
    const urls = new Set([...this.#tables.values()].map(({ url }) => url));
    for (const [url, client] of this.#clients) {
      if (urls.has(url)) continue;
      client.close();
      this.#clients.delete(url);
    }
  }

  #begin(table: StickTable): Shared {
    const { url, sync: every, prefix } = table.config.redis!;
    const { clock } = this.#process;
    const sync = new RedisSync({ table, store: this.#client(url), prefix, wall: clock.wall });
    const shared: Shared = { sync, url, cancel: () => {} };
    const next = () => {
      shared.cancel = clock.after(every, () => {
        sync.run().catch((error) => this.#process.internalError("redis", error));
        next();
      });
    };
    next();
    return shared;
  }

  #client(url: string): RedisClient {
    let client = this.#clients.get(url);
    if (client === undefined) {
      // Without user and password.
      const { host } = new URL(url);
      client = new RedisClient(
        url,
        (message, good) =>
          this.#log(good ? LogLevel.notice : LogLevel.err, `Redis ${host} ${message}.`),
      );
      this.#clients.set(url, client);
    }
    return client;
  }

  /** What was not told yet is told, for at most this many ms. */
  async flush(ms: number): Promise<void> {
    const late = new Promise<void>((end) => this.#process.clock.after(ms, end));
    await Promise.race([
      late,
      Promise.all([...this.#tables.values()].map(({ sync }) => sync.run())),
    ]);
  }

  close(): void {
    for (const { cancel } of this.#tables.values()) cancel();
    for (const client of this.#clients.values()) client.close();
    this.#tables.clear();
    this.#clients.clear();
  }
}
