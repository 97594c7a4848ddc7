/**
 * FrameReader: cuts what comes into frames (RFC 9113 section 4.1), however it was split.
 *
 * Laws:
 * - DATA is passed on in the pieces in which it comes, without its padding; of every other type the whole payload is
 *   passed on, from where it lies when it came in one piece.
 * - It holds at most one frame of the size that was agreed on.
 * - What the sink answers ends the reading: 0 goes on.
 */
import { ErrorCode, Flag, FRAME_HEADER, FrameType } from "./codes.ts";
import { connectionError, type H2Error } from "./error.ts";

/** Who gets the frames. */
export interface FrameSink {
  /** A DATA frame begins: `length` is what flow control counts, `content` bytes of it are content. */
  dataStart(stream: number, flags: number, length: number): 0 | H2Error;
  /** A piece of its content. */
  data(stream: number, bytes: Uint8Array, from: number, to: number): void;
  /** `content`: bytes that `data` had of it; `length`: as `dataStart` said. */
  dataEnd(stream: number, flags: number, content: number, length: number): 0 | H2Error;
  /** A frame of any other type, whole. The bytes are valid until it answers. */
  frame(
    type: number,
    flags: number,
    stream: number,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): 0 | H2Error;
}

const NOTHING = new Uint8Array(0);

export class FrameReader {
  /** SETTINGS_MAX_FRAME_SIZE that the peer was told */
  maxFrameSize: number;
  readonly #header = new Uint8Array(FRAME_HEADER);
  /** bytes of the header that came; the payload's once it is whole */
  #headerBytes = 0;
  #type = 0;
  #flags = 0;
  #stream = 0;
  #length = 0;
  /** bytes of the payload that are still to come */
  #left = 0;
  /** of a DATA frame: bytes of padding at its end, -1 while the byte that says so has not come; and of content */
  #padding = 0;
  #content = 0;
  #held: Uint8Array = NOTHING;
  #heldBytes = 0;

  constructor(maxFrameSize: number) {
    this.maxFrameSize = maxFrameSize;
  }

  /** No frame is under way. */
  get between(): boolean {
    return this.#headerBytes === 0;
  }

  /** Takes `bytes[from..to]`; 0, or the error that ends the connection. */
  feed(bytes: Uint8Array, from: number, to: number, sink: FrameSink): 0 | H2Error {
    let at = from;
    while (at < to) {
      if (this.#headerBytes < FRAME_HEADER) {
        if (this.#headerBytes === 0 && to - at >= FRAME_HEADER) {
          at = this.#begin(bytes, at);
        } else {
          this.#header[this.#headerBytes++] = bytes[at++];
          if (this.#headerBytes < FRAME_HEADER) continue;
          this.#begin(this.#header, 0);
        }
        const error = this.#started(sink);
        if (error !== 0) return error;
        if (this.#left > 0 || this.#headerBytes === 0) continue;
      }
      if (this.#type === FrameType.Data) {
        at = this.#dataPiece(bytes, at, to, sink);
        if (at < 0) return connectionError(ErrorCode.ProtocolError, "more padding than payload");
        if (this.#left > 0) continue;
        this.#headerBytes = 0;
        const error = sink.dataEnd(this.#stream, this.#flags, this.#content, this.#length);
        if (error !== 0) return error;
        continue;
      }
      const error = this.#left <= to - at && this.#heldBytes === 0
        ? this.#whole(bytes, at, sink)
        : this.#hold(bytes, at, to, sink);
      if (error !== 0) return error;
      at = this.#taken;
    }
    return 0;
  }

  /** position after what `#whole` or `#hold` took */
  #taken = 0;

  #begin(bytes: Uint8Array, at: number): number {
    this.#left = this.#length = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
    this.#type = bytes[at + 3];
    this.#flags = bytes[at + 4];
    this.#stream = ((bytes[at + 5] & 127) << 24) | (bytes[at + 6] << 16) | (bytes[at + 7] << 8) |
      bytes[at + 8];
    this.#headerBytes = FRAME_HEADER;
    return at + FRAME_HEADER;
  }

  /** A frame's header is known. Frames without a payload end here. */
  #started(sink: FrameSink): 0 | H2Error {
    const length = this.#left;
    if (length > this.maxFrameSize) {
      return connectionError(ErrorCode.FrameSizeError, "a frame larger than was agreed on");
    }
    if (this.#type === FrameType.Data) {
      const padded = (this.#flags & Flag.Padded) !== 0;
      if (padded && length === 0) {
        return connectionError(ErrorCode.FrameSizeError, "a padded frame without a payload");
      }
      this.#padding = padded ? -1 : 0;
      this.#content = 0;
      const error = sink.dataStart(this.#stream, this.#flags, length);
      if (error !== 0 || length > 0) return error;
      this.#headerBytes = 0;
      return sink.dataEnd(this.#stream, this.#flags, 0, 0);
    }
    if (length > 0) return 0;
    this.#headerBytes = 0;
    return sink.frame(this.#type, this.#flags, this.#stream, NOTHING, 0, 0);
  }

  /** Passes on a piece of DATA; the position after it, -1: the padding is impossible. */
  #dataPiece(bytes: Uint8Array, at: number, to: number, sink: FrameSink): number {
    if (this.#left === 0) return at;
    if (this.#padding < 0) {
      this.#padding = bytes[at++];
      if (--this.#left < this.#padding) return -1;
    }
    const content = Math.min(this.#left - this.#padding, to - at);
    if (content > 0) {
      this.#left -= content;
      this.#content += content;
      sink.data(this.#stream, bytes, at, at + content);
      at += content;
    }
    if (this.#left <= this.#padding) {
      const skipped = Math.min(this.#left, to - at);
      this.#left -= skipped;
      this.#padding -= skipped;
      at += skipped;
    }
    return at;
  }

  #whole(bytes: Uint8Array, at: number, sink: FrameSink): 0 | H2Error {
    const end = at + this.#left;
    this.#left = this.#headerBytes = 0;
    this.#taken = end;
    return sink.frame(this.#type, this.#flags, this.#stream, bytes, at, end);
  }

  #hold(bytes: Uint8Array, at: number, to: number, sink: FrameSink): 0 | H2Error {
    if (this.#heldBytes === 0 && this.#held.length < this.#left) {
      this.#held = new Uint8Array(this.#left);
    }
    const n = Math.min(this.#left, to - at);
    this.#held.set(bytes.subarray(at, at + n), this.#heldBytes);
    this.#heldBytes += n;
    this.#left -= n;
    this.#taken = at + n;
    if (this.#left > 0) return 0;
    const held = this.#held;
    const length = this.#heldBytes;
    this.#held = NOTHING;
    this.#heldBytes = this.#headerBytes = 0;
    return sink.frame(this.#type, this.#flags, this.#stream, held, 0, length);
  }
}
