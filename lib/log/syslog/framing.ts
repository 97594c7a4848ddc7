/**
 * Messages in a stream (RFC 6587 section 3.4): octet counting (`11 <13>message`), or a line feed behind each. Both may
 * take turns on one connection. Bytes in, messages out; no I/O.
 */
import { latin1 } from "../../http1/bytes.ts";

const SPACE = 32;
const LF = 10;
/** digits of a count that are read */
const MOST_DIGITS = 7;

export interface FramingOptions {
  /** most bytes of a message: one that is longer ends the stream, for nobody knows where the next begins */
  readonly longest: number;
  /** `option assume-rfc6587-ntf`: a message may begin with a digit, and a line feed ends each */
  readonly linesOnly?: boolean;
}

/**
 * The messages in `bytes`, one by one. Answers how many bytes they took, the rest is the beginning of the next one;
 * -1: the stream is broken.
 */
export function takeFrames(
  bytes: Uint8Array,
  { longest, linesOnly = false }: FramingOptions,
  onMessage: (message: string) => void,
): number {
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at];
    if (first === LF || first === 0) {
      at++;
      continue;
    }
    if (!linesOnly && first >= 49 && first <= 57) {
      let size = 0;
      let i = at;
      for (; i < bytes.length && bytes[i] >= 48 && bytes[i] <= 57; i++) {
        if (i - at === MOST_DIGITS) return -1;
        size = size * 10 + bytes[i] - 48;
      }
      if (size > longest) return -1;
      if (i === bytes.length) return at;
      if (bytes[i] !== SPACE) return -1;
      if (i + 1 + size > bytes.length) return at;
      onMessage(latin1(bytes, i + 1, i + 1 + size));
      at = i + 1 + size;
      continue;
    }
    const end = bytes.indexOf(LF, at);
    if (end < 0) return bytes.length - at > longest ? -1 : at;
    if (end - at > longest) return -1;
    onMessage(latin1(bytes, at, end));
    at = end + 1;
  }
  return at;
}
