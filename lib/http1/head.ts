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
import { isToken, latin1, putLatin1, sameIgnoreCase } from "./bytes.ts";
import { Http1Misuse } from "./error.ts";
import {
  fieldKey,
  KEY,
  LINE_END,
  NAME,
  NAME_END,
  Received,
  STRIDE,
  VALUE_END,
  VALUE_START,
} from "./received.ts";

const UNTOUCHED = 0;
const REMOVED = 1;
const CHANGED = 2;

const CR = 13;
const LF = 10;

// deno-lint-ignore no-control-regex
const UNSAFE_VALUE = /[\x00\r\n]/;
// deno-lint-ignore no-control-regex
const UNSAFE_TARGET = /[\x00-\x20\x7f]/;

/** How the body ends (RFC 9112 section 6.3). */
export type Framing = "none" | "length" | "chunked" | "close";

export class Head {
  /** The index that the parsers write; nobody else does. */
  readonly received: Received = new Received();

  // edits; strings are "" when unused so that the shapes stay the same
  #edited = false;
  #startEdited = false;
  #method = "";
  #target: string | undefined;
  #version = 0;
  #status = 0;
  #reason: string | undefined;
  /** per received field: UNTOUCHED, REMOVED, CHANGED */
  #state: Uint8Array = new Uint8Array(24);
  /** values of CHANGED fields by index; appended fields follow at `received.count` */
  readonly #values: string[] = [];
  readonly #appendedNames: string[] = [];
  #touchedValues = false;

  constructor(kind: "request" | "response" = "request") {
    this.received.kind = kind;
  }

  /** Forgets everything and points at a new head; parsers call it. */
  begin(kind: "request" | "response", bytes: Uint8Array, start: number, end: number): Received {
    this.received.begin(kind, bytes, start, end);
    if (this.#edited) this.#forgetEdits();
    this.#target = this.#reason = undefined;
    return this.received;
  }

  #forgetEdits(): void {
    this.#edited = this.#startEdited = this.#touchedValues = false;
    this.#method = "";
    this.#version = this.#status = 0;
    this.#state.fill(0);
    this.#values.length = 0;
    this.#appendedNames.length = 0;
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
    return this.#method !== "" ? this.#method : this.received.method;
  }
  /** the request target as sent: origin-, absolute-, authority- or asterisk-form; "" in a response */
  get target(): string {
    const r = this.received;
    if (r.kind === "response") return "";
    return this.#target ??= r.text.slice(r.secondStart, r.secondEnd);
  }
  /** 10 or 11 */
  get version(): number {
    return this.#version !== 0 ? this.#version : this.received.version;
  }
  get status(): number {
    return this.#status !== 0 ? this.#status : this.received.status;
  }
  /** reason phrase; "" in a request */
  get reason(): string {
    const r = this.received;
    if (r.kind === "request") return "";
    return this.#reason ??= r.text.slice(r.thirdStart, r.thirdEnd);
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
    return this.received.count + this.#appendedNames.length;
  }
  get edited(): boolean {
    return this.#edited;
  }

  isRemoved(index: number): boolean {
    return this.#edited && this.#state[index] === REMOVED;
  }

  /** name as received */
  name(index: number): string {
    const r = this.received;
    if (index >= r.count) return this.#appendedNames[index - r.count] ?? "";
    const f = r.fields;
    return r.text.slice(f[index * STRIDE + NAME], f[index * STRIDE + NAME_END]);
  }

