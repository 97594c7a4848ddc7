/**
 * The field section of a head (RFC 9112 section 5): validates every byte and records offsets.
 */
import {
  CLASS,
  LOWER,
  NAME_RELAXED,
  sameIgnoreCase,
  TOKEN,
  VALUE,
  VALUE_RELAXED,
} from "./bytes.ts";
import { Http1Error } from "./error.ts";
import {
  fieldKey,
  KEY,
  LINE_END,
  NAME,
  NAME_END,
  packKey,
  type Received,
  STRIDE,
  VALUE_END,
  VALUE_START,
} from "./received.ts";

/** What bounds and relaxes a parse; one frozen object per frontend or backend. */
export interface ParseOptions {
  /** `tune.http.maxhdr`: the start line counts as one, so there may be one header field less */
  readonly maxhdr: number;
  /** HTTP/1.0 requests with GET, HEAD or DELETE may have a body (`h1-accept-payload-with-any-method`) */
  readonly anyPayload?: boolean;
  /** `option accept-invalid-http-request` / `-response` */
  readonly acceptInvalid: boolean;
}

/** HAProxy's defaults. */
export const DEFAULT_PARSE_OPTIONS: ParseOptions = { maxhdr: 101, acceptInvalid: false };

const LF = 10;
const CR = 13;
const SP = 32;
const HTAB = 9;

const KEY_HOST = fieldKey("host");
const KEY_EXPECT = fieldKey("expect");
const KEY_UPGRADE = fieldKey("upgrade");
const KEY_CONNECTION = fieldKey("connection");
const KEY_CONTENT_LENGTH = fieldKey("content-length");
const KEY_TRANSFER_ENCODING = fieldKey("transfer-encoding");

/**
 * Parses the fields from offset `r.fieldsStart` to the blank line at the end; sets `r.text`.
 * `status` is what an error causes (400 or 502). An obs-fold is replaced in place by spaces
 * (RFC 9112 section 5.2), which is the only change to the caller's bytes.
 */
export function parseFields(r: Received, options: ParseOptions, status: number): 0 | Http1Error {
  const bytes = r.bytes;
  const start = r.start;
  const end = r.end;
  const nameClass = options.acceptInvalid ? NAME_RELAXED | TOKEN : TOKEN;
  const valueClass = options.acceptInvalid ? VALUE_RELAXED : VALUE;
  let i = start + r.fieldsStart;
  let fields = r.fields;
  let base = 0;
  let count = 0;
  while (true) {
    const first = bytes[i];
    if (first === LF || first === CR) {
      if (first === CR) {
        if (bytes[++i] !== LF) return new Http1Error(status, "line-end", i - 1 - start, BARE_CR);
      } else r.bareLf = true;
      if (i + 1 !== end) return new Http1Error(status, "line-end", i - start, EARLY_END);
      break;
    }
    const nameStart = i;
    while ((CLASS[bytes[i]] & nameClass) !== 0) i++;
    const nameEnd = i;
    if (bytes[i] !== 58 || nameEnd === nameStart) return nameError(bytes, i, start, status);
    i++;
    while (bytes[i] === SP || bytes[i] === HTAB) i++;
    let valueStart = i;
    let valueEnd: number;
    while (true) {
      while ((CLASS[bytes[i]] & valueClass) !== 0) i++;
      valueEnd = i;
      const b = bytes[i];
      if (b === CR) {
        if (bytes[i + 1] !== LF) return new Http1Error(status, "line-end", i - start, BARE_CR);
        i += 2;
      } else if (b === LF) {
        r.bareLf = true;
        i++;
      } else {
        return new Http1Error(status, "field-value", i - start, "invalid byte in a field value");
      }
      if (i >= end || (bytes[i] !== SP && bytes[i] !== HTAB)) break;
      // obs-fold: the line goes on; its end becomes spaces
      bytes.fill(SP, valueEnd, i);
      if (valueStart === valueEnd) valueStart = i;
    }
    while (valueStart < valueEnd && isBlank(bytes[valueStart])) valueStart++;
    while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1])) valueEnd--;
    if (count >= options.maxhdr - 1) {
      return new Http1Error(status, "too-many-fields", nameStart - start, "too many header fields");
    }
    if (base + STRIDE > fields.length) {
      r.grow();
      fields = r.fields;
    }
    const length = nameEnd - nameStart;
    const key = packKey(
      length,
      LOWER[bytes[nameStart]],
      LOWER[bytes[nameStart + (length >> 1)]],
      LOWER[bytes[nameEnd - 1]],
    );
    fields[base + NAME] = nameStart - start;
    fields[base + NAME_END] = nameEnd - start;
    fields[base + VALUE_START] = valueStart - start;
    fields[base + VALUE_END] = valueEnd - start;
    fields[base + LINE_END] = i - start;
    fields[base + KEY] = key;
    base += STRIDE;
    count++;
    if (i >= end) return new Http1Error(status, "truncated", i - start, "the head has no end");
  }
  r.count = count;
  return 0;
}

/** Notes where the fields are that concern framing and the connection; needs `r.text`. */
export function noteFields(r: Received): void {
  const fields = r.fields;
  for (let n = r.count - 1; n >= 0; n--) {
    switch (fields[n * STRIDE + KEY]) {
      case KEY_HOST:
        if (named(r, n, "host")) r.hostAt = n;
        break;
      case KEY_CONNECTION:
        if (named(r, n, "connection")) r.connectionAt = n;
        break;
      case KEY_CONTENT_LENGTH:
        if (named(r, n, "content-length")) r.contentLengthAt = n;
        break;
      case KEY_TRANSFER_ENCODING:
        if (named(r, n, "transfer-encoding")) r.transferEncodingAt = n;
        break;
      case KEY_UPGRADE:
        if (named(r, n, "upgrade")) r.upgradeAt = n;
        break;
      case KEY_EXPECT:
        if (named(r, n, "expect")) r.expectAt = n;
        break;
    }
  }
}

function named(r: Received, n: number, lowerName: string): boolean {
  const base = n * STRIDE;
  return sameIgnoreCase(r.text, r.fields[base + NAME], r.fields[base + NAME_END], lowerName);
}

function isBlank(b: number): boolean {
  return b === SP || b === HTAB;
}

const BARE_CR = "CR without LF";
const EARLY_END = "an empty line inside the head";

function nameError(bytes: Uint8Array, at: number, start: number, status: number): Http1Error {
  const b = bytes[at];
  if (b === SP || b === HTAB) {
    return new Http1Error(
      status,
      "field-space",
      at - start,
      "white space in or before a field name",
    );
  }
  if (b === LF || b === CR) {
    return new Http1Error(status, "field-name", at - start, "a header line without a colon");
  }
  return new Http1Error(status, "field-name", at - start, "invalid byte in a field name");
}
