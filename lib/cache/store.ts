/**
 * The memory of a cache: objects in blocks of 1 KiB of one shared buffer, used by every thread.
 *
 * Laws:
 * - The buffer is all there is: header, index, links and blocks lie in it, and an object takes whole blocks.
 * - Links and counts change under the lock; nobody waits, throws or calls out while holding it.
 * - An object is written by one thread before anybody can find it, and never changed afterwards.
 * - Who reads an object holds a reference; its blocks are given to others only when there is none. The object that
 *   was used longest ago goes first.
 */
import { latin1 } from "../http1/bytes.ts";
import { hashWords } from "../stick/hash.ts";

const BLOCK = 1024;
/** Cells of the header. */
const H = {
  lock: 0,
  free: 1,
  freeCount: 2,
  oldest: 3,
  newest: 4,
  objects: 5,
  made: 6,
  seed: 8,
} as const;
const HEADER_CELLS = 16;

/** Cells at the start of an object's first block. */
const O = {
  next: 0,
  older: 1,
  newer: 2,
  refs: 3,
  hash: 4,
  blocks: 5,
  key: 6,
  vary: 7,
  head: 8,
  body: 9,
  stored: 10,
  lifetime: 11,
  age: 12,
  live: 13,
  flags: 14,
} as const;
const OBJECT_BYTES = 64;

/** What is known of an object besides its bytes. */
export interface ObjectFacts {
  /** bytes of its parts */
  readonly head: number;
  readonly body: number;
  /** s since 1970 when it was stored, how long it is fresh from then on, and how old it was */
  readonly stored: number;
  readonly lifetime: number;
  readonly age: number;
  readonly flags: number;
}

export class CacheStore {
  /** blocks in all */
  readonly blocks: number;
  /** of the key that is hashed */
  #words: Int32Array = new Int32Array(64);
  readonly #cells: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #buckets: number;
  readonly #bucketsAt: number;
  /** links from block to block, in cells */
  readonly #linksAt: number;
  /** first block, in bytes */
  readonly #dataAt: number;

  /** Opens the store in `buffer`, which is as large as the cache may be; `fresh`: it has just been made. */
  constructor(buffer: SharedArrayBuffer, fresh: boolean) {
    this.#cells = new Int32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    const most = Math.floor(buffer.byteLength / BLOCK);
    this.#buckets = 2 ** Math.max(4, Math.floor(Math.log2(most / 4)));
    this.#bucketsAt = HEADER_CELLS;
    this.#linksAt = HEADER_CELLS + this.#buckets;
    // Blocks begin on a multiple of 64 bytes.
    const fixed = this.#linksAt * 4 + 64;
    this.blocks = Math.floor((buffer.byteLength - fixed) / (BLOCK + 4));
    this.#dataAt = Math.ceil((this.#linksAt + this.blocks) * 4 / 64) * 64;
    if (fresh) {
      this.#cells[H.freeCount] = this.blocks;
      this.#cells.set(crypto.getRandomValues(new Int32Array(2)), H.seed);
    }
  }

  get freeBlocks(): number {
    return this.#cells[H.freeCount];
  }

  get objects(): number {
    return this.#cells[H.objects];
  }

