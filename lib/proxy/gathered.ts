/** Bytes of a body for one write, in one chunk: gathered in a lent buffer, or beyond it where that is too small. */
import { encodeChunkHeader, LAST_CHUNK } from "../http1/chunked.ts";

/** most bytes of a chunk's header: 8 digits, CR LF */
const HEADER = 10;

export class Gathered {
  #bytes: Uint8Array;
  /** what goes out before the chunk: a message's head */
  #before: Uint8Array;
  /** where the content begins */
  #start: number;
  #end: number;

  constructor(buffer: Uint8Array, before: Uint8Array) {
    this.#bytes = buffer;
    this.#before = before;
    this.#start = this.#end = before.length + HEADER;
  }

  /** bytes of content */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Copies `content` behind what is there. */
  add(content: Uint8Array): void {
    const end = this.#end + content.length;
    // Room for what `chunk` puts behind it.
    const needed = end + 2 + LAST_CHUNK.length;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(needed * 2);
      larger.set(this.#bytes.subarray(0, this.#end));
      this.#bytes = larger;
    }
    this.#bytes.set(content, this.#end);
    this.#end = end;
  }

  /**
   * What was gathered, framed as a chunk behind the head, and with `last` the end of the message: to be written before
   * the next `add`.
   */
  chunk(last: boolean): Uint8Array {
    const bytes = this.#bytes;
    const size = this.length;
    let start = this.#start;
    let end = this.#end;
    if (size > 0) {
      const digits = (35 - Math.clz32(size)) >> 2;
      start -= digits + 2;
      encodeChunkHeader(bytes, start, size);
      bytes[end] = 13;
      bytes[end + 1] = 10;
      end += 2;
    }
    if (last) {
      bytes.set(LAST_CHUNK, end);
      end += LAST_CHUNK.length;
    }
    start -= this.#before.length;
    bytes.set(this.#before, start);
    this.#before = NOTHING;
    this.#start = this.#end = HEADER;
    return bytes.subarray(start, end);
  }
}

/** Adds what an encoder has made, at once if it is there: it is lent until an encoder is used again. */
export function addEncoded(
  gathered: Gathered,
  bytes: Uint8Array | Promise<Uint8Array>,
): Promise<void> | undefined {
  if (!(bytes instanceof Uint8Array)) return bytes.then((bytes) => gathered.add(bytes));
  gathered.add(bytes);
}

const NOTHING = new Uint8Array(0);
