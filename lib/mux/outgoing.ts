/**
 * Outgoing: the body of an HTTP/1 message on its way into DATA frames: where its content lies in what is written, and
 * whether it is whole.
 */
import { ChunkedDecoder } from "../http1/chunked.ts";
import type { Framing } from "../http1/head.ts";

/** `raw`: bytes as they come, until the writer ends it: tunnels, and bodies that end with their connection. */
export type OutFraming = Exclude<Framing, "close"> | "raw";

export class Outgoing {
  #framing: OutFraming = "none";
  #left = 0;
  #decoder: ChunkedDecoder | undefined = undefined;
  /** the body's last byte was seen */
  done = true;
  /** pairs of positions in the bytes that `take` was given last: what is content of them */
  readonly ranges: number[] = [];
  #onData: ((start: number, end: number) => void) | undefined = undefined;

  begin(framing: OutFraming, contentLength: number): void {
    this.#framing = framing;
    this.#left = framing === "length" ? contentLength : 0;
    this.done = framing === "none" || (framing === "length" && contentLength <= 0);
    this.ranges.length = 0;
    if (framing === "chunked") {
      this.#decoder ??= new ChunkedDecoder();
      this.#onData ??= (start, end) => this.ranges.push(start, end);
      this.#decoder.reset(502);
      this.#decoder.keepTrailers = true;
    }
  }

  get framing(): OutFraming {
    return this.#framing;
  }

  /** Looks at `bytes[from..to]`; false: it is no body of that framing. What lies behind the end is left out. */
  take(bytes: Uint8Array, from: number, to: number): boolean {
    const { ranges } = this;
    ranges.length = 0;
    if (from === to || this.done) return true;
    if (this.#framing === "chunked") {
      const decoder = this.#decoder!;
      if (decoder.feed(bytes, from, to, this.#onData) < 0) return false;
      this.done = decoder.done;
      return true;
    }
    let count = to - from;
    if (this.#framing === "length") {
      count = Math.min(count, this.#left);
      this.#left -= count;
      this.done = this.#left === 0;
    }
    ranges.push(from, from + count);
    return true;
  }

  /** Trailer lines, each with CR LF; "" when there are none. */
  get trailers(): string {
    return this.#framing === "chunked" ? this.#decoder!.trailers : "";
  }
}
