/**
 * Poller: one epoll instance of a thread, driven from JavaScript in turn with the runtime's own event loop.
 *
 * Laws:
 * - It runs only while something is watched: a thread without sockets has no loop, and a process can end.
 * - While there is work, `epoll_wait` is a plain call that does not block. Between two of them everything that the
 *   events caused runs (promises), and the runtime's event loop (timers, TLS of node, files, signals, messages) gets
 *   a turn every TURN ms at the latest.
 * - When there was work a moment ago, it blocks for a millisecond at most, in the thread: a socket's event wakes it
 *   at once, the runtime's own at most a millisecond late. After LINGER ms of silence it waits on another thread,
 *   which costs nothing, and the event loop is free.
 * - Events are hints: whoever gets one tries. One that is meant for a descriptor's former owner does no harm.
 * - `Watched.ready` must not call back into whoever waits: it answers promises, or leaves the answer for the end of the
 *   round (`answer`), when all events are told. Otherwise one that was closed meanwhile could be told of another's event.
 *   What is thrown there ends nobody else.
 * - Nobody is served without end: an operation that could go on for ever asks `mayGoOn`, and is put off to the next
 *   round when its share is used up.
 */
import { setImmediate } from "node:timers";
import { roundClock } from "../round_clock.ts";
import type { Reader } from "../conn.ts";
import { errno, Layout, type Libc, libc, type Memory, memory, Os } from "../libc.ts";

/** What is told of a descriptor's events (EPOLLIN, …). */
export interface Watched {
  ready(events: number): void;
}

/** events that are taken at once */
const MOST = 256;
/** ms between two turns of the runtime's event loop while there is work */
const TURN = 2;
/** ms of silence after which it waits on another thread */
const LINGER = 10;
/** ms that it waits there at most: a thread that was ended meanwhile lets go of its memory after that */
const ASIDE = 1000;
/** operations that complete at once, of all connections together, in one round */
const SHARE = 512;
/** promises of a chain that are let run before the next round */
const STEPS = 12;

const EVENT = Layout.epollEvent.size / 4;
const DATA = Layout.epollEvent.data / 4;

export class Poller {
  readonly libc: Libc;
  /** whose rounds are those of this loop */
  readonly clock = roundClock();
  readonly #epoll: number;
  readonly #bell: number;
  readonly #events: Memory;
  readonly #words: Uint32Array;
  readonly #control: Uint8Array<ArrayBuffer>;
  readonly #controlWords: Uint32Array;
  readonly #watched: (Watched | undefined)[] = [];
  #count = 0;
  #running = false;
  #aside = false;
  /** who is to be told, and what: the first `#answers` of them */
  readonly #readers: (Reader | undefined)[] = [];
  readonly #counts: number[] = [];
  #answers = 0;
  /** they are told without more ado: a round is under way, or it is arranged already */
  #willTell = false;
  #share = SHARE;
  #putOff: Watched[] = [];
  #idle: (() => void)[] = [];
  /** which descriptors this thread has, for whoever closes them should it die */
  #held: Int32Array | undefined;
  readonly onError: (error: unknown) => void;

