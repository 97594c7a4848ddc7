/** A cache (manual 6.2): what rules do with it, on top of store and rules of HTTP. */
import type { CacheConfig } from "../config/model_cache.ts";
import type { CacheAnswer, CacheObject, CacheUse, CacheView } from "../expr/cache_view.ts";
import type { StreamView } from "../expr/context.ts";
import { bytesOfLatin1 } from "../http1/bytes.ts";
import type { Head } from "../http1/head.ts";
import {
  isNotModified,
  isSafe,
  mayServe,
  namesOfVaryKey,
  rangeOf,
  requestControl,
  storability,
  varyKey,
  varyNames,
} from "./rules.ts";
import { Fetches } from "./fetches.ts";
import type { ObjectWriter } from "./object_writer.ts";
import type { CacheStore, ObjectFacts } from "./store.ts";

const MUST_REVALIDATE = 1;
/** ms between two looks at what another thread fetches */
const LOOK = 5;
/** bytes of an answer that is made in memory that was used before, and how many of these are kept */
const ROOM = 16_384;
const MAX_ROOMS = 64;

/** Fields that belong to a connection or to one transfer (RFC 9111 section 3.1), and those that are made anew. */
const NOT_KEPT: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authentication-info",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "content-length",
  "age",
]);

export interface CacheParts {
  readonly config: CacheConfig;
  readonly store: CacheStore;
  /** ms until `fn` is called; answers what cancels it */
  readonly after: (ms: number, fn: () => void) => () => void;
}

export class Cache implements CacheView {
  readonly name: string;
  readonly config: CacheConfig;
  readonly #store: CacheStore;
  readonly #after: CacheParts["after"];
  /** objects that are fetched, by key, as far as requests of this thread know of it: others wait */
  readonly #fetching = new Map<string, Promise<void>>();
  /** as far as all threads do */
  readonly #fetches: Fetches;
  readonly #rooms: Uint8Array[] = [];

  constructor({ config, store, after }: CacheParts) {
    this.name = config.name;
    this.config = config;
    this.#store = store;
    this.#after = after;
    this.#fetches = new Fetches(store.fetches);
  }

  get memory(): CacheStore {
    return this.#store;
  }

  use(stream: StreamView): CacheAnswer | Promise<CacheAnswer> {
    const { request } = stream;
    if (request === undefined || request.received.version < 11) return "miss";
    const method = request.method;
    const key = keyOf(stream, request);
    if (method !== "GET" && method !== "HEAD") {
      if (!isSafe(method)) stream.cacheUse = { cache: this, key, hit: false, unsafe: true };
      return "miss";
    }
    const { inner } = stream.session;
    if (inner !== undefined) {
      // It is the request that fetches an object anew: nothing that is kept will do.
      const of = inner.refreshes ?? key;
      stream.cacheUse = { cache: this, key: of, hit: false, unsafe: false };
      return "miss";
    }
    const use: CacheUse = stream.cacheUse = { cache: this, key, hit: false, unsafe: false };
    const found = this.#answer(stream, use, false);
    if (found !== "miss" || method !== "GET") return found;
    const { coalesce } = this.config;
    if (coalesce === 0 || requestControl(request).size > 0) return "miss";
    let fetching = this.#fetching.get(key);
    if (fetching === undefined) {
      const hash = this.#store.hashOf(key);
      const who = this.#fetches.begin(hash, Math.floor(stream.process.wall() / 1000));
      if (who !== "other") {
        this.#lead(use, who === "mine" ? hash : undefined);
        if (who === "unknown") return "miss";
        // It may have come between the look and now.
        const there = this.#answer(stream, use, false);
        if (there === "miss") return "miss";
        use.settle!();
        use.settle = undefined;
        return there;
      }
      fetching = this.#elsewhere(key, hash);
    }
    return this.#wait(fetching).then(() => this.#answer(stream, use, false));
  }

  /** What may be given to a client though it is too old, because the server fails (RFC 5861 section 4). */
  staleAnswer(stream: StreamView): CacheObject | undefined {
    const use = stream.cacheUse;
    if (use === undefined || use.unsafe || this.config.staleIfError === 0) return undefined;
    const answer = this.#answer(stream, use, true);
    return typeof answer === "object" ? answer : undefined;
  }

