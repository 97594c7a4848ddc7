/** HTTP caching (RFC 9111) of a shared cache: what may be kept, for how long, and to whom it may be given. Pure. */
import { directives } from "../http1/cacheable.ts";
import type { Head } from "../http1/head.ts";
import { parseHttpDate } from "../http1/http_date.ts";

/** Cache-Control, with names in lower case (RFC 9111 section 5.2). */
export type CacheControl = ReadonlyMap<string, string | undefined>;

/** Reads every Cache-Control field of a head; of a directive that stands twice the first one counts. */
export function cacheControl(head: Head): CacheControl {
  const found = new Map<string, string | undefined>();
  for (let at = head.find("cache-control"); at >= 0; at = head.find("cache-control", at + 1)) {
    for (const text of directives(head.value(at))) {
      const equal = text.indexOf("=");
      const name = (equal < 0 ? text : text.slice(0, equal)).trim().toLowerCase();
      if (name === "" || found.has(name)) continue;
      const value = equal < 0 ? undefined : text.slice(equal + 1).trim().replace(/^"(.*)"$/, "$1");
      found.set(name, value);
    }
  }
  return found;
}

/**
 * The seconds that a directive says: a number that is too large is the largest (RFC 9111 section 1.2.2), one that is
 * none counts as 0 (section 4.2.1: stale). Undefined: it is not there.
 */
export function secondsOf(control: CacheControl, name: string): number | undefined {
  if (!control.has(name)) return undefined;
  const text = control.get(name) ?? "";
  return /^[0-9]+$/.test(text) ? Math.min(Number(text), 2 ** 31 - 1) : 0;
}

/** Why an answer may not be kept, or for how long it is fresh (s), how old it is already, and what it says. */
export type Storability =
  | { readonly refused: string }
  | { readonly lifetime: number; readonly age: number; readonly mustRevalidate: boolean };

export interface StoreLimits {
  /** s */
  readonly maxAge: number;
  /** bytes */
  readonly maxObjectSize: number;
  readonly processVary: boolean;
}

const refused = (why: string): Storability => ({ refused: why });

/**
 * Whether the answer to a request may be kept (RFC 9111 section 3), at `now` (s since 1970). Beyond the RFC, as
 * HAProxy: only 200 to GET, both of HTTP/1.1 at least, no `no-cache`, nothing with Set-Cookie; without a lifetime,
 * what has a validator lives for `maxAge`.
 */
export function storability(
  request: Head,
  response: Head,
  now: number,
  limits: StoreLimits,
): Storability {
  if (request.received.method !== "GET") return refused("method");
  if (request.received.version < 11 || response.received.version < 11) return refused("version");
  if (response.status !== 200) return refused("status");
  const asked = cacheControl(request);
  const said = cacheControl(response);
  if (asked.has("no-store") || said.has("no-store")) return refused("no-store");
  if (said.has("private")) return refused("private");
  if (said.has("no-cache")) return refused("no-cache");
  if (said.size === 0 && /\bno-cache\b/i.test(response.get("pragma") ?? "")) {
    return refused("pragma");
  }
  if (response.find("set-cookie") >= 0) return refused("set-cookie");
  const shared = said.has("public") || said.has("s-maxage") || said.has("must-revalidate");
  if (request.find("authorization") >= 0 && !shared) return refused("authorization");
  if (request.find("range") >= 0 && response.find("content-range") >= 0) return refused("range");
  if (response.find("vary") >= 0) {
    if (!limits.processVary) return refused("vary");
    if (varyNames(response) === undefined) return refused("vary *");
  }
  if (response.framing === "length" && response.contentLength > limits.maxObjectSize) {
    return refused("size");
  }
  const explicit = explicitLifetime(response, said, now);
  const validator = response.find("etag") >= 0 || response.find("last-modified") >= 0;
  if (explicit === undefined && !validator) return refused("no lifetime, no validator");
  const lifetime = Math.min(explicit ?? limits.maxAge, limits.maxAge);
  const age = initialAge(response, now);
  if (lifetime <= age) return refused("stale");
  const mustRevalidate = said.has("must-revalidate") || said.has("proxy-revalidate") ||
    said.has("s-maxage");
  return { lifetime, age, mustRevalidate };
}

/** RFC 9111 section 4.2.1: `s-maxage`, then `max-age`, then Expires; undefined: nothing of it. */
function explicitLifetime(response: Head, said: CacheControl, now: number): number | undefined {
  const most = secondsOf(said, "s-maxage") ?? secondsOf(said, "max-age");
  if (most !== undefined) return most;
  const expires = response.get("expires");
  if (expires === undefined) return undefined;
  // A date that is none is in the past (section 5.3).
  const end = parseHttpDate(expires);
  const date = parseHttpDate(response.get("date") ?? "") ?? now;
  return end === undefined ? 0 : Math.max(0, end - date);
}

/** RFC 9111 section 4.2.3: how old an answer is when it comes. */
function initialAge(response: Head, now: number): number {
  const date = parseHttpDate(response.get("date") ?? "");
  const apparent = date === undefined ? 0 : Math.max(0, now - date);
  const said = response.get("age");
  const age = said !== undefined && /^[0-9]{1,10}$/.test(said) ? Number(said) : 0;
  return Math.max(apparent, age);
}

