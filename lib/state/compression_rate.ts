/** How much is compressed in a second, of all threads together, and the limit of it (int32, Atomics). */

/** Cells: the second (since 1970), bytes in it and in the one before, into and out of encoders; the limit. */
const C = { second: 0, in: 1, inBefore: 2, out: 3, outBefore: 4, limit: 5 } as const;
export const RATE_CELLS = 6;
const MOST = 2 ** 31 - 1;

export class CompressionRate {
  readonly #cells: Int32Array;

  constructor(cells: Int32Array = new Int32Array(RATE_CELLS)) {
    this.#cells = cells;
  }

  /** bytes of content a second (`maxcomprate`); 0: any number */
  get limit(): number {
    return Atomics.load(this.#cells, C.limit);
  }
  set limit(bytes: number) {
    Atomics.store(this.#cells, C.limit, Math.min(MOST, bytes));
  }

  /** Counts bytes into and out of an encoder at `wall` (ms since 1970). */
  count(bytesIn: number, bytesOut: number, wall: number): void {
    this.#turn(wall);
    Atomics.add(this.#cells, C.in, bytesIn);
    Atomics.add(this.#cells, C.out, bytesOut);
  }

  /** bytes of content in the last second */
  rateIn(wall: number): number {
    return this.#rate(wall, C.in, C.inBefore);
  }

  /** bytes that came of it */
  rateOut(wall: number): number {
    return this.#rate(wall, C.out, C.outBefore);
  }

  /** What is left of the last second counts by its part, as HAProxy's rates do. */
  #rate(wall: number, now: number, before: number): number {
    const left = 1000 - this.#turn(wall);
    const cells = this.#cells;
    return Math.floor(Atomics.load(cells, now) + Atomics.load(cells, before) * left / 1000);
  }

  /** Begins a second, when it is time: answers how old it is (ms). */
  #turn(wall: number): number {
    const cells = this.#cells;
    const second = Math.floor(wall / 1000) | 0;
    const last = Atomics.load(cells, C.second);
    if (second !== last && Atomics.compareExchange(cells, C.second, last, second) === last) {
      const next = second - last === 1;
      for (const [now, before] of [[C.in, C.inBefore], [C.out, C.outBefore]]) {
        const bytes = Atomics.exchange(cells, now, 0);
        Atomics.store(cells, before, next ? bytes : 0);
      }
    }
    return wall % 1000;
  }
}
