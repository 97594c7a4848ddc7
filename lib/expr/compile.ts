/**
 * Expressions: text → closure. Everything is looked up, type-checked and bound at load; at run time only
 * closures are called.
 */
import type { Word } from "../config/document.ts";
import { nearest } from "../config/suggest.ts";
import { type ArgError, readArgs } from "./args.ts";
import { partOf, type PlacedContext } from "./context_compile.ts";
import { CONVERTERS } from "./converters/table.ts";
import { FETCHES } from "./fetches/table.ts";
import { type CallNode, parseExpression } from "./parse.ts";
import {
  type ArgValue,
  BUFSIZE,
  type Convert,
  type Fetch,
  NEED_NAMES,
  type Scan,
  usable,
  type Visit,
} from "./rows.ts";
import type { ArgType, FetchRow } from "./rows.ts";
import { castOf, isSame, type SampleType, TYPE_NAMES, type Value } from "./sample.ts";
import type { StreamView } from "./context.ts";
import { isUnsupportedConverter, isUnsupportedFetch } from "./unsupported.ts";

/** A compiled sample expression. */
export interface Expression {
  readonly type: SampleType;
  readonly row: FetchRow;
  readonly hasConverters: boolean;
  /** The sample, or undefined when there is none. */
  readonly eval: Fetch;
  /**
   * Makes a test of the sample as ACLs do it: over every occurrence until one passes. A converter that fails
   * ends the search, as in HAProxy.
   */
  readonly test: (matches: (value: Value) => boolean) => (stream: StreamView) => boolean;
}

/** A compiled expression and where its text ended in the word. */
export interface ParsedExpression {
  readonly expression: Expression;
  readonly end: number;
}

/** What differs between expressions in formats and rules, and those in ACLs. */
export interface ExpressionOptions {
  /** ACLs have keywords of their own beside the fetches. */
  readonly find?: (name: string) => FetchRow | undefined;
  readonly names?: () => Iterable<string>;
  /** In a condition a fetch that the place cannot give is only warned of, by whoever compiles the condition. */
  readonly anyPlace?: boolean;
}

/**
 * Compiles the expression at `from` in `word.text`. Mistakes go to `ctx.diagnostics`, then the answer is
 * undefined. The caller says what may follow `end`.
 */
export function compileExpressionAt(
  word: Word,
  from: number,
  ctx: PlacedContext,
  options: ExpressionOptions = {},
): ParsedExpression | undefined {
  const node = parseExpression(word.text, from);
  if ("error" in node) {
    ctx.diagnostics.alert(partOf(word, node.at, node.length), node.error);
    return undefined;
  }
  const row = options.find?.(node.fetch.name) ?? FETCHES.get(node.fetch.name);
  if (row === undefined) {
    unknownFetch(word, node.fetch, ctx, options.names?.() ?? FETCHES.keys());
    // Converters are checked below all the same, so that all mistakes are told at once.
  }
  if (row !== undefined && !options.anyPlace && !usable(row.needs, ctx.place, ctx.side)) {
    ctx.diagnostics.alert(
      partOf(word, node.fetch.at, node.fetch.name.length),
      `'${node.fetch.name}' needs the ${NEED_NAMES[row.needs]}, not available in '${
        ctx.placeName ?? ctx.place
      }' of a ${ctx.side}`,
    );
    return undefined;
  }
  if (row?.rawBytes && ctx.mode === "http" && !ctx.upgraded && ctx.place !== "check") {
    ctx.diagnostics.warning(
      partOf(word, node.fetch.at, node.fetch.name.length),
      `'${node.fetch.name}' looks at bytes before they are HTTP: it gives nothing in mode http`,
    );
  }
  let fetchArgs = row && readCallArgs(word, node.fetch, row.args, ctx);
  const wrong = fetchArgs && row?.check?.(fetchArgs, ctx);
  if (wrong !== undefined) {
    ctx.diagnostics.alert(partOf(word, node.fetch.at, node.fetch.end - node.fetch.at), wrong);
    fetchArgs = undefined;
  }
  const converts = compileConverters(word, node.converters, row?.type, ctx);
  if (row === undefined || fetchArgs === undefined || converts === undefined) return undefined;
  const fetch = row.make(fetchArgs, ctx);
  const scan = row.scan?.(fetchArgs, ctx);
  const { type, convert } = converts;
  return {
    end: node.end,
    expression: {
      type,
      row,
      hasConverters: node.converters.length > 0,
      eval: convert === undefined ? fetch : (stream) => {
        const value = fetch(stream);
        return value === undefined ? undefined : convert(value, stream);
      },
      test: (matches) => makeTest(fetch, scan, convert, matches),
    },
  };
}

