/**
 * Received: a message head as it came, indexed. Parsers write it, `Head` reads it and lays edits over it.
 * All offsets count from the first byte of the head, so they are valid in `text` and, plus `start`, in `bytes`.
 */
import type { Framing } from "./head.ts";

/** Numbers per field in `fields`. */
export const STRIDE = 6;
/** start of the line, which is the start of the name */
export const NAME = 0;
export const NAME_END = 1;
export const VALUE_START = 2;
export const VALUE_END = 3;
/** after the line's LF (folded lines included) */
export const LINE_END = 4;
/** `fieldKey` of the name: tells names apart quickly, equal keys must be compared */
export const KEY = 5;

const NOTHING = new Uint8Array(0);

export class Received {
  kind: "request" | "response" = "request";
  /** the caller's buffer; empty after `release` */
  bytes: Uint8Array = NOTHING;
  start = 0;
  end = 0;
  text = "";
  /** some line ended with LF alone */
  bareLf = false;

  /** request: end of the method; response: end of the version */
  firstEnd = 0;
  /** request: the target; response: the status code */
  secondStart = 0;
  secondEnd = 0;
  /** request: the version; response: the reason phrase */
  thirdStart = 0;
  thirdEnd = 0;
  /** first byte after the start line's LF */
  fieldsStart = 0;

  method = "";
  /** 9, 10 or 11 */
  version = 11;
  status = 0;
  fields: Int32Array = new Int32Array(24 * STRIDE);
  count = 0;

  framing: Framing = "none";
  /** value of Content-Length; -1 without one */
  contentLength = -1;
  /** this connection must not carry another message after this one (RFC 9112 section 6.3) */
  closeAfter = false;
  connectionClose = false;
  connectionKeepAlive = false;
  connectionUpgrade = false;
  expectContinue = false;
  upgrade = "";
  host = "";

  // index of the first field of that name, or -1
  hostAt = -1;
  contentLengthAt = -1;
  transferEncodingAt = -1;
  connectionAt = -1;
  upgradeAt = -1;
  expectAt = -1;

  /** Makes it empty, for a new message at `start`..`end` of `bytes`. */
  begin(kind: "request" | "response", bytes: Uint8Array, start: number, end: number): void {
    this.kind = kind;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.text = "";
    this.bareLf = false;
    this.firstEnd =
      this.secondStart =
      this.secondEnd =
      this.thirdStart =
      this.thirdEnd =
        0;
    this.fieldsStart = 0;
    this.method = "";
    this.version = 11;
    this.status = 0;
    this.count = 0;
    this.framing = "none";
    this.contentLength = -1;
    this.closeAfter = false;
    this.connectionClose = this.connectionKeepAlive = this.connectionUpgrade = false;
    this.expectContinue = false;
    this.upgrade = this.host = "";
    this.hostAt = this.contentLengthAt = this.transferEncodingAt = -1;
    this.connectionAt = this.upgradeAt = this.expectAt = -1;
  }

  /** Lets go of the caller's buffer; `text` stays. */
  release(): void {
    this.bytes = NOTHING;
  }

  /** Makes room for one more field. */
  grow(): void {
    const more = new Int32Array(this.fields.length * 2);
    more.set(this.fields);
    this.fields = more;
  }
}

/** Key of a lower-case name; parsers compute the same from lower-cased bytes. */
export function fieldKey(lowerName: string): number {
  const n = lowerName.length;
  if (n === 0) return 0;
  return packKey(
    n,
    lowerName.charCodeAt(0),
    lowerName.charCodeAt(n >> 1),
    lowerName.charCodeAt(n - 1),
  );
}

/** Length, first, middle and last byte in one integer. */
export function packKey(length: number, first: number, middle: number, last: number): number {
  return ((length & 255) << 24) | (middle << 16) | (last << 8) | first;
}
