/**
 * Finding one value in a JSON text (RFC 8259) by a path, without building anything: `$.a.b[2]['c.d']` (the part of
 * RFC 9535 that names one value). The text is bytes as latin1 and may be cut off behind what is looked for.
 */

export type JsonStep = string | number;

/** The steps of a path; undefined when it is none. In `.name` a backslash keeps a dot or a bracket in the name. */
export function parseJsonPath(path: string): JsonStep[] | undefined {
  if (path[0] !== "$") return undefined;
  const steps: JsonStep[] = [];
  const step =
    /\.((?:\\.|[^.[\]\\])+)|\[([0-9]{1,9})\]|\['((?:\\.|[^'\\])*)'\]|\["((?:\\.|[^"\\])*)"\]/y;
  step.lastIndex = 1;
  while (step.lastIndex < path.length) {
    const found = step.exec(path);
    if (found === null) return undefined;
    const [, name, index, single, double] = found;
    if (index !== undefined) steps.push(Number(index));
    else steps.push((name ?? single ?? double).replace(/\\(.)/g, "$1"));
  }
  return steps;
}

export type JsonKind = "string" | "number" | "true" | "false" | "null" | "object" | "array";

/** Where a value stands in the text. */
export interface JsonValue {
  readonly kind: JsonKind;
  readonly from: number;
  readonly to: number;
}

/** Deeper than this nothing is looked for: more nesting is an attack. */
const MAX_DEPTH = 512;

/** The value at the end of the path, or undefined: it is not there, or the text before it is no JSON. */
export function findJson(text: string, steps: readonly JsonStep[]): JsonValue | undefined {
  let at = skipSpace(text, 0);
  for (const step of steps) {
    at = typeof step === "number" ? enterArray(text, at, step) : enterObject(text, at, step);
    if (at < 0) return undefined;
  }
  const kind = kindAt(text, at);
  if (kind === undefined) return undefined;
  const to = skipValue(text, at);
  return to < 0 ? undefined : { kind, from: at, to };
}

function skipSpace(text: string, at: number): number {
  for (;; at++) {
    const c = text.charCodeAt(at);
    if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return at;
  }
}

function kindAt(text: string, at: number): JsonKind | undefined {
  switch (text[at]) {
    case '"':
      return "string";
    case "{":
      return "object";
    case "[":
      return "array";
    case "t":
      return "true";
    case "f":
      return "false";
    case "n":
      return "null";
    default:
      return /[-0-9]/.test(text[at] ?? "") ? "number" : undefined;
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;

/** The position behind the value that begins at `at`; -1 when there is none, or it is cut off. */
function skipValue(text: string, at: number): number {
  const open: string[] = [];
  for (;;) {
    at = skipSpace(text, at);
    const kind = kindAt(text, at);
    if (kind === undefined) return -1;
    if (kind === "object" || kind === "array") {
      const close = kind === "object" ? "}" : "]";
      at = skipSpace(text, at + 1);
      if (text[at] === close) at++;
      else {
        if (open.push(close) > MAX_DEPTH) return -1;
        if (close === "}") at = skipKey(text, at);
        if (at < 0) return -1;
        continue;
      }
    } else at = skipScalar(text, at, kind);
    if (at < 0) return -1;
    // What follows a value inside of others: the end of some of them, then a comma or the end of all.
    for (;;) {
      if (open.length === 0) return at;
      at = skipSpace(text, at);
      if (text[at] === open[open.length - 1]) {
        open.pop();
        at++;
        continue;
      }
      if (text[at] !== ",") return -1;
      at = skipSpace(text, at + 1);
      if (open[open.length - 1] === "}") at = skipKey(text, at);
      if (at < 0) return -1;
      break;
    }
  }
}

function skipScalar(text: string, at: number, kind: JsonKind): number {
  if (kind === "string") return skipString(text, at);
  if (kind === "number") {
    NUMBER.lastIndex = at;
    return NUMBER.test(text) ? NUMBER.lastIndex : -1;
  }
  return text.startsWith(kind, at) ? at + kind.length : -1;
}

function skipString(text: string, at: number): number {
  if (text[at] !== '"') return -1;
  for (let i = at + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 34) return i + 1;
    if (c === 92) i++;
    else if (c < 32) return -1;
  }
  return -1;
}

/** Skips a name and its colon. */
function skipKey(text: string, at: number): number {
  at = skipString(text, at);
  if (at < 0) return -1;
  at = skipSpace(text, at);
  return text[at] === ":" ? at + 1 : -1;
}

/** Where the first member of that name begins. */
function enterObject(text: string, at: number, name: string): number {
  if (text[at] !== "{") return -1;
  at = skipSpace(text, at + 1);
  while (text[at] !== "}") {
    const end = skipString(text, at);
    if (end < 0) return -1;
    const found = jsonString(text, at, end) === name;
    at = skipKey(text, at);
    if (at < 0) return -1;
    at = skipSpace(text, at);
    if (found) return at;
    at = skipValue(text, at);
    if (at < 0) return -1;
    at = skipSpace(text, at);
    if (text[at] === ",") at = skipSpace(text, at + 1);
    else if (text[at] !== "}") return -1;
  }
  return -1;
}

function enterArray(text: string, at: number, index: number): number {
  if (text[at] !== "[") return -1;
  at = skipSpace(text, at + 1);
  for (let i = 0; text[at] !== "]"; i++) {
    if (i === index) return at;
    at = skipValue(text, at);
    if (at < 0) return -1;
    at = skipSpace(text, at);
    if (text[at] === ",") at = skipSpace(text, at + 1);
    else if (text[at] !== "]") return -1;
  }
  return -1;
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** The bytes of the string `text[from..to]` with its quotes: escapes are resolved to UTF-8. */
export function jsonString(text: string, from: number, to: number): string {
  const inner = text.slice(from + 1, to - 1);
  if (!inner.includes("\\")) return inner;
  return inner.replace(
    /\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))/g,
    (_, high, low, unit, other) => {
      if (high !== undefined) {
        const code = (parseInt(high, 16) - 0xd800) * 1024 + parseInt(low, 16) - 0xdc00 + 0x10000;
        return utf8(code);
      }
      return unit === undefined ? ESCAPES[other] ?? other : utf8(parseInt(unit, 16));
    },
  );
}

/** A code point as the bytes of UTF-8; half a surrogate pair as the replacement character. */
function utf8(code: number): string {
  if (code < 0x80) return String.fromCharCode(code);
  if (code < 0x800) return String.fromCharCode(0xc0 | code >> 6, 0x80 | code & 63);
  if (code >= 0xd800 && code < 0xe000) return "\xef\xbf\xbd";
  if (code < 0x10000) {
    return String.fromCharCode(0xe0 | code >> 12, 0x80 | code >> 6 & 63, 0x80 | code & 63);
  }
  return String.fromCharCode(
    0xf0 | code >> 18,
    0x80 | code >> 12 & 63,
    0x80 | code >> 6 & 63,
    0x80 | code & 63,
  );
}
