/**
 * Regular expressions in bounded time.
 *
 * JavaScript's own engine backtracks: a pattern such as `(a+)+$` takes exponential time on a hostile header.
 * So a pattern runs on it only when its form cannot backtrack much (see `isSimple`): about 0.05 µs a match. All
 * others run on RE2 (re2js), whose time grows linearly with the text: 0.6 to 3 µs for a path. What RE2 cannot do
 * because only backtracking can (lookaround, back references, atomic groups) is refused at load.
 *
 * The dialect is the part that PCRE (HAProxy's) and RE2 have in common. Strings are bytes as latin1: `.` is one
 * byte.
 */
import { RE2JS } from "re2js";

export interface Regex {
  test(text: string): boolean;
  /** The first match and its groups ("" for one that took no part), or undefined. */
  groups(text: string): readonly string[] | undefined;
  /** The first match that begins at `from` or behind it; `^` is the beginning of the text, not `from`. */
  find(text: string, from: number): Match | undefined;
}

export interface Match {
  readonly start: number;
  readonly end: number;
  /** the whole match first; "" for a group that took no part */
  readonly groups: readonly string[];
}

/** What cannot run in bounded time, and its name. */
const UNBOUNDED: readonly (readonly [RegExp, string])[] = [
  [/\(\?<?[=!]/, "lookaround"],
  [/\(\?>/, "an atomic group"],
  [/\\[1-9]/, "a back reference"],
  [/\(\?[R0-9&]/, "a recursion"],
  [/[*+?}]\+/, "a possessive quantifier"],
];

/**
 * True for a pattern whose every match attempt on the backtracking engine is linear at worst: only literals,
 * classes, groups, alternatives and anchors without any repetition; or, when it begins with `^` and has no
 * alternative outside of its groups, with one `*` or `+` on a single character or class at most.
 */
function isSimple(source: string): boolean {
  // Escapes that mean something else in the two dialects, or a byte class: left to RE2.
  if (/\\[^\\.\/?*+()[\]{}^$|\-_:;,=&%#@! "'~dw]/.test(source)) return false;
  const bare = source.replace(/\\./g, "x").replace(/\[\^?\]?[^\]]*\]/g, "x");
  if (/[[\]{}]|\(\?/.test(bare)) return false;
  const repeats = bare.match(/[*+?]/g);
  if (repeats === null) return true;
  if (repeats.length > 1 || /\)[*+?]/.test(bare)) return false;
  if (repeats[0] === "?") return true;
  return bare.startsWith("^") && !/\|/.test(bare.replace(/\([^()]*\)/g, "x"));
}

/** Compiles a pattern (latin1); `error` says why it cannot be. `ignoreCase` is that of ASCII letters. */
export function compileRegex(
  source: string,
  ignoreCase: boolean,
): { readonly regex: Regex } | { readonly error: string } {
  try {
    const flags = (ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | RE2JS.DISABLE_UNICODE_GROUPS;
    const re2 = RE2JS.compile(source, flags);
    if (isSimple(source)) {
      const own = new RegExp(source, ignoreCase ? "i" : "");
      const groups = (text: string) => own.exec(text)?.map((group) => group ?? "");
      const moving = new RegExp(source, ignoreCase ? "ig" : "g");
      const find = (text: string, from: number) => {
        moving.lastIndex = from;
        const found = moving.exec(text);
        if (found === null) return undefined;
        const end = found.index + found[0].length;
        return { start: found.index, end, groups: found.map((group) => group ?? "") };
      };
      return { regex: { test: (text) => own.test(text), groups, find } };
    }
    return {
      regex: {
        test: (text) => re2.test(text),
        groups: (text) => findIn(re2, text, 0)?.groups,
        find: (text, from) => findIn(re2, text, from),
      },
    };
  } catch (error) {
    const unbounded = UNBOUNDED.find(([form]) => form.test(source));
    if (unbounded !== undefined) {
      return {
        error: `it uses ${unbounded[1]}, which cannot be matched in bounded time`,
      };
    }
    const message = error instanceof Error ? error.message : String(error);
    return { error: message.replace(/^error parsing regexp: /, "").replace("`(?i)", "`") };
  }
}

function findIn(re2: RE2JS, text: string, from: number): Match | undefined {
  const matcher = re2.matcher(text);
  if (!(from === 0 ? matcher.find() : matcher.find(from))) return undefined;
  const groups: string[] = [];
  for (let i = 0; i <= re2.groupCount(); i++) groups.push(matcher.group(i) ?? "");
  return { start: matcher.start(), end: matcher.end(), groups };
}

/**
 * Puts the groups of a match into `template`: `\0` to `\9` are groups, `\xHH` is a byte, a backslash before any
 * other character goes away.
 */
export function expand(template: string, groups: readonly string[]): string {
  if (!template.includes("\\")) return template;
  return template.replace(/\\(?:([0-9])|x([0-9a-fA-F]{2})|([^]?))/g, (_, group, hex, other) => {
    if (group !== undefined) return groups[Number(group)] ?? "";
    return hex === undefined ? other : String.fromCharCode(parseInt(hex, 16));
  });
}
