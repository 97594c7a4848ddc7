/** Whether a value matches any pattern of a reference, while patterns come and go: see live_index.ts. */
import type { Span } from "../config/document.ts";
import { asciiLower } from "./converters/text.ts";
import type { MatchRow, OperatedPattern, ValueTest } from "./match.ts";
import type { PatternEntry, PatternReference, PatternUser } from "./pattern_store.ts";
import { castOf } from "./sample.ts";

/** Entries that may be tested beside the others before all are compiled anew. */
const RECENT = 64;

/** How the entries of a list are matched. */
export interface Reading {
  readonly patternOf: (entry: PatternEntry) => OperatedPattern;
  readonly ignoreCase: boolean;
  readonly span: Span;
}

/** Strings that are compared as a whole: a change costs what a test costs. */
function exact(reference: PatternReference, ignoreCase: boolean): ValueTest {
  const fold = ignoreCase ? asciiLower : (text: string) => text;
  const keys = new Set<string>();
  const build = () => {
    keys.clear();
    for (const entry of reference.entries()) keys.add(fold(entry.key));
  };
  build();
  reference.use({
    check: () => undefined,
    added: (entry) => void keys.add(fold(entry.key)),
    // The same letters in another case may be there as well.
    removed: (key) => ignoreCase ? build() : void keys.delete(key),
    reset: build,
    find: (text) => ({ type: "str", ignoreCase, matched: keys.has(fold(text)) }),
  });
  if (ignoreCase) return (value) => keys.has(asciiLower(value as string));
  return (value) => keys.has(value as string);
}

/**
 * The test of `match` over a reference. `test` is what its patterns were compiled to at load: it is used until
 * something changes.
 */
export function liveTest(
  match: MatchRow,
  reference: PatternReference,
  { patternOf, ignoreCase, span }: Reading,
  test: ValueTest,
): ValueTest {
  if (match.name === "str" && reference.name !== undefined) return exact(reference, ignoreCase);
  let base: ValueTest | undefined = test;
  let added: PatternEntry[] = [];
  let recent: ValueTest | undefined;
  const compile = (entries: Iterable<PatternEntry>) =>
    match.compile([...entries].map(patternOf), () => {});
  const user: PatternUser = {
    check: (key) => {
      let problem: string | undefined;
      match.compile([{ text: key, ignoreCase, span }], (_, error) => problem = error);
      return problem;
    },
    added: (entry) => {
      added.push(entry);
      recent = undefined;
      if (added.length > RECENT) user.reset();
    },
    removed: () => user.reset(),
    reset: () => {
      base = undefined;
      recent = undefined;
      added = [];
    },
    find: (text) => {
      const type = match.input ?? "str";
      const value = castOf("str", type)?.(text);
      return value === undefined ? undefined : { type, ignoreCase, matched: live(value) };
    },
  };
  reference.use(user);
  const live: ValueTest = (value) => {
    if ((base ??= compile(reference.entries()))(value)) return true;
    return added.length > 0 && (recent ??= compile(added))(value);
  };
  return live;
}
