/**
 * Which keys of a cache are being fetched, for all threads to see (`coalesce`, `stale-while-revalidate`).
 *
 * Laws:
 * - A place says the hash of one key, and since when (s since 1970). Who has written it empties it.
 * - Keys that meet in one place are not coalesced: the second one is fetched as if nobody looked.
 * - What a thread that has died left there is taken over after a while.
 */

/** s after which nobody is believed to fetch any more */
const FORGOTTEN = 60;

export class Fetches {
  readonly #places: Int32Array;

  constructor(places: Int32Array) {
    this.#places = places;
  }

  #placeOf(hash: number): number {
    return 2 * ((hash >>> 0) % (this.#places.length / 2));
  }

  /** `mine`: the caller fetches and calls `end`; `other`: somebody does; `unknown`: nobody can tell. */
  begin(hash: number, now: number): "mine" | "other" | "unknown" {
    const places = this.#places;
    const at = this.#placeOf(hash);
    // Odd: an empty place is 0.
    const tag = hash | 1;
    const before = Atomics.compareExchange(places, at, 0, tag);
    if (before === 0) {
      Atomics.store(places, at + 1, now);
      return "mine";
    }
    const since = Atomics.load(places, at + 1);
    if (now - since > FORGOTTEN && Atomics.compareExchange(places, at + 1, since, now) === since) {
      Atomics.store(places, at, tag);
      return "mine";
    }
    return before === tag ? "other" : "unknown";
  }

  /** True while somebody fetches it. */
  has(hash: number): boolean {
    return Atomics.load(this.#places, this.#placeOf(hash)) === (hash | 1);
  }

  end(hash: number): void {
    Atomics.compareExchange(this.#places, this.#placeOf(hash), hash | 1, 0);
  }
}