  store(stream: StreamView): void {
    const { request, response } = stream;
    if (request === undefined || response === undefined || stream.tapResponse === undefined) return;
    // It comes from a cache: nothing of it is new.
    if (stream.cacheHit !== undefined) return;
    const now = Math.floor(stream.process.wall() / 1000);
    const judged = storability(request, response, now, this.config);
    if ("refused" in judged) return;
    const key = stream.cacheUse?.key ?? keyOf(stream, request);
    const names = varyNames(response) ?? [];
    const vary = varyKey(request, names);
    const head = keptHead(response);
    const { maxObjectSize, maxSecondaryEntries } = this.config;
    if (head.length > maxObjectSize) return;
    const writer = this.#store.begin(key, vary, head);
    if (writer === undefined) return;
    const settle = stream.cacheUse?.settle;
    if (stream.cacheUse !== undefined) stream.cacheUse.settle = undefined;
    let left: number = maxObjectSize - head.length;
    let body = 0;
    let open: ObjectWriter | undefined = writer;
    const drop = () => {
      open?.drop();
      open = undefined;
    };
    stream.tapResponse({
      data: (piece) => {
        left -= piece.length;
        body += piece.length;
        if (open !== undefined && (left < 0 || !open.append(piece))) drop();
      },
      end: (whole) => {
        if (!whole) drop();
        if (open !== undefined) {
          this.#store.commit(
            open.object,
            this.#store.hashOf(key),
            {
              body,
              stored: now,
              lifetime: judged.lifetime,
              age: judged.age,
              flags: judged.mustRevalidate ? MUST_REVALIDATE : 0,
            },
            // Another object that this request would be given is out of date.
            (other) => other === vary,
            maxSecondaryEntries,
          );
        }
        settle?.();
      },
    });
  }

  purge(stream: StreamView): number {
    const { request } = stream;
    return request === undefined ? 0 : this.drop(keyOf(stream, request));
  }

  /** Drops all objects of a key: how many there were. */
  drop(key: string): number {
    return this.#store.remove(this.#store.hashOf(key), key);
  }

  /** Has an old object fetched anew, once at a time (RFC 5861 section 3); false: that cannot be. */
  #refetch(stream: StreamView, key: string): boolean {
    const { refetch } = stream.session.frontend;
    if (refetch === undefined || stream.request!.method !== "GET") return false;
    const hash = ~this.#store.hashOf(key);
    const who = this.#fetches.begin(hash, Math.floor(stream.process.wall() / 1000));
    if (who === "other") return true;
    const end = who === "mine" ? () => this.#fetches.end(hash) : () => {};
    if (refetch(stream, key, end)) return true;
    end();
    return false;
  }

  /** Another thread fetches the object: done when it does not any more, or after the longest wait. */
  #elsewhere(key: string, hash: number): Promise<void> {
    let left = this.config.coalesce;
    const fetching = new Promise<void>((resolve) => {
      const look = () => {
        if (left > 0 && this.#fetches.has(hash)) {
          this.#after(Math.min(LOOK, left), look);
          left -= LOOK;
          return;
        }
        if (this.#fetching.get(key) === fetching) this.#fetching.delete(key);
        resolve();
      };
      this.#after(LOOK, look);
    });
    this.#fetching.set(key, fetching);
    return fetching;
  }

  /** `hash`: other threads are to be told of the end. */
  #lead(use: CacheUse, hash: number | undefined): void {
    let done!: () => void;
    const fetching = new Promise<void>((resolve) => done = resolve);
    this.#fetching.set(use.key, fetching);
    use.settle = () => {
      if (this.#fetching.get(use.key) === fetching) this.#fetching.delete(use.key);
      if (hash !== undefined) this.#fetches.end(hash);
      done();
    };
  }

  async #wait(fetching: Promise<void>): Promise<void> {
    let cancel!: () => void;
    const late = new Promise<void>((resolve) =>
      cancel = this.#after(this.config.coalesce, resolve)
    );
    await Promise.race([fetching, late]);
    cancel();
  }

  #answer(stream: StreamView, use: CacheUse, error: boolean): CacheAnswer {
    const request = stream.request!;
    const asked = requestControl(request);
    const now = Math.floor(stream.process.wall() / 1000);
    const { staleIfError, staleWhileRevalidate } = this.config;
    const object = asked.has("no-store") ? 0 : this.#store.find(
      this.#store.hashOf(use.key),
      use.key,
      (vary) => vary === "" || varyKey(request, namesOfVaryKey(vary)) === vary,
      (facts) =>
        ageOf(facts, now) >=
          facts.lifetime + Math.max(staleIfError, staleWhileRevalidate, maxStale(asked)),
    );
    if (object === 0) return asked.has("only-if-cached") && !error ? "only-if-cached" : "miss";
    try {
      const facts = this.#store.facts(object);
      const age = ageOf(facts, now);
      const mustRevalidate = (facts.flags & MUST_REVALIDATE) !== 0;
      const serves = error
        ? age < facts.lifetime + staleIfError && !mustRevalidate
        : mayServe({ age, lifetime: facts.lifetime, mustRevalidate }, asked) ||
          (asked.size === 0 && !mustRevalidate && age < facts.lifetime + staleWhileRevalidate &&
            this.#refetch(stream, use.key));
      if (!serves) return asked.has("only-if-cached") && !error ? "only-if-cached" : "miss";
      use.hit = true;
      return isSelective(request, this.config.ranges)
        ? { bytes: this.#selected(object, facts, request, age) }
        : this.#whole(object, facts, request, age);
    } finally {
      this.#store.release(object);
    }
  }

  /** The object as it was kept: nothing of it becomes a string. */
  #whole(object: number, facts: ObjectFacts, request: Head, age: number): CacheObject {
    const more = `Age: ${age}\r\nContent-Length: ${facts.body}\r\n\r\n`;
    const end = facts.head + more.length;
    const body = request.method === "HEAD" ? 0 : facts.body;
    const room = end + body <= ROOM ? this.#rooms.pop() ?? new Uint8Array(ROOM) : undefined;
    const bytes = room?.subarray(0, end + body) ?? new Uint8Array(end + body);
    this.#store.copyHead(object, bytes);
    for (let i = 0; i < more.length; i++) bytes[facts.head + i] = more.charCodeAt(i);
    if (body > 0) this.#store.copyBody(object, 0, bytes.subarray(end));
    if (room === undefined) return { bytes };
    return {
      bytes,
      release: () => {
        if (this.#rooms.length < MAX_ROOMS) this.#rooms.push(room);
      },
    };
  }

  /** The object, a part of it, or that the client has it already. */
  #selected(object: number, facts: ObjectFacts, request: Head, age: number): Uint8Array {
    const head = this.#store.head(object);
    const etag = fieldOf(head, "etag");
    const lastModified = fieldOf(head, "last-modified");
    const aged = `Age: ${age}\r\n`;
    if (isNotModified(request, etag, lastModified)) {
      const fields = head.slice(head.indexOf("\r\n") + 2).replace(/^content-[^\r\n]*\r\n/gim, "");
      return bytesOfLatin1(`HTTP/1.1 304 Not Modified\r\n${fields}${aged}\r\n`);
    }
    let start = head;
    let from = 0;
    let length = facts.body;
    if (this.config.ranges) {
      const range = rangeOf(request, facts.body, etag, lastModified);
      if (range === "none") {
        return bytesOfLatin1(
          `HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */${facts.body}\r\n` +
            "Content-Length: 0\r\n\r\n",
        );
      }
      if (range !== undefined) {
        from = range.from;
        length = range.to - range.from + 1;
        start = head.replace(/^[^\r\n]*/, "HTTP/1.1 206 Partial Content") +
          `Content-Range: bytes ${range.from}-${range.to}/${facts.body}\r\n`;
      }
    }
    const text = `${start}${aged}Content-Length: ${length}\r\n\r\n`;
    const body = request.method === "HEAD" ? 0 : length;
    const bytes = new Uint8Array(text.length + body);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    if (body > 0) this.#store.copyBody(object, from, bytes.subarray(text.length));
    return bytes;
  }
}

