/** When a criterion of an ACL follows from another one of the same expression: `/a/b` begins with `/a`. */
import { asciiLower } from "../expr/converters/text.ts";
import type { OperatedPattern } from "../expr/match.ts";
import { and6, type Ip6, mask6 } from "../expr/ip.ts";
import { parseNetwork } from "../expr/match_ip.ts";
import { readRange } from "../expr/match_number.ts";
import type { CriterionInfo } from "../expr/observer.ts";
import { baseExpression } from "../expr/acl_base.ts";

/** Patterns that are compared with each other, at most. */
const MOST = 400;

const bases = new WeakMap<CriterionInfo, string>();

function baseOf(info: CriterionInfo): string {
  let base = bases.get(info);
  if (base === undefined) bases.set(info, base = baseExpression(info.words[0].text));
  return base;
}

/** Whether `then` is true of every stream of which `when` is. */
export function criterionFollows(when: CriterionInfo, then: CriterionInfo): boolean {
  if (when.row !== then.row || baseOf(when) !== baseOf(then)) return false;
  if (then.match.name === "found") return true;
  if (when.match.name === "found") return false;
  if (then.match.patterns === "none") return when.match === then.match;
  const given = when.patterns();
  const wanted = then.patterns();
  if (given.length === 0 || given.length > MOST || wanted.length > MOST) return false;
  // Patterns of files and of lists with a number may be changed while the proxy runs.
  if (given.some(isOfFile) || wanted.some(isOfFile)) return false;
  if (when.words.some(isNumberFlag) || then.words.some(isNumberFlag)) return false;
  return given.every((pattern) =>
    wanted.some((other) => patternFollows(when.match.name, pattern, then.match.name, other))
  );
}

const isOfFile = ({ where }: OperatedPattern) => where !== undefined;
const isNumberFlag = ({ text }: { readonly text: string }) => text === "-u";

type Compare = (given: string, wanted: string) => boolean;

/** By the match of what is wanted: what may be given, and how the texts compare. */
const TEXT: Readonly<Record<string, { from: readonly string[]; holds: Compare }>> = {
  str: { from: ["str"], holds: (given, wanted) => given === wanted },
  beg: { from: ["str", "beg"], holds: (given, wanted) => given.startsWith(wanted) },
  end: { from: ["str", "end"], holds: (given, wanted) => given.endsWith(wanted) },
  sub: { from: ["str", "beg", "end", "sub"], holds: (given, wanted) => given.includes(wanted) },
  dir: { from: ["dir"], holds: (given, wanted) => given === wanted },
  dom: { from: ["dom"], holds: (given, wanted) => given === wanted },
  method: { from: ["method"], holds: (given, wanted) => given === wanted },
};

function patternFollows(
  givenMatch: string,
  given: OperatedPattern,
  wantedMatch: string,
  wanted: OperatedPattern,
): boolean {
  const text = TEXT[wantedMatch];
  if (text !== undefined) {
    return text.from.includes(givenMatch) && folded(given, wanted, text.holds);
  }
  if (givenMatch !== wantedMatch) return false;
  switch (wantedMatch) {
    case "int":
    case "len":
      return rangeFollows(given, wanted);
    case "ip":
      return networkFollows(given.text, wanted.text);
  }
  // Regular expressions, bytes: only the same one.
  return given.text === wanted.text && given.ignoreCase === wanted.ignoreCase;
}

function folded(given: OperatedPattern, wanted: OperatedPattern, holds: Compare): boolean {
  if (wanted.ignoreCase) return holds(asciiLower(given.text), asciiLower(wanted.text));
  // What is given in any case has others than the one that is wanted, unless it has no letters.
  if (given.ignoreCase && /[a-z]/i.test(given.text)) return false;
  return holds(given.text, wanted.text);
}

function rangeFollows(given: OperatedPattern, wanted: OperatedPattern): boolean {
  const a = readRange(given.text, given.operator ?? "eq");
  const b = readRange(wanted.text, wanted.operator ?? "eq");
  return typeof a === "object" && typeof b === "object" && a.from >= b.from && a.to <= b.to;
}

function networkFollows(given: string, wanted: string): boolean {
  if (given === wanted) return true;
  const a = parseNetwork(given);
  const b = parseNetwork(wanted);
  if (a?.four !== undefined && b?.four !== undefined) {
    const mask = b.four.mask >>> 0;
    return ((a.four.mask & mask) >>> 0) === mask &&
      ((a.four.address & mask) >>> 0) === ((b.four.address & mask) >>> 0);
  }
  if (a?.six === undefined || b?.six === undefined) return false;
  const bits = Number(wanted.split("/")[1] ?? 128);
  const least = Number(given.split("/")[1] ?? 128);
  return least >= bits && same6(and6(a.six.from, mask6(bits)), b.six.from);
}

function same6(x: Ip6, y: Ip6): boolean {
  return x.a === y.a && x.b === y.b && x.c === y.c && x.d === y.d;
}
