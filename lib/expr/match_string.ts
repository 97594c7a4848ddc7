/**
 * String matches (manual 7.1.3). Patterns are compiled so that many cost about as much as one: exact ones to a
 * hash set, all others to a trie.
 */
import { asciiLower } from "./converters/text.ts";
import { INDEX_BUILDERS, stripDelimiters } from "./match_index.ts";
import type { Pattern } from "./patterns.ts";
import { PrefixTrie, reversed } from "./prefix_trie.ts";

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

/** Up to this many patterns a loop beats a trie. */
const FEW = 4;
/** Up to this many substrings the engine's own search beats a trie that is tried at every position. */
const MANY = 16;

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
    const trie = new PrefixTrie(texts);
    return (text) => trie.any(text);
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
    const trie = new PrefixTrie(texts.map(reversed));
    return (text) => trie.any(reversed(text));
  });
}

/** `sub`: anywhere. */
export function substringTest(patterns: readonly Pattern[]): Test {
  return byCase(patterns, (texts) => {
    if (texts.length === 1) {
      const only = texts[0];
      return (text) => text.includes(only);
    }
    if (texts.length <= MANY) {
      return (text) => {
        for (const part of texts) if (text.includes(part)) return true;
        return false;
      };
    }
    const trie = new PrefixTrie(texts);
    return (text) => {
      for (let at = 0; at <= text.length; at++) if (trie.any(text, at)) return true;
      return false;
    };
  });
}

/** `dir` (delimiters `/?`) and `dom` (`/?.:`): a part between delimiters or the ends of the string. */
export function delimitedTest(patterns: readonly Pattern[], delimiters: string): Test {
  const stripped = patterns.map((pattern) => ({
    ...pattern,
    text: stripDelimiters(pattern.text, delimiters),
  }));
  return byCase(stripped, (texts) => {
    const index = INDEX_BUILDERS[delimiters === "/?" ? "dir" : "dom"](texts, () => {});
    if (texts.length > FEW) return (text) => index(text) >= 0;
    const isDelimiter = (text: string, i: number) => delimiters.includes(text[i]);
    return (text) => {
      for (const part of texts) {
        for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
          const end = at + part.length;
          if (
            (at === 0 || isDelimiter(text, at - 1)) &&
            (end === text.length || isDelimiter(text, end))
          ) return true;
          if (part === "") break;
        }
      }
      return false;
    };
  });
}
