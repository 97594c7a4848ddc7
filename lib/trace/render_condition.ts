/** A condition as a person reads it: which term decided, what was there, what was wanted. */
import type { ConditionTrace, CriterionTrace, SampleTrace, TermTrace } from "./types.ts";

/** Samples of one criterion that are shown. */
const MOST_SHOWN = 3;
const MOST_PATTERNS = 6;

/** How a match method is said of a pattern: when it holds, when it does not, when none of several does. */
const VERBS: Readonly<Record<string, readonly [yes: string, no: string, none: string]>> = {
  str: ["is", "is not", "is none of"],
  method: ["is", "is not", "is none of"],
  bin: ["is", "is not", "is none of"],
  beg: ["begins with", "does not begin with", "begins with none of"],
  end: ["ends with", "does not end with", "ends with none of"],
  sub: ["contains", "does not contain", "contains none of"],
  dir: ["has the part", "does not have the part", "has none of the parts"],
  dom: ["has the part", "does not have the part", "has none of the parts"],
  reg: ["matches", "does not match", "matches none of"],
  ip: ["is in", "is not in", "is in none of"],
  int: ["is", "is not", "is none of"],
  len: ["has the length", "does not have the length", "has none of the lengths"],
};

/** The lines under a rule; the first says the most. Empty: there is nothing to add. */
export function conditionLines(condition: ConditionTrace): string[] {
  const terms = condition.groups.flat();
  if (terms.length === 1) return termText(terms[0]);
  const lines: string[] = [];
  condition.groups.forEach((group, at) => {
    const lead = at === 0 ? "" : "or ";
    group.forEach((term, i) => {
      const mark = term.result === null ? "·" : term.result ? "✓" : "✗";
      const [first, ...more] = termText(term);
      const indent = condition.groups.length === 1 ? "" : i === 0 && lead !== "" ? lead : "   ";
      lines.push(`${indent}${mark} ${first}`, ...more.map((text) => `${indent && "   "}  ${text}`));
    });
  });
  return lines;
}

function termText(term: TermTrace): string[] {
  const bang = term.negated ? "!" : "";
  const name = term.acl === "" ? "" : `${bang}${term.acl}`;
  if (!term.tried) return [`${name === "" ? "{ … }" : name}  not tried`];
  const decided = term.criteria.findLast(({ result }) => result);
  const shown = decided === undefined ? term.criteria : [decided];
  const texts = shown.map((criterion) => {
    // Where an acl has its own line, the line is told; those that are predefined have none.
    const at = term.acl === "" || criterion.line === 0 ? "" : `  (line ${criterion.line})`;
    return `${criterionText(criterion)}${at}`;
  });
  if (texts.length === 0) return name === "" ? [] : [`${name}  never matches here`];
  const lead = name === "" ? "" : `${name}: `;
  const [first, ...more] = texts;
  return [`${lead}${first}`, ...more.map((text) => " ".repeat(lead.length) + text)];
}

function criterionText(criterion: CriterionTrace): string {
  const { expression, match, samples, result } = criterion;
  const quiet = match === "bool" || match === "found";
  if (match === "found") return `${expression} ${result ? "is there" : "is not there"}`;
  if (samples.length === 0) return `${expression} is not there`;
  const hit = samples.find(({ matched }) => matched);
  if (hit !== undefined) {
    if (quiet) return `${expression} is ${hit.value}`;
    const where = hit.where === null ? "" : ` (${hit.where})`;
    return `${expression} ${valueText(hit)} ${verb(criterion, hit)}${where}`;
  }
  const some = samples.slice(0, MOST_SHOWN);
  const values = some.map(valueText).join(", ");
  const more = samples.length > some.length ? ` and ${samples.length - some.length} more` : "";
  if (quiet) return `${expression} is ${samples[0].value}`;
  return `${expression} ${values}${more} ${verb(criterion, undefined)}`;
}

function valueText({ value, type }: SampleTrace): string {
  return type === "string" || type === "binary" || type === "any" ? JSON.stringify(value) : value;
}

const OPERATORS: Readonly<Record<string, string>> = { ge: ">=", gt: ">", le: "<=", lt: "<" };

function verb(criterion: CriterionTrace, hit: SampleTrace | undefined): string {
  const [yes, no, none] = VERBS[criterion.match] ?? VERBS.str;
  if (hit !== undefined) {
    if (hit.pattern === null) return `${yes} one of ${criterion.patternCount} patterns`;
    const text = pattern(hit.pattern);
    // An address is, or is in a network.
    if (criterion.match === "ip" && !hit.pattern.includes("/")) return `is ${text}`;
    return `${yes} ${text}`;
  }
  const { patterns, patternCount } = criterion;
  const shown = patterns.slice(0, MOST_PATTERNS).map(pattern).join(" ");
  if (patternCount === 0) return "has no pattern to match";
  const rest = patternCount - Math.min(patterns.length, MOST_PATTERNS);
  const more = rest > 0 ? ` … (${patternCount} patterns)` : "";
  if (criterion.match === "ip" && patternCount === 1 && !patterns[0].includes("/")) {
    return `is not ${shown}`;
  }
  return `${patternCount === 1 ? no : none} ${shown}${more}`;
}

/** `gt 20` → `> 20`; text with blanks in quotes. */
function pattern(text: string): string {
  const operated = /^(ge|gt|le|lt) (.*)$/.exec(text);
  if (operated !== null) return `${OPERATORS[operated[1]]} ${operated[2]}`;
  return /^\S+$/.test(text) ? text : JSON.stringify(text);
}
