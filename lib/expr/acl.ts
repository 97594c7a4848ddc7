/** ACLs: named and anonymous tests of samples against patterns (manual 7.1). */
import type { Span, Word } from "../config/document.ts";
import type { WordsAt } from "../config/model.ts";
import { nearest } from "../config/suggest.ts";
import { ACL_KEYWORDS } from "./acl_keywords.ts";
import { compileExpression, type Expression } from "./compile.ts";
import { type CompileContext, partOf, type PlacedContext } from "./context_compile.ts";
import type { StreamView } from "./context.ts";
import { FETCHES } from "./fetches/table.ts";
import { liveTest } from "./live_test.ts";
import {
  DEFAULT_MATCH,
  MATCHES,
  type MatchRow,
  type OperatedPattern,
  type ValueTest,
} from "./match.ts";
import { OPERATORS } from "./match_number.ts";
import { referenceNamed } from "./pattern_file.ts";
import type { PatternEntry, PatternReference } from "./pattern_store.ts";
import { patternOfWord } from "./patterns.ts";
import type { FetchRow } from "./rows.ts";
import { castOf, isSame, TYPE_NAMES, type Value } from "./sample.ts";
import { Shared } from "./shared.ts";

export type StreamTest = (stream: StreamView) => boolean;

/** One criterion of an ACL: one fetch with its patterns. */
export interface Criterion {
  /** the words of the criterion as written */
  readonly words: readonly Word[];
  readonly row: FetchRow;
  /** the keyword as written: `hdr_beg` */
  readonly keyword: string;
  readonly test: StreamTest;
  /** for who compiles many criteria of one sample to a single lookup; undefined: it must be tested by itself */
  readonly lookup?: CriterionLookup;
}

/** What a criterion does, when it is one sample, the same each time it is asked for, against constant patterns. */
export interface CriterionLookup {
  /** the same for criteria of the same sample that match it in the same way */
  readonly key: string;
  readonly match: MatchRow;
  readonly ignoreCase: boolean;
  readonly patterns: readonly OperatedPattern[];
  /** a test of the samples, as `test` makes it of its patterns: over every occurrence until one passes */
  readonly over: (matches: ValueTest) => StreamTest;
}

/** A named ACL: true when any of its criteria is. */
export interface Acl {
  readonly name: string;
  readonly criteria: readonly Criterion[];
}

export type AclTable = ReadonlyMap<string, Acl>;

const ACL_NAME = /^[A-Za-z0-9_.:-]+$/;

/** Compiles a proxy's `acl` lines; several lines of one name are alternatives. */
export function compileAcls(lines: readonly WordsAt[], ctx: CompileContext): AclTable {
  const table = new Map<string, { name: string; criteria: Criterion[] }>();
  for (const { words, span } of lines) {
    const name = words[0];
    if (name === undefined || words.length < 2) {
      ctx.diagnostics.alert(span, "'acl' needs a name and a criterion", {
        allowed: "acl <name> <criterion> [flags] [operator] [<value>]...",
      });
      continue;
    }
    if (name.text === "or" || name.text === "||") {
      ctx.diagnostics.alert(
        name.span,
        `acl name '${name.text}' will never match: it means a disjunction in a condition`,
      );
      continue;
    }
    if (!ACL_NAME.test(name.text)) {
      ctx.diagnostics.alert(name.span, `'${name.text}' is no acl name`, {
        allowed: "letters, digits, '-', '_', '.' and ':'",
      });
      continue;
    }
    let acl = table.get(name.text);
    // An ACL whose line is wrong is known all the same: its uses are not reported as well.
    if (acl === undefined) table.set(name.text, acl = { name: name.text, criteria: [] });
    const criterion = compileCriterion(words.slice(1), ctx);
    if (criterion !== undefined) acl.criteria.push(criterion);
  }
  return table;
}

