/** A clock for tests and for `sluice explain`: time passes only when somebody says so. */
import type { Clock } from "./clock.ts";

interface Entry {
  readonly at: number;
  readonly fn: () => void;
}

/** A clock that stands still until it is moved by hand. */
export class ManualClock implements Clock {
  #now: number;
  readonly #epoch: number;
  readonly #entries = new Set<Entry>();
  /** How often `after` was called. */
  calls = 0;

  /** `start`: what `now()` answers at first; `epoch`: what `wall()` answers when `now()` is 0. */
  constructor(start = 0, epoch = Date.UTC(2024, 0, 1)) {
    this.#now = start;
    this.#epoch = epoch;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#epoch + Math.floor(this.#now);
  }

  after(ms: number, fn: () => void): () => void {
    this.calls++;
    if (!(ms <= 2 ** 31 - 1)) throw new RangeError(`setTimeout would take ${ms} ms for 1`);
    const entry = { at: this.#now + Math.max(ms, 0), fn };
    this.#entries.add(entry);
    return () => this.#entries.delete(entry);
  }

  /** How many callbacks wait. */
  get pending(): number {
    return this.#entries.size;
  }

  /** ms until the next callback is due; undefined: none waits. */
  get next(): number | undefined {
    let first = Infinity;
    for (const { at } of this.#entries) if (at < first) first = at;
    return first === Infinity ? undefined : Math.max(first - this.#now, 0);
  }

  /**
   * Moves `ms` on, running what comes due in order of time, each with `now()` at its own time. Callbacks
   * that are added meanwhile and fall due are run too.
   */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      let first: Entry | undefined;
      for (const entry of this.#entries) {
        if (entry.at <= end && (first === undefined || entry.at < first.at)) first = entry;
      }
      if (first === undefined) break;
      this.#entries.delete(first);
      if (first.at > this.#now) this.#now = first.at;
      first.fn();
    }
    this.#now = end;
  }

  /** Moves on and lets promises run afterwards (a few turns of the microtask queue). */
  async advanceAsync(ms: number, turns = 10): Promise<void> {
    this.advance(ms);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  }
}
