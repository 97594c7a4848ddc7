/**
 * The host of a request: Host field and authority of the target (RFC 9112 section 3.2, RFC 9110 section 7.2).
 */
import { CLASS, HOST } from "./bytes.ts";
import { Http1Error } from "./error.ts";
import type { Head } from "./head.ts";
import { STRIDE, VALUE_END, VALUE_START } from "./received.ts";

/**
 * Sets `host`. Several Host fields must be identical (the copies are removed), and must agree with the authority
 * of an absolute-form or authority-form target.
 */
export function resolveHost(head: Head): 0 | Http1Error {
  const r = head.received;
  const text = r.text;
  let host = "";
  if (r.hostAt >= 0) {
    const base = r.hostAt * STRIDE;
    const from = r.fields[base + VALUE_START];
    const to = r.fields[base + VALUE_END];
    for (let i = from; i < to; i++) {
      if ((CLASS[r.bytes[r.start + i]] & HOST) === 0) {
        return new Http1Error(400, "host", i, "invalid byte in Host");
      }
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
  if (first === 47 || first === 42) {
    r.host = host;
    return 0;
  }
  const connect = r.method === "CONNECT";
  let from = r.secondStart;
  if (!connect) from = text.indexOf("://", from) + 3;
  let to = from;
  while (to < r.secondEnd && (CLASS[r.bytes[r.start + to]] & HOST) !== 0) to++;
  if (to === from || (to < r.secondEnd && (connect || !isPathStart(text.charCodeAt(to))))) {
    return new Http1Error(400, "host", to, "invalid authority in the request target");
  }
  const authority = text.slice(from, to);
  if (connect && !/:[0-9]{1,5}$/.test(authority)) {
    return new Http1Error(400, "host", to, "CONNECT needs host:port");
  }
  if (r.hostAt >= 0 && !sameAuthority(authority, host, defaultPort(head, connect))) {
    return new Http1Error(400, "host", from, "Host contradicts the request target");
  }
  r.host = authority;
  return 0;
}

function isPathStart(c: number): boolean {
  return c === 47 || c === 63; // "/" and "?"
}

function defaultPort(head: Head, connect: boolean): string {
  if (connect) return "";
  const scheme = head.target.slice(0, head.target.indexOf(":")).toLowerCase();
  return scheme === "http" ? ":80" : scheme === "https" ? ":443" : "";
}

function sameAuthority(a: string, b: string, port: string): boolean {
  a = a.toLowerCase();
  b = b.toLowerCase();
  return a === b || (port !== "" && (a === b + port || b === a + port));
}
