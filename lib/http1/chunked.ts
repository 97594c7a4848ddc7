/**
 * The chunked transfer coding (RFC 9112 section 7.1), as a pull-free state machine over whatever bytes come.
 *
 * Laws:
 * - What `feed` has accepted may be forwarded byte by byte: no receiver that follows the RFC, nor one that
 *   forgives more, can see another end of the message. So lines end with CR LF only.
 * - Chunk data is skipped, never looked at: cost grows with the number of chunks, not of bytes.
 * - Every part is bounded: size digits, extension bytes, trailer fields and bytes.
 */
import { CLASS, HEX, LOWER, TOKEN, VALUE } from "./bytes.ts";
import { Http1Error, type Http1ErrorCode } from "./error.ts";

/** Most digits of a chunk size, leading zeros included. */
const MAX_SIZE_DIGITS = 16;
const MAX_CHUNK_SIZE = 2 ** 52;
/** Most bytes of extensions in one chunk, and in one message. */
const MAX_EXTENSION = 1024;
const MAX_EXTENSIONS = 16384;
const MAX_TRAILER_FIELDS = 64;
const MAX_TRAILER_BYTES = 8192;

/** Fields that would change framing or routing: never in a trailer (RFC 9110 section 6.5.1). */
const FORBIDDEN_TRAILERS: ReadonlySet<string> = new Set([
  "transfer-encoding",
  "content-length",
  "host",
  "connection",
  "upgrade",
  "te",
  "trailer",
  "keep-alive",
]);
const LONGEST_FORBIDDEN = 17;

const State = {
  SizeFirst: 0,
  Size: 1,
  SizeBlank: 2,
  Extension: 3,
  SizeLf: 4,
  Data: 5,
  DataCr: 6,
  DataLf: 7,
  TrailerStart: 8,
  TrailerName: 9,
  TrailerValue: 10,
  TrailerLf: 11,
  EndLf: 12,
  Done: 13,
  Failed: 14,
} as const;

const CR = 13;
const LF = 10;
const SP = 32;
const HTAB = 9;

/** Called for each piece of chunk data: positions in the fed bytes. */
export type OnData = (start: number, end: number) => void;

export class ChunkedDecoder {
  /** bytes of chunk data so far */
  dataBytes = 0;
  /** all bytes accepted so far: sizes, extensions, data, trailers */
  rawBytes = 0;
  error: Http1Error | undefined;
  /** `trailers` is wanted */
  keepTrailers = false;

  #trailers = "";
  #state: number = State.SizeFirst;
  #status = 400;
  #size = 0;
  #digits = 0;
  #remaining = 0;
  #extension = 0;
  #extensions = 0;
  #trailerFields = 0;
  #trailerBytes = 0;
  #nameLength = 0;
  readonly #name: Uint8Array = new Uint8Array(LONGEST_FORBIDDEN);

  /** Begins a new message; `status` is what an error causes: 400 in a request, 502 in a response. */
  reset(status: 400 | 502 = 400): void {
    this.dataBytes = this.rawBytes = 0;
    this.error = undefined;
    this.#state = State.SizeFirst;
    this.#status = status;
    this.#size =
      this.#digits =
      this.#remaining =
      this.#extension =
      this.#extensions =
        0;
    this.#trailerFields = this.#trailerBytes = this.#nameLength = 0;
    this.#trailers = "";
  }

  /** The trailer lines so far, each with its CR LF; only with `keepTrailers`. */
  get trailers(): string {
    return this.#trailers;
  }

  /** the last byte of the message, trailers included, was seen */
  get done(): boolean {
    return this.#state === State.Done;
  }

  /** bytes of the current chunk's data that are still to come */
  get remaining(): number {
    return this.#state === State.Data ? this.#remaining : 0;
  }

