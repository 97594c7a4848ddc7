/**
 * Head: one HTTP/1 message head, read in place and edited without copying what is not touched.
 *
 * Laws:
 * - The raw bytes are kept and written out again as they came: same case, same order (only the edits differ).
 *   A head that used bare LF line ends is written with CR LF.
 * - A Head is reused from message to message (the parsers reset it): whoever must keep a value beyond
 *   the message copies the string.
 * - It does no I/O and never throws on the peer's bytes.
 * - The buffer given to the parser must not change between the parse and `release` (or the next parse); when the
 *   bytes were moved, `rebase` says where they are now. After `release` the head is written from its text:
 *   slower, same result.
 * - Strings are latin1 (see bytes.ts). CR, LF and NUL in an edited value become spaces, and blanks or controls
 *   in an edited target are percent-encoded, so no edit can break the head's structure.
 */
import { isToken, latin1, sameIgnoreCase } from "./bytes.ts";
import { CHANGED, Edits, type EditsCopy, REMOVED } from "./edits.ts";
import { Http1Misuse } from "./error.ts";
import {
  fieldKey,
  KEY,
  NAME,
  NAME_END,
  Received,
  STRIDE,
  VALUE_END,
  VALUE_START,
} from "./received.ts";
import { headSizeBound, writeHead } from "./write_head.ts";

const NOTHING = new Uint8Array(0);
// deno-lint-ignore no-control-regex
const UNSAFE_VALUE = /[\x00\r\n]/;
// deno-lint-ignore no-control-regex
const UNSAFE_TARGET = /[\x00-\x20\x7f]/;

/** How the body ends (RFC 9112 section 6.3). */
export type Framing = "none" | "length" | "chunked" | "close";

export class Head {
  /** The index that the parsers write; nobody else does. */
  readonly received: Received = new Received();

  readonly #edits: Edits = new Edits();
  /** slices of the text, made when first asked for */
  #target: string | undefined = undefined;
  #reason: string | undefined = undefined;

  constructor(kind: "request" | "response" = "request") {
    this.received.kind = kind;
  }

  /** Forgets everything and points at a new head; parsers call it. */
  begin(kind: "request" | "response", bytes: Uint8Array, start: number, end: number): Received {
    this.received.begin(kind, bytes, start, end);
    this.#edits.reset();
    this.#target = this.#reason = undefined;
    return this.received;
  }

  /** Forgets the message and its strings: for a connection that goes idle. */
  clear(): void {
    this.begin(this.received.kind, NOTHING, 0, 0);
    this.#edits.forgetStrings();
  }

  /** Lets go of the caller's buffer, which may then be reused; the head stays usable. */
  release(): void {
    this.received.release();
  }

  /** The head's bytes are now at `start` of `bytes` (the buffer was compacted or replaced by a larger one). */
  rebase(bytes: Uint8Array, start: number): void {
    const r = this.received;
    r.bytes = bytes;
    r.end = start + (r.end - r.start);
    r.start = start;
  }

  get kind(): "request" | "response" {
    return this.received.kind;
  }
  /** The whole head as received, latin1, from the start line to the end of the blank line. */
  get text(): string {
    return this.received.text;
  }
  /** Start line after edits: method, "" in a response. */
  get method(): string {
    const edited = this.#edits.method;
    return edited !== "" ? edited : this.received.method;
  }
  /** the request target as sent: origin-, absolute-, authority- or asterisk-form; "" in a response */
  get target(): string {
    const r = this.received;
    if (r.kind === "response") return "";
    return this.#edits.target ?? (this.#target ??= r.text.slice(r.secondStart, r.secondEnd));
  }
  /** 10 or 11 */
  get version(): number {
    const edited = this.#edits.version;
    return edited !== 0 ? edited : this.received.version;
  }
  get status(): number {
    const edited = this.#edits.status;
    return edited !== 0 ? edited : this.received.status;
  }
  /** reason phrase; "" in a request */
  get reason(): string {
    const r = this.received;
    if (r.kind === "request") return "";
    return this.#edits.reason ?? (this.#reason ??= r.text.slice(r.thirdStart, r.thirdEnd));
  }
  /** Framing and connection options are those of the head as received. */
  get framing(): Framing {
    return this.received.framing;
  }
  /** value of Content-Length in bytes (also of a response to HEAD), -1 without one or with chunked */
  get contentLength(): number {
    return this.received.contentLength;
  }
  /** the message's framing was doubtful: close the connection after it (RFC 9112 sections 6.1, 6.3) */
  get closeAfter(): boolean {
    return this.received.closeAfter;
  }
  /** `Connection: close` / `keep-alive` / `upgrade` were present (RFC 9110 section 7.6.1) */
  get connectionClose(): boolean {
    return this.received.connectionClose;
  }
  get connectionKeepAlive(): boolean {
    return this.received.connectionKeepAlive;
  }
  get connectionUpgrade(): boolean {
    return this.received.connectionUpgrade;
  }
  /** value of `Upgrade`, "" if none */
  get upgrade(): string {
    return this.received.upgrade;
  }
  get expectContinue(): boolean {
    return this.received.expectContinue;
  }
  /** value of Host, or the authority of an absolute- or authority-form target, "" if none */
  get host(): string {
    return this.received.host;
  }
  /** number of header fields as received plus appended; removed ones are counted but `isRemoved` */
  get count(): number {
    return this.received.count + this.#edits.appended;
  }
  /** The bytes that came must not go on as they are: they were changed, or lines end with a bare LF. */
  get edited(): boolean {
    return this.#edits.any || this.received.bareLf;
  }