function unknownFetch(
  word: Word,
  call: CallNode,
  ctx: PlacedContext,
  names: Iterable<string>,
): void {
  const span = partOf(word, call.at, call.name.length);
  if (call.name === "") {
    ctx.diagnostics.alert(span, "a fetch method's name is missing");
  } else if (isUnsupportedFetch(call.name)) {
    ctx.diagnostics.alert(span, `fetch method '${call.name}' is not supported`);
  } else {
    ctx.diagnostics.alert(span, `unknown fetch method '${call.name}'`, {
      nearest: nearest(call.name, names),
    });
  }
}

/** Compiles a word that is an expression from its first to its last character. */
export function compileExpression(
  word: Word,
  ctx: PlacedContext,
  options: ExpressionOptions = {},
): Expression | undefined {
  const parsed = compileExpressionAt(word, 0, ctx, options);
  if (parsed === undefined) return undefined;
  const rest = word.text.slice(parsed.end);
  if (rest !== "") {
    ctx.diagnostics.alert(
      partOf(word, parsed.end, rest.length),
      `unexpected '${rest}' after the expression`,
      { allowed: "',' and a converter" },
    );
    return undefined;
  }
  return parsed.expression;
}

/** The expression's value as another type; undefined (and an alert) when there is no cast. */
export function castExpression(
  expression: Expression,
  type: SampleType,
  word: Word,
  ctx: PlacedContext,
): Fetch | undefined {
  const cast = castOf(expression.type, type);
  if (cast === undefined) {
    ctx.diagnostics.alert(
      word.span,
      `a sample of type ${TYPE_NAMES[expression.type]} cannot be used as ${TYPE_NAMES[type]}`,
    );
    return undefined;
  }
  if (isSame(cast)) return expression.eval;
  return (stream) => {
    const value = expression.eval(stream);
    return value === undefined ? undefined : cast(value);
  };
}

/** Reads the arguments in parentheses of a call in `word`; mistakes go to the diagnostics. */
export function readCallArgs(
  word: Word,
  call: CallNode,
  specs: FetchRow["args"],
  ctx: PlacedContext,
): ArgValue[] | undefined {
  const sink = (error: ArgError) => {
    const at = error.arg?.at ?? call.at;
    const length = error.arg?.length || call.end - at;
    ctx.diagnostics.alert(partOf(word, at, length), error.error, {
      allowed: error.allowed,
      nearest: error.words && error.arg && nearest(error.arg.text, error.words),
    });
  };
  const values = readArgs(call, specs, sink);
  if (values === undefined) return undefined;
  for (let i = 0; i < specs.length; i++) {
    const { type } = specs[i];
    const name = values[i];
    if (typeof name !== "string" || isThere(name, type, ctx)) continue;
    const words = type === "userlist"
      ? ctx.userlistNames
      : type === "table"
      ? ctx.tableNames
      : ctx.proxyNames;
    const what = type === "table" ? "proxy with a stick-table" : type;
    sink({ error: `'${name}' is no ${what}`, arg: call.args[i], words });
    return undefined;
  }
  return values;
}

/** Whether the configuration has what an argument names; without a way to know it, it counts as there. */
function isThere(name: string, type: ArgType, ctx: PlacedContext): boolean {
  switch (type) {
    case "frontend":
    case "backend":
      return ctx.hasProxy?.(name, type) ?? true;
    case "table":
      return ctx.findTable === undefined || ctx.findTable(name) !== undefined;
    case "userlist":
      return ctx.findUserlist === undefined || ctx.findUserlist(name) !== undefined;
  }
  return true;
}

