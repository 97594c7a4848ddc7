import type { Clock } from "./clock.ts";

/** Slots of a level; a slot of level n is 64^n ms wide. */
const SLOTS = 64;
/** 64^8 ms is 8900 years: no timer lies outside the wheel. */
const LEVELS = 8;
/** A timer of this many ms or more is rounded up to COARSE, so that many share one wake-up. */
const LONG = 100;
const COARSE = 16;
const LONGEST = 2 ** 40;
/** ms by which a wake-up is late when the thread had too much to do: then it gives way once. */
const LATE = 100;
/** setTimeout takes more for 1: a longer wait is made of several. */
const LONGEST_WAIT = 2 ** 31 - 1;
const WIDTH = Array.from({ length: LEVELS + 1 }, (_, level) => SLOTS ** level);

/**
 * The one timer structure: a hierarchical wheel of 1 ms ticks over one `clock.after`.
 *
 * Laws:
 * - Setting and clearing a timer is O(1) and allocates nothing; the number of armed timers does not matter.
 * - A timer never fires early. It fires at most one tick late: 1 ms below 100 ms, else 16 ms (and what the
 *   event loop adds).
 * - A wake-up that comes LATE gives way to one turn of the event loop: what came in the meantime is seen before
 *   anybody is said to have been too slow.
 * - Moving a timer to a later time only stores the deadline; it is relinked when its old slot comes up.
 * - One `clock.after` is pending while at least one timer is armed, none otherwise.
 * - Timers that fire in one turn do so in no particular order. One that is cleared by another's callback
 *   does not fire. A callback that throws does not stop the others.
 */
export class TimerWheel {
  readonly #clock: Clock;
  readonly #onError: ((error: unknown) => void) | undefined;
  readonly #heads: (Timer | null)[] = new Array(LEVELS * SLOTS).fill(null);
  readonly #counts = new Int32Array(LEVELS);
  #linked = 0;
  /** Every slot that begins at or before this tick is empty. */
  #elapsed = 0;
  #wakeAt = Infinity;
  #cancelWake: (() => void) | undefined;
  #running = false;
  #gaveWay = false;
  #stopped = false;
  readonly #wake = () => this.#expire();

  /** `onError` gets what a callback throws; without it, the first error is thrown when all are done. */
  constructor(clock: Clock, onError?: (error: unknown) => void) {
    this.#clock = clock;
    this.#onError = onError;
    this.#elapsed = Math.floor(clock.now());
  }

  /** The clock's time in ms, on which deadlines are counted. */
  now(): number {
    return this.#clock.now();
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.#linked;
  }

