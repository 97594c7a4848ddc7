/** Rules that no request can reach, because one before them has ended the rule set for it. */
import type { Finding } from "./finding.ts";
import { changesOf, looksAt, type Part } from "./effects.ts";
import { follows, type InfoOf, type Normal, normalOf } from "./literal.ts";
import type { SeenLine } from "./linter.ts";

/** Actions that end their rule set whenever they run. */
const FINAL: ReadonlySet<string> = new Set([
  "accept",
  "allow",
  "auth",
  "deny",
  "redirect",
  "reject",
  "return",
  "silent-drop",
  "tarpit",
  "use-service",
]);

/** Sets in which a line that applies may be passed over all the same. */
const OPEN: ReadonlySet<string> = new Set([
  "use-server",
  "force-persist",
  "ignore-persist",
  "monitor fail",
]);

/** Rules before one that are looked at for one that covers it. */
const FURTHEST = 300;

export function unreachable(lines: readonly SeenLine[], info: InfoOf): Finding[] {
  const sets = new Map<string, SeenLine[]>();
  for (const line of lines) {
    const { set, proxy, side } = line.info;
    if (OPEN.has(set)) continue;
    const key = `${side} ${proxy} ${set}`;
    const list = sets.get(key);
    if (list === undefined) sets.set(key, [line]);
    else list.push(line);
  }
  return [...sets.values()].flatMap((set) => inSet(set, info));
}

const actionOf = ({ info }: SeenLine) => info.statement.words[0].text.replace(/\(.*/, "");

function isFinal(line: SeenLine): boolean {
  const { set, statement } = line.info;
  if (set === "use_backend") return true;
  const action = actionOf(line);
  if (!FINAL.has(action)) return false;
  return action !== "redirect" || !statement.words.some(({ text }) => text === "ignore-empty");
}

function inSet(set: readonly SeenLine[], info: InfoOf): Finding[] {
  const normals = set.map(({ condition }) => normalOf(condition, info));
  const finals = set.map(isFinal);
  const found: Finding[] = [];
  /** the first that always ends the set */
  const always = set.findIndex((_, i) => finals[i] && normals[i] === true);
  for (let at = 1; at < set.length; at++) {
    if (always >= 0 && always < at) {
      // All behind it are told at once.
      found.push(behindAlways(set, always));
      break;
    }
    const normal = normals[at];
    if (normal === undefined || normal === true || normal.length === 0) continue;
    const by = coveredBy(set, normals, finals, at, info);
    if (by !== undefined) found.push(covered(set[at], set[by]));
  }
  return found;
}

/** The nearest final rule before `at` that takes every request that `at` would. */
function coveredBy(
  set: readonly SeenLine[],
  normals: readonly (Normal | undefined)[],
  finals: readonly boolean[],
  at: number,
  info: InfoOf,
): number | undefined {
  const looks = partsOf(normals[at]!, info);
  if (looks === undefined) return undefined;
  for (let i = at - 1; i >= Math.max(0, at - FURTHEST); i--) {
    const normal = normals[i];
    if (finals[i]) {
      if (normal !== undefined && normal !== true && follows(normals[at]!, normal, info)) return i;
      continue;
    }
    const changed = changesOf(actionOf(set[i]));
    if (changed === undefined || changed.some((part) => looks.has(part))) return undefined;
  }
  return undefined;
}

/** All that a condition looks at; undefined: more than is known. */
function partsOf(normal: Normal, info: InfoOf): ReadonlySet<Part> | undefined {
  const parts = new Set<Part>();
  if (normal === true) return parts;
  for (const { term } of normal.flat()) {
    for (const { test } of term.acl.criteria) {
      const about = info(test);
      const looks = about && looksAt(about);
      if (looks === undefined) return undefined;
      for (const part of looks) parts.add(part);
    }
  }
  return parts;
}

function behindAlways(set: readonly SeenLine[], always: number): Finding {
  const first = set[always + 1].info.statement.span;
  const by = set[always].info;
  const more = set.length - always - 2;
  const others = more === 0
    ? ""
    : more === 1
    ? ", nor is the one behind it"
    : `, nor are the ${more} behind it`;
  return {
    span: first,
    message: `this '${set[0].info.set}' rule is never reached${others}: a rule before it always ` +
      "ends the rule set",
    related: { span: by.statement.span, message: "this one, whatever the request" },
  };
}

function covered(line: SeenLine, by: SeenLine): Finding {
  return {
    span: line.info.statement.span,
    message:
      `this '${line.info.set}' rule is never reached: a rule before it ends the rule set for ` +
      "all that it matches",
    related: { span: by.info.statement.span, message: "this one" },
  };
}
