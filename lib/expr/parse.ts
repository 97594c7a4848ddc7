/**
 * The text of a sample expression, `fetch(args),converter(args),…`, as a tree (manual 2.2 and 7.3).
 * Arguments have their own level of quoting: single quotes keep everything, double quotes and bare text
 * know `\\ \' \" \<space> \n \r \t`, and any other backslash stands for itself.
 */

/** An argument: its text without quotes, and where it was written. */
export interface ArgNode {
  readonly text: string;
  readonly at: number;
  readonly length: number;
}

/** A keyword with its arguments. `fetch()` and `fetch` both have none. */
export interface CallNode {
  readonly name: string;
  readonly at: number;
  /** after the closing parenthesis */
  readonly end: number;
  readonly args: readonly ArgNode[];
}

export interface ExpressionNode {
  readonly fetch: CallNode;
  readonly converters: readonly CallNode[];
  /** position after the expression */
  readonly end: number;
}

/** A mistake in the text, at `at`. */
export interface ParseError {
  readonly error: string;
  readonly at: number;
  readonly length: number;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  " ": " ",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** True for what may be part of a keyword: letters, digits and `. _ - + :`. */
function isKeywordChar(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 58) ||
    c === 46 || c === 95 || c === 45 || c === 43;
}

/** Parses the expression that begins at `from`; it ends before the first character that cannot continue it. */
export function parseExpression(text: string, from = 0): ExpressionNode | ParseError {
  const fetch = parseCall(text, from);
  if ("error" in fetch) return fetch;
  const converters: CallNode[] = [];
  let at = fetch.end;
  while (at < text.length && text[at] === ",") {
    const call = parseCall(text, at + 1);
    if ("error" in call) return call;
    converters.push(call);
    at = call.end;
  }
  return { fetch, converters, end: at };
}

/** Parses one keyword and its arguments. The name may be empty: whoever looks it up says so. */
export function parseCall(text: string, from: number): CallNode | ParseError {
  let at = from;
  while (at < text.length && isKeywordChar(text.charCodeAt(at))) at++;
  const name = text.slice(from, at);
  if (text[at] !== "(") return { name, at: from, end: at, args: [] };
  const open = at++;
  const args: ArgNode[] = [];
  for (;;) {
    const start = at;
    let value = "";
    let quote = "";
    for (; at < text.length; at++) {
      const c = text[at];
      if (quote === "" && (c === "," || c === ")")) break;
      if (c === quote) quote = "";
      else if (quote === "" && (c === '"' || c === "'")) quote = c;
      else if (c === "\\" && quote !== "'" && ESCAPES[text[at + 1]] !== undefined) {
        value += ESCAPES[text[++at]];
      } else value += c;
    }
    if (quote !== "") {
      return {
        error: `unmatched quote in the arguments of '${name}'`,
        at: start,
        length: at - start,
      };
    }
    if (at === text.length) {
      return { error: `missing ')' after the arguments of '${name}'`, at: open, length: at - open };
    }
    args.push({ text: value, at: start, length: at - start });
    if (text[at++] === ")") break;
  }
  // `name()` and `name("")` alike: one empty argument is none.
  if (args.length === 1 && args[0].length === 0) args.pop();
  return { name, at: from, end: at, args };
}
