/**
 * Which of many patterns a value matches: what maps ask, where ACLs only ask whether any does. Where several match,
 * the answer is HAProxy's (manual 7.3.1 `map`): the longest prefix and the smallest network; for all others the
 * first in the file.
 */
import { compare6, type Ip, Ip6, sameBits, toIp4, toIp6 } from "./ip.ts";
import { parseNetwork } from "./match_ip.ts";
import { readRange } from "./match_number.ts";
import { PrefixTrie, reversed } from "./prefix_trie.ts";
import { compileRegex, type Regex } from "./regex.ts";
import type { Sint, Value } from "./sample.ts";
import { Segments } from "./segments.ts";

/** The index of the pattern that a value matches; -1: none. */
export type PatternIndex = (value: Value) => number;

/** What is wrong with a pattern. */
export type IndexSink = (index: number, error: string) => void;

export type IndexBuilder = (patterns: readonly string[], sink: IndexSink) => PatternIndex;

const exact: IndexBuilder = (patterns) => {
  const first = new Map<string, number>();
  patterns.forEach((pattern, i) => {
    if (!first.has(pattern)) first.set(pattern, i);
  });
  return (value) => first.get(value as string) ?? -1;
};

const prefix: IndexBuilder = (patterns) => {
  const trie = new PrefixTrie(patterns);
  return (value) => trie.longest(value as string);
};

const suffix: IndexBuilder = (patterns) => {
  const trie = new PrefixTrie(patterns.map(reversed));
  return (value) => trie.first(reversed(value as string));
};

/** The lesser of two indexes, of which -1 is none. */
const least = (a: number, b: number) => a < 0 ? b : b < 0 || a < b ? a : b;

const substring: IndexBuilder = (patterns) => {
  const trie = new PrefixTrie(patterns);
  return (value) => {
    const text = value as string;
    let best = -1;
    for (let at = 0; at <= text.length && best !== 0; at++) {
      best = least(best, trie.first(text, at));
    }
    return best;
  };
};

/** No text of bytes has this in it. */
const NEVER = "\u0100";

/** Takes the delimiters off both ends of a pattern. */
export function stripDelimiters(text: string, delimiters: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && delimiters.includes(text[from])) from++;
  while (to > from && delimiters.includes(text[to - 1])) to--;
  return text.slice(from, to);
}

function delimited(delimiters: string): IndexBuilder {
  return (patterns) => {
    const parts = patterns.map((pattern) => stripDelimiters(pattern, delimiters));
    // An empty part is found only before a delimiter at the very beginning, as in HAProxy.
    const empty = parts.indexOf("");
    const trie = new PrefixTrie(parts.map((part) => part === "" ? NEVER : part));
    const boundary = (text: string, at: number) =>
      at === text.length || delimiters.includes(text[at]);
    return (value) => {
      const text = value as string;
      let best = trie.first(text, 0, boundary);
      if (empty >= 0 && boundary(text, 0)) best = least(best, empty);
      for (let at = 1; at <= text.length && best !== 0; at++) {
        if (delimiters.includes(text[at - 1])) best = least(best, trie.first(text, at, boundary));
      }
      return best;
    };
  };
}

const integer: IndexBuilder = (patterns, sink) => {
  const ranges = patterns.map((pattern, i) => {
    const range = readRange(pattern, "eq");
    if (typeof range !== "string") return range;
    sink(i, range);
    return { from: 0, to: 0 };
  });
  const order = (a: Sint, b: Sint) => a < b ? -1 : a > b ? 1 : 0;
  const segments = new Segments<Sint>(
    ranges.map(({ from, to }) => ({
      from,
      end: to === Infinity ? undefined : behind(to),
      rank: 0,
    })),
    order,
  );
  return (value) => segments.find(value as Sint);
};

/** The next integer, exactly. */
function behind(n: Sint): Sint {
  return typeof n === "number" && Number.isSafeInteger(n + 1) ? n + 1 : BigInt(n) + 1n;
}

/** Leading ones of a mask; -1 when they do not stand together. */
function bitsOf(mask: number): number {
  const zeros = ~mask >>> 0;
  return ((zeros + 1) & zeros) === 0 ? Math.clz32(zeros) : -1;
}

/** The address behind an IPv6 address; undefined behind the last. */
function after6(ip: Ip6): Ip6 | undefined {
  const next = (word: number) => (word + 1) >>> 0;
  const d = next(ip.d);
  const c = d === 0 ? next(ip.c) : ip.c;
  const b = d === 0 && c === 0 ? next(ip.b) : ip.b;
  const a = d === 0 && c === 0 && b === 0 ? next(ip.a) : ip.a;
  return a === 0 && b === 0 && c === 0 && d === 0 ? undefined : new Ip6(a, b, c, d);
}

const address: IndexBuilder = (patterns, sink) => {
  const four: { from: number; end: number; rank: number; index: number }[] = [];
  const six: { from: Ip6; end: Ip6 | undefined; rank: number; index: number }[] = [];
  const odd: { address: number; mask: number; index: number }[] = [];
  patterns.forEach((pattern, index) => {
    const network = parseNetwork(pattern);
    if (network === undefined) {
      sink(
        index,
        `'${pattern}' is not an IPv4 or IPv6 address or network (host names are not resolved)`,
      );
    } else if (network.six !== undefined) {
      const { from, to } = network.six;
      six.push({ from, end: after6(to), rank: -sameBits(from, to), index });
    } else if (network.four !== undefined) {
      const { address, mask } = network.four;
      const bits = bitsOf(mask);
      if (bits < 0) odd.push({ address, mask, index });
      else four.push({ from: address, end: address + (~mask >>> 0) + 1, rank: -bits, index });
    }
  });
  const segments4 = new Segments<number>(four, (a, b) => a - b);
  const segments6 = new Segments<Ip6>(six, compare6);
  const find4 = (ip: number): number => {
    const found = segments4.find(ip);
    if (found >= 0) return four[found].index;
    return odd.find(({ address, mask }) => ((ip & mask) >>> 0) === address)?.index ?? -1;
  };
  const find6 = (ip: Ip6): number => {
    const found = segments6.find(ip);
    return found < 0 ? -1 : six[found].index;
  };
  return (value) => {
    const ip = value as Ip;
    if (typeof ip === "number") {
      const found = find4(ip);
      return found >= 0 || six.length === 0 ? found : find6(toIp6(ip));
    }
    const found = six.length === 0 ? -1 : find6(ip);
    if (found >= 0) return found;
    const inside = toIp4(ip);
    return inside < 0 ? -1 : find4(inside);
  };
};

const regular: IndexBuilder = (patterns, sink) => {
  const regexes = regexesOf(patterns, sink);
  return (value) => regexes.findIndex((regex) => regex.test(value as string));
};

/** The patterns as regular expressions, tried one after the other. */
export function regexesOf(patterns: readonly string[], sink: IndexSink): Regex[] {
  return patterns.flatMap((pattern, i) => {
    const compiled = compileRegex(pattern, false);
    if ("regex" in compiled) return compiled.regex;
    sink(i, `regex '${pattern}' is refused: ${compiled.error}`);
    return [];
  });
}

/** The match methods that maps have. */
export const INDEX_BUILDERS: Readonly<Record<string, IndexBuilder>> = {
  str: exact,
  beg: prefix,
  sub: substring,
  dir: delimited("/?"),
  dom: delimited("/?.:"),
  end: suffix,
  reg: regular,
  int: integer,
  ip: address,
};
