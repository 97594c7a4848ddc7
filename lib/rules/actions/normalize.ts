/** `normalize-uri` (manual 4.2, RFC 3986 section 6.2.2): one form for targets that mean the same. */
import type { Word } from "../../config/document.ts";
import { nearest } from "../../config/suggest.ts";
import { pathStart } from "../../expr/target.ts";
import type { Action, ActionRow, RuleContext, Verdict } from "../types.ts";
import type { WordReader } from "../word_reader.ts";

/** The normalized target; undefined: the target is broken, and `strict` refuses it. */
type Normalizer = (target: string) => string | undefined;

interface Row {
  /** `full`, `strict` */
  readonly option?: string;
  readonly make: (option: boolean) => Normalizer;
}

/** Changes the path only: behind scheme and authority, before query and fragment. */
function inPath(change: (path: string) => string): Normalizer {
  return (target) => {
    const from = pathStart(target);
    if (from < 0) return target;
    const found = target.slice(from).search(/[?#]/);
    const end = found < 0 ? target.length : from + found;
    return target.slice(0, from) + change(target.slice(from, end)) + target.slice(end);
  };
}

function stripDots(path: string): string {
  const parts = path.split("/");
  // A dot at the end leaves the slash before it.
  const kept = parts.filter((part, i) => part !== "." || i === 0);
  return parts.at(-1) === "." ? `${kept.join("/")}/` : kept.join("/");
}

function stripDoubleDots(path: string, full: boolean): string {
  const kept: string[] = [];
  const parts = path.split("/").slice(1);
  parts.forEach((part, i) => {
    if (part !== "..") kept.push(part);
    else {
      if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
      else if (!full) kept.push("..");
      // What ends with the parent is the directory that is left.
      if (i === parts.length - 1) kept.push("");
    }
  });
  return "/" + kept.join("/");
}

const UNRESERVED = /[A-Za-z0-9\-._~]/;

/** Each escape in its turn from left to right; what it makes is not looked at again. */
function escapes(change: (hex: string, escape: string) => string) {
  return (strict: boolean): Normalizer => (target) => {
    if (strict && /%(?![0-9A-Fa-f]{2})/.test(target)) return undefined;
    return target.replace(/%([0-9A-Fa-f]{2})/g, (escape, hex) => change(hex, escape));
  };
}

function sortQuery(target: string): string {
  const mark = target.indexOf("?");
  if (mark < 0) return target;
  const hash = target.indexOf("#", mark);
  const end = hash < 0 ? target.length : hash;
  const nameOf = (pair: string) => {
    const equal = pair.indexOf("=");
    return equal < 0 ? pair : pair.slice(0, equal);
  };
  const pairs = target.slice(mark + 1, end).split("&").map((pair) => ({
    pair,
    name: nameOf(pair),
  }));
  pairs.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  return target.slice(0, mark + 1) + pairs.map(({ pair }) => pair).join("&") + target.slice(end);
}

const plain = (change: Normalizer): Row => ({ make: () => change });

const NORMALIZERS: Readonly<Record<string, Row>> = {
  "fragment-encode": plain((target) => target.replaceAll("#", "%23")),
  "fragment-strip": plain((target) => {
    const hash = target.indexOf("#");
    return hash < 0 ? target : target.slice(0, hash);
  }),
  "path-merge-slashes": plain(inPath((path) => path.replace(/\/{2,}/g, "/"))),
  "path-strip-dot": plain(inPath(stripDots)),
  "path-strip-dotdot": {
    option: "full",
    make: (full) => inPath((path) => stripDoubleDots(path, full)),
  },
  "percent-decode-unreserved": {
    option: "strict",
    make: escapes((hex, escape) => {
      const c = String.fromCharCode(parseInt(hex, 16));
      return UNRESERVED.test(c) ? c : escape;
    }),
  },
  "percent-to-uppercase": { option: "strict", make: escapes((_, escape) => escape.toUpperCase()) },
  "query-sort-by-name": plain(sortQuery),
};

const BROKEN: Verdict = { type: "failed", status: 400 };

function compileNormalize(reader: WordReader, ctx: RuleContext): Action | undefined {
  const names = Object.keys(NORMALIZERS);
  const word: Word | undefined = reader.need("a normalizer", names.join(", "));
  if (word === undefined) return undefined;
  const row = NORMALIZERS[word.text];
  if (row === undefined) {
    ctx.diagnostics.alert(word.span, `'${word.text}' is no normalizer`, {
      allowed: names.join(", "),
      nearest: nearest(word.text, names),
    });
    return undefined;
  }
  const normalize = row.make(row.option !== undefined && reader.accept(row.option));
  return (stream) => {
    const head = stream.request;
    if (head === undefined) return undefined;
    const target = normalize(head.target);
    if (target === undefined) return BROKEN;
    if (target !== head.target) head.setTarget(target);
    return undefined;
  };
}

export const NORMALIZE_ACTIONS: readonly ActionRow[] = [
  {
    name: "normalize-uri",
    args: "<normalizer> [ full | strict ]",
    rules: ["http-request"],
    doc: `brings the target into one form: ${Object.keys(NORMALIZERS).join(", ")}`,
    section: "4.2",
    compile: compileNormalize,
  },
];
