/** Which of a criterion's patterns a sample matched: asked only when somebody looks. */
import type { CriterionInfo } from "../expr/observer.ts";
import type { OperatedPattern, ValueTest } from "../expr/match.ts";
import { castOf, type Value } from "../expr/sample.ts";

/** With more patterns than these it is not found out. */
const MOST = 20_000;

const ignore = () => {};

/** The pattern that `value`, which matches, matches; undefined: there are none, or too many. */
export function matchedPattern(info: CriterionInfo, value: Value): OperatedPattern | undefined {
  const { match } = info;
  let patterns = info.patterns();
  if (patterns.length === 0 || patterns.length > MOST) return undefined;
  const input = match.input === undefined ? value : castOf(info.type, match.input)?.(value);
  if (input === undefined) return undefined;
  // Half of them at a time: all in all each pattern is compiled about twice.
  while (patterns.length > 1) {
    const half = patterns.slice(0, patterns.length >> 1);
    const test: ValueTest = match.compile(half, ignore);
    patterns = test(input) ? half : patterns.slice(half.length);
  }
  return match.compile(patterns, ignore)(input) ? patterns[0] : undefined;
}

/** A pattern as written, with its operator. */
export function textOfPattern({ text, operator }: OperatedPattern, operators: boolean): string {
  return operators && operator !== undefined && operator !== "eq" ? `${operator} ${text}` : text;
}
