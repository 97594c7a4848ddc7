/**
 * Inbox: the bytes read from one connection that nobody has consumed yet: `bytes[start, end)`.
 *
 * Laws:
 * - While nothing is unread, a pending read holds no memory where the connection can do without (`readLent`), else
 *   only a small slice (`wait` buffer), so an idle connection costs little; a full-size buffer is lent when a message
 *   does not fit and given back when it is consumed.
 * - At most one read is pending; `pending` says so, and the buffer is not exchanged while it is.
 * - It never holds more than one buffer of `tune.bufsize`.
 */
import type { Conn, Lender, Reader } from "../net/conn.ts";
import { tellLater } from "../net/io.ts";
import type { BufferPool, IoBuffer, SlabPool } from "../net/buffers.ts";

/** `fill` answers this when the buffer is full: the message is larger than a buffer. */
export const FULL = -100;

/** Where buffers are lent from: one pair for each thread. */
export interface BufferSource {
  /** small buffers for connections that wait */
  readonly wait: SlabPool;
  /** buffers of tune.bufsize bytes */
  readonly full: BufferPool;
  /** larger buffers that bodies and tunnels are pumped with while much data comes */
  readonly bulk: BufferPool;
}

export class Inbox implements Lender {
  readonly conn: Conn;
  readonly #source: BufferSource;
  /** undefined: nothing is unread, and the next read brings one */
  #buffer: IoBuffer | undefined;
  #isFull = false;
  /** the pending read holds no memory */
  #lends = false;
  #locked = false;
  #released = false;
  /** `release` was called while locked */
  #deferred = false;
  start = 0;
  end = 0;
  /** LATER: a reader waits */
  pending: number | Promise<number> | undefined = undefined;

  constructor(conn: Conn, source: BufferSource) {
    this.conn = conn;
    this.#source = source;
    this.#buffer = conn.readLent === undefined ? source.wait.lend() : undefined;
  }

  get buffer(): IoBuffer {
    return this.#buffer ??= this.#lend();
  }

  get bytes(): Uint8Array {
    return this.buffer.bytes;
  }

  #lend(): IoBuffer {
    const buffer = this.#source.wait.lend();
    // Whoever looks too late sees anybody's bytes, and keeps nothing.
    if (this.#released) this.#source.wait.giveBack(buffer);
    return buffer;
  }

  /** Used by the connection. */
  room(): Uint8Array {
    this.#lends = false;
    return this.bytes;
  }

  /** Unread bytes. */
  get length(): number {
    return this.end - this.start;
  }

  /**
   * Reads more behind what is unread. The answer must be handed to `took` (after awaiting it when it is a
   * promise). FULL when there is no room left.
   */
  fill(): number | Promise<number> {
    if (this.pending !== undefined) return this.pending;
    if (this.start === this.end) {
      this.start = this.end = 0;
      const { conn } = this;
      if (conn.readLent !== undefined) {
        this.#lends = true;
        return this.pending = conn.readLent(this);
      }
    } else if (this.end === this.bytes.length) {
      if (this.start > 0) this.#compact();
      else if (!this.#isFull) this.enlarge();
      else return FULL;
    }
    const bytes = this.bytes;
    return this.pending = this.conn.read(this.end === 0 ? bytes : bytes.subarray(this.end));
  }

  /**
   * As `fill`, for one who waits without a promise: the answer, or LATER when `reader` will be told (it asks `room` of
   * this inbox).
   */
  fillFor(reader: Reader): number {
    const { conn } = this;
    if (this.pending === undefined && this.start === this.end && conn.readFor !== undefined) {
      this.start = this.end = 0;
      this.#lends = true;
      return this.pending = conn.readFor(reader);
    }
    return tellLater(reader, this.fill());
  }

  /**
   * As `fill`, but what was read already stays where it is (a request that may have to be sent again lies
   * there): FULL when there is no room behind it.
   */
  fillBehind(): number | Promise<number> {
    if (this.pending !== undefined) return this.pending;
    const bytes = this.bytes;
    if (this.end === bytes.length) return FULL;
    return this.pending = this.conn.read(bytes.subarray(this.end));
  }

  /** Takes the answer of `fill` in. Answers it again. */
  took(n: number): number {
    this.pending = undefined;
    this.#lends = false;
    if (n > 0) this.end += n;
    return n;
  }

  /** Marks bytes as consumed up to `position`. */
  consume(position: number): void {
    this.start = position;
    if (position === this.end && this.pending === undefined) this.start = this.end = 0;
  }

  /** Lends a full-size buffer for what is to come; not while a read is pending. */
  enlarge(): void {
    if (this.#isFull || this.pending !== undefined) return;
    const larger = this.#source.full.lend();
    if (this.end > this.start) larger.bytes.set(this.bytes.subarray(this.start, this.end));
    this.end -= this.start;
    this.start = 0;
    if (this.#buffer !== undefined) this.#source.wait.giveBack(this.#buffer);
    this.#buffer = larger;
    this.#isFull = true;
  }

  /**
   * Goes back to no buffer, or to a small one when what is unread fits; not while a read holds it. Nobody may look at
   * what was consumed any more.
   */
  shrink(): void {
    if (this.pending !== undefined && !this.#lends) return;
    if (this.start === this.end && this.conn.readLent !== undefined) {
      this.#giveBack();
      this.#buffer = undefined;
      this.#isFull = false;
      this.start = this.end = 0;
      return;
    }
    if (!this.#isFull || this.#buffer === undefined) return;
    const length = this.end - this.start;
    if (length > this.#source.wait.size) return;
    const smaller = this.#source.wait.lend();
    if (length > 0) smaller.bytes.set(this.bytes.subarray(this.start, this.end));
    this.#source.full.giveBack(this.#buffer);
    this.#buffer = smaller;
    this.#isFull = false;
    this.start = 0;
    this.end = length;
  }

  /**
   * While its bytes are written to another connection, which may take its time, they stay this inbox's: a `release`
   * in the meantime takes effect at `unlock`. Otherwise they could become someone else's before they are sent.
   */
  lock(): void {
    this.#locked = true;
  }

  unlock(): void {
    this.#locked = false;
    if (this.#deferred) this.release();
  }

  /** Gives the buffer back once no read holds it. The inbox must not be used after that. */
  release(): void {
    this.#deferred = this.#locked;
    if (this.#locked) return;
    const pending = this.pending;
    if (pending !== undefined && typeof pending !== "number") {
      pending.then(() => this.#letGo());
    } else this.#letGo();
  }

  #letGo(): void {
    this.#giveBack();
    this.#released = true;
  }

  #giveBack(): void {
    const buffer = this.#buffer;
    if (buffer === undefined) return;
    (this.#isFull ? this.#source.full : this.#source.wait).giveBack(buffer);
  }

  #compact(): void {
    this.bytes.copyWithin(0, this.start, this.end);
    this.end -= this.start;
    this.start = 0;
  }
}