/** Compiles `<criterion> [flags] [operator] [<value>]...`. */
export function compileCriterion(
  words: readonly Word[],
  ctx: CompileContext,
): Criterion | undefined {
  const first = words[0];
  const placed: PlacedContext = { ...ctx, place: "http-request" };
  const keyword = /^[^(,]*/.exec(first.text)![0];
  const known = ACL_KEYWORDS.get(keyword);
  const expression = compileExpression(first, placed, {
    find: (name) => ACL_KEYWORDS.get(name)?.row,
    names: () => [...ACL_KEYWORDS.keys(), ...FETCHES.keys()],
    anyPlace: true,
  });
  const flags = readFlags(words, ctx);
  if (expression === undefined || flags === undefined) return undefined;
  const match = flags.match ??
    (known !== undefined && !expression.hasConverters
      ? known.match
      : DEFAULT_MATCH[expression.type]);
  if (match === undefined) {
    ctx.diagnostics.alert(
      first.span,
      `a sample of type ${TYPE_NAMES[expression.type]} has no match method of its own`,
      { allowed: "-m with " + [...MATCHES.keys()].join(", ") },
    );
    return undefined;
  }
  return build(words, keyword, expression, match, flags, ctx);
}

function build(
  words: readonly Word[],
  keyword: string,
  expression: Expression,
  match: MatchRow,
  flags: Flags,
  ctx: CompileContext,
): Criterion | undefined {
  const first = words[0];
  const cast = match.input === undefined ? undefined : castOf(expression.type, match.input);
  if (match.input !== undefined && cast === undefined) {
    ctx.diagnostics.alert(
      first.span,
      `match '${match.name}' takes ${TYPE_NAMES[match.input]}, but '${first.text}' gives ${
        TYPE_NAMES[expression.type]
      }`,
    );
    return undefined;
  }
  const test = compilePatterns(match, flags, ctx);
  if (test === undefined) return undefined;
  const casted = cast === undefined || isSame(cast) ? test : (value: Value) => {
    const other = cast(value);
    return other !== undefined && test(other);
  };
  const { row, type, hasConverters } = expression;
  const made = ctx.observer === undefined ? expression.test(casted) : ctx.observer.criterion(
    { words, row, type, hasConverters, match, patterns: () => flags.list(match) },
    casted,
    expression.test,
  );
  const lookup = ctx.observer === undefined
    ? lookupOf(first.text.slice(keyword.length), expression, match, cast, flags)
    : undefined;
  return { words, row, keyword, test: made, ...(lookup === undefined ? {} : { lookup }) };
}

/** These converters do something, or give something else each time. */
const IMPURE = /set-var|capture-|debug|when|table|rand/;

function lookupOf(
  rest: string,
  { row, test }: Expression,
  match: MatchRow,
  cast: ReturnType<typeof castOf>,
  flags: Flags,
): CriterionLookup | undefined {
  // What is no part of the message or its connection may be different a moment later.
  if (row.needs === "nothing" || row.needs === "internal" || IMPURE.test(rest)) return undefined;
  if (flags.files.length > 0 || flags.id !== undefined || cast === undefined) return undefined;
  const patterns = flags.list(match);
  const ignoreCase = patterns[0]?.ignoreCase === true;
  if (patterns.length === 0) return undefined;
  const plain = isSame(cast);
  return {
    key: `${row.name}${rest} ${match.name} ${ignoreCase}`,
    match,
    ignoreCase,
    patterns,
    over: (matches) =>
      test(
        plain ? matches : (value) => {
          const other = cast(value);
          return other !== undefined && matches(other);
        },
      ),
  };
}

interface Compiled {
  readonly test: ValueTest;
  readonly mistakes: readonly { readonly pattern: OperatedPattern; readonly error: string }[];
}

function compileList(match: MatchRow, patterns: readonly OperatedPattern[]): Compiled {
  const mistakes: { readonly pattern: OperatedPattern; readonly error: string }[] = [];
  const test = match.compile(patterns, (pattern, error) => mistakes.push({ pattern, error }));
  return { test, mistakes };
}

/** A file's patterns are compiled once for each match method and case, however many criteria use them. */
function compileFile(match: MatchRow, file: PatternFile, shared: Shared): Compiled {
  const { reference, ignoreCase, span } = file;
  const patternOf = patternMaker(file);
  const key = `acl ${match.name} ${ignoreCase} ${reference.kind} ${reference.name}`;
  return shared.once(key, () => {
    const compiled = compileList(match, [...reference.entries()].map(patternOf));
    if (compiled.mistakes.length > 0) return compiled;
    return {
      ...compiled,
      test: liveTest(match, reference, { patternOf, ignoreCase, span }, compiled.test),
    };
  });
}

function patternMaker({ reference, ignoreCase, span }: PatternFile) {
  return (entry: Pick<PatternEntry, "key" | "line">): OperatedPattern => ({
    text: entry.key,
    ignoreCase,
    span,
    ...(entry.line > 0 ? { where: `line ${entry.line} of '${reference.name}'` } : {}),
  });
}

/** With `-u` the patterns of the configuration are a list that can be changed at run time. */
function compileWords(
  match: MatchRow,
  patterns: readonly OperatedPattern[],
  { id }: Flags,
  shared: Shared,
): Compiled {
  const compiled = compileList(match, patterns);
  if (id === undefined || compiled.mistakes.length > 0) return compiled;
  const reference = shared.patterns.find("acl", `#${id}`) ??
    shared.patterns.create("acl", undefined, id);
  const written = new Map<number, OperatedPattern>();
  for (const pattern of patterns) written.set(reference.load(pattern.text, "", 0).id, pattern);
  const ignoreCase = patterns.some((pattern) => pattern.ignoreCase);
  const span = patterns[0]?.span ?? NOWHERE;
  const patternOf = ({ id, key }: { readonly id?: number; readonly key: string }) =>
    (id === undefined ? undefined : written.get(id)) ?? { text: key, ignoreCase, span };
  return {
    ...compiled,
    test: liveTest(match, reference, { patternOf, ignoreCase, span }, compiled.test),
  };
}

const NOWHERE: Span = { file: "", line: 0, column: 0, length: 0 };

/** The test of the patterns of all files and of the words behind them; undefined after a mistake. */
function compilePatterns(
  match: MatchRow,
  flags: Flags,
  ctx: CompileContext,
): ValueTest | undefined {
  const words = flags.patterns(match);
  if (words === undefined) return undefined;
  const shared = ctx.shared ?? new Shared();
  const files = match.patterns === "none" ? [] : flags.files;
  const parts = files.map((file) => compileFile(match, file, shared));
  if (files.length === 0 || words.length > 0 || flags.id !== undefined) {
    parts.push(compileWords(match, words, flags, shared));
  }
  let good = true;
  for (const { pattern, error } of parts.flatMap((part) => part.mistakes)) {
    ctx.diagnostics.alert(
      pattern.span,
      pattern.where === undefined ? error : `${error} (${pattern.where})`,
    );
    good = false;
  }
  if (!good) return undefined;
  if (parts.length === 1) return parts[0].test;
  return (value) => {
    for (const { test } of parts) if (test(value)) return true;
    return false;
  };
}

/** `-f`: the list, and how it is read. */
interface PatternFile {
  readonly reference: PatternReference;
  readonly ignoreCase: boolean;
  readonly span: Span;
}

interface Flags {
  readonly match: MatchRow | undefined;
  readonly files: readonly PatternFile[];
  /** `-u` */
  readonly id: number | undefined;
  /** The patterns among the words, read as the match wants them; undefined after a mistake. */
  readonly patterns: (match: MatchRow) => OperatedPattern[] | undefined;
  /** Those of files as well, without a word about mistakes. */
  readonly list: (match: MatchRow) => OperatedPattern[];
}

/** Reads the flags from the second word on. */
function readFlags(words: readonly Word[], ctx: CompileContext): Flags | undefined {
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
          reference.uses.push(`acl at ${path.span.file}:${path.span.line}`);
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
