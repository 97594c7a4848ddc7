/**
 * RedisSync: keeps one table's counts in step with the sums that a store holds for all nodes.
 *
 * Laws:
 * - Rules never wait for the store: they see the sum that was told last, and what this node has counted since.
 * - One batch is under way at a time. What changed while it was is in the next one.
 * - Without the store the table goes on with this node's own counts; they are told when the store is back. A batch of
 *   which nobody knows whether it arrived is told again: counts may then be too high, never too low.
 */
import type { StickTable } from "../table.ts";
import type { Part } from "../shadow.ts";
import { keyName, pushWords, readSums } from "./script.ts";

/** Entries of one batch. */
const BATCH = 500;

/** Where the sums are. `run` executes the script; it rejects when the store is not there. */
export interface SumStore {
  readonly ready: boolean;
  run(keys: string[], words: string[]): Promise<readonly unknown[]>;
}

interface Taken {
  readonly entry: number;
  readonly parts: readonly Part[];
}

export interface RedisSyncOptions {
  readonly table: StickTable;
  readonly store: SumStore;
  /** begins the names of all keys */
  readonly prefix: string;
  readonly wall: () => number;
}

export class RedisSync {
  table: StickTable;
  readonly #store: SumStore;
  readonly #prefix: string;
  readonly #wall: () => number;
  readonly #live: number;
  /** number of the last change that the store has */
  #told = 0;
  #busy = false;
  /** batches and entries that were told, and batches that failed */
  batches = 0;
  entries = 0;
  failures = 0;

  constructor({ table, store, prefix, wall }: RedisSyncOptions) {
    this.table = table;
    this.#store = store;
    this.#prefix = prefix;
    this.#wall = wall;
    const periods = table.layout.columns.map(({ period }) => 2 * period);
    this.#live = Math.max(table.config.expire ?? 0, ...periods, 1000);
  }

  /** Changes that the store does not have. */
  get pending(): boolean {
    return this.table.changes !== this.#told;
  }

  /** Tells what has changed, until there is nothing more or the store fails. Never rejects. */
  async run(): Promise<void> {
    if (this.#busy || !this.#store.ready) return;
    this.#busy = true;
    while (this.pending && this.#store.ready) {
      if (!await this.#batch()) break;
    }
    this.#busy = false;
  }

  async #batch(): Promise<boolean> {
    const { table } = this;
    const wall = this.#wall();
    const taken: Taken[] = [];
    if (table.isBehind(this.#told)) return await this.#everything();
    let last = this.#told;
    while (taken.length < BATCH) {
      const entry = table.changeAfter(last);
      last = table.lastChange;
      if (entry === 0) break;
      taken.push({ entry, parts: table.unsynced(entry, wall) });
    }
    const good = taken.length === 0 || await this.#exchange(taken);
    if (good) this.#told = last;
    return good;
  }

  /** So many changes that some of their numbers are lost: every entry is told. */
  async #everything(): Promise<boolean> {
    const { table } = this;
    const last = table.takeChanges();
    let entry = 0;
    do {
      const taken: Taken[] = [];
      const wall = this.#wall();
      while (taken.length < BATCH && (entry = table.next(entry, wall)) !== 0) {
        taken.push({ entry, parts: table.unsynced(entry, wall) });
      }
      if (taken.length > 0 && !await this.#exchange(taken)) return false;
    } while (entry !== 0);
    this.#told = last;
    return true;
  }

  /** Tells these and puts the sums in their places; gives their references back. */
  async #exchange(taken: readonly Taken[]): Promise<boolean> {
    const { table } = this;
    const { type } = table.config;
    const keys: string[] = [];
    const words: string[] = [String(this.#live)];
    for (const { entry, parts } of taken) {
      keys.push(`${this.#prefix}:${table.name}:${keyName(type, table.keyOf(entry))}`);
      pushWords(words, parts);
    }
    try {
      const answer = await this.#store.run(keys, words);
      let at = 0;
      const wall = this.#wall();
      for (const { entry, parts } of taken) {
        const read = readSums(answer, at, parts);
        if (read === undefined) throw new Error("the store has answered something else");
        at = read.at;
        table.settle(entry, parts, read.sums, wall);
      }
      this.batches++;
      this.entries += taken.length;
      return true;
    } catch {
      this.failures++;
      return false;
    } finally {
      for (const { entry } of taken) table.release(entry);
    }
  }
}
