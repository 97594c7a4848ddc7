/** Flags of an ACL's criterion, `-i -f -m -M -n -u --`, and the patterns behind them (manual 7.1). */
import type { Span, Word } from "../config/document.ts";
import { nearest } from "../config/suggest.ts";
import { type CompileContext, partOf } from "./context_compile.ts";
import { MATCHES, type MatchRow, type OperatedPattern } from "./match.ts";
import { OPERATORS } from "./match_number.ts";
import { referenceNamed } from "./pattern_file.ts";
import type { PatternEntry, PatternReference } from "./pattern_store.ts";
import { patternOfWord } from "./patterns.ts";
import { Shared } from "./shared.ts";

/** `-f`: the list, and how it is read. */
export interface PatternFile {
  readonly reference: PatternReference;
  readonly ignoreCase: boolean;
  readonly span: Span;
}

export interface Flags {
  readonly match: MatchRow | undefined;
  readonly files: readonly PatternFile[];
  /** `-u` */
  readonly id: number | undefined;
  /** The patterns among the words, read as the match wants them; undefined after a mistake. */
  readonly patterns: (match: MatchRow) => OperatedPattern[] | undefined;
  /** Those of files as well, without a word about mistakes. */
  readonly list: (match: MatchRow) => OperatedPattern[];
}

/** Makes patterns of a file's entries, each with its line for messages. */
export function patternMaker({ reference, ignoreCase, span }: PatternFile) {
  return (entry: Pick<PatternEntry, "key" | "line">): OperatedPattern => ({
    text: entry.key,
    ignoreCase,
    span,
    ...(entry.line > 0 ? { where: `line ${entry.line} of '${reference.name}'` } : {}),
  });
}

/** Reads the flags from the second word on; undefined after a mistake. */
export function readFlags(words: readonly Word[], ctx: CompileContext): Flags | undefined {
  let ignoreCase = false;
  let map = false;
  let match: MatchRow | undefined;
  let good = true;
  const files: PatternFile[] = [];
  let id: number | undefined;
  let i = 1;
  const argument = (flag: Word, what: string): Word | undefined => {
    const word = words[++i];
    if (word === undefined) {
      ctx.diagnostics.alert(flag.span, `'${flag.text}' needs ${what}`);
      good = false;
    }
    return word;
  };
  flags: for (; i < words.length; i++) {
    const word = words[i];
    if (!/^-./.test(word.text)) break;
    switch (word.text) {
      case "--":
        i++;
        break flags;
      case "-i":
        ignoreCase = true;
        break;
      case "-n":
        // Names in patterns are never resolved.
        break;
      case "-M":
        map = true;
        break;
      case "-u": {
        const number = argument(word, "a number");
        if (number === undefined) break;
        if (/^[0-9]{1,9}$/.test(number.text)) id = Number(number.text);
        else {
          ctx.diagnostics.alert(number.span, `'${number.text}' is not a number`);
          good = false;
        }
        break;
      }
      case "-m": {
        const name = argument(word, "a match method");
        if (name === undefined) break;
        match = MATCHES.get(name.text);
        if (match === undefined) {
          ctx.diagnostics.alert(name.span, `unknown match method '${name.text}'`, {
            allowed: [...MATCHES.keys()].join(", "),
            nearest: nearest(name.text, MATCHES.keys()),
          });
          good = false;
        } else if (files.length > 0) {
          ctx.diagnostics.alert(word.span, "'-m' must stand before '-f'");
          good = false;
        }
        break;
      }
      case "-f": {
        const path = argument(word, "a file");
        if (path === undefined) break;
        const shared = ctx.shared ?? new Shared();
        const kind = map ? "map" : "acl";
        const reference = referenceNamed(kind, path.text, shared, ctx.readFile);
        if (reference === undefined) {
          ctx.diagnostics.alert(path.span, `pattern file '${path.text}' cannot be read`);
          good = false;
        } else {
          reference.uses.push(`acl at file '${path.span.file}' line ${path.span.line}`);
          files.push({ reference, ignoreCase, span: path.span });
        }
        break;
      }
      default:
        ctx.diagnostics.alert(
          word.span,
          `'${word.text}' is no acl flag; put '--' before patterns that begin with '-'`,
          { allowed: "-i, -f, -m, -M, -n, -u, --" },
        );
        return undefined;
    }
  }
  if (!good) return undefined;
  const rest = words.slice(i);
  const written = (row: MatchRow): OperatedPattern[] => {
    if (row.patterns === "none") return [];
    const all: OperatedPattern[] = [];
    let operator = "eq";
    for (const word of rest) {
      if (row.patterns === "operators" && OPERATORS.includes(word.text)) operator = word.text;
      else all.push({ ...patternOfWord(word.text, ignoreCase, word.span), operator });
    }
    return all;
  };
  return {
    match,
    files,
    id,
    list: (row) => [
      ...row.patterns === "none"
        ? []
        : files.flatMap((file) => [...file.reference.entries()].map(patternMaker(file))),
      ...written(row),
    ],
    patterns: (row) => {
      if (row.patterns === "none") return [];
      const all = written(row);
      if (
        rest.length > 0 && OPERATORS.includes(rest.at(-1)!.text) && row.patterns === "operators"
      ) {
        const last = rest.at(-1)!;
        ctx.diagnostics.alert(last.span, `'${last.text}' needs a value`);
        return undefined;
      }
      if (all.length === 0 && files.length === 0 && id === undefined) {
        ctx.diagnostics.warning(
          partOf(words[0], 0, words[0].text.length),
          `'${words[0].text}' has no patterns and will never match`,
        );
      }
      return all;
    },
  };
}
