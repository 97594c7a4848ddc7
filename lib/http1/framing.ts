/**
 * How the body ends, and what the Connection header says (RFC 9112 sections 6 and 9, RFC 9110 section 7.6.1).
 * A doubtful message is either refused or repaired so that the next hop cannot read it differently.
 */
import { sameIgnoreCase } from "./bytes.ts";
import { Http1Error } from "./error.ts";
import type { Head } from "./head.ts";
import { NAME, type Received, STRIDE, VALUE_END, VALUE_START } from "./received.ts";

/** Answers of `readTransferEncoding`. */
export const TransferCoding = {
  /** `chunked` alone */
  Chunked: 1,
  /** other codings, then `chunked` */
  OtherChunked: 2,
  /** other codings and no `chunked` */
  Other: 3,
  /** `chunked` twice or not last, or bad syntax */
  Bad: 4,
} as const;

/**
 * Reads every Content-Length. Identical ones, as several fields or as a list, count as one: the head is edited
 * so that one plain value goes on. Sets `contentLength`.
 */
export function readContentLength(head: Head, status: number): 0 | Http1Error {
  const r = head.received;
  const first = r.contentLengthAt;
  if (first < 0) return 0;
  let length = -1;
  for (let n = first; n >= 0; n = head.find("content-length", n + 1)) {
    const at = r.fields[n * STRIDE + VALUE_START];
    const end = r.fields[n * STRIDE + VALUE_END];
    let i = at;
    let parts = 0;
    do {
      if (parts > 0) i++; // the comma
      while (i < end && isBlank(r.text, i)) i++;
      let value = 0;
      const digits = i;
      for (; i < end; i++) {
        const d = r.text.charCodeAt(i) - 48;
        if (d < 0 || d > 9) break;
        value = value * 10 + d;
        if (value > Number.MAX_SAFE_INTEGER) break;
      }
      if (i === digits || value > Number.MAX_SAFE_INTEGER) return badLength(status, i);
      if (length >= 0 && length !== value) return badLength(status, digits);
      length = value;
      parts++;
      while (i < end && isBlank(r.text, i)) i++;
      if (i < end && r.text.charCodeAt(i) !== 44) return badLength(status, i);
    } while (i < end);
    if (n !== first) head.remove(n);
    else if (parts > 1) head.setValue(n, String(length));
  }
  r.contentLength = length;
  return 0;
}

function badLength(status: number, position: number): Http1Error {
  return new Http1Error(
    status,
    "content-length",
    position,
    "invalid or contradictory Content-Length",
  );
}

/** Reads all Transfer-Encoding fields as one list; call it only when there is one. */
export function readTransferEncoding(head: Head): number {
  const r = head.received;
  let others = false;
  let chunked = false;
  for (let n = r.transferEncodingAt; n >= 0; n = head.find("transfer-encoding", n + 1)) {
    const end = r.fields[n * STRIDE + VALUE_END];
    let i = r.fields[n * STRIDE + VALUE_START];
    if (i === end) return TransferCoding.Bad;
    while (i <= end) {
      let to = i;
      while (to < end && r.text.charCodeAt(to) !== 44) to++;
      let last = to;
      while (i < last && isBlank(r.text, i)) i++;
      while (last > i && isBlank(r.text, last - 1)) last--;
      if (i === last || chunked) return TransferCoding.Bad;
      if (sameIgnoreCase(r.text, i, last, "chunked")) chunked = true;
      else others = true;
      i = to + 1;
    }
  }
  if (!chunked) return TransferCoding.Other;
  return others ? TransferCoding.OtherChunked : TransferCoding.Chunked;
}

/** Reads Connection, Upgrade and Expect. */
export function readConnection(head: Head): void {
  const r = head.received;
  for (let n = r.connectionAt; n >= 0; n = head.find("connection", n + 1)) readOptions(r, n);
  if (r.upgradeAt >= 0) readUpgrade(head);
  if (r.expectAt >= 0 && r.version >= 11 && r.kind === "request") {
    const base = r.expectAt * STRIDE;
    const from = r.fields[base + VALUE_START];
    r.expectContinue = sameIgnoreCase(r.text, from, r.fields[base + VALUE_END], "100-continue");
  }
}

/** Notes the connection options in the value of field `n`. */
function readOptions(r: Received, n: number): void {
  const end = r.fields[n * STRIDE + VALUE_END];
  let i = r.fields[n * STRIDE + VALUE_START];
  while (i < end) {
    let to = i;
    while (to < end && r.text.charCodeAt(to) !== 44) to++;
    let last = to;
    while (i < last && isBlank(r.text, i)) i++;
    while (last > i && isBlank(r.text, last - 1)) last--;
    if (sameIgnoreCase(r.text, i, last, "close")) r.connectionClose = true;
    else if (sameIgnoreCase(r.text, i, last, "keep-alive")) r.connectionKeepAlive = true;
    else if (sameIgnoreCase(r.text, i, last, "upgrade")) r.connectionUpgrade = true;
    i = to + 1;
  }
}

/**
 * Reads what `Proxy-Connection` says of the connection in place of `Connection` (manual `option
 * http-use-proxy-header`), where it is there; an upgrade is asked for by `Connection` alone. Before any edit of the head.
 */
export function readProxyConnection(head: Head): void {
  const r = head.received;
  const upgrade = r.connectionUpgrade;
  const first = head.find("proxy-connection");
  if (first < 0) return;
  r.connectionClose = r.connectionKeepAlive = false;
  for (let n = first; n >= 0; n = head.find("proxy-connection", n + 1)) {
    if (n < r.count) readOptions(r, n);
  }
  r.connectionUpgrade = upgrade;
}

/**
 * An offer to switch to HTTP/2 in clear text is taken out of a request: the connection would become one whose
 * requests no rule sees (RFC 9113 section 3.1 has retired it).
 */
function readUpgrade(head: Head): void {
  const r = head.received;
  if (r.kind === "request") {
    for (let n = r.upgradeAt; n >= 0; n = head.find("upgrade", n + 1)) {
      if (!/(^|[,\s])h2c?($|[,;\s])/i.test(head.value(n))) continue;
      head.removeAll("upgrade");
      head.removeAll("http2-settings");
      r.connectionUpgrade = false;
      return;
    }
  }
  r.upgrade = head.value(r.upgradeAt);
}

/** RFC 6455 section 4.2.1: a WebSocket handshake has a key; HAProxy refuses one without. */
export function checkWebSocket(head: Head): 0 | Http1Error {
  const r = head.received;
  if (!r.connectionUpgrade || !/(^|[,\s])websocket($|[,;\s])/i.test(r.upgrade)) return 0;
  if (head.find("sec-websocket-key") >= 0) return 0;
  const position = r.fields[r.upgradeAt * STRIDE + NAME];
  return new Http1Error(400, "websocket", position, "a WebSocket handshake without a key");
}

/** Error for a Transfer-Encoding that cannot be handled. */
export function badTransferEncoding(head: Head, status: number, message: string): Http1Error {
  const position = head.received.fields[head.received.transferEncodingAt * STRIDE + NAME];
  return new Http1Error(status, "transfer-encoding", position, message);
}

function isBlank(text: string, i: number): boolean {
  const c = text.charCodeAt(i);
  return c === 32 || c === 9;
}
