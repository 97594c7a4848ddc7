/** What a cache has to do with a stream after its answer is known (manual 6.2, RFC 9111 section 4.4, RFC 5861). */
import type { Cache } from "../../lib/cache/cache.ts";
import type { Stream } from "../../lib/proxy/stream.ts";
import { onAnswer, type PolicyMiddleware } from "./policy.ts";
import { objectReply } from "./rules.ts";

/** Installed where there are caches: invalidation, and those who wait are told. */
export function cacheEnd(caches: ReadonlyMap<string, Cache>): PolicyMiddleware | undefined {
  if (caches.size === 0) return undefined;
  return onAnswer((stream) => {
    const use = stream.cacheUse;
    if (use === undefined) return;
    const cache = use.cache as Cache;
    const status = stream.reply?.head.status ?? 0;
    if (use.unsafe && status >= 200 && status < 400) invalidate(stream, cache, use.key);
    // Nobody writes an object of this answer.
    use.settle?.();
  });
}

/** RFC 9111 section 4.4: the target, and what the answer says has changed with it. */
function invalidate(stream: Stream, cache: Cache, key: string): void {
  cache.drop(key);
  const origin = /^[a-z]+:\/\/[^/?#]*/.exec(key)![0];
  for (const name of ["location", "content-location"]) {
    const value = stream.reply?.head.get(name);
    if (value === undefined) continue;
    try {
      const url = new URL(value, key);
      if (url.origin === new URL(origin).origin) {
        cache.drop(`${origin}${url.pathname}${url.search}`);
      }
    } catch {
      // What is no address names nothing that is kept.
    }
  }
}

/**
 * Old objects in place of errors, where a cache has `stale-if-error`. It stands before the frontend's `http-response`
 * rules, which see the object as they see every other one.
 */
export function cacheStandIn(caches: ReadonlyMap<string, Cache>): PolicyMiddleware | undefined {
  if (![...caches.values()].some(({ config }) => config.staleIfError > 0)) return undefined;
  return onAnswer((stream) => {
    const use = stream.cacheUse;
    if (use === undefined || use.hit || use.unsafe) return;
    if (stream.reply !== undefined && stream.reply.head.status < 500) return;
    const cache = use.cache as Cache;
    const object = cache.staleAnswer(stream);
    const reply = object && objectReply(stream, object);
    if (reply === undefined) return;
    stream.reply?.upstream?.close();
    stream.cacheHit = cache.name;
    stream.reply = reply;
  });
}
