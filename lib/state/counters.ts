/**
 * Counters: float64 fields, one row for each thread. Each row has a single writer, so the hot path adds
 * without atomics; a reader combines the rows. Exact up to 2^53.
 */
import { type Layout, rowBytes } from "./layout.ts";
import type { Place } from "./store.ts";
import { RATE_PERIOD, slideAverage, slideSum, slidingRate } from "./rate.ts";

export class Counters {
  readonly layout: Layout;
  readonly #own: Float64Array;
  readonly #all: Float64Array;
  readonly #stride: number;

  constructor(place: Place, threads: number, thread: number) {
    const stride = rowBytes(place.layout) / 8;
    this.layout = place.layout;
    this.#all = new Float64Array(place.buffer, place.byteOffset, stride * threads);
    this.#own = this.#all.subarray(thread * stride, (thread + 1) * stride);
    this.#stride = stride;
  }

  /** Adds `n` (may be negative for a gauge) to this thread's row. */
  add(field: number, n: number): void {
    this.#own[field] += n;
  }
  /** Raises a field of merge type `max` to `value`. */
  raise(field: number, value: number): void {
    if (value > this.#own[field]) this.#own[field] = value;
  }
  /** Mixes `value` into a field of merge type `average`. */
  slide(field: number, value: number): void {
    this.#own[field] = slideSum(this.#own[field], value);
  }

  /** The value over all threads (types `sum` and `max`; others answer this thread's). */
  total(field: number): number {
    if (this.#all.length === this.#own.length) return this.#own[field];
    const merge = this.layout.fields[field].merge ?? "sum";
    if (merge === "own" || merge === "average") return this.#own[field];
    let sum = 0;
    for (let i = field; i < this.#all.length; i += this.#stride) {
      const v = this.#all[i];
      sum = merge === "max" ? Math.max(sum, v) : sum + v;
    }
    return sum;
  }

  /** The value of each thread. */
  each(field: number): number[] {
    const values: number[] = [];
    for (let i = field; i < this.#all.length; i += this.#stride) values.push(this.#all[i]);
    return values;
  }

  /** The average of a sliding sum; `samples` is the field that counts its samples. */
  average(field: number, samples: number): number {
    let weighted = 0;
    let weights = 0;
    for (let row = 0; row < this.#all.length; row += this.#stride) {
      const n = this.#all[row + samples];
      weighted += slideAverage(this.#all[row + field], n) * n;
      weights += n;
    }
    return weights === 0 ? 0 : Math.round(weighted / weights);
  }

  /**
   * Counts `n` events at `now` (wall ms: the same in all threads) for the rate whose `tick, curr, prev` fields start at `at`, and answers
   * the events of the running second in all threads.
   */
  hit(at: number, now: number, n: number): number {
    const own = this.#own;
    const age = now - own[at];
    if (!(age < RATE_PERIOD)) {
      own[at + 2] = age < 2 * RATE_PERIOD ? own[at + 1] : 0;
      own[at + 1] = 0;
      own[at] = now - now % RATE_PERIOD;
    }
    own[at + 1] += n;
    if (own.length === this.#all.length) return own[at + 1];
    let sum = 0;
    for (let i = at; i < this.#all.length; i += this.#stride) {
      if (this.#all[i] === own[at]) sum += this.#all[i + 1];
    }
    return sum;
  }

  /** Events per second at `now` (wall ms) over all threads, for the rate whose fields start at `at`. */
  rate(at: number, now: number): number {
    let sum = 0;
    const all = this.#all;
    for (let i = at; i < all.length; i += this.#stride) {
      sum += slidingRate(now, all[i], all[i + 1], all[i + 2]);
    }
    return sum;
  }

  /**
   * Sets to 0 what `max` fields hold, or with `all` everything but what rates are made of. Another thread's addition at
   * the same instant may be lost.
   */
  clear(all: boolean): void {
    this.layout.fields.forEach(({ merge }, field) => {
      if (merge === "own" || merge === "gauge" || (!all && merge !== "max")) return;
      for (let i = field; i < this.#all.length; i += this.#stride) this.#all[i] = 0;
    });
  }

  /** Every readable field by name. */
  toObject(): Record<string, number> {
    const out: Record<string, number> = {};
    this.layout.fields.forEach((f, i) => {
      if (f.merge !== "average" && f.merge !== "own") {
        out[f.name] = this.total(i);
      }
    });
    return out;
  }
}