  /**
   * Takes `bytes[from..to]`. Answers the position after the last byte that belongs to this message (`to` unless
   * it ended before), or -1 with `error` set. Calls `onData` for each piece of data.
   */
  feed(bytes: Uint8Array, from: number, to: number, onData?: OnData): number {
    let i = from;
    let state = this.#state;
    while (i < to) {
      if (state === State.Data) {
        const n = Math.min(this.#remaining, to - i);
        if (onData !== undefined) onData(i, i + n);
        i += n;
        this.dataBytes += n;
        this.#remaining -= n;
        if (this.#remaining > 0) break;
        state = State.DataCr;
        continue;
      }
      if (state >= State.Done) break;
      const next = this.#step(state, bytes[i]);
      if (next === State.Failed) {
        this.#state = State.Failed;
        if (this.error !== undefined) this.error = this.#at(this.error, i - from);
        return -1;
      }
      state = next;
      i++;
    }
    this.#state = state;
    if (state === State.Failed) return -1;
    this.rawBytes += i - from;
    return i;
  }

  /** One byte outside chunk data: the next state. */
  #step(state: number, b: number): number {
    switch (state) {
      case State.SizeFirst:
      case State.Size: {
        const digit = HEX[b];
        if (digit !== 255) {
          this.#size = this.#size * 16 + digit;
          if (++this.#digits > MAX_SIZE_DIGITS || this.#size > MAX_CHUNK_SIZE) {
            return this.#fail("chunk-size", "the chunk size is too large");
          }
          return State.Size;
        }
        if (state === State.SizeFirst) return this.#fail("chunk-size", "a chunk without a size");
        return this.#afterSize(b);
      }
      case State.SizeBlank:
        return this.#afterSize(b);
      case State.Extension:
        if (b === CR) return State.SizeLf;
        if ((CLASS[b] & VALUE) === 0) {
          return this.#fail("chunk-extension", "invalid byte in a chunk extension");
        }
        return this.#countExtension(State.Extension);
      case State.SizeLf:
        if (b !== LF) return this.#fail("chunk-size", "CR without LF after a chunk size");
        this.#remaining = this.#size;
        this.#size = this.#digits = this.#extension = 0;
        return this.#remaining > 0 ? State.Data : State.TrailerStart;
      case State.DataCr:
        return b === CR
          ? State.DataLf
          : this.#fail("chunk-end", "chunk data without CR LF after it");
      case State.DataLf:
        return b === LF
          ? State.SizeFirst
          : this.#fail("chunk-end", "chunk data without CR LF after it");
      case State.EndLf:
        return b === LF ? State.Done : this.#fail("trailer", "CR without LF at the end");
      default:
        return this.#trailer(state, b);
    }
  }

  #afterSize(b: number): number {
    if (b === CR) return State.SizeLf;
    if (b === 59) return this.#countExtension(State.Extension);
    if (b === SP || b === HTAB) return this.#countExtension(State.SizeBlank);
    return this.#fail("chunk-size", "invalid byte in a chunk size");
  }

  #countExtension(next: number): number {
    if (++this.#extension > MAX_EXTENSION || ++this.#extensions > MAX_EXTENSIONS) {
      return this.#fail("chunk-extension", "chunk extensions are too long");
    }
    return next;
  }

  #trailer(state: number, b: number): number {
    if (state === State.TrailerStart && b === CR) return State.EndLf;
    if (++this.#trailerBytes > MAX_TRAILER_BYTES) {
      return this.#fail("trailer", "the trailer section is too large");
    }
    if (this.keepTrailers) this.#trailers += String.fromCharCode(b);
    switch (state) {
      case State.TrailerStart:
        if (++this.#trailerFields > MAX_TRAILER_FIELDS) {
          return this.#fail("trailer", "too many trailer fields");
        }
        this.#nameLength = 0;
        if ((CLASS[b] & TOKEN) === 0) return this.#fail("trailer", "invalid trailer field name");
        return this.#nameByte(b);
      case State.TrailerName:
        if ((CLASS[b] & TOKEN) !== 0) return this.#nameByte(b);
        if (b !== 58) return this.#fail("trailer", "invalid trailer field name");
        if (this.#forbidden()) return this.#fail("trailer", "a field that no trailer may have");
        return State.TrailerValue;
      case State.TrailerValue:
        if (b === CR) return State.TrailerLf;
        if ((CLASS[b] & VALUE) === 0) return this.#fail("trailer", "invalid byte in a trailer");
        return State.TrailerValue;
      default:
        return b === LF ? State.TrailerStart : this.#fail("trailer", "CR without LF in a trailer");
    }
  }

  #nameByte(b: number): number {
    if (this.#nameLength < LONGEST_FORBIDDEN) this.#name[this.#nameLength] = LOWER[b];
    this.#nameLength++;
    return State.TrailerName;
  }

  #forbidden(): boolean {
    if (this.#nameLength > LONGEST_FORBIDDEN) return false;
    return FORBIDDEN_TRAILERS.has(
      String.fromCharCode(...this.#name.subarray(0, this.#nameLength)),
    );
  }

  #fail(code: Http1ErrorCode, message: string): number {
    this.error = new Http1Error(this.#status, code, this.rawBytes, message);
    return State.Failed;
  }

  #at(error: Http1Error, offset: number): Http1Error {
    return new Http1Error(error.status, error.code, error.position + offset, error.message);
  }
}

/** Writes the size line of a chunk of `size` (>= 1) bytes at `at` (room: 18 bytes); answers the position after. */
export function encodeChunkHeader(out: Uint8Array, at: number, size: number): number {
  let digits = 1;
  for (let n = size; n >= 16; n = Math.floor(n / 16)) digits++;
  let rest = size;
  for (let i = at + digits - 1; i >= at; i--) {
    const d = rest % 16;
    out[i] = d < 10 ? 48 + d : 87 + d;
    rest = (rest - d) / 16;
  }
  at += digits;
  out[at] = CR;
  out[at + 1] = LF;
  return at + 2;
}

/** The end of a chunked message without trailers; do not write to it. */
export const LAST_CHUNK: Uint8Array = new Uint8Array([48, CR, LF, CR, LF]);
