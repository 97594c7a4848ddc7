/**
 * The persistence cookie (manual 4.2 `cookie`): a request's cookie chooses its server; the answer tells the client
 * which server it has got.
 *
 *     passive   the cookie is only read
 *     rewrite   the server's own Set-Cookie gets the server's value
 *     insert    sluice adds the Set-Cookie when the client has no cookie for this server
 *     prefix    the server's value and `~` stand before the application's own value
 */
import type { CookieConfig } from "../../lib/config/model_cookie.ts";
import { isCacheable } from "../../lib/http1/cacheable.ts";
import { editCookies, editSetCookie } from "../../lib/http1/cookies.ts";
import type { Head } from "../../lib/http1/head.ts";
import type { Server } from "../../lib/balance/server.ts";
import { decodeCookieDate, encodeCookieDate } from "../../lib/proxy/cookie_date.ts";
import type { CookieValues } from "../../lib/proxy/cookie_values.ts";
import { Persistence } from "../../lib/proxy/persistence.ts";
import type { Stream } from "../../lib/proxy/stream.ts";
import { onAnswer, onRequest, type PolicyMiddleware } from "./policy.ts";

/** A date further in the future than this is none (seconds). */
const TOLERANCE = 86_400;

export class PersistenceCookie {
  readonly #config: CookieConfig;
  readonly #values: CookieValues;
  readonly #optionPersist: boolean;
  readonly #attributes: string;