  /** The hash of a key: keyed, because clients choose addresses. */
  hashOf(key: string): number {
    const count = Math.ceil(key.length / 4);
    if (this.#words.length < count) this.#words = new Int32Array(count * 2);
    const words = this.#words;
    words.fill(0, 0, count);
    for (let i = 0; i < key.length; i++) {
      words[i >> 2] |= (key.charCodeAt(i) & 255) << (8 * (i & 3));
    }
    return hashWords(words, 0, count, this.#cells[H.seed], this.#cells[H.seed + 1]) | 0;
  }

  /** Begins an object; undefined when there is no room. */
  begin(key: string, vary: string, head: string): ObjectWriter | undefined {
    this.#lock();
    const first = this.#take();
    if (first !== 0) {
      const at = this.#cellOf(first);
      this.#cells.fill(0, at, at + OBJECT_BYTES / 4);
      this.#cells[at + O.blocks] = 1;
      this.#cells[at + O.refs] = 1;
    }
    this.#unlock();
    if (first === 0) return undefined;
    const writer = new ObjectWriter(this, first, OBJECT_BYTES);
    for (const text of [key, vary, head]) {
      if (!writer.appendText(text)) {
        writer.drop();
        return undefined;
      }
    }
    const at = this.#cellOf(first);
    this.#cells[at + O.key] = key.length;
    this.#cells[at + O.vary] = vary.length;
    this.#cells[at + O.head] = head.length;
    return writer;
  }

  /**
   * The object of `key` that `fits` accepts (it is given what the object varies on), with a reference; 0: none.
   * Objects for which `isOver` holds are dropped on the way.
   */
  find(
    hash: number,
    key: string,
    fits: (vary: string) => boolean,
    isOver: (facts: ObjectFacts) => boolean,
  ): number {
    this.#lock();
    let found = 0;
    for (const object of this.#ofKey(hash, key)) {
      if (isOver(this.facts(object))) {
        this.#unlinkObject(object);
        if (this.#cells[this.#cellOf(object) + O.refs] === 0) this.#giveBack(object);
      } else {
        const vary = this.#cells[this.#cellOf(object) + O.vary];
        if (fits(vary === 0 ? "" : this.#text(object, key.length, vary))) {
          found = object;
          break;
        }
      }
    }
    if (found !== 0) {
      this.#cells[this.#cellOf(found) + O.refs]++;
      this.#touch(found);
    }
    this.#unlock();
    return found;
  }

  /**
   * Puts a written object in the place of those of its key for which `replaces` holds; false (and it is dropped)
   * when there are `most` others of the key.
   */
  commit(
    object: number,
    hash: number,
    facts: Omit<ObjectFacts, "head" | "body"> & { readonly body: number },
    replaces: (vary: string) => boolean,
    most: number,
  ): boolean {
    const at = this.#cellOf(object);
    const key = this.#text(object, 0, this.#cells[at + O.key]);
    this.#lock();
    let others = 0;
    for (const other of this.#ofKey(hash, key)) {
      const vary = this.#text(other, key.length, this.#cells[this.#cellOf(other) + O.vary]);
      if (!replaces(vary)) {
        others++;
        continue;
      }
      this.#unlinkObject(other);
      if (this.#cells[this.#cellOf(other) + O.refs] === 0) this.#giveBack(other);
    }
    const stays = others < most;
    if (stays) {
      const cells = this.#cells;
      cells[at + O.hash] = hash;
      cells[at + O.body] = facts.body;
      cells[at + O.stored] = facts.stored;
      cells[at + O.lifetime] = facts.lifetime;
      cells[at + O.age] = facts.age;
      cells[at + O.flags] = facts.flags;
      cells[at + O.live] = 1;
      const bucket = this.#bucketOf(hash);
      cells[at + O.next] = cells[bucket];
      cells[bucket] = object;
      this.#append(object);
      cells[H.objects]++;
    }
    this.#unlock();
    this.release(object);
    return stays;
  }

  /** Drops every object of a key: how many there were. */
  remove(hash: number, key: string): number {
    this.#lock();
    const all = [...this.#ofKey(hash, key)];
    for (const object of all) {
      this.#unlinkObject(object);
      if (this.#cells[this.#cellOf(object) + O.refs] === 0) this.#giveBack(object);
    }
    this.#unlock();
    return all.length;
  }

  /** Gives a reference back. */
  release(object: number): void {
    this.#lock();
    const at = this.#cellOf(object);
    if (--this.#cells[at + O.refs] === 0 && this.#cells[at + O.live] === 0) this.#giveBack(object);
    this.#unlock();
  }

  facts(object: number): ObjectFacts {
    const at = this.#cellOf(object);
    const cells = this.#cells;
    return {
      head: cells[at + O.head],
      body: cells[at + O.body],
      stored: cells[at + O.stored],
      lifetime: cells[at + O.lifetime],
      age: cells[at + O.age],
      flags: cells[at + O.flags],
    };
  }

  /** The head's text. */
  head(object: number): string {
    const at = this.#cellOf(object);
    return this.#text(
      object,
      this.#cells[at + O.key] + this.#cells[at + O.vary],
      this.#cells[at + O.head],
    );
  }

  /** Copies the head into the beginning of `into`. */
  copyHead(object: number, into: Uint8Array): void {
    const at = this.#cellOf(object);
    const cells = this.#cells;
    this.#copy(
      object,
      cells[at + O.key] + cells[at + O.vary],
      into.subarray(0, cells[at + O.head]),
    );
  }

  /** Copies the body from `from` on, as much as `into` holds. */
  copyBody(object: number, from: number, into: Uint8Array): void {
    const at = this.#cellOf(object);
    const cells = this.#cells;
    this.#copy(object, cells[at + O.key] + cells[at + O.vary] + cells[at + O.head] + from, into);
  }

  /** All objects, for `show cache`: each with a reference while it is looked at. */
  *list(): Iterable<ObjectFacts & { hash: number; vary: boolean; blocks: number; refs: number }> {
    this.#lock();
    const all: number[] = [];
    for (let i = this.#cells[H.oldest]; i !== 0; i = this.#cells[this.#cellOf(i) + O.newer]) {
      this.#cells[this.#cellOf(i) + O.refs]++;
      all.push(i);
    }
    this.#unlock();
    for (const object of all) {
      const at = this.#cellOf(object);
      const cells = this.#cells;
      yield {
        ...this.facts(object),
        hash: cells[at + O.hash] >>> 0,
        vary: cells[at + O.vary] > 0,
        blocks: cells[at + O.blocks],
        refs: cells[at + O.refs] - 1,
      };
      this.release(object);
    }
  }

  // For writers

  /** One more block behind `last` of `object`; 0: there is no room. */
  grow(object: number, last: number): number {
    this.#lock();
    const block = this.#take();
    if (block !== 0) {
      this.#cells[this.#linksAt + last - 1] = block;
      this.#cells[this.#cellOf(object) + O.blocks]++;
    }
    this.#unlock();
    return block;
  }

  /** Writes into a block. */
  put(block: number, at: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#byteOf(block) + at);
  }

  // Inside

  #lock(): void {
    const cells = this.#cells;
    for (let i = 0; Atomics.compareExchange(cells, H.lock, 0, 1) !== 0; i++) {
      if (i > 2000) Atomics.wait(cells, H.lock, 1, 1);
    }
  }

  #unlock(): void {
    Atomics.store(this.#cells, H.lock, 0);
  }

  #byteOf(block: number): number {
    return this.#dataAt + (block - 1) * BLOCK;
  }

  #cellOf(object: number): number {
    return this.#byteOf(object) >> 2;
  }

  #bucketOf(hash: number): number {
    return this.#bucketsAt + ((hash >>> 0) & (this.#buckets - 1));
  }

  *#ofKey(hash: number, key: string): Iterable<number> {
    const cells = this.#cells;
    for (let i = cells[this.#bucketOf(hash)]; i !== 0;) {
      const at = this.#cellOf(i);
      const next = cells[at + O.next];
      if (
        cells[at + O.hash] === hash && cells[at + O.key] === key.length &&
        this.#begins(i, key)
      ) yield i;
      i = next;
    }
  }

  /** True when an object's key, of this length, is `key`. */
  #begins(object: number, key: string): boolean {
    let block = object;
    let at = OBJECT_BYTES;
    let byte = this.#byteOf(block) + at;
    for (let i = 0; i < key.length; i++, at++, byte++) {
      if (at === BLOCK) {
        block = this.#cells[this.#linksAt + block - 1];
        at = 0;
        byte = this.#byteOf(block);
      }
      if (this.#bytes[byte] !== (key.charCodeAt(i) & 255)) return false;
    }
    return true;
  }

  #text(object: number, from: number, length: number): string {
    const into = new Uint8Array(length);
    this.#copy(object, from, into);
    return latin1(into, 0, length);
  }

  #copy(object: number, from: number, into: Uint8Array): void {
    let block = object;
    let at = OBJECT_BYTES + from;
    for (let done = 0; done < into.length;) {
      while (at >= BLOCK) {
        block = this.#cells[this.#linksAt + block - 1];
        at -= BLOCK;
      }
      const n = Math.min(BLOCK - at, into.length - done);
      const start = this.#byteOf(block) + at;
      into.set(this.#bytes.subarray(start, start + n), done);
      done += n;
      at += n;
    }
  }

  /** A free block, if need be of the object that was used longest ago; 0: all are in use. */
  #take(): number {
    const cells = this.#cells;
    for (;;) {
      const free = cells[H.free];
      if (free !== 0) {
        cells[H.free] = cells[this.#linksAt + free - 1];
        cells[H.freeCount]--;
        cells[this.#linksAt + free - 1] = 0;
        return free;
      }
      if (cells[H.made] < this.blocks) {
        cells[H.freeCount]--;
        return ++cells[H.made];
      }
      let oldest = cells[H.oldest];
      while (oldest !== 0 && cells[this.#cellOf(oldest) + O.refs] > 0) {
        oldest = cells[this.#cellOf(oldest) + O.newer];
      }
      if (oldest === 0) return 0;
      this.#unlinkObject(oldest);
      this.#giveBack(oldest);
    }
  }

  #giveBack(object: number): void {
    const cells = this.#cells;
    cells[H.freeCount] += cells[this.#cellOf(object) + O.blocks];
    let last = object;
    for (let next = cells[this.#linksAt + last - 1]; next !== 0;) {
      last = next;
      next = cells[this.#linksAt + last - 1];
    }
    cells[this.#linksAt + last - 1] = cells[H.free];
    cells[H.free] = object;
  }

  #unlinkObject(object: number): void {
    const cells = this.#cells;
    const at = this.#cellOf(object);
    let link = this.#bucketOf(cells[at + O.hash]);
    while (cells[link] !== object) link = this.#cellOf(cells[link]) + O.next;
    cells[link] = cells[at + O.next];
    this.#unlinkAge(object);
    cells[at + O.live] = 0;
    cells[H.objects]--;
  }

  #unlinkAge(object: number): void {
    const cells = this.#cells;
    const at = this.#cellOf(object);
    const older = cells[at + O.older];
    const newer = cells[at + O.newer];
    cells[older === 0 ? H.oldest : this.#cellOf(older) + O.newer] = newer;
    cells[newer === 0 ? H.newest : this.#cellOf(newer) + O.older] = older;
  }

  #append(object: number): void {
    const cells = this.#cells;
    const at = this.#cellOf(object);
    const newest = cells[H.newest];
    cells[at + O.older] = newest;
    cells[at + O.newer] = 0;
    cells[newest === 0 ? H.oldest : this.#cellOf(newest) + O.newer] = object;
    cells[H.newest] = object;
  }

  #touch(object: number): void {
    if (this.#cells[H.newest] === object) return;
    this.#unlinkAge(object);
    this.#append(object);
  }
}

/** Writes one object, piece by piece. */
export class ObjectWriter {
  readonly object: number;
  readonly #store: CacheStore;
  #block: number;
  #at: number;

  constructor(store: CacheStore, object: number, at: number) {
    this.#store = store;
    this.object = object;
    this.#block = object;
    this.#at = at;
  }

  /** False: there is no room for it. */
  append(bytes: Uint8Array): boolean {
    for (let done = 0; done < bytes.length;) {
      if (this.#at === BLOCK) {
        const next = this.#store.grow(this.object, this.#block);
        if (next === 0) return false;
        this.#block = next;
        this.#at = 0;
      }
      const n = Math.min(BLOCK - this.#at, bytes.length - done);
      this.#store.put(this.#block, this.#at, bytes.subarray(done, done + n));
      this.#at += n;
      done += n;
    }
    return true;
  }

  /** The same with text of which a unit is a byte. */
  appendText(text: string): boolean {
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return this.append(bytes);
  }

  /** The object will not be finished. */
  drop(): void {
    this.#store.release(this.object);
  }
}
