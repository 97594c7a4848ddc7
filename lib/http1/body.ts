/**
 * BodyReader: where one message's body ends, for bytes that arrive in pieces (RFC 9112 section 6.3).
 */
import { ChunkedDecoder, type OnData } from "./chunked.ts";
import { Http1Error } from "./error.ts";
import type { Framing, Head } from "./head.ts";

export class BodyReader {
  /** bytes of content so far, without chunk framing */
  bytes = 0;
  /** bytes of the body as they came over the wire so far */
  rawBytes = 0;
  /** the whole body was seen */
  done = true;
  error: Http1Error | undefined;

  #framing: Framing = "none";
  #remaining = 0;
  #status: 400 | 502 = 400;
  /** made at the first chunked message: most connections never need one */
  #chunked: ChunkedDecoder | undefined;

  /** Begins the body of a message: `status` is what its errors cause (400 request, 502 response). */
  start(framing: Framing, contentLength: number, status: 400 | 502): void {
    this.bytes = this.rawBytes = 0;
    this.error = undefined;
    this.#framing = framing;
    this.#status = status;
    this.#remaining = framing === "length" ? contentLength : 0;
    this.done = framing === "none" || (framing === "length" && contentLength <= 0);
    if (framing === "chunked") (this.#chunked ??= new ChunkedDecoder()).reset(status);
  }

  /** Begins the body of the message that `head` heads, as received. */
  begin(head: Head): void {
    this.start(head.framing, head.contentLength, head.kind === "request" ? 400 : 502);
  }

  get framing(): Framing {
    return this.#framing;
  }

  /** bytes still to come with framing "length"; else those of the current chunk */
  get remaining(): number {
    return this.#framing === "chunked" ? this.#chunked?.remaining ?? 0 : this.#remaining;
  }

  /**
   * Takes `bytes[from..to]`: answers the position after the last byte that belongs to this body, or -1 with
   * `error` set. `onData` gets the pieces of content. After `done` it answers `from`.
   */
  consume(bytes: Uint8Array, from: number, to: number, onData?: OnData): number {
    if (this.error !== undefined) return -1;
    if (this.done || from >= to) return from;
    if (this.#framing === "chunked") {
      const decoder = this.#chunked!;
      const end = decoder.feed(bytes, from, to, onData);
      this.bytes = decoder.dataBytes;
      this.rawBytes = decoder.rawBytes;
      this.error = decoder.error;
      this.done = decoder.done;
      return end;
    }
    let n = to - from;
    if (this.#framing === "length") {
      if (n >= this.#remaining) {
        n = this.#remaining;
        this.done = true;
      }
      this.#remaining -= n;
    }
    if (onData !== undefined) onData(from, from + n);
    this.bytes += n;
    this.rawBytes += n;
    return from + n;
  }

  /** The peer has finished sending: 0 when the body is whole, which ends one of framing "close". */
  finish(): 0 | Http1Error {
    if (this.error !== undefined) return this.error;
    if (this.#framing === "close") this.done = true;
    if (this.done) return 0;
    this.error = new Http1Error(
      this.#status,
      "truncated",
      this.rawBytes,
      "the connection ended inside a message body",
    );
    return this.error;
  }
}
