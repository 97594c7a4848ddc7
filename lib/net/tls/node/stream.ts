/**
 * A Conn as the stream that `node:tls` works on.
 *
 * Law: `node:tls` in Deno says that a write is done before its bytes are out, and reads on when nobody takes what it
 * has. So both are held back here: `flushed` answers when the peer's pace allows more, and nothing is read while
 * `isFull` says so, until `more`.
 */
import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { type Conn, IoStatus } from "../../conn.ts";
import { writeAll } from "../../io.ts";

/** bytes of one read: a record of TLS with its frame */
const SIZE = 16_384 + 256;
/** bytes that may wait for a peer that does not read */
const MOST_WAITING = 64 * 1024;

export class ConnStream extends Duplex {
  readonly #conn: Conn;
  readonly #isFull: () => boolean;
  #first: Uint8Array<ArrayBuffer> | undefined;
  #held = false;
  #reading = false;
  #writing: Promise<number> | undefined;
  #status = 0;
  #waiting: ((status: number) => void)[] = [];

  /** `first`: what was read of the connection already. */
  constructor(conn: Conn, isFull: () => boolean, first?: Uint8Array<ArrayBuffer>) {
    super({ allowHalfOpen: true, emitClose: true, writableHighWaterMark: MOST_WAITING });
    this.#conn = conn;
    this.#isFull = isFull;
    this.#first = first;
    // Whoever uses the stream hears of errors by what the operations answer.
    this.on("error", () => {});
  }

  /** Reading may go on, if it was held. */
  more(): void {
    if (!this.#held || this.#isFull()) return;
    this.#held = false;
    this.#pull();
  }

  /** 0 as soon as little waits to be written, else why it never will. */
  flushed(): number | Promise<number> {
    if (this.#status < 0) return this.#status;
    if (this.destroyed) return IoStatus.Reset;
    if (this.writableLength < MOST_WAITING) return 0;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when all is written, or nothing will be any more. */
  async drained(): Promise<void> {
    while (this.#writing !== undefined && !this.destroyed) await this.#writing;
  }

  override _read(): void {
    if (this.#first !== undefined) {
      const bytes = this.#first;
      this.#first = undefined;
      this.push(Buffer.from(bytes));
    } else if (this.#isFull()) this.#held = true;
    else this.#pull();
  }

  async #pull(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    // The stream keeps what it is given.
    const into = new Uint8Array(SIZE);
    const answer = this.#conn.read(into);
    const n = typeof answer === "number" ? answer : await answer;
    this.#reading = false;
    if (this.destroyed) return;
    if (n > 0) this.push(Buffer.from(into.buffer, 0, n));
    else if (n === IoStatus.Eof) this.push(null);
    else this.destroy(broken(n));
  }

  override _write(
    chunk: Uint8Array,
    _encoding: string,
    done: (error?: Error | null) => void,
  ): void {
    const answer = writeAll(this.#conn, chunk);
    if (typeof answer === "number") return this.#written(answer, done);
    this.#writing = answer;
    answer.then((status) => {
      this.#writing = undefined;
      this.#written(status, done);
    });
  }

  #written(status: number, done: (error?: Error | null) => void): void {
    if (status < 0) this.#status = status;
    done(status < 0 ? broken(status) : null);
    if (status < 0 || this.writableLength < MOST_WAITING) this.#release(status);
  }

  #release(status: number): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(status);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#conn.closeWrite();
    done();
  }

  /** What is being written is written first: it may be the alert that says why. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const end = () => {
      this.#conn.close();
      this.#release(this.#status < 0 ? this.#status : IoStatus.Reset);
      done(error);
    };
    if (this.#writing === undefined || error !== null) end();
    else this.#writing.then(end);
  }
}

function broken(status: number): Error {
  return Object.assign(new Error(`the connection is gone (${status})`), { code: "ECONNRESET" });
}
