/**
 * What a stream is hashed by: the client's address, the URI, a query parameter, a header, an expression
 * (manual 4.2 `balance`).
 */
import { sourceOf } from "../expr/addresses.ts";
import type { BalanceSettings, HashTypeConfig } from "../config/model.ts";
import type { StreamView } from "../expr/context.ts";
import type { CompileContext } from "../expr/context_compile.ts";
import { castExpression, compileExpression } from "../expr/compile.ts";
import { elementEnd } from "../expr/fetches/header.ts";
import { type Ip6, parseIp4, parseIp6 } from "../expr/ip.ts";
import { rdpCookie } from "../expr/rdp.ts";
import { pathStart } from "../expr/target.ts";
import { avalanche, type HashFunction, hashFunctions } from "./hash.ts";

/** The answer of a KeyOf for a stream that has no such key. */
export const NO_KEY = -1;

/** The hash of a stream's key, 0 to 2^32-1, or NO_KEY. */
export type KeyOf = (stream: StreamView) => number;

export interface Key {
  readonly of: KeyOf;
  /** Makes `of` of an expression; mistakes go to the context's diagnostics, and there is no key then. */
  readonly compile?: (context: CompileContext) => KeyOf | undefined;
}

/** The function of a `hash-type`, its avalanche included. */
export function hashOf(type: HashTypeConfig): HashFunction {
  const hash = hashFunctions[type.function];
  return type.avalanche ? (key, from, to) => avalanche(hash(key, from, to)) : hash;
}

/**
 * The client's address itself, the words of an IPv6 address joined by exclusive or: no function is used,
 * `avalanche` is. Clients of Unix sockets have no address.
 */
export function sourceKey(type: HashTypeConfig): Key {
  const mix = type.avalanche ? avalanche : (n: number) => n;
  return {
    of: (stream) => {
      const remote = sourceOf(stream);
      if (remote.family === 4) {
        const ip = parseIp4(remote.host);
        return ip < 0 ? NO_KEY : mix(ip);
      }
      if (remote.family !== 6) return NO_KEY;
      const ip: Ip6 | undefined = parseIp6(remote.host);
      return ip === undefined ? NO_KEY : mix((ip.a ^ ip.b ^ ip.c ^ ip.d) >>> 0);
    },
  };
}

/** The target up to its question mark, or as much of it as the settings say. */
export function uriKey(settings: BalanceSettings, type: HashTypeConfig): Key {
  const hash = hashOf(type);
  const most = settings.len ?? Infinity;
  const slashes = settings.depth === undefined ? Infinity : settings.depth + 1;
  const whole = settings.whole === true;
  const pathOnly = settings.pathOnly === true;
  const plain = most === Infinity && slashes === Infinity;
  return {
    of: ({ request }) => {
      if (request === undefined) return NO_KEY;
      const { target } = request;
      let from = 0;
      if (pathOnly) {
        from = pathStart(target);
        if (from < 0) return hash("", 0, 0);
      }
      if (plain) {
        const mark = whole ? -1 : target.indexOf("?", from);
        return hash(target, from, mark < 0 ? target.length : mark);
      }
      const end = Math.min(target.length, from + most);
      let to = from;
      for (let passed = 0; to < end; to++) {
        const c = target.charCodeAt(to);
        if (c === 47) {
          if (++passed === slashes) break;
        } else if (c === 63 && !whole) break;
      }
      return hash(target, from, to);
    },
  };
}

/**
 * The value of the first query parameter of that name, which may be empty. Only `&` separates parameters. With
 * `check_post`, the same of what is there of a POST request's body, when the query has none.
 */
export function parameterKey(settings: BalanceSettings, type: HashTypeConfig): Key {
  const hash = hashOf(type);
  const wanted = settings.name! + "=";
  const inQuery = queryKey(hash, wanted);
  if (settings.checkPost !== true) return { of: inQuery };
  return {
    of: (stream) => {
      const key = inQuery(stream);
      if (key !== NO_KEY || stream.request?.method !== "POST") return key;
      const text = stream.requestBody?.()?.text ?? "";
      const at = parameterStart(text, wanted, 0);
      if (at < 0) return NO_KEY;
      const end = text.indexOf("&", at);
      const to = end < 0 ? text.length : end;
      if (to > at && !TOKEN.test(text[at])) return BLANK.test(text[at]) ? hash("", 0, 0) : NO_KEY;
      return hash(text, at, to);
    },
  };
}

/** What a value in a body begins with, else it is taken for no form (as in HAProxy). */
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]/;
const BLANK = /[ \t\r\n]/;

/** Where the value of `wanted` (`name=`) begins in a text of parameters; -1: nowhere. */
function parameterStart(text: string, wanted: string, from: number): number {
  let at = from;
  while (!text.startsWith(wanted, at)) {
    at = text.indexOf("&", at) + 1;
    if (at === 0) return -1;
  }
  return at + wanted.length;
}

function queryKey(hash: HashFunction, wanted: string): KeyOf {
  return ({ request }) => {
    if (request === undefined) return NO_KEY;
    const { target } = request;
    const mark = target.indexOf("?") + 1;
    const at = mark === 0 ? -1 : parameterStart(target, wanted, mark);
    if (at < 0) return NO_KEY;
    const end = target.indexOf("&", at);
    return hash(target, at, end < 0 ? target.length : end);
  };
}

/** The first element of the first field of that name; an empty one is none. */
export function headerKey(settings: BalanceSettings, type: HashTypeConfig): Key {
  const hash = hashOf(type);
  const name = settings.name!;
  const domainOnly = settings.domainOnly === true;
  return {
    of: ({ request }) => {
      const value = request?.get(name);
      if (value === undefined) return NO_KEY;
      let end = value.length;
      if (value.indexOf(",") >= 0) {
        end = elementEnd(value, 0);
        while (end > 0 && (value.charCodeAt(end - 1) === 32 || value.charCodeAt(end - 1) === 9)) {
          end--;
        }
      }
      if (end === 0) return NO_KEY;
      return domainOnly ? hashDomain(hash, value, end) : hash(value, 0, end);
    },
  };
}

/** The label before the last dot, from the dot before it on; the whole value when it has no such dot. */
function hashDomain(hash: HashFunction, value: string, end: number): number {
  const dot = value.lastIndexOf(".", end - 1);
  // A dot at the very beginning ends nothing.
  if (dot <= 0) return hash(value, 0, end);
  const from = dot < 2 ? 0 : value.lastIndexOf(".", dot - 2) + 1;
  return hash(value, from, dot);
}

/** The value of a sample expression as bytes. */
export function expressionKey(settings: BalanceSettings, type: HashTypeConfig): Key {
  const hash = hashOf(type);
  return {
    of: () => NO_KEY,
    compile: (context) => {
      const placed = { ...context, side: "backend", place: "http-request" } as const;
      const expression = compileExpression(settings.expression!, placed);
      const fetch = expression && castExpression(expression, "bin", settings.expression!, placed);
      if (fetch === undefined) return undefined;
      return (stream) => {
        const value = fetch(stream) as string | undefined;
        return value === undefined ? NO_KEY : hash(value, 0, value.length);
      };
    },
  };
}

/** The cookie of RDP of that name in what the client has sent so far. */
export function rdpCookieKey(settings: BalanceSettings, type: HashTypeConfig): Key {
  const hash = hashOf(type);
  const name = settings.name!;
  return {
    of: ({ arriving }) => {
      const cookie = arriving && rdpCookie(arriving.text, name);
      return typeof cookie === "string" ? hash(cookie, 0, cookie.length) : NO_KEY;
    },
  };
}
