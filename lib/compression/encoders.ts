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
  /** What goes out for a piece of content. The piece may be overwritten afterwards. */
  write(piece: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** What goes out at the end. */
  end(): Uint8Array | Promise<Uint8Array>;
  /** The body will not be finished. */
  drop(): void;
}

const { constants } = zlib;
const NOTHING = new Uint8Array(0);
/** an empty last block with fixed codes */
const LAST_BLOCK = [3, 0];

class DeflateEncoder implements Encoder {
  /** undefined: level 1, which this process does itself at about half the cost */
  readonly #options: zlib.ZlibOptions | undefined;
  readonly #head: Uint8Array;
  readonly #sum: Checksum | undefined;
  #begun = false;

  constructor(level: number, head: readonly number[], sum: Checksum | undefined) {
    this.#options = level === 1 ? undefined : { level, finishFlush: constants.Z_SYNC_FLUSH };
    this.#head = new Uint8Array(head);
    this.#sum = sum;
  }

  write(piece: Uint8Array): Uint8Array {
    this.#sum?.add(piece);
    const blocks = this.#options === undefined
      ? fastDeflate(piece)
      : zlib.deflateRawSync(piece, this.#options);
    return this.#begun ? blocks : this.#withHead(blocks);
  }

  end(): Uint8Array {
    const tail = new Uint8Array([...LAST_BLOCK, ...this.#sum?.bytes() ?? []]);
    return this.#begun ? tail : this.#withHead(tail);
  }

  drop(): void {}

  #withHead(bytes: Uint8Array): Uint8Array {
    this.#begun = true;
    const all = new Uint8Array(this.#head.length + bytes.length);
    all.set(this.#head);
    all.set(bytes, this.#head.length);
    return all;
  }
}

interface Checksum {
  add(piece: Uint8Array): void;
  bytes(): readonly number[];
}

/** RFC 1952 section 2.3.1: CRC-32 and length, least significant byte first. */
class GzipSum implements Checksum {
  #crc = 0;
  #length = 0;

  add(piece: Uint8Array): void {
    this.#crc = zlib.crc32(piece, this.#crc);
    this.#length = (this.#length + piece.length) >>> 0;
  }

  bytes(): readonly number[] {
    return [this.#crc, this.#length].flatMap((n) => [0, 8, 16, 24].map((by) => (n >>> by) & 255));
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

  bytes(): readonly number[] {
    return [this.#b >>> 8, this.#b & 255, this.#a >>> 8, this.#a & 255];
  }
}

/** Brotli by node:zlib's stream, which works on a thread of its own. */
class BrotliEncoder implements Encoder {
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
const GZIP_HEAD = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3];
/** Deflate with a window of 32 KiB, fastest (RFC 1950 section 2.2). */
const ZLIB_HEAD = [0x78, 0x01];

/** An encoder for one body; `level` 1 to 9. Undefined: `identity`, nothing is changed. */
export function newEncoder(algorithm: CompressionAlgorithm, level: number): Encoder | undefined {
  switch (algorithm) {
    case "gzip":
      return new DeflateEncoder(level, GZIP_HEAD, new GzipSum());
    case "deflate":
      return new DeflateEncoder(level, ZLIB_HEAD, new Adler32());
    case "raw-deflate":
      return new DeflateEncoder(level, [], undefined);
    case "br":
      return new BrotliEncoder(level);
    case "identity":
      return undefined;
  }
}
