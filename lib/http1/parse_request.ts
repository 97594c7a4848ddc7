/**
 * Parsing a request head (RFC 9112 sections 3, 5 and 6).
 */
import { CLASS, DIGIT, latin1, LOWER, TARGET, TARGET_RELAXED, TOKEN } from "./bytes.ts";
import { Http1Error, Http1Misuse } from "./error.ts";
import { findHeadEnd } from "./find_end.ts";
import {
  badTransferEncoding,
  checkWebSocket,
  readConnection,
  readContentLength,
  readTransferEncoding,
  TransferCoding,
} from "./framing.ts";
import { resolveHost } from "./host.ts";
import type { Head } from "./head.ts";
import { noteFields, parseFields, type ParseOptions } from "./parse_fields.ts";
import { NAME, type Received, STRIDE } from "./received.ts";

const LF = 10;
const CR = 13;
const SP = 32;

/**
 * Parses the request head in `bytes[start..end]`, where `end` is what `findHeadEnd` answered, into `head`.
 * Answers 0, or the peer's error with the status to send. `head` may be half filled after an error.
 */
export function parseRequest(
  head: Head,
  bytes: Uint8Array,
  start: number,
  end: number,
  options: ParseOptions,
): 0 | Http1Error {
  if (!(start >= 0 && start < end && end <= bytes.length && bytes[end - 1] === LF)) {
    throw new Http1Misuse("parseRequest needs the range of a whole head");
  }
  const r = head.begin("request", bytes, start, end);
  let error = parseRequestLine(head, options);
  if (error !== 0) return error;
  if (r.version > 9) {
    error = parseFields(r, options, 400);
    if (error !== 0) return error;
  }
  r.text = latin1(bytes, start, end);
  r.method = methodOf(r);
  // Kept for the preface of HTTP/2, so that nobody takes the one for the other (RFC 9113 section 11.6).
  if (r.method === "PRI") return new Http1Error(400, "method", 0, "PRI is no method of a request");
  noteFields(r);
  error = resolveHost(head, !options.acceptInvalid);
  if (error !== 0) return error;
  if (r.connectionAt >= 0 || r.upgradeAt >= 0 || r.expectAt >= 0) {
    readConnection(head);
    error = checkWebSocket(head);
    if (error !== 0) return error;
  }
  return resolveFraming(head, options.anyPayload === true);
}

function parseRequestLine(head: Head, options: ParseOptions): 0 | Http1Error {
  const r = head.received;
  const bytes = r.bytes;
  const start = r.start;
  let i = start;
  while ((CLASS[bytes[i]] & TOKEN) !== 0) i++;
  if (i === start || bytes[i] !== SP) {
    return new Http1Error(400, "method", i - start, "the request's method is not a token");
  }
  r.firstEnd = i - start;
  i++;
  r.secondStart = i - start;
  const targetClass = options.acceptInvalid ? TARGET_RELAXED : TARGET;
  while ((CLASS[bytes[i]] & targetClass) !== 0) i++;
  r.secondEnd = i - start;
  if (r.secondEnd === r.secondStart) {
    return new Http1Error(400, "target", i - start, "the request has no target");
  }
  if (bytes[i] !== SP) {
    if (bytes[i] === LF || (bytes[i] === CR && bytes[i + 1] === LF)) {
      return parseHttp09(head, i, options);
    }
    return new Http1Error(400, "target", i - start, "invalid byte in the request target");
  }
  i++;
  r.thirdStart = i - start;
  let version = versionAt(bytes, i);
  if (version >= 0) i += 8;
  else {
    const end = options.acceptInvalid ? relaxedVersionEnd(bytes, i) : -1;
    if (end < 0) return new Http1Error(400, "version", i - start, "malformed HTTP version");
    i = end;
    version = 10;
  }
  r.thirdEnd = i - start;
  if (version >= 20 || version < 10) {
    if (version === 20 && isMethod(r, "PRI") && r.secondEnd - r.secondStart === 1) {
      return new Http1Error(400, "h2-preface", 0, "an HTTP/2 connection preface");
    }
    return new Http1Error(505, "version", r.thirdStart, "unsupported HTTP version");
  }
  r.version = version;
  if (version > 11) {
    r.version = 11;
    head.rewriteVersion(11);
  }
  if (bytes[i] === CR && bytes[i + 1] === LF) i += 2;
  else if (bytes[i] === LF) {
    r.bareLf = true;
    i++;
  } else {
    return new Http1Error(400, "start-line", i - start, "bytes after the HTTP version");
  }
  if (i >= r.end) return new Http1Error(400, "truncated", i - start, "the head has no end");
  r.fieldsStart = i - start;
  return checkTargetForm(r);
}