/** Fields that an answer depends on, in lower case; undefined: `*`, which no request matches (section 4.1). */
export function varyNames(response: Head): readonly string[] | undefined {
  const names = new Set<string>();
  for (let at = response.find("vary"); at >= 0; at = response.find("vary", at + 1)) {
    for (const name of response.value(at).split(",")) {
      const trimmed = name.trim().toLowerCase();
      if (trimmed === "*") return undefined;
      if (trimmed !== "") names.add(trimmed);
    }
  }
  return [...names].sort();
}

/** What the request has in these fields, one a line: equal texts select the same answer (section 4.1). */
export function varyKey(request: Head, names: readonly string[]): string {
  return names.map((name) => `${name}:${normalized(request, name)}`).join("\n");
}

/** The names in a key that `varyKey` made. */
export function namesOfVaryKey(key: string): string[] {
  return key === "" ? [] : key.split("\n").map((line) => line.slice(0, line.indexOf(":")));
}

/** Blanks between members mean nothing, nor does the order of codings. */
function normalized(request: Head, name: string): string {
  const values: string[] = [];
  for (let at = request.find(name); at >= 0; at = request.find(name, at + 1)) {
    values.push(...request.value(at).split(",").map((value) => value.trim()));
  }
  if (name === "accept-encoding") {
    return values.map((value) => value.toLowerCase().replace(/\s+/g, "")).sort().join(",");
  }
  return values.join(",");
}

/** What is known of a kept object when somebody asks for it. */
export interface KeptObject {
  /** s */
  readonly age: number;
  readonly lifetime: number;
  readonly mustRevalidate: boolean;
}

/** True when the request may be given this object without asking the server (RFC 9111 sections 4.2, 5.2.1). */
export function mayServe(
  { age, lifetime, mustRevalidate }: KeptObject,
  asked: CacheControl,
): boolean {
  if (asked.has("no-cache")) return false;
  const maxAge = secondsOf(asked, "max-age");
  if (maxAge !== undefined && age > maxAge) return false;
  const minFresh = secondsOf(asked, "min-fresh") ?? 0;
  if (lifetime - age >= minFresh && age < lifetime) return true;
  if (mustRevalidate || !asked.has("max-stale")) return false;
  if (minFresh > 0) return false;
  const stale = age - lifetime;
  return asked.get("max-stale") === undefined || stale <= secondsOf(asked, "max-stale")!;
}

const NOTHING_SAID: CacheControl = new Map();

/** What the request says about whether it wants something kept at all (RFC 9111 section 5.4: Pragma). */
export function requestControl(request: Head): CacheControl {
  if (request.find("cache-control") < 0 && request.find("pragma") < 0) return NOTHING_SAID;
  const control = cacheControl(request);
  if (control.size === 0 && /\bno-cache\b/i.test(request.get("pragma") ?? "")) {
    return new Map([["no-cache", undefined]]);
  }
  return control;
}

/** True when the client has this object already: it is answered with 304 (RFC 9110 section 13.2.2). */
export function isNotModified(
  request: Head,
  etag: string | undefined,
  lastModified: string | undefined,
): boolean {
  const tags = request.get("if-none-match");
  if (tags !== undefined) {
    if (tags.trim() === "*") return true;
    if (etag === undefined) return false;
    // Weak comparison (RFC 9110 section 8.8.3.2).
    const opaque = etag.replace(/^W\//, "");
    return [...tags.matchAll(/(?:W\/)?("[^"]*")/g)].some(([, tag]) => tag === opaque);
  }
  const since = parseHttpDate(request.get("if-modified-since") ?? "");
  const modified = parseHttpDate(lastModified ?? "");
  return since !== undefined && modified !== undefined && modified <= since;
}

/** The part of `size` bytes that `Range` asks for; undefined: all of it; `none`: there is no such part. */
export function rangeOf(
  request: Head,
  size: number,
  etag: string | undefined,
  lastModified: string | undefined,
): { readonly from: number; readonly to: number } | "none" | undefined {
  const range = request.get("range");
  if (range === undefined) return undefined;
  const condition = request.get("if-range");
  // A part of what the client has not is of no use (RFC 9110 section 13.1.5).
  const same = condition === undefined || condition === lastModified ||
    (condition === etag && !condition.startsWith("W/"));
  if (!same) return undefined;
  const match = /^bytes=\s*([0-9]{0,15})-([0-9]{0,15})\s*$/.exec(range);
  if (match === null || (match[1] === "" && match[2] === "")) return undefined;
  if (match[1] === "") {
    const last = Math.min(Number(match[2]), size);
    return last === 0 ? "none" : { from: size - last, to: size - 1 };
  }
  const from = Number(match[1]);
  const to = match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (match[2] !== "" && Number(match[2]) < from) return undefined;
  return from >= size ? "none" : { from, to };
}

/** Methods that change nothing at the server (RFC 9110 section 9.2.1). */
export function isSafe(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS" || method === "TRACE";
}
