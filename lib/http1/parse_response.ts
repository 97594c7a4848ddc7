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
import { versionAt } from "./parse_request.ts";
import type { Received } from "./received.ts";

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
  let error = parseStatusLine(r, options);
  if (error !== 0) return error;
  error = parseFields(r, options, 502);
  if (error !== 0) return error;
  r.text = latin1(bytes, start, end);
  noteFields(r);
  readConnection(head);
  return resolveFraming(head, requestMethod);
}

function parseStatusLine(r: Received, options: ParseOptions): 0 | Http1Error {
  const bytes = r.bytes;
  const start = r.start;
  let i = start;
  const version = versionAt(bytes, i);
  if (version < 10 || version >= 20) {
    return new Http1Error(502, "version", 0, "malformed or unsupported HTTP version");
  }
  r.version = version > 11 ? 11 : version;
  i += 8;
  r.firstEnd = 8;
  if (bytes[i] !== SP) return new Http1Error(502, "start-line", 8, "no space after the version");
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
  const coding = hasTransferEncoding ? readTransferEncoding(head) : 0;
  if (coding === TransferCoding.Bad) {
    return badTransferEncoding(head, 502, "chunked must be the last transfer coding, once");
  }
  if (hasTransferEncoding && r.version < 11) r.closeAfter = true;
  const status = r.status;
  if (
    requestMethod === "HEAD" || status < 200 || status === 204 || status === 304 ||
    (requestMethod === "CONNECT" && status < 300)
  ) {
    r.framing = "none";
  } else if (coding === TransferCoding.Chunked || coding === TransferCoding.OtherChunked) {
    r.framing = "chunked";
  } else if (coding === TransferCoding.Other || r.contentLength < 0) {
    r.framing = "close";
    r.closeAfter = true;
  } else {
    r.framing = r.contentLength === 0 ? "none" : "length";
  }
  return 0;
}
