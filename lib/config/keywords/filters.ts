/** `filter …` (manual 9): what bodies pass. */
import type { WordsAt } from "../model.ts";
import { nearest } from "../suggest.ts";
import { NO_FASTCGI } from "./group.ts";
import { type KeywordRow, proxyKeyword, type SectionKind, words } from "./types.ts";

const REAL: readonly SectionKind[] = ["frontend", "listen", "backend"];

const KINDS = ["bwlim-in", "bwlim-out", "cache", "compression"];

/** Filters of HAProxy that sluice does not have, and why. */
const OTHERS: Readonly<Record<string, string>> = {
  trace: "it is for developers of HAProxy; 'trace start' on the runtime socket shows what rules do",
  spoe: "agents outside are not supported",
  "fcgi-app": NO_FASTCGI,
  opentracing: "it is not supported",
};

/** `compression` stands once, `cache` and limits once by each name. */
function isSecond(kind: string, name: string | undefined, before: readonly WordsAt[]): boolean {
  return before.some(({ words: [first, second] }) =>
    first.text === kind && (kind === "compression" || second?.text === name)
  );
}

export const filterRows: readonly KeywordRow[] = [
  proxyKeyword({
    name: "filter",
    sections: REAL,
    args: { filter: words("<kind> [<settings>]") },
    repeatable: true,
    summary: "A filter of bodies: bwlim-in, bwlim-out, cache, compression",
    manual: "9 (bwlim: HAProxy 2.7)",
    apply(proxy, { filter }, { diagnostics, statement }) {
      const [kind, extra] = filter;
      const other = Object.hasOwn(OTHERS, kind.text) ? OTHERS[kind.text] : undefined;
      if (other !== undefined) {
        diagnostics.alert(kind.span, `'filter ${kind.text}' is not supported: ${other}`);
      } else if (!KINDS.includes(kind.text)) {
        diagnostics.alert(kind.span, `unknown filter '${kind.text}'`, {
          allowed: KINDS.join(", "),
          nearest: nearest(kind.text, KINDS),
        });
      } else if (kind.text === "compression" && extra !== undefined) {
        diagnostics.alert(extra.span, `unexpected '${extra.text}' after 'filter compression'`);
      } else if (kind.text === "cache" && filter.length !== 2) {
        diagnostics.alert(kind.span, "'filter cache' needs the name of a cache and nothing else");
      } else if (isSecond(kind.text, extra?.text, proxy.filters)) {
        const what = filter.map(({ text }) => text).slice(0, 2).join(" ");
        diagnostics.alert(kind.span, `a second 'filter ${what}': a proxy has it once`);
      } else proxy.filters.push({ words: filter, span: statement.span });
    },
  }),
];
