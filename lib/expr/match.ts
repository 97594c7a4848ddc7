/** The match methods (manual 7.1): a row tells what it takes and compiles patterns into one test. */
import { asciiUpper } from "./converters/text.ts";
import type { Ip } from "./ip.ts";
import { networkTest, parseNetwork } from "./match_ip.ts";
import { type Range, rangeTest, readRange } from "./match_number.ts";
import {
  delimitedTest,
  exactTest,
  prefixTest,
  substringTest,
  suffixTest,
  type Test,
} from "./match_string.ts";
import type { Pattern } from "./patterns.ts";
import { compileRegex, type Regex } from "./regex.ts";
import type { SampleType, Sint, Value } from "./sample.ts";

export type ValueTest = (value: Value) => boolean;

/** A pattern with the operator in force where it stands (integers only). */
export interface OperatedPattern extends Pattern {
  readonly operator?: string;
}

/** Reports what is wrong with a pattern. */
export type PatternSink = (pattern: Pattern, error: string) => void;

export interface MatchRow {
  readonly name: string;
  /** the sample is cast to this type first; undefined: any sample, as it is */
  readonly input: SampleType | undefined;
  /** patterns are needed, ignored or taken with operators */
  readonly patterns: "some" | "none" | "operators";
  readonly doc: string;
  readonly section: string;
  readonly compile: (patterns: readonly OperatedPattern[], sink: PatternSink) => ValueTest;
}

function strings(
  name: string,
  doc: string,
  build: (patterns: readonly Pattern[]) => Test,
): MatchRow {
  return {
    name,
    input: "str",
    patterns: "some",
    doc,
    section: "7.1.3",
    compile: (patterns) => build(patterns) as ValueTest,
  };
}

function ranges(patterns: readonly OperatedPattern[], sink: PatternSink) {
  const good: Range[] = [];
  for (const pattern of patterns) {
    const range = readRange(pattern.text, pattern.operator ?? "eq");
    if (typeof range === "string") sink(pattern, range);
    else good.push(range);
  }
  return rangeTest(good);
}

const byName = (rows: readonly MatchRow[]) => new Map(rows.map((row) => [row.name, row]));

export const MATCH_ROWS: readonly MatchRow[] = [
  {
    name: "found",
    input: undefined,
    patterns: "none",
    doc: "there is a sample, whatever its value",
    section: "7.1",
    compile: () => () => true,
  },
  {
    name: "bool",
    input: "bool",
    patterns: "none",
    doc: "the value is true, or not 0",
    section: "7.1.1",
    compile: () => (value) => value === true,
  },
  {
    name: "int",
    input: "sint",
    patterns: "operators",
    doc: "the integer is a value or in a range, or compares by eq, ge, gt, le, lt",
    section: "7.1.2",
    compile: (patterns, sink) => {
      const test = ranges(patterns, sink);
      return (value) => test(value as Sint);
    },
  },
  {
    name: "len",
    input: "str",
    patterns: "operators",
    doc: "the string's length in bytes, as an integer",
    section: "7.1",
    compile: (patterns, sink) => {
      const test = ranges(patterns, sink);
      return (value) => test((value as string).length);
    },
  },
  {
    name: "ip",
    input: "ip",
    patterns: "some",
    doc: "the address is one of these or in one of these networks",
    section: "7.1.6",
    compile: (patterns, sink) => {
      const networks = patterns.flatMap((pattern) => {
        const network = parseNetwork(pattern.text);
        if (network === undefined) {
          sink(
            pattern,
            `'${pattern.text}' is not an IPv4 or IPv6 address or network (host names are not resolved)`,
          );
        }
        return network ?? [];
      });
      return networkTest(networks) as (value: Value) => boolean as
        & ValueTest
        & ((ip: Ip) => boolean);
    },
  },
  {
    name: "bin",
    input: "bin",
    patterns: "some",
    doc: "the bytes are exactly these, written in hexadecimal",
    section: "7.1.5",
    compile: (patterns, sink) => {
      const set = new Set<string>();
      for (const pattern of patterns) {
        if (!/^([0-9a-fA-F]{2})*$/.test(pattern.text)) {
          sink(pattern, `'${pattern.text}' is not an even number of hexadecimal digits`);
        } else {
          set.add(
            pattern.text.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16))),
          );
        }
      }
      return (value) => set.has(value as string);
    },
  },
  strings("str", "the string is exactly one of these", exactTest),
  strings("sub", "the string contains one of these", substringTest),
  strings("beg", "the string begins with one of these", prefixTest),
  strings("end", "the string ends with one of these", suffixTest),
  strings(
    "dir",
    "a part between slashes is exactly one of these",
    (patterns) => delimitedTest(patterns, "/?"),
  ),
  strings(
    "dom",
    "a part between dots, slashes, colons or question marks is exactly one of these",
    (patterns) => delimitedTest(patterns, "/?.:"),
  ),
  {
    name: "reg",
    input: "str",
    patterns: "some",
    doc: "the string matches one of these regular expressions (linear time)",
    section: "7.1.4",
    compile: (patterns, sink) => {
      const regexes: Regex[] = [];
      for (const pattern of patterns) {
        const compiled = compileRegex(pattern.text, pattern.ignoreCase);
        if ("error" in compiled) {
          sink(pattern, `regex '${pattern.text}' is refused: ${compiled.error}`);
        } else regexes.push(compiled.regex);
      }
      if (regexes.length === 1) {
        const only = regexes[0];
        return (value) => only.test(value as string);
      }
      return (value) => {
        for (const regex of regexes) if (regex.test(value as string)) return true;
        return false;
      };
    },
  },
];

/** The default match of the `method` fetch; it has no name of its own. */
export const METHOD_MATCH: MatchRow = {
  name: "method",
  input: "meth",
  patterns: "some",
  doc: "the method is one of these",
  section: "7.3.6",
  compile: (patterns) => {
    const exact = new Set(patterns.filter((p) => !p.ignoreCase).map((p) => p.text));
    const folded = new Set(
      patterns.filter((p) => p.ignoreCase).map((p) => asciiUpper(p.text)),
    );
    if (folded.size === 0) return (value) => exact.has(value as string);
    return (value) => exact.has(value as string) || folded.has(asciiUpper(value as string));
  },
};

/** The default match of `req.ssl_ver`: versions and ranges of them as `3.1` or `3:3.3`. */
export const VERSION_MATCH: MatchRow = {
  name: "version",
  input: "sint",
  patterns: "operators",
  doc: "the version is one of these, as major.minor, or in a range",
  section: "7.3.5",
  compile: (patterns, sink) => {
    const number = (text: string) => {
      const [major, minor = "0"] = text.split(".");
      return String(Number(major) * 65536 + Number(minor));
    };
    const plain = patterns.map((pattern) => ({
      ...pattern,
      text: pattern.text.replace(/[0-9]{1,3}(\.[0-9]{1,3})?/g, number),
    }));
    const test = ranges(plain, sink);
    return (value) => test(value as Sint);
  },
};

export const MATCHES: ReadonlyMap<string, MatchRow> = byName(MATCH_ROWS);

/** The match that a type implies; binary samples and variables have none (manual 7.1). */
export const DEFAULT_MATCH: Readonly<Record<SampleType, MatchRow | undefined>> = {
  bool: MATCHES.get("bool"),
  sint: MATCHES.get("int"),
  ip: MATCHES.get("ip"),
  str: MATCHES.get("str"),
  bin: undefined,
  meth: METHOD_MATCH,
  any: undefined,
};
