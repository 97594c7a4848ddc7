/**
 * Blocks of a cache's shared memory: taken, linked to objects, found by hash, given back. What is protected here is
 * called under the lock unless it says otherwise; the laws stand at the head of store.ts.
 */
import { latin1 } from "../http1/bytes.ts";

export const BLOCK = 1024;
/** Cells of the header. */
export const H = {
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
/** Places that say which keys are being fetched, two cells each (fetches.ts). */
export const FETCH_PLACES = 64;

/** Cells at the start of an object's first block. */
export const O = {
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
export const OBJECT_BYTES = 64;

export class ObjectBlocks {
  /** blocks in all */
  readonly blocks: number;
  protected readonly cells: Int32Array;
  protected readonly bytes: Uint8Array;
  protected readonly buckets: number;
  protected readonly bucketsAt: number;
  /** links from block to block, in cells */
  protected readonly linksAt: number;
  /** first block, in bytes */
  protected readonly dataAt: number;

  /** Opens the store in `buffer`, which is as large as the cache may be; `fresh`: it has just been made. */
  constructor(buffer: SharedArrayBuffer, fresh: boolean) {
    this.cells = new Int32Array(buffer);
    this.bytes = new Uint8Array(buffer);
    const most = Math.floor(buffer.byteLength / BLOCK);
    this.buckets = 2 ** Math.max(4, Math.floor(Math.log2(most / 4)));
    this.bucketsAt = HEADER_CELLS + 2 * FETCH_PLACES;
    this.linksAt = this.bucketsAt + this.buckets;
    // Blocks begin on a multiple of 64 bytes.
    const fixed = this.linksAt * 4 + 64;
    this.blocks = Math.floor((buffer.byteLength - fixed) / (BLOCK + 4));
    this.dataAt = Math.ceil((this.linksAt + this.blocks) * 4 / 64) * 64;
    if (fresh) {
      this.cells[H.freeCount] = this.blocks;
      this.cells.set(crypto.getRandomValues(new Int32Array(2)), H.seed);
    }
  }

  /** where the places of `FETCH_PLACES` begin */
  get fetches(): Int32Array {
    return this.cells.subarray(HEADER_CELLS, HEADER_CELLS + 2 * FETCH_PLACES);
  }

  protected lock(): void {
    const cells = this.cells;
    for (let i = 0; Atomics.compareExchange(cells, H.lock, 0, 1) !== 0; i++) {
      if (i > 2000) Atomics.wait(cells, H.lock, 1, 1);
    }
  }

  protected unlock(): void {
    Atomics.store(this.cells, H.lock, 0);
  }

  protected byteOf(block: number): number {
    return this.dataAt + (block - 1) * BLOCK;
  }

  protected cellOf(object: number): number {
    return this.byteOf(object) >> 2;
  }

  protected bucketOf(hash: number): number {
    return this.bucketsAt + ((hash >>> 0) & (this.buckets - 1));
  }

  protected *ofKey(hash: number, key: string): Iterable<number> {
    for (let i = this.cells[this.bucketOf(hash)]; i !== 0;) {
      const next = this.cells[this.cellOf(i) + O.next];
      if (this.isOfKey(i, hash, key)) yield i;
      i = next;
    }
  }

  protected isOfKey(object: number, hash: number, key: string): boolean {
    const at = this.cellOf(object);
    return this.cells[at + O.hash] === hash && this.cells[at + O.key] === key.length &&
      this.begins(object, key);
  }

  /** True when an object's key, of this length, is `key`. */
  protected begins(object: number, key: string): boolean {
    let block = object;
    let at = OBJECT_BYTES;
    let byte = this.byteOf(block) + at;
    for (let i = 0; i < key.length; i++, at++, byte++) {
      if (at === BLOCK) {
        block = this.cells[this.linksAt + block - 1];
        at = 0;
        byte = this.byteOf(block);
      }
      if (this.bytes[byte] !== (key.charCodeAt(i) & 255)) return false;
    }
    return true;
  }

  protected text(object: number, from: number, length: number): string {
    const into = new Uint8Array(length);
    this.copy(object, from, into);
    return latin1(into, 0, length);
  }

  protected copy(object: number, from: number, into: Uint8Array): void {
    let block = object;
    let at = OBJECT_BYTES + from;
    for (let done = 0; done < into.length;) {
      while (at >= BLOCK) {
        block = this.cells[this.linksAt + block - 1];
        at -= BLOCK;
      }
      const n = Math.min(BLOCK - at, into.length - done);
      const start = this.byteOf(block) + at;
      into.set(this.bytes.subarray(start, start + n), done);
      done += n;
      at += n;
    }
  }

  /** A free block, if need be of the object that was used longest ago; 0: all are in use. */
  protected take(): number {
    const cells = this.cells;
    for (;;) {
      const free = cells[H.free];
      if (free !== 0) {
        cells[H.free] = cells[this.linksAt + free - 1];
        cells[H.freeCount]--;
        cells[this.linksAt + free - 1] = 0;
        return free;
      }
      if (cells[H.made] < this.blocks) {
        cells[H.freeCount]--;
        return ++cells[H.made];
      }
      let oldest = cells[H.oldest];
      while (oldest !== 0 && cells[this.cellOf(oldest) + O.refs] > 0) {
        oldest = cells[this.cellOf(oldest) + O.newer];
      }
      if (oldest === 0) return 0;
      this.unlinkObject(oldest);
      this.giveBack(oldest);
    }
  }

  protected giveBack(object: number): void {
    const cells = this.cells;
    cells[H.freeCount] += cells[this.cellOf(object) + O.blocks];
    let last = object;
    for (let next = cells[this.linksAt + last - 1]; next !== 0;) {
      last = next;
      next = cells[this.linksAt + last - 1];
    }
    cells[this.linksAt + last - 1] = cells[H.free];
    cells[H.free] = object;
  }

  protected unlinkObject(object: number): void {
    const cells = this.cells;
    const at = this.cellOf(object);
    let link = this.bucketOf(cells[at + O.hash]);
    while (cells[link] !== object) link = this.cellOf(cells[link]) + O.next;
    cells[link] = cells[at + O.next];
    this.unlinkAge(object);
    cells[at + O.live] = 0;
    cells[H.objects]--;
  }

  protected unlinkAge(object: number): void {
    const cells = this.cells;
    const at = this.cellOf(object);
    const older = cells[at + O.older];
    const newer = cells[at + O.newer];
    cells[older === 0 ? H.oldest : this.cellOf(older) + O.newer] = newer;
    cells[newer === 0 ? H.newest : this.cellOf(newer) + O.older] = older;
  }

  protected append(object: number): void {
    const cells = this.cells;
    const at = this.cellOf(object);
    const newest = cells[H.newest];
    cells[at + O.older] = newest;
    cells[at + O.newer] = 0;
    cells[newest === 0 ? H.oldest : this.cellOf(newest) + O.newer] = object;
    cells[H.newest] = object;
  }

  protected touch(object: number): void {
    if (this.cells[H.newest] === object) return;
    this.unlinkAge(object);
    this.append(object);
  }
}
