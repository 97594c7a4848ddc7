/**
 * String matches (manual 7.1.3). Patterns are compiled so that many cost about as much as one: exact ones to a
 * hash set, prefixes and suffixes to one hash set for each length.
 */
import { asciiLower } from "./converters/text.ts";
import type { Pattern } from "./patterns.ts";

export type Test = (text: string) => boolean;

/** Splits the patterns by `-i` and joins the two tests; an ignored case is compared in lower case. */
function byCase(patterns: readonly Pattern[], build: (texts: readonly string[]) => Test): Test {
  const exact = patterns.filter((p) => !p.ignoreCase).map((p) => p.text);
  const folded = patterns.filter((p) => p.ignoreCase).map((p) => asciiLower(p.text));
  const exactTest = exact.length > 0 ? build([...new Set(exact)]) : undefined;
  const foldedTest = folded.length > 0 ? build([...new Set(folded)]) : undefined;
  if (exactTest === undefined) {
    if (foldedTest === undefined) return () => false;
    return (text) => foldedTest(asciiLower(text));
  }
  if (foldedTest === undefined) return exactTest;
  return (text) => exactTest(text) || foldedTest(asciiLower(text));
}

/** `str`: the whole string. */
export function exactTest(patterns: readonly Pattern[]): Test {
  return byCase(patterns, (texts) => {
    if (texts.length === 1) {
      const only = texts[0];
      return (text) => text === only;
    }
    const set = new Set(texts);
    return (text) => set.has(text);
  });
}

/** Below this many patterns a loop beats hashing. */
const FEW = 4;

/** The patterns of each length, shortest first. */
function byLength(
  texts: readonly string[],
): { readonly length: number; readonly set: Set<string> }[] {
  const groups = new Map<number, Set<string>>();
  for (const text of texts) {
    let set = groups.get(text.length);
    if (set === undefined) groups.set(text.length, set = new Set());
    set.add(text);
  }
  return [...groups].map(([length, set]) => ({ length, set })).sort((a, b) => a.length - b.length);
}

/** `beg`: a prefix. */
export function prefixTest(patterns: readonly Pattern[]): Test {
  return byCase(patterns, (texts) => {
    if (texts.length === 1) {
      const only = texts[0];
      return (text) => text.startsWith(only);
    }
    if (texts.length <= FEW) {
      return (text) => {
        for (const prefix of texts) if (text.startsWith(prefix)) return true;
        return false;
      };
    }
    const groups = byLength(texts);
    return (text) => {
      for (const { length, set } of groups) {
        if (length > text.length) return false;
        if (set.has(text.slice(0, length))) return true;
      }
      return false;
    };
  });
}

/** `end`: a suffix. */
export function suffixTest(patterns: readonly Pattern[]): Test {
  return byCase(patterns, (texts) => {
    if (texts.length === 1) {
      const only = texts[0];
      return (text) => text.endsWith(only);
    }
    if (texts.length <= FEW) {
      return (text) => {
        for (const suffix of texts) if (text.endsWith(suffix)) return true;
        return false;
      };
    }
    const groups = byLength(texts);
    return (text) => {
      for (const { length, set } of groups) {
        if (length > text.length) return false;
        if (set.has(text.slice(text.length - length))) return true;
      }
      return false;
    };
  });
}

/** `sub`: anywhere. */
export function substringTest(patterns: readonly Pattern[]): Test {
  return byCase(patterns, (texts) => {
    if (texts.length === 1) {
      const only = texts[0];
      return (text) => text.includes(only);
    }
    return (text) => {
      for (const part of texts) if (text.includes(part)) return true;
      return false;
    };
  });
}

/** `dir` (delimiters `/?`) and `dom` (`/?.:`): a part between delimiters or the ends of the string. */
export function delimitedTest(patterns: readonly Pattern[], delimiters: string): Test {
  const isDelimiter = (text: string, i: number) => delimiters.includes(text[i]);
  const stripped = patterns.map((pattern) => {
    let { text } = pattern;
    while (text !== "" && isDelimiter(text, 0)) text = text.slice(1);
    while (text !== "" && isDelimiter(text, text.length - 1)) text = text.slice(0, -1);
    return { ...pattern, text };
  });
  return byCase(stripped, (texts) => (text) => {
    for (const part of texts) {
      for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
        const end = at + part.length;
        if (
          (at === 0 || isDelimiter(text, at - 1)) && (end === text.length || isDelimiter(text, end))
        ) return true;
        if (part === "") break;
      }
    }
    return false;
  });
}
