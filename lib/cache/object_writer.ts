/** Writing of one object of a cache, before anybody can find it. */
import { BLOCK } from "./blocks.ts";
import type { CacheStore } from "./store.ts";

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
