/**
 * HeaderBlock: the fragments of one header block, from HEADERS to END_HEADERS (RFC 9113 sections 4.3, 6.2, 6.10).
 *
 * Laws: a block in one frame is not copied; one in several is held within a bound, and so is the number of its frames
 * (a flood of CONTINUATION costs nothing but the connection).
 */
import { ErrorCode, Flag, FrameType } from "./codes.ts";
import { connectionError, type H2Error } from "./error.ts";

/** CONTINUATION frames that one block may have beside those that its size needs */
const MOST_FRAMES = 16;
const NOTHING = new Uint8Array(0);

export class HeaderBlock {
  /** the stream whose block is under way; 0: none */
  stream = 0;
  endStream = false;
  bytes: Uint8Array = NOTHING;
  from = 0;
  to = 0;
  readonly #most: number;
  #frames = 0;

  /** `listSize`: bytes that a list may have. A block is shorter but for rare bytes, which Huffman's code makes longer. */
  constructor(listSize: number) {
    this.#most = Math.max(16384, listSize * 2);
  }

  /** Takes a HEADERS or CONTINUATION frame in: itself when the block is whole, undefined when it goes on. */
  take(
    type: number,
    flags: number,
    id: number,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): HeaderBlock | undefined | H2Error {
    if (type === FrameType.Headers) {
      let padding = 0;
      if ((flags & Flag.Padded) !== 0) {
        if (to - from < 1) return TOO_SHORT;
        padding = bytes[from++];
      }
      if ((flags & Flag.Priority) !== 0) {
        if (to - from < 5) return TOO_SHORT;
        from += 5;
      }
      if (padding > to - from) {
        return connectionError(ErrorCode.ProtocolError, "more padding than payload");
      }
      to -= padding;
      this.endStream = (flags & Flag.EndStream) !== 0;
      if ((flags & Flag.EndHeaders) !== 0) {
        this.bytes = bytes;
        this.from = from;
        this.to = to;
        return this;
      }
      this.stream = id;
      this.bytes = bytes.slice(from, to);
      this.from = 0;
      this.to = to - from;
      this.#frames = 0;
      return undefined;
    }
    const length = this.to + to - from;
    if (length > this.#most || ++this.#frames > MOST_FRAMES + (length >> 10)) {
      return connectionError(ErrorCode.EnhanceYourCalm, "a header block that does not end");
    }
    if (length > this.bytes.length) {
      const more = new Uint8Array(Math.max(length, Math.min(this.#most, this.bytes.length * 2)));
      more.set(this.bytes.subarray(0, this.to));
      this.bytes = more;
    }
    this.bytes.set(bytes.subarray(from, to), this.to);
    this.to = length;
    if ((flags & Flag.EndHeaders) === 0) return undefined;
    this.stream = 0;
    return this;
  }

  /** The block was decoded. */
  done(): void {
    this.bytes = NOTHING;
  }
}

const TOO_SHORT = connectionError(ErrorCode.FrameSizeError, "HEADERS too short for its flags");