/** True when something else than the whole object may be wanted. */
function isSelective(request: Head, ranges: boolean): boolean {
  return request.find("if-none-match") >= 0 || request.find("if-modified-since") >= 0 ||
    (ranges && request.find("range") >= 0);
}

/** RFC 9111 section 4.2.3: how old an object is by now. */
function ageOf({ stored, age }: ObjectFacts, now: number): number {
  return age + Math.max(0, now - stored);
}

function maxStale(asked: ReadonlyMap<string, string | undefined>): number {
  if (!asked.has("max-stale")) return 0;
  const text = asked.get("max-stale");
  return text === undefined ? 2 ** 31 : /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
}

/** The address: scheme, host and target (RFC 9111 section 2). GET and HEAD have the same. */
function keyOf(stream: StreamView, request: Head): string {
  const scheme = stream.session.tls === undefined ? "http" : "https";
  const target = request.target.startsWith("/")
    ? request.target
    : request.target.replace(/^https?:\/\/[^/?#]*/i, "");
  return `${scheme}://${request.received.host.toLowerCase()}${target}`;
}

/** Status line and the fields that are kept, each line with its end. */
function keptHead(response: Head): string {
  const dropped = new Set(NOT_KEPT);
  // What Connection names belongs to the connection too (RFC 9110 section 7.6.1).
  for (const name of (response.get("connection") ?? "").split(",")) {
    dropped.add(name.trim().toLowerCase());
  }
  let text = `HTTP/1.1 ${response.status} ${response.reason}\r\n`;
  for (let i = 0; i < response.count; i++) {
    if (response.isRemoved(i) || dropped.has(response.name(i).toLowerCase())) continue;
    text += `${response.name(i)}: ${response.value(i)}\r\n`;
  }
  return text;
}

function fieldOf(head: string, name: string): string | undefined {
  const match = new RegExp(`\r\n${name}:[ \t]*([^\r\n]*?)[ \t]*\r\n`, "i").exec(head);
  return match?.[1];
}
