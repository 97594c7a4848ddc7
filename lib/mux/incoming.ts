/**
 * Incoming: what came on an HTTP/2 stream, as the bytes of one HTTP/1 message: heads as they are, then the content as
 * it is or in chunks, then trailers.
 *
 * Laws:
 * - Content waits here without its chunk framing, which is made when it is read: so what is held is what flow control
 *   counted.
 * - `onRead` is told of content that was read, which opens the stream's window.
 */
import { encodeChunkHeader, LAST_CHUNK } from "../http1/chunked.ts";
import { IoStatus } from "../net/conn.ts";
import { ByteQueue } from "./byte_queue.ts";

/** Room below which a chunk is made aside and read from there. */
const SMALL = 64;
/** Heads that wait unread: a server that sends interim answers without end is stopped. */
const MOST_HEADS = 65536;
const CR = 13;
const LF = 10;

export class Incoming {
  /** content is given in chunks */
  chunked = false;
  readonly #onRead: (count: number) => void;
  /** heads, and small chunks that did not fit in one read */
  readonly #ready = new ByteQueue();
  readonly #content = new ByteQueue();
  /** status behind the last byte; undefined: more may come */
  #end: number | undefined = undefined;
  #into: Uint8Array | undefined = undefined;
  #resolve: ((n: number) => void) | undefined = undefined;

  constructor(onRead: (count: number) => void) {
    this.#onRead = onRead;
  }

  /** As `Conn.read`. */
  read(into: Uint8Array): number | Promise<number> {
    const n = this.#take(into);
    if (n !== undefined) return n;
    this.#into = into;
    return new Promise((resolve) => this.#resolve = resolve);
  }

  get waiting(): boolean {
    return this.#into !== undefined;
  }

  /** Bytes of a head. False: too many wait unread. */
  head(bytes: Uint8Array, from: number, to: number): boolean {
    this.#ready.append(bytes, from, to);
    this.#wake();
    return this.#ready.length <= MOST_HEADS;
  }

  content(bytes: Uint8Array, from: number, to: number): void {
    const into = this.#into;
    // The usual case of a bulk transfer: somebody waits, and nothing lies before it.
    if (into !== undefined && !this.chunked && this.#content.length === 0) {
      const count = Math.min(into.length, to - from);
      into.set(bytes.subarray(from, from + count));
      from += count;
      this.#content.append(bytes, from, to);
      this.#answer(count);
      this.#onRead(count);
      return;
    }
    this.#content.append(bytes, from, to);
    this.#wake();
  }

  /** The message is whole. `trailers`: lines with CR LF, only where content is chunked. */
  finish(trailers: string): void {
    if (this.#end !== undefined) return;
    this.#end = IoStatus.Eof;
    if (this.chunked) this.#trailers = trailers;
    this.#wake();
  }
  /** what is to follow the last chunk; undefined: it was given, or there are no chunks */
  #trailers: string | undefined = undefined;

  /** Nothing more comes, and what is here is of no use: reads answer `status`. */
  fail(status: number): void {
    this.#end = status;
    this.#trailers = undefined;
    this.#ready.clear();
    this.#content.clear();
    this.#wake();
  }

  #wake(): void {
    const into = this.#into;
    if (into === undefined) return;
    const n = this.#take(into);
    if (n !== undefined) this.#answer(n);
  }

  #answer(n: number): void {
    const resolve = this.#resolve!;
    this.#into = this.#resolve = undefined;
    resolve(n);
  }

  /** Fills `into`: bytes, a status, or undefined: there is nothing yet. */
  #take(into: Uint8Array): number | undefined {
    let at = this.#ready.take(into, 0, into.length);
    if (at < into.length && this.#content.length > 0) at = this.#takeContent(into, at);
    if (at < into.length && this.#content.length === 0 && this.#trailers !== undefined) {
      this.#makeEnd();
      at += this.#ready.take(into, at, into.length - at);
    }
    if (at > 0) return at;
    return this.#ready.length > 0 ? undefined : this.#end;
  }

  #takeContent(into: Uint8Array, at: number): number {
    const room = into.length - at;
    if (!this.chunked) {
      const count = this.#content.take(into, at, room);
      this.#onRead(count);
      return at + count;
    }
    if (room < SMALL) {
      const chunk = new Uint8Array(SMALL);
      const end = this.#makeChunk(chunk, 0);
      this.#ready.append(chunk, 0, end);
      return at + this.#ready.take(into, at, room);
    }
    return this.#makeChunk(into, at);
  }

  /** A chunk of what fits behind `at`; the position after it. */
  #makeChunk(into: Uint8Array, at: number): number {
    const count = Math.min(this.#content.length, into.length - at - 16);
    at = encodeChunkHeader(into, at, count);
    at += this.#content.take(into, at, count);
    into[at++] = CR;
    into[at++] = LF;
    this.#onRead(count);
    return at;
  }

  #makeEnd(): void {
    const trailers = this.#trailers!;
    this.#trailers = undefined;
    if (trailers === "") {
      this.#ready.append(LAST_CHUNK, 0, LAST_CHUNK.length);
      return;
    }
    const text = `0\r\n${trailers}\r\n`;
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    this.#ready.append(bytes, 0, bytes.length);
  }
}
