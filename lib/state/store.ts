/**
 * State: what outlives connections and reloads. Records of fixed fields in SharedArrayBuffers, found by
 * (table, name) from every thread.
 *
 * Laws:
 * - One thread, the control plane, makes and frees records. Data-plane threads attach to its image and only
 *   look up; they are given a newer image before they are given a Generation that needs it.
 * - A table grows by adding segments; a record never moves, so a view of it stays good.
 * - A record is held by leases (one for each Generation). It is freed when the last lease that holds it ends,
 *   and only then may its place be given to another name, cleared to zero. So a reload that keeps a name keeps
 *   its record, and one that drops it waits for the old streams.
 */
import { type Layout, recordBytes } from "./layout.ts";

const RECORDS_PER_SEGMENT = 64;

/** Where a record lies. */
export interface Place {
  readonly layout: Layout;
  readonly name: string;
  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  /** True for a record that has just been made: all zero, to be filled from the configuration. */
  readonly fresh: boolean;
}

/** What a data-plane thread needs to find the records; can be posted to a worker. */
export interface StoreImage {
  readonly threads: number;
  readonly tables: readonly {
    readonly kind: string;
    readonly segments: readonly SharedArrayBuffer[];
    readonly names: readonly (readonly [name: string, slot: number])[];
  }[];
  readonly blocks: readonly (readonly [key: string, buffer: SharedArrayBuffer])[];
}

/** Shared memory of any size, found by its key. */
export interface Block {
  readonly buffer: SharedArrayBuffer;
  /** True when it has just been made: all zero. */
  readonly fresh: boolean;
}

interface Table {
  readonly kind: string;
  readonly segments: SharedArrayBuffer[];
  readonly slots: Map<string, Slot>;
  readonly free: number[];
  /** slots ever handed out */
  used: number;
}

interface Slot {
  readonly index: number;
  holders: number;
}

export interface StoreOptions {
  /** rows of each counter record: threads that will ever write (default 1) */
  readonly threads?: number;
}

export class StateStore {
  readonly threads: number;
  /** this thread's row in counter records */
  readonly thread: number;
  readonly #tables = new Map<string, Table>();
  readonly #blocks = new Map<string, { readonly buffer: SharedArrayBuffer; holders: number }>();
  readonly #locals = new Map<string, unknown>();
  /** true for the control plane's store, which alone makes and frees records */
  readonly owner: boolean;

  /** Makes the process's store; the caller is the control plane and row 0. */
  constructor(options: StoreOptions = {}, thread = 0, owner = true) {
    this.threads = options.threads ?? 1;
    this.thread = thread;
    this.owner = owner;
    if (!(this.threads >= 1 && thread >= 0 && thread < this.threads)) {
      throw new RangeError(`thread ${thread} of ${this.threads}`);
    }
  }

  /** Opens the store in another thread; `thread` is its row of the counters. */
  static attach(image: StoreImage, thread: number): StateStore {
    const store = new StateStore({ threads: image.threads }, thread, false);
    store.sync(image);
    return store;
  }

  /** Takes over what the control plane has made since (attached stores only). */
  sync(image: StoreImage): void {
    this.#blocks.clear();
    for (const [key, buffer] of image.blocks) this.#blocks.set(key, { buffer, holders: 1 });
    for (const t of image.tables) {
      const table = this.#table(t.kind);
      for (let i = table.segments.length; i < t.segments.length; i++) {
        table.segments.push(t.segments[i]);
      }
      table.slots.clear();
      for (const [name, index] of t.names) table.slots.set(name, { index, holders: 1 });
    }
  }

