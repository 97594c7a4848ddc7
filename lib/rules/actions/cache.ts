/** `cache-use`, `cache-store` (manual 6.2.2) and `cache-purge`. */
import { nearest } from "../../config/suggest.ts";
import type { CacheAnswer, CacheView } from "../../expr/cache_view.ts";
import type { StreamView } from "../../expr/context.ts";
import type { ActionRow, Outcome, RuleContext, Verdict } from "../types.ts";
import type { WordReader } from "../word_reader.ts";

function readCache(reader: WordReader, ctx: RuleContext): CacheView | undefined {
  const word = reader.need("the name of a cache");
  if (word === undefined) return undefined;
  const cache = ctx.findCache?.(word.text);
  if (cache === undefined) {
    ctx.diagnostics.alert(word.span, `there is no cache '${word.text}'`, {
      allowed: "the name of a 'cache' section",
      nearest: nearest(word.text, ctx.cacheNames ?? []),
    });
  }
  return cache;
}

function verdictOf(stream: StreamView, cache: CacheView, answer: CacheAnswer): Verdict | undefined {
  if (answer === "miss") return undefined;
  if (answer === "only-if-cached") return { type: "page", status: 504 };
  stream.cacheHit = cache.name;
  return { type: "object", bytes: answer.bytes, release: answer.release };
}

export const CACHE_ACTIONS: readonly ActionRow[] = [
  {
    name: "cache-use",
    args: "<name>",
    rules: ["http-request"],
    doc: "answers from a cache when it has what is asked for",
    section: "6.2.2",
    compile: (reader, ctx) => {
      const cache = readCache(reader, ctx);
      return cache && ((stream): Outcome => {
        const answer = cache.use(stream);
        return answer instanceof Promise
          ? answer.then((found) => verdictOf(stream, cache, found))
          : verdictOf(stream, cache, answer);
      });
    },
  },
  {
    name: "cache-store",
    args: "<name>",
    rules: ["http-response"],
    doc: "keeps the answer in a cache when it may be kept",
    section: "6.2.2",
    compile: (reader, ctx) => {
      const cache = readCache(reader, ctx);
      return cache && ((stream) => {
        cache.store(stream);
        return undefined;
      });
    },
  },
  {
    name: "cache-purge",
    args: "<name>",
    rules: ["http-request"],
    doc: "drops what a cache has of the address: answers 200, or 404 when there is nothing",
    section: "none: sluice's own",
    compile: (reader, ctx) => {
      const cache = readCache(reader, ctx);
      return cache && ((stream) => ({
        type: "reply",
        reply: {
          status: cache.purge(stream) > 0 ? 200 : 404,
          headers: [["content-length", "0"]],
          body: new Uint8Array(0),
        },
      }));
    },
  },
];
