/**
 * Lets checks begin a few at a time. Many that become due together (after a start, or when the thread stood still) would
 * fill the event loop with their input and output, and everything else would wait behind them.
 *
 * Laws:
 * - At most MOST checks are young; one that waits begins when a young one has ended, or is not young any more. So slow
 *   checks hold nobody up: a hundred servers that do not answer are no reason to check the others later.
 * - Those that wait begin in the order in which they came.
 */
import { Timer, type TimerWheel } from "../net/timers.ts";
import type { RunningCheck } from "./check.ts";

/** Checks that may be young at one time. */
const MOST = 8;
/** ms for which a check is young */
const YOUNG = 5;

interface Entry {
  /** clock ms of its start */
  readonly at: number;
  young: boolean;
}

export class CheckGate {
  readonly #wheel: TimerWheel;
  readonly #timer: Timer;
  /** in the order of their starts; those before `#oldest` are not young any more */
  #entries: Entry[] = [];
  #oldest = 0;
  #young = 0;
  /** from `#next` on: those that wait */
  #waiting: (() => RunningCheck | undefined)[] = [];
  #next = 0;

  constructor(wheel: TimerWheel) {
    this.#wheel = wheel;
    this.#timer = new Timer(wheel, () => this.#pump());
  }

  /** Calls `begin`, now or when there is room. It answers undefined when it begins nothing after all. */
  enter(begin: () => RunningCheck | undefined): void {
    if (this.#waiting.length === 0 && this.#hasRoom()) return this.#begin(begin);
    this.#waiting.push(begin);
    if (!this.#timer.armed) this.#timer.set(YOUNG);
  }

  #begin(begin: () => RunningCheck | undefined): void {
    const running = begin();
    if (running === undefined) return;
    const entry: Entry = { at: this.#wheel.now(), young: true };
    this.#entries.push(entry);
    this.#young++;
    running.promise.then(() => {
      this.#grow(entry);
      if (this.#waiting.length > 0) this.#pump();
    });
  }

  #grow(entry: Entry): void {
    if (!entry.young) return;
    entry.young = false;
    this.#young--;
  }

  #hasRoom(): boolean {
    const since = this.#wheel.now() - YOUNG;
    const entries = this.#entries;
    while (this.#oldest < entries.length) {
      const entry = entries[this.#oldest];
      if (entry.young && entry.at > since) break;
      this.#grow(entry);
      this.#oldest++;
    }
    if (this.#oldest > 256) {
      this.#entries = entries.slice(this.#oldest);
      this.#oldest = 0;
    }
    return this.#young < MOST;
  }

  #pump(): void {
    while (this.#next < this.#waiting.length && this.#hasRoom()) {
      this.#begin(this.#waiting[this.#next++]);
    }
    if (this.#next < this.#waiting.length) {
      if (!this.#timer.armed) this.#timer.set(YOUNG);
      return;
    }
    this.#waiting = [];
    this.#next = 0;
    this.#timer.clear();
  }
}