/** A request line without a version: `option accept-invalid-http-request` lets a GET pass, as HTTP/1.0. */
function parseHttp09(head: Head, lineEnd: number, options: ParseOptions): 0 | Http1Error {
  const r = head.received;
  const after = lineEnd + (r.bytes[lineEnd] === LF ? 1 : 2);
  if (!options.acceptInvalid || !isMethod(r, "GET") || after !== r.end) {
    return new Http1Error(400, "http09", lineEnd - r.start, "a request without an HTTP version");
  }
  r.thirdStart = r.thirdEnd = lineEnd - r.start;
  r.fieldsStart = r.end - r.start;
  r.version = 9;
  r.closeAfter = true;
  head.rewriteVersion(10);
  return checkTargetForm(r);
}

/**
 * As `findHeadEnd`, for requests: under `option accept-invalid-http-request` a first line `GET target` without
 * a version is a whole HTTP/0.9 request, and its end is answered.
 */
export function findRequestEnd(
  bytes: Uint8Array,
  start: number,
  scanned: number,
  to: number,
  options: ParseOptions,
): number {
  if (options.acceptInvalid) {
    const lf = bytes.indexOf(LF, start);
    if (lf >= 0 && lf < to && lf >= scanned && bytes[start] === 71) {
      const words = latin1(bytes, start, lf).trimEnd().split(" ");
      if (words.length === 2 && words[0] === "GET" && words[1] !== "") return lf + 1;
    }
  }
  return findHeadEnd(bytes, start, scanned, to);
}

/** 10 times major plus minor of `HTTP/d.d` at `i`, no digit behind it; -1 when it is something else. */
export function versionAt(bytes: Uint8Array, i: number): number {
  if (
    bytes[i] !== 72 || bytes[i + 1] !== 84 || bytes[i + 2] !== 84 || bytes[i + 3] !== 80 ||
    bytes[i + 4] !== 47 || bytes[i + 6] !== 46
  ) return -1;
  const major = bytes[i + 5] - 48;
  const minor = bytes[i + 7] - 48;
  if (!(major >= 0 && major <= 9 && minor >= 0 && minor <= 9)) return -1;
  if ((CLASS[bytes[i + 8]] & DIGIT) !== 0) return -1;
  return major * 10 + minor;
}

/**
 * End of a version under accept-invalid-*: another protocol's name or more digits (`RTSP/1.0`, `HTTP/1.10`);
 * -1 when it is none, or spells a major version of HTTP that is not 1.
 */
export function relaxedVersionEnd(bytes: Uint8Array, at: number): number {
  let i = at;
  while (bytes[i] >= 65 && bytes[i] <= 90) i++;
  if (i === at || bytes[i] !== 47) return -1;
  const digits = ++i;
  while ((CLASS[bytes[i]] & DIGIT) !== 0) i++;
  if (i === digits || bytes[i] !== 46) return -1;
  const minor = ++i;
  while ((CLASS[bytes[i]] & DIGIT) !== 0) i++;
  if (i === minor || i - at > 16) return -1;
  const http = digits - at === 5 && bytes[at] === 72 && bytes[at + 1] === 84;
  return http && (bytes[digits] !== 49 || minor - digits !== 2) ? -1 : i;
}

