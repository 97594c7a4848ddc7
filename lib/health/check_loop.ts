/**
 * One check again and again: never two at once, a pause between them, and what is remembered of it over a reload.
 */
import { Timer, type TimerWheel } from "../net/timers.ts";
import type { RunningCheck } from "./check.ts";
import type { CheckGate } from "./check_gate.ts";
import type { CheckResult } from "./result.ts";

/** What outlives a reload of one server's checks, beside its ServerState. */
export interface CheckMemory {
  last: CheckResult | undefined;
  /** clock ms of the next check; undefined: there was none yet */
  nextAt: number | undefined;
}

/** ms that a timer may be late by itself */
const LATE = 20;

export interface LoopOptions {
  readonly wheel: TimerWheel;
  readonly memory: CheckMemory;
  /** lets checks of all servers begin; undefined: each when it is due */
  readonly gate?: Pick<CheckGate, "enter">;
  /** global `spread-checks`, percent of the pause that it may be longer or shorter */
  readonly spread: number;
  /** 0 <= x < 1 */
  random(): number;
  /** ms between two checks, now */
  interval(): number;
  /** Begins a check; undefined: not now, but after the pause. */
  begin(): RunningCheck | undefined;
  /** A check has ended. Not called for one that was cancelled, nor after `stop`. */
  done(result: CheckResult): void;
}

export class CheckLoop {
  readonly #o: LoopOptions;
  readonly #timer: Timer;
  #running: RunningCheck | undefined;
  #stopped = false;
  /** ms by which the last check began later than it was due */
  #late = 0;

  constructor(options: LoopOptions) {
    this.#o = options;
    this.#timer = new Timer(options.wheel, () => this.#expire());
  }

  /** A check is under way. */
  get running(): boolean {
    return this.#running !== undefined;
  }

  /** Begins after `delay` ms; one that goes on after a reload keeps the time its forerunner had set. */
  start(delay: number): void {
    const { memory, wheel } = this.#o;
    const now = wheel.now();
    const wait = memory.nextAt === undefined
      ? delay
      : Math.max(0, Math.min(memory.nextAt - now, this.#o.interval()));
    this.#setNext(now + wait);
  }

  /** Ends for good; a check under way is given up and counts for nothing. */
  stop(): void {
    this.#stopped = true;
    this.#timer.clear();
    if (this.#running === undefined) return;
    this.#o.memory.nextAt = this.#o.wheel.now();
    this.#running.cancel();
  }

  /** The next check comes in `ms`, unless it comes sooner. */
  hasten(ms: number): void {
    const at = this.#o.wheel.now() + ms;
    if (this.#stopped || this.#running !== undefined || !this.#timer.armed) return;
    if (at < this.#timer.deadline) this.#setNext(at);
  }

  #setNext(at: number): void {
    const { wheel, memory } = this.#o;
    memory.nextAt = at;
    this.#timer.set(Math.max(at - wheel.now(), 1));
  }

  #expire(): void {
    const { gate } = this.#o;
    if (gate === undefined) this.#begin();
    else gate.enter(() => this.#begin());
  }

  #begin(): RunningCheck | undefined {
    if (this.#stopped) return undefined;
    const { memory, wheel, begin } = this.#o;
    this.#late = wheel.now() - (memory.nextAt ?? wheel.now());
    const running = begin();
    if (running === undefined) {
      this.#pause();
      return undefined;
    }
    this.#running = running;
    running.promise.then((result) => {
      this.#running = undefined;
      if (this.#stopped) return;
      if (result !== undefined) this.#o.done(result);
      this.#pause();
    });
    return running;
  }

  #pause(): void {
    const interval = this.#o.interval();
    const noise = interval * this.#o.spread / 100;
    let wait = interval + noise - 2 * noise * this.#o.random();
    // Those that were late together, as the thread stood still, come apart again.
    if (this.#late > LATE) wait -= Math.min(this.#late, wait / 2);
    this.#setNext(this.#o.wheel.now() + Math.max(1, wait));
  }
}
