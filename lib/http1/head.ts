/**
 * Head: one HTTP/1 message head, read in place and edited without copying what is not touched.
 *
 * Laws:
 * - The raw bytes are kept and written out again as they came: same case, same order (only the edits differ).
 *   A head that used bare LF line ends is written with CRLF.
 * - A Head is reused from message to message (`parse` functions reset it): whoever must keep a value beyond
 *   the message copies the string.
 * - It does no I/O and never throws on the peer's bytes.
 */

/** How the body ends (RFC 9112 section 6.3). */
export type Framing = "none" | "length" | "chunked" | "close";

export interface Head {
  readonly kind: "request" | "response";
  /** The whole head as latin1, from the first byte of the start line to the end of the blank line. */
  readonly text: string;

  // start line (after edits)
  readonly method: string;
  /** the request target as sent: origin-, absolute-, authority- or asterisk-form */
  readonly target: string;
  /** 9, 10 or 11 */
  readonly version: number;
  readonly status: number;
  readonly reason: string;

  // framing and connection options, from the head as received
  readonly framing: Framing;
  /** bytes; only with framing "length" */
  readonly contentLength: number;
  /** `Connection: close` / `keep-alive` / `upgrade` were present (RFC 9110 section 7.6.1) */
  readonly connectionClose: boolean;
  readonly connectionKeepAlive: boolean;
  readonly connectionUpgrade: boolean;
  /** value of `Upgrade`, "" if none */
  readonly upgrade: string;
  readonly expectContinue: boolean;
  /** value of Host (or the authority of an absolute-form target), "" if none */
  readonly host: string;

  /** number of header fields as received plus appended; removed ones are counted but `isRemoved` */
  readonly count: number;
  isRemoved(index: number): boolean;
  /** name as received */
  name(index: number): string;
  /** value without surrounding white space */
  value(index: number): string;
  /** index of the next field called `lowerName` (lower case) at or after `from` that is not removed, or -1 */
  find(lowerName: string, from?: number): number;
  /** value of the first / last field of that name, or undefined */
  get(lowerName: string): string | undefined;
  getLast(lowerName: string): string | undefined;

  // edits
  setMethod(method: string): void;
  setTarget(target: string): void;
  setStatus(status: number, reason: string): void;
  setVersion(version: 10 | 11): void;
  setValue(index: number, value: string): void;
  remove(index: number): void;
  /** removes every field of that name; answers how many */
  removeAll(lowerName: string): number;
  append(name: string, value: string): void;
  readonly edited: boolean;

  /** most bytes that `write` may need */
  sizeBound(): number;
  /** writes start line, fields and blank line into `out` at `at`; answers the position after; -1: no room */
  write(out: Uint8Array, at: number): number;
}