/** Binds the converters one behind the other, with the casts between them. */
function compileConverters(
  word: Word,
  calls: readonly CallNode[],
  from: SampleType | undefined,
  ctx: PlacedContext,
): { readonly type: SampleType; readonly convert: Convert | undefined } | undefined {
  let type = from;
  let convert: Convert | undefined;
  let good = true;
  let before = "the fetch";
  for (const call of calls) {
    const row = CONVERTERS.get(call.name);
    if (row === undefined) {
      const what = call.name === ""
        ? "a converter's name is missing"
        : isUnsupportedConverter(call.name)
        ? `converter '${call.name}' is not supported`
        : `unknown converter '${call.name}'`;
      ctx.diagnostics.alert(partOf(word, call.at, call.name.length), what, {
        nearest: what.startsWith("unknown") ? nearest(call.name, CONVERTERS.keys()) : undefined,
      });
      good = false;
      type = undefined;
      continue;
    }
    const args = readCallArgs(word, call, row.args, ctx);
    const wrong = args && row.check?.(args, ctx);
    if (wrong !== undefined) {
      ctx.diagnostics.alert(partOf(word, call.at, call.end - call.at), wrong);
    }
    if (args === undefined || wrong !== undefined) good = false;
    if (type !== undefined) {
      const cast = castOf(type, row.input);
      if (cast === undefined) {
        ctx.diagnostics.alert(
          partOf(word, call.at, call.end - call.at),
          `converter '${row.name}' takes ${TYPE_NAMES[row.input]}, but ${before} gives ${
            TYPE_NAMES[type]
          }`,
        );
        good = false;
      } else if (args !== undefined && wrong === undefined) {
        const own = bounded(
          row.make(args, { ...ctx, at: word.span }, type),
          row.tooLong,
          ctx.bufsize ?? BUFSIZE,
        );
        convert = chain(convert, isSame(cast) ? undefined : cast, own);
      }
    }
    before = `'${row.name}'`;
    if (row.output !== "same") {
      type = (args && row.outputFor?.(args)) ?? row.output;
    }
  }
  return good && type !== undefined ? { type, convert } : undefined;
}

/** Keeps what a converter makes within a buffer. */
function bounded(convert: Convert, tooLong: "cut" | "fail" | undefined, bytes: number): Convert {
  if (tooLong === undefined) return convert;
  return (value, stream) => {
    const made = convert(value, stream);
    if (typeof made !== "string" || made.length <= bytes) return made;
    return tooLong === "cut" ? made.slice(0, bytes) : undefined;
  };
}

/** first, then the cast, then the converter; each may be absent, and undefined ends the chain. */
function chain(
  first: Convert | undefined,
  cast: ((value: Value) => Value | undefined) | undefined,
  then: Convert,
): Convert {
  const next: Convert = cast === undefined ? then : (value, stream) => {
    const casted = cast(value);
    return casted === undefined ? undefined : then(casted, stream);
  };
  if (first === undefined) return next;
  return (value, stream) => {
    const converted = first(value, stream);
    return converted === undefined ? undefined : next(converted, stream);
  };
}

function makeTest(
  fetch: Fetch,
  scan: Scan | undefined,
  convert: Convert | undefined,
  matches: (value: Value) => boolean,
): (stream: StreamView) => boolean {
  if (scan !== undefined) {
    const visit: Visit = convert === undefined
      ? (value) => matches(value) ? 1 : 0
      : (value, stream) => {
        const converted = convert(value, stream);
        return converted === undefined ? -1 : matches(converted) ? 1 : 0;
      };
    return (stream) => scan(stream, visit);
  }
  if (convert === undefined) {
    return (stream) => {
      const value = fetch(stream);
      return value !== undefined && matches(value);
    };
  }
  return (stream) => {
    const value = fetch(stream);
    if (value === undefined) return false;
    const converted = convert(value, stream);
    return converted !== undefined && matches(converted);
  };
}