  /** What another thread needs to attach or sync. */
  image(): StoreImage {
    const tables = [...this.#tables.values()].map((t) => ({
      kind: t.kind,
      segments: [...t.segments],
      names: [...t.slots].map(([name, slot]) => [name, slot.index] as const),
    }));
    const blocks = [...this.#blocks].map(([key, { buffer }]) => [key, buffer] as const);
    return { threads: this.threads, tables, blocks };
  }

  /** Starts a lease: every record taken through it stays until it ends. */
  lease(): Lease {
    return new Lease(this);
  }

  /**
   * An object of this thread that outlives a reload: made on first use, found by its name from then on.
   * For what Generations must share beside numbers.
   */
  local<T>(name: string, make: () => T): T {
    let value = this.#locals.get(name) as T | undefined;
    if (value === undefined) this.#locals.set(name, value = make());
    return value;
  }

  /** Forgets a local object. */
  dropLocal(name: string): void {
    this.#locals.delete(name);
  }

  /** The record if it exists. */
  find(layout: Layout, name: string): Place | undefined {
    const slot = this.#table(layout.kind).slots.get(name);
    return slot === undefined ? undefined : this.#place(layout, name, slot.index, false);
  }

  /** Names of all records of a table. */
  names(layout: Layout): string[] {
    return [...this.#table(layout.kind).slots.keys()];
  }

  /**
   * Finds or makes a record and holds it once more. Use a Lease rather than this.
   * Throws when an attached store is asked for a name it does not know: the image came too late.
   */
  hold(layout: Layout, name: string): Place {
    const table = this.#table(layout.kind);
    const slot = table.slots.get(name);
    if (slot !== undefined) {
      slot.holders++;
      return this.#place(layout, name, slot.index, false);
    }
    if (!this.owner) throw new Error(`state record ${layout.kind} ${name} is not in the image`);
    const size = recordBytes(layout, this.threads);
    const index = table.free.pop() ?? table.used++;
    if (index >= table.segments.length * RECORDS_PER_SEGMENT) {
      table.segments.push(new SharedArrayBuffer(size * RECORDS_PER_SEGMENT));
    }
    table.slots.set(name, { index, holders: 1 });
    const place = this.#place(layout, name, index, true);
    new Uint8Array(place.buffer, place.byteOffset, size).fill(0);
    return place;
  }

  /** Lets go once; the last one frees the record. */
  release(layout: Layout, name: string): void {
    const table = this.#table(layout.kind);
    const slot = table.slots.get(name);
    if (slot === undefined || --slot.holders > 0 || !this.owner) return;
    table.slots.delete(name);
    table.free.push(slot.index);
  }

  /**
   * Finds or makes a block of `bytes` and holds it once more; a key stands for one size and meaning. Use a Lease
   * rather than this. Throws a RangeError when there is no such memory, and as `hold` does.
   */
  holdBlock(key: string, bytes: number): Block {
    const block = this.#blocks.get(key);
    if (block !== undefined) {
      block.holders++;
      return { buffer: block.buffer, fresh: false };
    }
    if (!this.owner) throw new Error(`state block ${key} is not in the image`);
    const buffer = new SharedArrayBuffer(bytes);
    this.#blocks.set(key, { buffer, holders: 1 });
    return { buffer, fresh: true };
  }

  /** Lets go of a block once; the last one frees it. */
  releaseBlock(key: string): void {
    const block = this.#blocks.get(key);
    if (block !== undefined && --block.holders === 0 && this.owner) this.#blocks.delete(key);
  }

  #table(kind: string): Table {
    let table = this.#tables.get(kind);
    if (table === undefined) {
      table = { kind, segments: [], slots: new Map(), free: [], used: 0 };
      this.#tables.set(kind, table);
    }
    return table;
  }

  #place(layout: Layout, name: string, index: number, fresh: boolean): Place {
    const table = this.#table(layout.kind);
    return {
      layout,
      name,
      buffer: table.segments[Math.floor(index / RECORDS_PER_SEGMENT)],
      byteOffset: (index % RECORDS_PER_SEGMENT) * recordBytes(layout, this.threads),
      fresh,
    };
  }
}

/** The records of one Generation. */
export class Lease {
  readonly #held: { readonly layout: Layout; readonly name: string }[] = [];
  readonly #blocks: string[] = [];
  readonly #onEnd: (() => void)[] = [];
  readonly #onCommit: (() => void)[] = [];
  #ended = false;

  constructor(readonly store: StateStore) {}

  /** Finds or makes the record and keeps it until `end`. */
  take(layout: Layout, name: string): Place {
    if (this.#ended) throw new Error("the lease has ended");
    const place = this.store.hold(layout, name);
    this.#held.push({ layout, name });
    return place;
  }

  /** Finds or makes a block of shared memory and keeps it until `end`. Throws as `StateStore.holdBlock` does. */
  takeBlock(key: string, bytes: number): Block {
    if (this.#ended) throw new Error("the lease has ended");
    const block = this.store.holdBlock(key, bytes);
    this.#blocks.push(key);
    return block;
  }

  /**
   * Calls `fn` when the Generation takes over. Until then it must not change records that another one runs
   * on: it may yet be thrown away for a mistake.
   */
  onCommit(fn: () => void): void {
    this.#onCommit.push(fn);
  }

  /**
   * The Generation takes over: what its configuration changes about kept records is done now, by the control plane.
   * Idempotent.
   */
  commit(): void {
    for (const fn of this.#onCommit.splice(0)) if (this.store.owner) fn();
  }

  /** Calls `fn` when the lease ends, before its records are let go. */
  onEnd(fn: () => void): void {
    this.#onEnd.push(fn);
  }

  /** Lets all records go. Call it when the Generation's last stream is gone. Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onCommit.length = 0;
    for (const fn of this.#onEnd) fn();
    for (const { layout, name } of this.#held) this.store.release(layout, name);
    for (const key of this.#blocks) this.store.releaseBlock(key);
    this.#held.length = 0;
    this.#blocks.length = 0;
  }
}