  /** value without surrounding white space */
  value(index: number): string {
    const r = this.received;
    if (this.#touchedValues && (index >= r.count || this.#state[index] === CHANGED)) {
      return this.#values[index] ?? "";
    }
    if (index >= r.count) return "";
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
    const appended = this.#appendedNames;
    for (let i = from < received ? 0 : from - received; i < appended.length; i++) {
      const name = appended[i];
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
    this.#method = method;
    this.#edited = this.#startEdited = true;
    return true;
  }

  /** "" becomes "/" */
  setTarget(target: string): void {
    if (UNSAFE_TARGET.test(target)) target = target.replace(UNSAFE_TARGETS, percentEncoded);
    this.#target = target === "" ? "/" : target;
    this.#edited = this.#startEdited = true;
  }

  setStatus(status: number, reason: string): void {
    if (!(status >= 100 && status <= 999)) throw new Http1Misuse(`status ${status}`);
    this.#status = status | 0;
    this.#reason = safeValue(reason);
    this.#edited = this.#startEdited = true;
  }

  setVersion(version: 10 | 11): void {
    if (version === this.version) return;
    this.#version = version;
    this.#edited = this.#startEdited = true;
  }

  /** Parsers only: the version is written as HTTP/1.0 or HTTP/1.1, whatever was received. */
  rewriteVersion(version: 10 | 11): void {
    this.#version = version;
    this.#edited = this.#startEdited = true;
  }

  setValue(index: number, value: string): void {
    const at = this.#touch(index);
    this.#values[index] = safeValue(value);
    this.#touchedValues = true;
    this.#state[at] = CHANGED;
  }

  remove(index: number): void {
    this.#state[this.#touch(index)] = REMOVED;
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
    this.#appendedNames.push(name);
    this.#values[this.#touch(this.count - 1)] = safeValue(value);
    this.#state[this.count - 1] = CHANGED;
    this.#touchedValues = true;
  }

  #touch(index: number): number {
    if (!(index >= 0 && index < this.count)) throw new Http1Misuse(`no field ${index}`);
    this.#edited = true;
    if (index >= this.#state.length) {
      const more = new Uint8Array(Math.max(index + 8, this.#state.length * 2));
      more.set(this.#state);
      this.#state = more;
    }
    return index;
  }

  /** most bytes that `write` may need */
  sizeBound(): number {
    const r = this.received;
    let size = r.end - r.start;
    if (r.bareLf) size += r.count + 2;
    if (!this.#edited) return size;
    if (this.#startEdited) {
      size += 32 + this.method.length + this.target.length + this.reason.length;
    }
    const count = this.count;
    for (let i = 0; i < count; i++) {
      if (this.#state[i] !== CHANGED) continue;
      const nameLength = i < r.count
        ? r.fields[i * STRIDE + NAME_END] - r.fields[i * STRIDE + NAME]
        : this.#appendedNames[i - r.count].length;
      size += nameLength + this.#values[i].length + 4;
    }
    return size;
  }

  /** writes start line, fields and blank line into `out` at `at`; answers the position after; -1: no room */
  write(out: Uint8Array, at: number): number {
    if (out.length - at < this.sizeBound()) return -1;
    const r = this.received;
    if (!this.#edited && !r.bareLf) return this.#copy(out, at, 0, r.end - r.start);
    at = this.#writeStart(out, at);
    const fields = r.fields;
    const received = r.count;
    let from = r.fieldsStart; // start of the pending run of untouched lines
    for (let i = 0; i < received; i++) {
      const base = i * STRIDE;
      const state = this.#edited ? this.#state[i] : UNTOUCHED;
      if (state === UNTOUCHED && !r.bareLf) continue;
      const lineStart = fields[base + NAME];
      if (from < lineStart) at = this.#copy(out, at, from, lineStart);
      from = fields[base + LINE_END];
      if (state === REMOVED) continue;
      if (state === UNTOUCHED) {
        at = this.#copy(out, at, lineStart, fields[base + VALUE_END]);
      } else {
        at = this.#copy(out, at, lineStart, fields[base + NAME_END]);
        out[at++] = 58;
        out[at++] = 32;
        at = putLatin1(out, at, this.#values[i]);
      }
      out[at++] = CR;
      out[at++] = LF;
    }
    const fieldsEnd = received === 0 ? r.fieldsStart : fields[(received - 1) * STRIDE + LINE_END];
    if (from < fieldsEnd) at = this.#copy(out, at, from, fieldsEnd);
    for (let i = 0; i < this.#appendedNames.length; i++) {
      if (this.#state[received + i] === REMOVED) continue;
      at = putLatin1(out, at, this.#appendedNames[i]);
      out[at++] = 58;
      out[at++] = 32;
      at = putLatin1(out, at, this.#values[received + i]);
      out[at++] = CR;
      out[at++] = LF;
    }
    out[at++] = CR;
    out[at++] = LF;
    return at;
  }

  #writeStart(out: Uint8Array, at: number): number {
    const r = this.received;
    if (!this.#startEdited) {
      if (!r.bareLf) return this.#copy(out, at, 0, r.fieldsStart);
      let end = r.fieldsStart - 1;
      if (r.text.charCodeAt(end - 1) === CR) end--;
      at = this.#copy(out, at, 0, end);
    } else {
      const version = this.#versionText();
      at = r.kind === "request"
        ? putLatin1(out, at, `${this.method} ${this.target} ${version}`)
        : putLatin1(out, at, `${version} ${this.status} ${this.reason}`);
    }
    out[at++] = CR;
    out[at++] = LF;
    return at;
  }

  #versionText(): string {
    if (this.#version !== 0) return this.#version >= 11 ? "HTTP/1.1" : "HTTP/1.0";
    const r = this.received;
    if (r.kind === "response") return r.text.slice(0, r.firstEnd);
    return r.text.slice(r.thirdStart, r.thirdEnd);
  }

  /** Copies received bytes by offsets; after `release` from the text. */
  #copy(out: Uint8Array, at: number, from: number, to: number): number {
    const r = this.received;
    const bytes = r.bytes;
    if (bytes.length === 0) {
      for (let i = from; i < to; i++) out[at++] = r.text.charCodeAt(i);
    } else if (to - from < 48) {
      for (let i = r.start + from, end = r.start + to; i < end; i++) out[at++] = bytes[i];
    } else {
      out.set(bytes.subarray(r.start + from, r.start + to), at);
      at += to - from;
    }
    return at;
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