  /** Clears every timer for good; setting one afterwards has no effect. */
  stop(): void {
    this.#stopped = true;
    for (let slot = 0; slot < this.#heads.length; slot++) {
      for (let timer = this.#heads[slot]; timer !== null; timer = this.#heads[slot]) timer.clear();
    }
    this.#sleep();
  }

  /** Used by Timer: puts it into the slot of its deadline. */
  link(timer: Timer, now: number): void {
    if (this.#stopped) {
      timer.deadline = Infinity;
      return;
    }
    const left = timer.deadline - now;
    let due = Math.ceil(timer.deadline);
    if (left >= LONG) due = Math.ceil(due / COARSE) * COARSE;
    if (this.#linked === 0 && !this.#running) this.#elapsed = Math.floor(now);
    this.#place(timer, due);
    if (!this.#running && timer.due < this.#wakeAt) {
      // A slot of a higher level is looked at when it begins, not when its timer is due.
      const begin = this.#beginOf(timer.slot);
      if (begin < this.#wakeAt) this.#wakeUpAt(begin, now);
    }
  }

  #place(timer: Timer, due: number): void {
    if (due <= this.#elapsed) due = this.#elapsed + 1;
    let level = 0;
    while (Math.floor(due / WIDTH[level + 1]) !== Math.floor(this.#elapsed / WIDTH[level + 1])) {
      level++;
    }
    const slot = level * SLOTS + Math.floor(due / WIDTH[level]) % SLOTS;
    const head = this.#heads[slot];
    timer.slot = slot;
    timer.due = due;
    timer.previous = null;
    timer.next = head;
    if (head !== null) head.previous = timer;
    this.#heads[slot] = timer;
    this.#counts[level]++;
    this.#linked++;
  }

  /** Used by Timer: takes it out of its slot. */
  unlink(timer: Timer): void {
    const { previous, next, slot } = timer;
    if (previous === null) this.#heads[slot] = next;
    else previous.next = next;
    if (next !== null) next.previous = previous;
    timer.previous = null;
    timer.next = null;
    timer.slot = -1;
    this.#counts[(slot / SLOTS) | 0]--;
    if (--this.#linked === 0 && !this.#running) this.#sleep();
  }

  #wakeUpAt(tick: number, now: number): void {
    this.#cancelWake?.();
    this.#wakeAt = tick;
    const wait = Math.min(Math.max(Math.ceil(tick - now), 1), LONGEST_WAIT);
    this.#cancelWake = this.#clock.after(wait, this.#wake);
  }

  #sleep(): void {
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    this.#wakeAt = Infinity;
  }

  /** The first occupied slot, or -1: lower levels always come before higher ones. */
  #firstSlot(): number {
    for (let level = 0; level < LEVELS; level++) {
      if (this.#counts[level] === 0) continue;
      for (let slot = level * SLOTS; slot < (level + 1) * SLOTS; slot++) {
        if (this.#heads[slot] !== null) return slot;
      }
    }
    return -1;
  }

  /** The tick at which a slot begins. All timers of a slot lie within one turn of its level. */
  #beginOf(slot: number): number {
    const width = WIDTH[(slot / SLOTS) | 0];
    const due = (this.#heads[slot] as Timer).due;
    return due - due % width;
  }

  #expire(): void {
    this.#cancelWake = undefined;
    const now = this.#clock.now();
    if (!this.#gaveWay && now - this.#wakeAt > LATE) {
      this.#gaveWay = true;
      return this.#wakeUpAt(this.#wakeAt, now);
    }
    this.#gaveWay = false;
    this.#wakeAt = Infinity;
    this.#running = true;
    const tick = Math.floor(now);
    let error: { thrown: unknown } | undefined;
    let slot = this.#firstSlot();
    while (slot >= 0) {
      const begin = this.#beginOf(slot);
      if (begin > tick) break;
      this.#elapsed = begin;
      for (let timer = this.#heads[slot]; timer !== null; timer = this.#heads[slot]) {
        this.unlink(timer);
        if (timer.deadline > now) {
          // One that was moved later gets a new place, any other its place on a lower level.
          if (timer.deadline > timer.due) this.link(timer, now);
          else this.#place(timer, timer.due);
          continue;
        }
        timer.deadline = Infinity;
        try {
          timer.expire();
        } catch (thrown) {
          if (this.#onError !== undefined) this.#onError(thrown);
          else error ??= { thrown };
        }
      }
      slot = this.#firstSlot();
    }
    if (tick > this.#elapsed) this.#elapsed = tick;
    this.#running = false;
    if (slot >= 0) this.#wakeUpAt(this.#beginOf(slot), this.#clock.now());
    if (error !== undefined) throw error.thrown;
  }
}

/** What a timer ends; it may set the timer again. */
export interface Expiring {
  expire(): void;
}

/** One timer of a wheel, made once for each thing that can time out and set again and again. */
export class Timer {
  /** When it fires, in the clock's ms; Infinity while it is not armed. Read only. */
  deadline = Infinity;
  /** Used by the wheel: neighbours and place. `slot` is -1 when it is not linked. */
  previous: Timer | null = null;
  next: Timer | null = null;
  slot = -1;
  due = 0;
  readonly #wheel: TimerWheel;
  readonly #expiring: Expiring | (() => void);

  /**
   * `expiring` is called once for each time the deadline is reached; it may set the timer again. An object with a method
   * costs no closure.
   */
  constructor(wheel: TimerWheel, expiring: Expiring | (() => void)) {
    this.#wheel = wheel;
    this.#expiring = expiring;
  }

  /** Used by the wheel. */
  expire(): void {
    const expiring = this.#expiring;
    if (typeof expiring === "function") expiring();
    else expiring.expire();
  }

  get armed(): boolean {
    return this.slot >= 0;
  }

  /** (Re)arms it to fire `ms` from now. */
  set(ms: number): void {
    const now = this.#wheel.now();
    const deadline = now + (ms < LONGEST ? ms : LONGEST);
    this.deadline = deadline;
    if (this.slot >= 0) {
      if (deadline >= this.due) return;
      this.#wheel.unlink(this);
    }
    this.#wheel.link(this, now);
  }

  /**
   * (Re)arms it to fire at `deadline`, in the clock's ms; a time that has passed means as soon as possible.
   * Who sets several timers for one event reads `wheel.now()` once and uses this.
   */
  setAt(deadline: number): void {
    this.deadline = deadline;
    if (this.slot >= 0) {
      if (deadline >= this.due) return;
      this.#wheel.unlink(this);
    }
    const now = this.#wheel.now();
    if (deadline - now > LONGEST) this.deadline = now + LONGEST;
    this.#wheel.link(this, now);
  }

  /** Disarms it. */
  clear(): void {
    this.deadline = Infinity;
    if (this.slot >= 0) this.#wheel.unlink(this);
  }
}
