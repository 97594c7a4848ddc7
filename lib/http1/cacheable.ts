/** Whether a shared cache might keep a response (RFC 9111 section 3), judged as HAProxy does for `cookie … nocache`. */
import type { Head } from "./head.ts";

/** Methods whose responses may be kept without being told so (RFC 9110 section 9.2.3, and HAProxy's own). */
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** Statuses that may be kept without being told so (RFC 9110 section 15.1, as of RFC 7231). */
const STATUSES: ReadonlySet<number> = new Set([
  200,
  203,
  204,
  206,
  300,
  301,
  404,
  405,
  410,
  414,
  501,
]);

/** Directives that forbid it; `public` behind one of them permits it again. */
const FORBIDDING: ReadonlySet<string> = new Set([
  "private",
  "no-cache",
  "no-store",
  "max-age=0",
  "s-maxage=0",
]);

/**
 * True when a cache might keep `response` to a request with this method. Without a date of expiry, an age or a
 * validator it keeps nothing; neither with `Pragma: no-cache`.
 */
export function isCacheable(method: string, response: Head): boolean {
  let permitted = METHODS.has(method) && STATUSES.has(response.status);
  let fresh = false;
  for (let i = response.find("cache-control"); i >= 0; i = response.find("cache-control", i + 1)) {
    for (const directive of directives(response.value(i).toLowerCase())) {
      if (FORBIDDING.has(directive)) permitted = false;
      else if (directive === "public") permitted = true;
      else if (directive.startsWith("max-age") || directive.startsWith("s-maxage")) fresh = true;
    }
  }
  if (!permitted || response.get("pragma")?.toLowerCase() === "no-cache") return false;
  return fresh || ["expires", "etag", "last-modified"].some((name) => response.find(name) >= 0);
}

/** The members of a list; a comma in a quoted string does not end one (RFC 9110 section 5.6.1). */
export function directives(value: string): string[] {
  if (!value.includes('"')) return value.split(",").map((d) => d.trim());
  const found: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < value.length; at++) {
    const c = value[at];
    if (c === '"') quoted = !quoted;
    else if (c === "\\" && quoted) at++;
    else if (c === "," && !quoted) {
      found.push(value.slice(start, at).trim());
      start = at + 1;
    }
  }
  found.push(value.slice(start).trim());
  return found;
}
