/** `h1-case-adjust` and `h1-case-adjust-file` (manual 3.1): how names of fields are written for peers that insist. */
import type { Diagnostics } from "../diagnostic.ts";
import type { Span } from "../document.ts";
import type { GlobalDraft } from "../draft.ts";
import { path, text } from "./args.ts";
import { globalKeyword, type KeywordRow, one } from "./types.ts";

/** A name in lower case and the same in another case; says what is wrong with a pair. */
function mistake(from: string, to: string): string | undefined {
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]{1,256}$/.test(from)) {
    return `'${from}' is not the name of a header in lower case`;
  }
  return to.toLowerCase() === from ? undefined : `'${to}' differs from '${from}' not only in case`;
}

function add(
  table: Map<string, string>,
  [from, to]: readonly [string, string],
  span: Span,
  diagnostics: Diagnostics,
): void {
  const wrong = mistake(from, to) ??
    (table.has(from) ? `'${from}' has its case already: '${table.get(from)}'` : undefined);
  if (wrong === undefined) table.set(from, to);
  else diagnostics.alert(span, `'h1-case-adjust': ${wrong}`);
}

const tableOf = (global: GlobalDraft) => global.caseAdjust ??= new Map();

export const caseAdjustRows: readonly KeywordRow[] = [
  globalKeyword({
    name: "h1-case-adjust",
    args: { from: one(text("<from>")), to: one(text("<to>")) },
    repeatable: true,
    summary: "How a header's name is written where 'option h1-case-adjust-bogus-…' is set",
    manual: "3.1",
    apply(global, { from, to }, { diagnostics, words }) {
      add(tableOf(global), [from, to], words[0].span, diagnostics);
    },
  }),
  globalKeyword({
    name: "h1-case-adjust-file",
    args: { file: one(path()) },
    summary: "The same for many names: a file with two names on each line",
    manual: "3.1",
    apply(global, { file }, { diagnostics, words, readFile }) {
      const { span } = words[0];
      let content: string;
      try {
        content = new TextDecoder().decode(readFile(file));
      } catch (error) {
        const reason = (error as Error).message;
        diagnostics.alert(span, `'h1-case-adjust-file': '${file}' cannot be read: ${reason}`);
        return;
      }
      for (const [number, line] of content.split("\n").entries()) {
        const [from, to, more] = line.trim().split(/[ \t]+/);
        if (from === "" || from.startsWith("#")) continue;
        if (to === undefined || more !== undefined) {
          diagnostics.alert(
            span,
            `'h1-case-adjust-file': line ${number + 1} of '${file}' is not two names`,
          );
        } else add(tableOf(global), [from, to], span, diagnostics);
      }
    },
  }),
];
