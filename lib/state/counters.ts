/**
 * Counters: float64 fields, one row for each thread. Each row has a single writer, so the hot path adds
 * without atomics; a reader combines the rows. Exact up to 2^53.
 */
import { float64Of, type Layout, rowBytes } from "./layout.ts";
import type { Place } from "./store.ts";
import { RATE_PERIOD, slideAverage, slideSum, slidingRate } from "./rate.ts";

export class Counters {
  readonly layout: Layout;
  /** the segment, which many records share */
  readonly #cells: Float64Array;
  /** where this thread's row begins, where all rows begin and end, and how far they are apart */
  readonly #own: number;
  readonly #from: number;
  readonly #to: number;
  readonly #stride: number;

  constructor(place: Place, threads: number, thread: number) {
    const stride = rowBytes(place.layout) / 8;
    this.layout = place.layout;
    this.#cells = float64Of(place.buffer);
    this.#from = place.byteOffset / 8;
    this.#own = this.#from + thread * stride;
    this.#to = this.#from + threads * stride;
    this.#stride = stride;
  }

  /** Adds `n` (may be negative for a gauge) to this thread's row. */
  add(field: number, n: number): void {
    this.#cells[this.#own + field] += n;
  }
  /** Raises a field of merge type `max` to `value`. */
  raise(field: number, value: number): void {
    const at = this.#own + field;
    if (value > this.#cells[at]) this.#cells[at] = value;
  }
  /** Mixes `value` into a field of merge type `average`. */
  slide(field: number, value: number): void {
    const at = this.#own + field;
    this.#cells[at] = slideSum(this.#cells[at], value);
  }

  /** The value over all threads (types `sum` and `max`; others answer this thread's). */
  total(field: number): number {
    const cells = this.#cells;
    if (this.#to - this.#from === this.#stride) return cells[this.#own + field];
    const merge = this.layout.fields[field].merge ?? "sum";
    if (merge === "own" || merge === "average") return cells[this.#own + field];
    let sum = 0;
    for (let i = this.#from + field; i < this.#to; i += this.#stride) {
      const v = cells[i];
      sum = merge === "max" ? Math.max(sum, v) : sum + v;
    }
    return sum;
  }

  /** The value of each thread. */
  each(field: number): number[] {
    const values: number[] = [];
    for (let i = this.#from + field; i < this.#to; i += this.#stride) values.push(this.#cells[i]);
    return values;
  }

  /** The average of a sliding sum; `samples` is the field that counts its samples. */
  average(field: number, samples: number): number {
    let weighted = 0;
    let weights = 0;
    for (let row = this.#from; row < this.#to; row += this.#stride) {
      const n = this.#cells[row + samples];
      weighted += slideAverage(this.#cells[row + field], n) * n;
      weights += n;
    }
    return weights === 0 ? 0 : Math.round(weighted / weights);
  }

  /**
   * Counts `n` events at `now` (wall ms: the same in all threads) for the rate whose `tick, curr, prev` fields start at `at`, and answers
   * the events of the running second in all threads.
   */
  hit(at: number, now: number, n: number): number {
    const cells = this.#cells;
    const own = this.#own + at;
    const age = now - cells[own];
    if (!(age < RATE_PERIOD)) {
      cells[own + 2] = age < 2 * RATE_PERIOD ? cells[own + 1] : 0;
      cells[own + 1] = 0;
      cells[own] = now - now % RATE_PERIOD;
    }
    cells[own + 1] += n;
    if (this.#to - this.#from === this.#stride) return cells[own + 1];
    let sum = 0;
    for (let i = this.#from + at; i < this.#to; i += this.#stride) {
      if (cells[i] === cells[own]) sum += cells[i + 1];
    }
    return sum;
  }

  /** Events per second at `now` (wall ms) over all threads, for the rate whose fields start at `at`. */
  rate(at: number, now: number): number {
    let sum = 0;
    const cells = this.#cells;
    for (let i = this.#from + at; i < this.#to; i += this.#stride) {
      sum += slidingRate(now, cells[i], cells[i + 1], cells[i + 2]);
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
      for (let i = this.#from + field; i < this.#to; i += this.#stride) this.#cells[i] = 0;
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
