/**
 * Many lines of which the first that applies counts, compiled to few lookups: a run of lines whose conditions test one
 * and the same sample against constants (`use_backend a if { path_beg /a/ }`, `use_backend b if { path_beg /b/ }` …) is
 * one index over all their patterns. It answers the first line of the run that applies, which is what trying them one
 * after the other would.
 */
import type { CriterionLookup, StreamTest } from "../expr/acl.ts";
import type { Condition } from "../expr/condition.ts";
import { asciiLower } from "../expr/converters/text.ts";
import type { StreamView } from "../expr/context.ts";
import { stripDelimiters } from "../expr/match_index.ts";
import type { ValueTest } from "../expr/match.ts";
import { PrefixTrie, reversed } from "../expr/prefix_trie.ts";
import { type Place, usable } from "../expr/rows.ts";

/** A line's condition; undefined: always. */
export interface FirstMatchLine {
  readonly condition: Condition | undefined;
}

/** Gives the index of the first line that applies; -1: none does. */
export type FirstMatch = (stream: StreamView) => number;

/** The least index of the patterns that a text matches; -1: none. */
type LeastIndex = (text: string) => number;

/** A run of fewer lines is as fast one by one. */
const LEAST_RUN = 4;

const BUILDERS: Readonly<Record<string, (texts: readonly string[]) => LeastIndex>> = {
  str: (texts) => {
    const first = new Map<string, number>();
    texts.forEach((text, i) => {
      if (!first.has(text)) first.set(text, i);
    });
    return (text) => first.get(text) ?? -1;
  },
  beg: (texts) => {
    const trie = new PrefixTrie(texts);
    return (text) => trie.first(text);
  },
  end: (texts) => {
    const trie = new PrefixTrie(texts.map(reversed));
    return (text) => trie.first(reversed(text));
  },
  dir: (texts) => delimited(texts, "/?"),
  dom: (texts) => delimited(texts, "/?.:"),
};

/** A part between delimiters; without delimiters inside the patterns, each part is looked up once. */
function delimited(texts: readonly string[], delimiters: string): LeastIndex {
  const trie = new PrefixTrie(texts.map((text) => stripDelimiters(text, delimiters)));
  const boundary = (text: string, at: number) =>
    at === text.length || delimiters.includes(text[at]);
  return (text) => {
    let best = -1;
    for (let at = 0; at <= text.length && best !== 0; at++) {
      if (at > 0 && !delimiters.includes(text[at - 1])) continue;
      const found = trie.first(text, at, boundary);
      if (found >= 0 && (best < 0 || found < best)) best = found;
    }
    return best;
  };
}

/** The lookups whose disjunction a condition is; undefined when it is anything else. */
function lookupsOf(
  { condition }: FirstMatchLine,
  place: Place,
  side: "frontend" | "backend",
): readonly CriterionLookup[] | undefined {
  if (condition === undefined || condition.unless) return undefined;
  const found: CriterionLookup[] = [];
  for (const terms of condition.groups) {
    if (terms.length !== 1 || terms[0].negated) return undefined;
    for (const { lookup, row } of terms[0].acl.criteria) {
      if (lookup === undefined || !usable(row.needs, place, side)) return undefined;
      if (BUILDERS[lookup.match.name] === undefined) return undefined;
      // An empty part has rules of its own (see match_index.ts).
      if (
        lookup.patterns.some(({ text, ignoreCase }) =>
          text === "" || ignoreCase !== lookup.ignoreCase ||
          (/^(dir|dom)$/.test(lookup.match.name) && stripDelimiters(text, "/?.:") === "")
        )
      ) return undefined;
      if (found.length > 0 && found[0].key !== lookup.key) return undefined;
      found.push(lookup);
    }
  }
  return found.length === 0 ? undefined : found;
}

/** One lookup for the lines from `from` on; `each` has the lookups of every line. */
function compileRun(each: readonly (readonly CriterionLookup[])[], from: number): FirstMatch {
  const [{ match, ignoreCase, over }] = each[0];
  const texts: string[] = [];
  const lines: number[] = [];
  each.forEach((lookups, i) => {
    for (const { patterns } of lookups) {
      for (const { text } of patterns) {
        texts.push(ignoreCase ? asciiLower(text) : text);
        lines.push(from + i);
      }
    }
  });
  const index = BUILDERS[match.name](texts);
  let best = -1;
  // Every occurrence of the sample is looked up: the first line that any of them matches counts.
  const look: ValueTest = (value) => {
    const found = index(ignoreCase ? asciiLower(value as string) : value as string);
    if (found >= 0 && (best < 0 || found < best)) best = found;
    return best === 0;
  };
  const every: StreamTest = over(look);
  return (stream) => {
    best = -1;
    every(stream);
    return best < 0 ? -1 : lines[best];
  };
}

/** Compiles the lines. Whether and in which order samples are asked for is not to be relied on. */
export function compileFirstMatch(
  lines: readonly FirstMatchLine[],
  place: Place,
  side: "frontend" | "backend",
): FirstMatch {
  const steps: FirstMatch[] = [];
  const lookups = lines.map((line) => lookupsOf(line, place, side));
  for (let i = 0; i < lines.length;) {
    const key = lookups[i]?.[0].key;
    let end = i + 1;
    while (key !== undefined && end < lines.length && lookups[end]?.[0].key === key) end++;
    if (end - i >= LEAST_RUN) {
      steps.push(compileRun(lookups.slice(i, end) as CriterionLookup[][], i));
    } else {
      for (let at = i; at < end; at++) {
        const test = lines[at].condition?.test;
        steps.push(test === undefined ? () => at : (stream) => test(stream) ? at : -1);
      }
    }
    i = end;
  }
  if (steps.length === 1) return steps[0];
  return (stream) => {
    for (const step of steps) {
      const found = step(stream);
      if (found >= 0) return found;
    }
    return -1;
  };
}
