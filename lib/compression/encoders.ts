/**
 * Compressed bodies, a piece at a time.
 *
 * Laws:
 * - Each piece of content becomes output at once, flushed, so an event stream is never held back.
 * - gzip and deflate keep nothing between pieces: each is a run of deflate blocks of its own, ended on a byte by an
 *   empty stored block (RFC 1951 section 3.2.4), so a body that waits for its server costs no memory. (So does
 *   HAProxy's stateless compression.) Brotli has a window, bounded to 256 KiB.
 */
import zlib from "node:zlib";
import { Buffer } from "node:buffer";
import { fastDeflate } from "./fast_deflate.ts";
import type { CompressionAlgorithm } from "../config/model_compression.ts";

export interface Encoder {
  /** what goes out before everything else */
  readonly head: Uint8Array;
  /** What goes out for a piece of content, valid until an encoder is used again. The piece may be overwritten then. */
  write(piece: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** What goes out at the end, valid until an encoder is used again. */
  end(): Uint8Array | Promise<Uint8Array>;
  /** The body will not be finished. */
  drop(): void;
}

const { constants } = zlib;
const NOTHING = new Uint8Array(0);
/** An empty last block with fixed codes, and room for a checksum. */
const TAIL = new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
const TAIL_VIEW = new DataView(TAIL.buffer);
const AFTER_BLOCK = 2;

class DeflateEncoder implements Encoder {
  /** undefined: level 1, which this process does itself at about half the cost */
  readonly #options: zlib.ZlibOptions | undefined;
  readonly head: Uint8Array;
  readonly #sum: Checksum | undefined;

  constructor(level: number, head: Uint8Array, sum: Checksum | undefined) {
    this.#options = level === 1 ? undefined : { level, finishFlush: constants.Z_SYNC_FLUSH };
    this.head = head;
    this.#sum = sum;
  }

  write(piece: Uint8Array): Uint8Array {
    this.#sum?.add(piece);
    return this.#options === undefined
      ? fastDeflate(piece)
      : zlib.deflateRawSync(piece, this.#options);
  }

  end(): Uint8Array {
    return TAIL.subarray(0, this.#sum?.put(TAIL_VIEW, AFTER_BLOCK) ?? AFTER_BLOCK);
  }

  drop(): void {}
}

interface Checksum {
  add(piece: Uint8Array): void;
  /** Writes it at `at`: the position after it. */
  put(view: DataView, at: number): number;
}

/** RFC 1952 section 2.3.1: CRC-32 and length, least significant byte first. */
class GzipSum implements Checksum {
  #crc = 0;
  #length = 0;

  add(piece: Uint8Array): void {
    this.#crc = zlib.crc32(piece, this.#crc);
    this.#length = (this.#length + piece.length) >>> 0;
  }

  put(view: DataView, at: number): number {
    view.setUint32(at, this.#crc, true);
    view.setUint32(at + 4, this.#length, true);
    return at + 8;
  }
}

/** RFC 1950 section 8.2: Adler-32, most significant byte first. */
class Adler32 implements Checksum {
  #a = 1;
  #b = 0;

  add(piece: Uint8Array): void {
    let a = this.#a;
    let b = this.#b;
    // Sums of so many bytes stay below 2^32.
    for (let at = 0; at < piece.length;) {
      const end = Math.min(at + 3800, piece.length);
      for (; at < end; at++) b += a += piece[at];
      a %= 65521;
      b %= 65521;
    }
    this.#a = a;
    this.#b = b;
  }

  put(view: DataView, at: number): number {
    view.setUint16(at, this.#b);
    view.setUint16(at + 2, this.#a);
    return at + 4;
  }
}

/** Brotli by node:zlib's stream, which works on a thread of its own. */
class BrotliEncoder implements Encoder {
  readonly head: Uint8Array = NOTHING;
  readonly #stream: zlib.BrotliCompress;
  readonly #out: Uint8Array[] = [];
  #error: Error | undefined;

  constructor(level: number) {
    this.#stream = zlib.createBrotliCompress({
      params: {
        [constants.BROTLI_PARAM_QUALITY]: level,
        [constants.BROTLI_PARAM_LGWIN]: 18,
      },
    });
    this.#stream.on("data", (bytes: Uint8Array) => this.#out.push(bytes));
    this.#stream.on("error", (error: Error) => this.#error = error);
  }

  async write(piece: Uint8Array): Promise<Uint8Array> {
    const copy = piece.slice();
    await new Promise<void>((resolve) => this.#stream.write(copy, () => resolve()));
    await new Promise<void>((resolve) =>
      this.#stream.flush(constants.BROTLI_OPERATION_FLUSH, () => resolve())
    );
    return this.#taken();
  }

  async end(): Promise<Uint8Array> {
    await new Promise<void>((resolve) => {
      this.#stream.on("end", resolve);
      this.#stream.end();
    });
    return this.#taken();
  }

  drop(): void {
    this.#stream.destroy();
  }

  #taken(): Uint8Array {
    if (this.#error !== undefined) throw this.#error;
    const parts = this.#out.splice(0);
    return parts.length === 0 ? NOTHING : parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }
}

/** Magic, deflate, no flags, no time, fastest, Unix (RFC 1952 section 2.3). */
const GZIP_HEAD = new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3]);
/** Deflate with a window of 32 KiB, fastest (RFC 1950 section 2.2). */
const ZLIB_HEAD = new Uint8Array([0x78, 0x01]);

/** An encoder for one body; `level` 1 to 9. Undefined: `identity`, nothing is changed. */
export function newEncoder(algorithm: CompressionAlgorithm, level: number): Encoder | undefined {
  switch (algorithm) {
    case "gzip":
      return new DeflateEncoder(level, GZIP_HEAD, new GzipSum());
    case "deflate":
      return new DeflateEncoder(level, ZLIB_HEAD, new Adler32());
    case "raw-deflate":
      return new DeflateEncoder(level, NOTHING, undefined);
    case "br":
      return new BrotliEncoder(level);
    case "identity":
      return undefined;
  }
}

/** A body that is here as a whole: what becomes of it. */
export async function encodeAll(encoder: Encoder, body: Uint8Array): Promise<Uint8Array> {
  const written = encoder.write(body);
  // What is lent is copied before anybody else has a turn.
  const content = written instanceof Uint8Array ? written.slice() : await written;
  const ended = encoder.end();
  const tail = ended instanceof Uint8Array ? ended.slice() : await ended;
  return Buffer.concat([encoder.head, content, tail]);
}
