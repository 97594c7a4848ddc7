/**
 * The order of `filter` lines (manual 9.2, 9.4; HAProxy 2.7's 9.7).
 *
 * Bodies pass the filters of a proxy in the order of their lines. Where only compression and caches are there, nobody
 * need write a line: what a cache keeps is what the server sent, and compression comes behind. Beside a bandwidth limit
 * it has to be said where they stand, for it makes a difference what is counted.
 */
import type { Diagnostics } from "./diagnostic.ts";
import type { ProxyConfig, WordsAt } from "./model.ts";

/** Refuses orders that cannot be, and lines that are missing. */
export function checkFilters(proxy: ProxyConfig, diagnostics: Diagnostics): void {
  const { filters } = proxy;
  const kinds = filters.map(({ words }) => words[0].text);
  const compression = kinds.indexOf("compression");
  if (compression >= 0) {
    for (const { words, span } of filters.slice(compression)) {
      if (words[0].text !== "cache") continue;
      diagnostics.alert(
        span,
        `'filter compression' stands before 'filter cache ${
          words[1].text
        }': a cache keeps what is not compressed`,
        { allowed: "the other order" },
      );
    }
  }
  const limit = filters.find(({ words }) => words[0].text.startsWith("bwlim-"));
  if (limit === undefined) return;
  const words = limit.words.slice(0, 2).map(({ text }) => text).join(" ");
  const missing = (line: string, why: string) =>
    diagnostics.alert(
      limit.span,
      `beside a bandwidth limit '${proxy.name}' must say where ${why} stands`,
      { allowed: `'${line}' before or behind 'filter ${words}'` },
    );
  if (proxy.compression !== undefined && compression < 0) {
    missing("filter compression", "compression");
  }
  for (const name of cachesOf(proxy)) {
    if (!filters.some(({ words }) => words[0].text === "cache" && words[1].text === name)) {
      missing(`filter cache ${name}`, `the cache '${name}'`);
    }
  }
}

/** Caches that rules of a proxy name. */
function cachesOf({ httpRequest, httpResponse }: ProxyConfig): ReadonlySet<string> {
  const rules: readonly WordsAt[] = [...httpRequest, ...httpResponse];
  const named = rules.filter(({ words }) => /^cache-(use|store)$/.test(words[0]?.text ?? ""));
  return new Set(named.flatMap(({ words }) => words[1]?.text ?? []));
}
