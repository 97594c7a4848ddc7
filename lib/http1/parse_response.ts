/**
 * Parsing a response head (RFC 9112 sections 4, 5 and 6).
 */
import { CLASS, latin1, VALUE, VALUE_RELAXED } from "./bytes.ts";
import { Http1Error, Http1Misuse } from "./error.ts";
import {
  badTransferEncoding,
  readConnection,
  readContentLength,
  readTransferEncoding,
  TransferCoding,
} from "./framing.ts";
import type { Head } from "./head.ts";
import { noteFields, parseFields, type ParseOptions } from "./parse_fields.ts";
import { relaxedVersionEnd, versionAt } from "./parse_request.ts";

const LF = 10;
const CR = 13;
const SP = 32;

/**
 * Parses the response head in `bytes[start..end]`, where `end` is what `findHeadEnd` answered, into `head`.
 * `requestMethod` is the method that was sent to the server: it decides whether there is a body.
 * Answers 0, or the server's error (status 502).
 */
export function parseResponse(
  head: Head,
  bytes: Uint8Array,
  start: number,
  end: number,
  requestMethod: string,
  options: ParseOptions,
): 0 | Http1Error {
  if (!(start >= 0 && start < end && end <= bytes.length && bytes[end - 1] === LF)) {
    throw new Http1Misuse("parseResponse needs the range of a whole head");
  }
  const r = head.begin("response", bytes, start, end);
  let error = parseStatusLine(head, options);
  if (error !== 0) return error;
  error = parseFields(r, options, 502);
  if (error !== 0) return error;
  r.text = latin1(bytes, start, end);
  noteFields(r);
  if (r.connectionAt >= 0 || r.upgradeAt >= 0) readConnection(head);
  return resolveFraming(head, requestMethod);
}

function parseStatusLine(head: Head, options: ParseOptions): 0 | Http1Error {
  const r = head.received;
  const bytes = r.bytes;
  const start = r.start;
  let i = start;
  let version = versionAt(bytes, i);
  if (version >= 0) i += 8;
  else {
    i = options.acceptInvalid ? relaxedVersionEnd(bytes, i) : -1;
    version = i < 0 ? -1 : 10;
  }
  if (version < 10 || version >= 20) {
    return new Http1Error(502, "version", 0, "malformed or unsupported HTTP version");
  }
  r.version = version;
  r.firstEnd = i - start;
  if (version > 11) {
    r.version = 11;
    head.rewriteVersion(11);
  }
  if (bytes[i] !== SP) {
    return new Http1Error(502, "start-line", i - start, "no space after the version");
  }
  i++;
  const a = bytes[i] - 48;
  const b = bytes[i + 1] - 48;
  const c = bytes[i + 2] - 48;
  if (!(a >= 1 && a <= 9 && b >= 0 && b <= 9 && c >= 0 && c <= 9)) {
    return new Http1Error(502, "status", i - start, "the status is not three digits");
  }
  r.status = a * 100 + b * 10 + c;
  r.secondStart = i - start;
  i += 3;
  r.secondEnd = i - start;
  if (bytes[i] === SP) i++;
  else if (bytes[i] !== CR && bytes[i] !== LF) {
    return new Http1Error(502, "status", i - start, "the status is not three digits");
  } else {
    // The space stands there even before an empty reason (RFC 9112 section 4).
    head.rewriteVersion(version === 10 ? 10 : 11);
  }
  r.thirdStart = i - start;
  const reasonClass = options.acceptInvalid ? VALUE_RELAXED : VALUE;
  while ((CLASS[bytes[i]] & reasonClass) !== 0) i++;
  r.thirdEnd = i - start;
  if (bytes[i] === CR && bytes[i + 1] === LF) i += 2;
  else if (bytes[i] === LF) {
    r.bareLf = true;
    i++;
  } else {
    return new Http1Error(502, "start-line", i - start, "invalid byte in the reason phrase");
  }
  if (i >= r.end) return new Http1Error(502, "truncated", i - start, "the head has no end");
  r.fieldsStart = i - start;
  return 0;
}

/** RFC 9112 section 6.3, the response's part. */
function resolveFraming(head: Head, requestMethod: string): 0 | Http1Error {
  const r = head.received;
  const hasTransferEncoding = r.transferEncodingAt >= 0;
  if (r.contentLengthAt >= 0) {
    const error = readContentLength(head, 502);
    if (error !== 0) return error;
    if (hasTransferEncoding) {
      head.removeAll("content-length");
      r.contentLength = -1;
      r.closeAfter = true;
    }
  }
  if (hasTransferEncoding) {
    if (readTransferEncoding(head) !== TransferCoding.Chunked) {
      return badTransferEncoding(head, 502, "a transfer coding other than chunked, once");
    }
    if (r.version < 11) r.closeAfter = true;
  }
  const status = r.status;
  if (status < 200 || status === 204 || (requestMethod === "CONNECT" && status < 300)) {
    // RFC 9112 section 6.1, RFC 9110 section 8.6: neither field belongs here, and a client may be misled
    if (hasTransferEncoding) head.removeAll("transfer-encoding");
    if (r.contentLengthAt >= 0) head.removeAll("content-length");
    r.contentLength = -1;
    r.framing = "none";
  } else if (requestMethod === "HEAD" || status === 304) {
    r.framing = "none";
  } else if (hasTransferEncoding) {
    r.framing = "chunked";
  } else if (r.contentLength < 0) {
    r.framing = "close";
    r.closeAfter = true;
  } else {
    r.framing = r.contentLength === 0 ? "none" : "length";
  }
  return 0;
}