  isRemoved(index: number): boolean {
    return this.#edits.any && this.#edits.state[index] === REMOVED;
  }

  /** name as received */
  name(index: number): string {
    const r = this.received;
    if (index >= r.count) {
      return index < this.count ? this.#edits.appendedNames[index - r.count] : "";
    }
    const f = r.fields;
    return r.text.slice(f[index * STRIDE + NAME], f[index * STRIDE + NAME_END]);
  }

  /** value without surrounding white space */
  value(index: number): string {
    const r = this.received;
    const e = this.#edits;
    if (index >= r.count) return index < this.count ? e.values[index] : "";
    if (e.any && e.state[index] === CHANGED) return e.values[index];
    const f = r.fields;
    return r.text.slice(f[index * STRIDE + VALUE_START], f[index * STRIDE + VALUE_END]);
  }

  /** index of the next field called `lowerName` (lower case) at or after `from` that is not removed, or -1 */
  find(lowerName: string, from = 0): number {
    const r = this.received;
    const fields = r.fields;
    const key = fieldKey(lowerName);
    const received = r.count;
    for (let i = from, base = from * STRIDE; i < received; i++, base += STRIDE) {
      if (fields[base + KEY] !== key || this.isRemoved(i)) continue;
      if (sameIgnoreCase(r.text, fields[base + NAME], fields[base + NAME_END], lowerName)) return i;
    }
    const e = this.#edits;
    for (let i = from < received ? 0 : from - received; i < e.appended; i++) {
      const name = e.appendedNames[i];
      if (sameIgnoreCase(name, 0, name.length, lowerName) && !this.isRemoved(received + i)) {
        return received + i;
      }
    }
    return -1;
  }

  /** value of the first field of that name, or undefined */
  get(lowerName: string): string | undefined {
    const i = this.find(lowerName);
    return i < 0 ? undefined : this.value(i);
  }

  /** value of the last field of that name, or undefined */
  getLast(lowerName: string): string | undefined {
    let last = -1;
    for (let i = this.find(lowerName); i >= 0; i = this.find(lowerName, i + 1)) last = i;
    return last < 0 ? undefined : this.value(last);
  }

  /** Answers false, and changes nothing, when `method` is no token. */
  setMethod(method: string): boolean {
    if (!isToken(method)) return false;
    this.#editStart().method = method;
    return true;
  }

  #editStart(): Edits {
    this.#edits.any = this.#edits.start = true;
    return this.#edits;
  }

  /** "" becomes "/" */
  setTarget(target: string): void {
    if (UNSAFE_TARGET.test(target)) target = target.replace(UNSAFE_TARGETS, percentEncoded);
    this.#editStart().target = target === "" ? "/" : target;
  }

  setStatus(status: number, reason: string): void {
    if (!(status >= 100 && status <= 999)) throw new Http1Misuse(`status ${status}`);
    const e = this.#editStart();
    e.status = status | 0;
    e.reason = safeValue(reason);
  }

  setVersion(version: 10 | 11): void {
    if (version !== this.version) this.#editStart().version = version;
  }

  /** Parsers only: the version is written as HTTP/1.0 or HTTP/1.1, whatever was received. */
  rewriteVersion(version: 10 | 11): void {
    this.#editStart().version = version;
  }

  setValue(index: number, value: string): void {
    this.#check(index);
    this.#edits.values[index] = safeValue(value);
    this.#edits.mark(index, CHANGED);
  }

  remove(index: number): void {
    this.#check(index);
    this.#edits.mark(index, REMOVED);
  }

  #check(index: number): void {
    if (!(index >= 0 && index < this.count)) throw new Http1Misuse(`no field ${index}`);
  }

  /** removes every field of that name; answers how many */
  removeAll(lowerName: string): number {
    let n = 0;
    for (let i = this.find(lowerName); i >= 0; i = this.find(lowerName, i + 1)) {
      this.remove(i);
      n++;
    }
    return n;
  }

  /** `name` is a token, made sure of when the configuration was read: anything else is a misuse. */
  append(name: string, value: string): void {
    if (!isToken(name)) throw new Http1Misuse("a field name that is no token");
    const e = this.#edits;
    const index = this.count;
    e.appendedNames[e.appended++] = name;
    e.values[index] = safeValue(value);
    e.mark(index, CHANGED);
  }

  /** The edits so far, for `goBack`. */
  mark(): EditsCopy {
    return this.#edits.copy();
  }

  /** Undoes all edits since `mark` was asked for, of the same message. */
  goBack(mark: EditsCopy): void {
    this.#edits.restore(mark);
  }

  /** most bytes that `write` may need */
  sizeBound(): number {
    return headSizeBound(this.received, this.#edits);
  }

  /** writes start line, fields and blank line into `out` at `at`; answers the position after; -1: no room */
  write(out: Uint8Array, at: number): number {
    if (out.length - at < this.sizeBound()) return -1;
    return writeHead(this.received, this.#edits, out, at);
  }

  /** The head as it would be written, as latin1: for logs, tests and error captures. */
  toString(): string {
    const out = new Uint8Array(this.sizeBound());
    return latin1(out, 0, this.write(out, 0));
  }
}

// deno-lint-ignore no-control-regex
const UNSAFE_VALUES = /[\x00\r\n]/g;
// deno-lint-ignore no-control-regex
const UNSAFE_TARGETS = /[\x00-\x20\x7f]/g;

function safeValue(value: string): string {
  return UNSAFE_VALUE.test(value) ? value.replace(UNSAFE_VALUES, " ") : value;
}

function percentEncoded(c: string): string {
  return "%" + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0");
}
