/** ACLs: named and anonymous tests of samples against patterns (manual 7.1). */
import type { Word } from "../config/document.ts";
import type { WordsAt } from "../config/model.ts";
import { type Flags, readFlags } from "./acl_flags.ts";
import { ACL_KEYWORDS } from "./acl_keywords.ts";
import { compilePatterns } from "./acl_patterns.ts";
import { compileExpression, type Expression } from "./compile.ts";
import type { CompileContext, PlacedContext } from "./context_compile.ts";
import type { StreamView } from "./context.ts";
import { FETCHES } from "./fetches/table.ts";
import {
  DEFAULT_MATCH,
  MATCHES,
  type MatchRow,
  type OperatedPattern,
  type ValueTest,
} from "./match.ts";
import type { FetchRow } from "./rows.ts";
import { castOf, isSame, TYPE_NAMES, type Value } from "./sample.ts";

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
