/** Patterns of an ACL's criterion to one test: words, files, and lists that change at run time (manual 7.1). */
import type { Span } from "../config/document.ts";
import { type Flags, type PatternFile, patternMaker } from "./acl_flags.ts";
import type { CompileContext } from "./context_compile.ts";
import { liveTest } from "./live_test.ts";
import type { MatchRow, OperatedPattern, ValueTest } from "./match.ts";
import { Shared } from "./shared.ts";

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
export function compilePatterns(
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