  /** Throws when the system gives no epoll instance. */
  constructor(calls: Libc, onError: (error: unknown) => void) {
    this.libc = calls;
    this.onError = onError;
    this.#epoll = calls.epoll_create1(Os.O_CLOEXEC);
    this.#bell = calls.eventfd(0, Os.O_CLOEXEC | Os.O_NONBLOCK);
    if (this.#epoll < 0 || this.#bell < 0) throw new Error(`epoll: error ${errno()}`);
    this.#events = memory(calls, MOST * Layout.epollEvent.size);
    this.#words = new Uint32Array(this.#events.bytes.buffer);
    const control = memory(calls, 64).bytes;
    this.#control = control;
    this.#controlWords = new Uint32Array(control.buffer);
    this.#ctl(Os.EPOLL_CTL_ADD, this.#bell, Os.EPOLLIN);
  }

  /** `bits`: shared, a bit for each descriptor that is open (`closeHeld`). */
  note(bits: Int32Array): void {
    this.#held = bits;
    this.holds(this.#epoll);
    this.holds(this.#bell);
  }

  /** A descriptor was opened for this thread. */
  holds(fd: number): void {
    const held = this.#held;
    if (held !== undefined && fd >> 5 < held.length) Atomics.or(held, fd >> 5, 1 << (fd & 31));
  }

  #ctl(operation: number, fd: number, events: number): boolean {
    this.#controlWords[0] = events;
    this.#controlWords[DATA] = fd;
    return this.libc.epoll_ctl(this.#epoll, operation, fd, this.#control) === 0;
  }

  /** Watches a descriptor that is not watched. False when the system does not take it. */
  watch(fd: number, events: number, watched: Watched): boolean {
    if (!this.#ctl(Os.EPOLL_CTL_ADD, fd, events)) return false;
    if (this.#watched[fd] === undefined) this.#count++;
    this.#watched[fd] = watched;
    if (!this.#running) this.#start();
    return true;
  }

  /** Other events of a descriptor that is watched. What is ready at this moment is told once more. */
  change(fd: number, events: number): boolean {
    return this.#ctl(Os.EPOLL_CTL_MOD, fd, events);
  }

  /** Somebody else is told of it from now on. */
  handOver(fd: number, watched: Watched): void {
    this.#watched[fd] = watched;
  }

  /** Watches no more; the descriptor stays open. */
  unwatch(fd: number): void {
    if (this.#watched[fd] === undefined) return;
    this.#ctl(Os.EPOLL_CTL_DEL, fd, 0);
    this.#forget(fd);
  }

  /** Closes a descriptor, watched or not. */
  close(fd: number): void {
    const held = this.#held;
    if (held !== undefined && fd >> 5 < held.length) Atomics.and(held, fd >> 5, ~(1 << (fd & 31)));
    if (this.#watched[fd] !== undefined) this.#forget(fd);
    this.libc.close(fd);
  }

  #forget(fd: number): void {
    this.#watched[fd] = undefined;
    if (--this.#count === 0) this.#ring();
  }

  /** Whether an operation may complete at once; else it is to be put off. */
  mayGoOn(): boolean {
    return this.#share-- > 0;
  }

  /** Calls `watched.ready(events 0)` in the next round. */
  putOff(watched: Watched): void {
    this.#putOff.push(watched);
    if (!this.#running) this.#start();
    else if (this.#aside) this.#ring();
  }

  /** Tells `reader` what its read has answered, as soon as nobody is in the midst of something. */
  answer(reader: Reader, count: number): void {
    const at = this.#answers++;
    this.#readers[at] = reader;
    this.#counts[at] = count;
    if (this.#willTell) return;
    this.#willTell = true;
    queueMicrotask(this.#tellReaders);
  }

  readonly #tellReaders = (): void => {
    for (let i = 0; i < this.#answers; i++) {
      const reader = this.#readers[i]!;
      this.#readers[i] = undefined;
      try {
        reader.answered(this.#counts[i]);
      } catch (error) {
        this.onError(error);
      }
    }
    this.#answers = 0;
    this.#willTell = false;
  };

  /** Resolves when nothing is watched and the loop has ended. */
  ended(): Promise<void> {
    return this.#running ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  /** Ends a wait on the other thread. */
  #ring(): void {
    if (!this.#aside) return;
    BELL[0] = 1n;
    this.libc.write(this.#bell, BELL_BYTES, 8);
  }

  async #start(): Promise<void> {
    this.#running = true;
    const { clock } = this;
    let turnAt = performance.now();
    let workAt = turnAt;
    /** the last reading of the clock; -1: there was a wait since */
    let readAt = -1;
    // Whoever began this has not finished: its promises first.
    await undefined;
    while (this.#count > 0 || this.#putOff.length > 0) {
      this.#share = SHARE;
      const busy = this.#putOff.length > 0;
      if (busy) {
        clock.begin(readAt < 0 ? readAt = performance.now() : readAt);
        this.#willTell = true;
        this.#servePutOff();
      }
      let n = this.#poll(0);
      if (n <= 0 && !busy) {
        clock.end();
        await turn();
        turnAt = performance.now();
        readAt = -1;
        if (this.#putOff.length > 0) continue;
        n = turnAt - workAt < LINGER ? this.#poll(1) : await this.#waitAside();
        if (n <= 0) continue;
      }
      if (n > 0) {
        clock.begin(readAt < 0 ? performance.now() : readAt);
        this.#willTell = true;
        this.#dispatch(n);
      }
      this.#tellReaders();
      for (let step = 0; step < STEPS; step++) await undefined;
      readAt = workAt = performance.now();
      if (readAt - turnAt >= TURN) {
        clock.end();
        await turn();
        turnAt = readAt = performance.now();
      }
    }
    clock.end();
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #poll(ms: number): number {
    return this.libc.epoll_wait(this.#epoll, this.#events.pointer, MOST, ms);
  }

  async #waitAside(): Promise<number> {
    this.#aside = true;
    const n = await this.libc.epollWaitAside(this.#epoll, this.#events.pointer, MOST, ASIDE);
    this.#aside = false;
    return n;
  }

  #dispatch(n: number): void {
    const words = this.#words;
    for (let i = 0, at = 0; i < n; i++, at += EVENT) {
      const fd = words[at + DATA];
      if (fd === this.#bell) this.libc.read(fd, BELL_BYTES, 8);
      else this.#tell(this.#watched[fd], words[at]);
    }
  }

  #servePutOff(): void {
    const now = this.#putOff;
    this.#putOff = [];
    for (const watched of now) this.#tell(watched, 0);
  }

  #tell(watched: Watched | undefined, events: number): void {
    try {
      watched?.ready(events);
    } catch (error) {
      this.onError(error);
    }
  }
}

const BELL = new BigUint64Array(16);
const BELL_BYTES = new Uint8Array(BELL.buffer);

const executor = (resolve: () => void) => void setImmediate(resolve);

/** A turn of the runtime's event loop. */
function turn(): Promise<void> {
  return new Promise(executor);
}

let own: Poller | undefined | null = null;

/** This thread's poller; undefined where FFI or epoll is not to be had. */
export function poller(): Poller | undefined {
  if (own === null) {
    own = undefined;
    const calls = libc();
    try {
      if (calls !== undefined) own = new Poller(calls, reportError);
    } catch {
      // No epoll: the other transport.
    }
  }
  return own;
}

/** Closes what a thread that has died left open, by the bits that its poller kept (`note`). */
export function closeHeld(bits: Int32Array): void {
  const calls = libc();
  for (let word = 0; word < bits.length; word++) {
    let left = Atomics.exchange(bits, word, 0);
    while (left !== 0) {
      const bit = 31 - Math.clz32(left);
      calls?.close(word * 32 + bit);
      left &= ~(1 << bit);
    }
  }
}
