/**
 * The host of a request: Host field and authority of the target (RFC 9112 section 3.2, RFC 9110 section 7.2).
 */
import { CLASS, DIGIT, HOST } from "./bytes.ts";
import { Http1Error } from "./error.ts";
import type { Head } from "./head.ts";
import { STRIDE, VALUE_END, VALUE_START } from "./received.ts";

/**
 * Sets `host`; `strict` also looks at the bytes of Host. Several Host fields must be identical (the copies are removed), and must agree with the authority
 * of an absolute-form or authority-form target.
 */
export function resolveHost(head: Head, strict: boolean): 0 | Http1Error {
  const r = head.received;
  const text = r.text;
  let host = "";
  if (r.hostAt >= 0) {
    const base = r.hostAt * STRIDE;
    const from = r.fields[base + VALUE_START];
    const to = r.fields[base + VALUE_END];
    const end = authorityEnd(r.bytes, r.start + from, r.start + to);
    if (strict && end !== r.start + to) {
      return new Http1Error(400, "host", end - r.start, "invalid byte in Host");
    }
    host = text.slice(from, to);
    for (let n = head.find("host", r.hostAt + 1); n >= 0; n = head.find("host", n + 1)) {
      if (head.value(n).toLowerCase() !== host.toLowerCase()) {
        return new Http1Error(400, "host", r.fields[n * STRIDE], "contradictory Host fields");
      }
      head.remove(n);
    }
  }
  const first = text.charCodeAt(r.secondStart);
  const connect = r.method === "CONNECT";
  if (!connect && (first === 47 || first === 42)) {
    r.host = host;
    return 0;
  }
  let from = r.secondStart;
  if (!connect) from = text.indexOf("://", from) + 3;
  const to = authorityEnd(r.bytes, r.start + from, r.start + r.secondEnd) - r.start;
  if (to === from || (to < r.secondEnd && (connect || text.charCodeAt(to) !== 47))) {
    return new Http1Error(400, "host", to, "invalid authority in the request target");
  }
  const authority = text.slice(from, to);
  if (connect && !/:[0-9]{1,5}$/.test(authority)) {
    return new Http1Error(400, "host", to, "CONNECT needs host:port");
  }
  if (r.hostAt >= 0 && !agree(authority, host, connect ? "" : schemeOf(head.target))) {
    return new Http1Error(400, "host", from, "Host contradicts the request target");
  }
  r.host = authority;
  return 0;
}

/** First position in `from`..`to` that is not part of a `host[:port]`. */
function authorityEnd(bytes: Uint8Array, from: number, to: number): number {
  let port = false;
  let bracket = false;
  for (let i = from; i < to; i++) {
    const b = bytes[i];
    if ((CLASS[b] & (port ? DIGIT : HOST)) === 0) return i;
    if (b === 91) bracket = true;
    else if (b === 93) bracket = false;
    else if (b === 58 && !bracket) port = true;
  }
  return to;
}

function schemeOf(target: string): string {
  return target.slice(0, target.indexOf(":")).toLowerCase();
}

/** Are they the same host, where one of them may leave out the scheme's port (CONNECT: 80 or 443)? */
function agree(authority: string, host: string, scheme: string): boolean {
  const a = authority.toLowerCase();
  const b = host.toLowerCase();
  if (a === b) return true;
  if (a === "" || b === "") return false;
  if ((scheme === "http" || scheme === "") && (a === b + ":80" || b === a + ":80")) return true;
  return (scheme === "https" || scheme === "") && (a === b + ":443" || b === a + ":443");
}
