/**
 * Meter: a bucket with a hole, against peers that cost more than they ask for. What is counted leaks away with time,
 * so a burst is allowed and a flood is not.
 */
export class Meter {
  readonly #most: number;
  readonly #perSecond: number;
  #level = 0;
  #at = 0;

  /** `most` at once, `perSecond` for ever. */
  constructor(most: number, perSecond: number) {
    this.#most = most;
    this.#perSecond = perSecond;
  }

  /** Counts `cost` at `now` (ms); false: that was too much. */
  count(cost: number, now: number): boolean {
    if (now > this.#at) {
      this.#level = Math.max(0, this.#level - (now - this.#at) * this.#perSecond / 1000);
      this.#at = now;
    }
    this.#level += cost;
    return this.#level <= this.#most;
  }
}
