/** The way out of a TLS connection: what OpenSSL has written into its memory goes to the connection below. */
import { type Conn, IoStatus } from "../../conn.ts";
import { borrow, giveBack } from "../scratch.ts";
import type { OpenSsl } from "./library.ts";

export class Outlet {
  readonly #lib: OpenSsl;
  readonly #inner: Conn;
  /** OpenSSL's memory; null: it is freed */
  #bio: Deno.PointerValue;
  #flushing: Promise<number> | undefined;

  constructor(lib: OpenSsl, inner: Conn, bio: Deno.PointerValue) {
    this.#lib = lib;
    this.#inner = inner;
    this.#bio = bio;
  }

  /** The connection below has not taken all of it yet. */
  get busy(): boolean {
    return this.#flushing !== undefined;
  }

  /** OpenSSL's memory is freed; what was taken from it is still written. */
  close(): void {
    this.#bio = null;
  }

  /** Writes what there is: 0 when all of it is written, or a negative status. */
  flush(): number | Promise<number> {
    if (this.#flushing !== undefined) return this.#flushing;
    if (this.#bio === null) return IoStatus.Aborted;
    const buffer = borrow();
    const n = this.#lib.BIO_read(this.#bio, buffer, buffer.length);
    if (n <= 0) {
      giveBack(buffer);
      return 0;
    }
    const written = this.#inner.write(buffer.subarray(0, n));
    if (written === n && n < buffer.length) {
      giveBack(buffer);
      return 0;
    }
    return this.#flushing = this.#flushRest(buffer, n, written);
  }

  async #flushRest(
    buffer: Uint8Array<ArrayBuffer>,
    length: number,
    first: number | Promise<number>,
  ): Promise<number> {
    let answer: number | Promise<number> = first;
    let at = 0;
    for (;;) {
      const n = typeof answer === "number" ? answer : await answer;
      if (n < 0) {
        giveBack(buffer);
        this.#flushing = undefined;
        return n;
      }
      at += n;
      if (at >= length) {
        at = 0;
        length = this.#bio === null ? 0 : this.#lib.BIO_read(this.#bio, buffer, buffer.length);
        if (length <= 0) break;
      }
      answer = this.#inner.write(buffer.subarray(at, length));
    }
    giveBack(buffer);
    this.#flushing = undefined;
    return 0;
  }
}