/** RFC 9112 section 3.2: which form of target goes with which method. */
function checkTargetForm(r: Received): 0 | Http1Error {
  const bytes = r.bytes;
  const first = bytes[r.start + r.secondStart];
  if (isMethod(r, "CONNECT")) {
    if (first !== 47) return 0; // resolveHost looks at the authority
  } else if (first === 47) {
    return 0;
  } else if (first === 42) { // "*"
    if (r.secondEnd - r.secondStart === 1 && isMethod(r, "OPTIONS")) return 0;
  } else {
    // absolute-form: scheme "://" (RFC 3986 section 3.1)
    let i = r.start + r.secondStart;
    if (LOWER[first] >= 97 && LOWER[first] <= 122) {
      while (isSchemeByte(bytes[i])) i++;
      if (bytes[i] === 58 && bytes[i + 1] === 47 && bytes[i + 2] === 47) return 0;
    }
  }
  return new Http1Error(400, "target", r.secondStart, "the target's form does not fit the method");
}

function isSchemeByte(b: number): boolean {
  const l = LOWER[b];
  return (l >= 97 && l <= 122) || (l >= 48 && l <= 57) || l === 43 || l === 45 || l === 46;
}

function isMethod(r: Received, method: string): boolean {
  if (r.firstEnd !== method.length) return false;
  for (let i = 0; i < method.length; i++) {
    if (r.bytes[r.start + i] !== method.charCodeAt(i)) return false;
  }
  return true;
}

function methodOf(r: Received): string {
  switch (r.firstEnd) {
    case 3:
      if (r.text.startsWith("GET")) return "GET";
      break;
    case 4:
      if (r.text.startsWith("POST")) return "POST";
      if (r.text.startsWith("HEAD")) return "HEAD";
      break;
  }
  return r.text.slice(0, r.firstEnd);
}

/**
 * Servers and caches of HTTP/1.0 know of no body with these methods and may take it for the next request
 * (manual 3.1 `h1-accept-payload-with-any-method`).
 */
function checkOldPayload(r: Received): 0 | Http1Error {
  if (r.method !== "GET" && r.method !== "HEAD" && r.method !== "DELETE") return 0;
  const position = r.fields[r.contentLengthAt * STRIDE + NAME];
  return new Http1Error(413, "payload", position, `an HTTP/1.0 ${r.method} request with a body`);
}

/** RFC 9112 section 6.3, the request's part. */
function resolveFraming(head: Head, anyPayload: boolean): 0 | Http1Error {
  const r = head.received;
  if (r.transferEncodingAt < 0) {
    if (r.contentLengthAt < 0) return 0;
    const error = readContentLength(head, 400);
    if (error !== 0 || r.contentLength <= 0) return error;
    r.framing = "length";
    return r.version < 11 && !anyPayload ? checkOldPayload(r) : 0;
  }
  const coding = readTransferEncoding(head);
  if (coding === TransferCoding.Bad || coding === TransferCoding.Other) {
    return badTransferEncoding(head, 400, "a request's last transfer coding must be chunked, once");
  }
  if (coding !== TransferCoding.Chunked) {
    return badTransferEncoding(head, 422, "no transfer coding but chunked is supported");
  }
  if (r.version < 11) {
    // RFC 9112 section 6.1: faulty framing; a server that does not know the field would see another request
    return badTransferEncoding(head, 400, "Transfer-Encoding in a request before HTTP/1.1");
  }
  r.framing = "chunked";
  if (r.contentLengthAt >= 0) {
    // RFC 9112 section 6.1: Transfer-Encoding wins, Content-Length must not go on, and the connection ends
    const error = readContentLength(head, 400);
    if (error !== 0) return error;
    head.removeAll("content-length");
    r.contentLength = -1;
    r.closeAfter = true;
  }
  return 0;
}