  constructor(config: CookieConfig, values: CookieValues, optionPersist: boolean) {
    this.#config = config;
    this.#values = values;
    this.#optionPersist = optionPersist;
    this.#attributes = [
      ...config.domains.map((domain) => `; domain=${domain}`),
      config.httponly ? "; HttpOnly" : "",
      config.secure ? "; Secure" : "",
      ...config.attributes.map((attribute) => `; ${attribute}`),
    ].join("");
  }

  /** Looks for the cookie in the stream's request: it may choose the server, and may be hidden from it. */
  readRequest(stream: Stream): void {
    const head = stream.request!;
    stream.persistence ??= new Persistence();
    const { name } = this.#config;
    for (let i = head.find("cookie"); i >= 0; i = head.find("cookie", i + 1)) {
      const field = head.value(i);
      const edited = editCookies(field, name, (value) => this.#cookie(value, stream));
      if (edited === undefined) head.remove(i);
      else if (edited !== field) head.setValue(i, edited);
    }
  }

  /** Looks for the cookie in a request that goes to no server: the log tells what it said. */
  note(stream: Stream): void {
    this.readRequest(stream);
    stream.server = stream.preferred;
  }

  /** One occurrence of the cookie: what the server is to see of it; undefined: nothing. */
  #cookie(value: string, stream: Stream): string | undefined {
    const { mode, indirect } = this.#config;
    if (mode === "prefix") {
      const tilde = value.indexOf("~");
      this.#find(tilde < 0 ? value : value.slice(0, tilde), stream);
      return value.slice(tilde + 1);
    }
    const bar = value.indexOf("|");
    const id = bar < 0 ? value : value.slice(0, bar);
    this.#find(bar >= 0 && this.#expired(value, bar, stream) ? "" : id, stream);
    return mode === "insert" && indirect ? undefined : value;
  }

  /** Reads the dates behind a bar; true when the cookie is too old for `maxlife` or `maxidle`. */
  #expired(value: string, bar: number, { persistence, process }: Stream): boolean {
    const p = persistence!;
    const { maxidle, maxlife } = this.#config;
    p.lastDate = decodeCookieDate(value, bar + 1) || p.lastDate;
    const second = value.indexOf("|", bar + 1);
    if (second >= 0) p.firstDate = decodeCookieDate(value, second + 1) || p.firstDate;
    const now = Math.floor(process.wall() / 1000);
    const over = (date: number, limit: number | undefined) =>
      date !== 0 && limit !== undefined && (now - date > limit || date - now > TOLERANCE);
    if (over(p.firstDate, maxlife)) p.request = "O";
    else if (over(p.lastDate, maxidle)) p.request = "E";
    else return false;
    p.firstDate = p.lastDate = 0;
    return true;
  }

  /** The first server of this value that may be used is the stream's, unless another mechanism has chosen one. */
  #find(value: string, stream: Stream): void {
    const p = stream.persistence!;
    const settled = p.ignored || stream.preferred !== undefined;
    if (value !== "" && !settled) {
      for (const server of this.#values.servers(value)) {
        p.request = server.state.running ? "V" : "D";
        if (!p.mayUse(server, this.#optionPersist)) continue;
        p.choose(stream, server);
        return;
      }
    }
    if (p.request === "N") p.request = settled ? "U" : "I";
  }

  /** Edits the server's answer: its own cookie of this name, and the one that sluice adds. */
  editResponse(stream: Stream, head: Head): void {
    const persistence = stream.persistence!;
    const server = stream.lastServer!;
    this.#editSetCookies(head, server, persistence);
    if (this.#inserts(stream, persistence)) this.#insert(stream, head, server, persistence);
  }

  #editSetCookies(head: Head, server: Server, p: Persistence): void {
    const { name, mode, indirect, preserve } = this.#config;
    const own = this.#values.value(server);
    for (let i = head.find("set-cookie"); i >= 0; i = head.find("set-cookie", i + 1)) {
      const field = head.value(i);
      const edited = editSetCookie(field, name, (value) => {
        p.response = "P";
        if (preserve) return value;
        if (mode === "insert" || (indirect && p.direct)) {
          p.response = "D";
          return undefined;
        }
        if (own === undefined || mode === "passive") return value;
        p.response = "R";
        return mode === "rewrite" ? own : `${own}~${value}`;
      });
      if (edited === undefined) head.remove(i);
      else if (edited !== field) head.setValue(i, edited);
    }
  }

  /** Whether the client is to get a cookie: it has none for this server, or its dates are not what they should be. */
  #inserts(stream: Stream, p: Persistence): boolean {
    const { mode, preserve, postonly, maxidle, maxlife } = this.#config;
    if (mode !== "insert" || p.ignored) return false;
    if (preserve && p.response === "P") return false;
    if (postonly && stream.request!.method !== "POST") return false;
    if (!p.direct) return true;
    const now = Math.floor(stream.process.wall() / 1000);
    if ((maxidle !== undefined || p.lastDate !== 0) && p.lastDate < now) return true;
    return maxlife === undefined ? p.firstDate !== 0 : p.firstDate === 0;
  }

  #insert(stream: Stream, head: Head, server: Server, p: Persistence): void {
    const { name, maxidle, maxlife, nocache } = this.#config;
    const value = this.#values.value(server);
    let cookie: string;
    if (value === undefined) {
      // A server without a value (some backup, say): the client is to forget what it has.
      cookie = `${name}=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/`;
    } else {
      cookie = `${name}=${value}`;
      const now = Math.floor(stream.process.wall() / 1000);
      if (maxidle !== undefined || maxlife !== undefined) cookie += `|${encodeCookieDate(now)}`;
      if (maxlife !== undefined) cookie += `|${encodeCookieDate(p.firstDate || now)}`;
      cookie += "; path=/";
    }
    head.append("Set-Cookie", cookie + this.#attributes);
    p.response = value !== undefined && p.direct ? "U" : "I";
    if (nocache && isCacheable(stream.request!.method, head)) {
      head.append("Cache-Control", "private");
    }
  }
}

/** On the way to the server, in a backend with a cookie. */
export function cookieRequest(cookie: PersistenceCookie | undefined): PolicyMiddleware | undefined {
  if (cookie === undefined) return undefined;
  return onRequest((stream) => {
    cookie.readRequest(stream);
    return undefined;
  });
}

/** On the way back, in a frontend: behind the `http-response` rules of both sides, for servers' answers only. */
export function cookieResponse(
  ofBackends: ReadonlyMap<string, PersistenceCookie>,
): PolicyMiddleware | undefined {
  if (ofBackends.size === 0) return undefined;
  return onAnswer((stream) => {
    const { backend, reply } = stream;
    if (backend === undefined || reply?.upstream === undefined) return;
    ofBackends.get(backend.name)?.editResponse(stream, reply.head);
  });
}
