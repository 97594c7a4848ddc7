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
import { hashWords } from "../stick/hash.ts";
import { H, O, OBJECT_BYTES, ObjectBlocks } from "./blocks.ts";
import { ObjectWriter } from "./object_writer.ts";

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

export class CacheStore extends ObjectBlocks {
  /** of the key that is hashed */
  #words: Int32Array = new Int32Array(64);

  get freeBlocks(): number {
    return this.cells[H.freeCount];
  }

  get objects(): number {
    return this.cells[H.objects];
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
    return hashWords(words, 0, count, this.cells[H.seed], this.cells[H.seed + 1]) | 0;
  }

  /** Begins an object; undefined when there is no room. */
  begin(key: string, vary: string, head: string): ObjectWriter | undefined {
    this.lock();
    const first = this.take();
    if (first !== 0) {
      const at = this.cellOf(first);
      this.cells.fill(0, at, at + OBJECT_BYTES / 4);
      this.cells[at + O.blocks] = 1;
      this.cells[at + O.refs] = 1;
    }
    this.unlock();
    if (first === 0) return undefined;
    const writer = new ObjectWriter(this, first, OBJECT_BYTES);
    for (const text of [key, vary, head]) {
      if (!writer.appendText(text)) {
        writer.drop();
        return undefined;
      }
    }
    const at = this.cellOf(first);
    this.cells[at + O.key] = key.length;
    this.cells[at + O.vary] = vary.length;
    this.cells[at + O.head] = head.length;
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
    this.lock();
    let found = 0;
    let next = this.cells[this.bucketOf(hash)];
    while (next !== 0) {
      const object = next;
      next = this.cells[this.cellOf(object) + O.next];
      if (!this.isOfKey(object, hash, key)) continue;
      if (isOver(this.facts(object))) {
        this.unlinkObject(object);
        if (this.cells[this.cellOf(object) + O.refs] === 0) this.giveBack(object);
      } else {
        const vary = this.cells[this.cellOf(object) + O.vary];
        if (fits(vary === 0 ? "" : this.text(object, key.length, vary))) {
          found = object;
          break;
        }
      }
    }
    if (found !== 0) {
      this.cells[this.cellOf(found) + O.refs]++;
      this.touch(found);
    }
    this.unlock();
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
    const at = this.cellOf(object);
    const key = this.text(object, 0, this.cells[at + O.key]);
    this.lock();
    let others = 0;
    for (const other of this.ofKey(hash, key)) {
      const vary = this.text(other, key.length, this.cells[this.cellOf(other) + O.vary]);
      if (!replaces(vary)) {
        others++;
        continue;
      }
      this.unlinkObject(other);
      if (this.cells[this.cellOf(other) + O.refs] === 0) this.giveBack(other);
    }
    const stays = others < most;
    if (stays) {
      const cells = this.cells;
      cells[at + O.hash] = hash;
      cells[at + O.body] = facts.body;
      cells[at + O.stored] = facts.stored;
      cells[at + O.lifetime] = facts.lifetime;
      cells[at + O.age] = facts.age;
      cells[at + O.flags] = facts.flags;
      cells[at + O.live] = 1;
      const bucket = this.bucketOf(hash);
      cells[at + O.next] = cells[bucket];
      cells[bucket] = object;
      this.append(object);
      cells[H.objects]++;
    }
    this.unlock();
    this.release(object);
    return stays;
  }

  /** Drops every object of a key: how many there were. */
  remove(hash: number, key: string): number {
    this.lock();
    const all = [...this.ofKey(hash, key)];
    for (const object of all) {
      this.unlinkObject(object);
      if (this.cells[this.cellOf(object) + O.refs] === 0) this.giveBack(object);
    }
    this.unlock();
    return all.length;
  }

  /** Gives a reference back. */
  release(object: number): void {
    this.lock();
    const at = this.cellOf(object);
    if (--this.cells[at + O.refs] === 0 && this.cells[at + O.live] === 0) this.giveBack(object);
    this.unlock();
  }

  facts(object: number): ObjectFacts {
    const at = this.cellOf(object);
    const cells = this.cells;
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
    const at = this.cellOf(object);
    return this.text(
      object,
      this.cells[at + O.key] + this.cells[at + O.vary],
      this.cells[at + O.head],
    );
  }

  /** Copies the head into the beginning of `into`. */
  copyHead(object: number, into: Uint8Array): void {
    const at = this.cellOf(object);
    const cells = this.cells;
    this.copy(
      object,
      cells[at + O.key] + cells[at + O.vary],
      into.subarray(0, cells[at + O.head]),
    );
  }

  /** Copies the body from `from` on, as much as `into` holds. */
  copyBody(object: number, from: number, into: Uint8Array): void {
    const at = this.cellOf(object);
    const cells = this.cells;
    this.copy(object, cells[at + O.key] + cells[at + O.vary] + cells[at + O.head] + from, into);
  }

  /** All objects, for `show cache`: each with a reference while it is looked at. */
  *list(): Iterable<ObjectFacts & { hash: number; vary: boolean; blocks: number; refs: number }> {
    this.lock();
    const all: number[] = [];
    for (let i = this.cells[H.oldest]; i !== 0; i = this.cells[this.cellOf(i) + O.newer]) {
      this.cells[this.cellOf(i) + O.refs]++;
      all.push(i);
    }
    this.unlock();
    for (const object of all) {
      const at = this.cellOf(object);
      const cells = this.cells;
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
    this.lock();
    const block = this.take();
    if (block !== 0) {
      this.cells[this.linksAt + last - 1] = block;
      this.cells[this.cellOf(object) + O.blocks]++;
    }
    this.unlock();
    return block;
  }

  /** Writes into a block. */
  put(block: number, at: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, this.byteOf(block) + at);
  }
}
