/** One direction of a connection in memory: a bounded queue of bytes with one reader and one writer. */
import { IoStatus, type Lender } from "./conn.ts";

interface WaitingReader {
  readonly into: Uint8Array | Lender;
  readonly answer: (n: number) => void;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly answer: (n: number) => void;
}

export class MemoryPipe {
  readonly capacity: number;
  #queue: Uint8Array[] = [];
  #size = 0;
  #finished = false;
  /** what both ends are told once the connection is broken; 0: it is not */
  #broken = 0;
  #reader: WaitingReader | undefined;
  #writer: Waiting | undefined;
  /** the reading end has closed: bytes written now are lost, and its peer is reset */
  deaf = false;
  /** called when bytes arrive that nobody will ever read */
  onUnheard: () => void = () => {};
  /** bytes that were written since the beginning */
  written = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Bytes that were written and not read. */
  get size(): number {
    return this.#size;
  }

  read(into: Uint8Array | Lender): number | Promise<number> {
    if (this.#reader !== undefined) throw new Error("a second read while one is pending");
    if (this.#broken !== 0) return this.#broken;
    if (this.#size > 0) {
      const n = this.#take(into);
      this.#admit();
      return n;
    }
    if (this.#finished) return IoStatus.Eof;
    return new Promise((answer) => this.#reader = { into, answer });
  }

  write(from: Uint8Array): number | Promise<number> {
    if (this.#writer !== undefined) throw new Error("a second write while one is pending");
    if (this.#finished) throw new Error("a write after closeWrite");
    if (this.#broken !== 0) return this.#broken;
    if (this.deaf) {
      // The kernel takes the bytes; the answer to them is RST.
      this.onUnheard();
      return from.length;
    }
    if (this.#size < this.capacity) return this.#put(from);
    return new Promise((answer) => this.#writer = { bytes: from, answer });
  }

  #put(from: Uint8Array): number {
    const n = Math.min(from.length, this.capacity - this.#size);
    // The writer may use its memory again as soon as it has the answer.
    this.#queue.push(from.slice(0, n));
    this.#size += n;
    this.written += n;
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      reader.answer(this.#take(reader.into));
    }
    return n;
  }

  #take(room: Uint8Array | Lender): number {
    const into = room instanceof Uint8Array ? room : room.room();
    let at = 0;
    while (at < into.length && this.#queue.length > 0) {
      const first = this.#queue[0];
      const part = first.subarray(0, into.length - at);
      into.set(part, at);
      at += part.length;
      if (part.length === first.length) this.#queue.shift();
      else this.#queue[0] = first.subarray(part.length);
    }
    this.#size -= at;
    return at;
  }

  #admit(): void {
    const writer = this.#writer;
    if (writer === undefined || this.#size >= this.capacity) return;
    this.#writer = undefined;
    writer.answer(this.#put(writer.bytes));
  }

  /** FIN: what was written before is still read. */
  finish(): void {
    if (this.#finished || this.#broken !== 0) return;
    this.#finished = true;
    this.#answerReader(IoStatus.Eof);
  }

  /** RST: what was not read is lost. */
  break(status: number): void {
    if (this.#broken !== 0) return;
    this.#broken = status;
    this.#queue = [];
    this.#size = 0;
    this.#answerReader(status);
    this.#answerWriter(status);
  }

  /** The reading end gives up its pending read. */
  abortReader(): void {
    this.#answerReader(IoStatus.Aborted);
  }

  /** The writing end gives up its pending write. */
  abortWriter(): void {
    this.#answerWriter(IoStatus.Aborted);
  }

  #answerReader(status: number): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.answer(status);
  }

  #answerWriter(status: number): void {
    const writer = this.#writer;
    this.#writer = undefined;
    writer?.answer(status);
  }
}
