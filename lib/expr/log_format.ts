/**
 * Log formats (manual 8.2.6): text with `%variables`, `%{flags}variables` and `%[expressions]` → closure. They make
 * log lines and the values that rules write.
 */
import type { Word } from "../config/document.ts";
import { nearest } from "../config/suggest.ts";
import { latin1OfText } from "../http1/bytes.ts";
import { castExpression, compileExpressionAt } from "./compile.ts";
import { partOf, type PlacedContext } from "./context_compile.ts";
import type { StreamView } from "./context.ts";
import { ALIASES, type AliasRow, type LogFlags, type LogValue, textValue } from "./log_aliases.ts";
import { encodeMembers, type Member } from "./log_encoding.ts";
import { readSint } from "./sample.ts";
import { encodeHttpValue, encodeLogValue, escapeParam } from "./log_escape.ts";

/** manual 8.2.3, what `option httplog` means */
export const defaultHttpLogFormat =
  "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc " +
  "%ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r";
/** manual 8.2.4, what `option httpslog` means */
export const httpsLogFormat = `${defaultHttpLogFormat} ` +
  "%[fc_err]/%[ssl_fc_err,hex]/%[ssl_c_err]/%[ssl_c_ca_err]/%[ssl_fc_is_resumed] " +
  "%[ssl_fc_sni]/%sslv/%sslc";
/** manual 8.2.2, what `option tcplog` means */
export const defaultTcpLogFormat =
  "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq";
/** manual 8.2.3, what `option httplog clf` means */
export const clfHttpLogFormat =
  '%{+Q}o %{-Q}ci - - [%trg] %r %ST %B "" "" %cp %ms %ft %b %s %TR %Tw %Tc ' +
  "%Tr %Ta %tsc %ac %fc %bc %sc %rc %sq %bq %CC %CS %hrl %hsl";

/** A literal, a run of spaces (`undefined`), or something to evaluate. */
type Node = string | undefined | Item;

interface Item {
  readonly value: LogValue;
  readonly quiet: boolean;
  /** `%(name)…` */
  readonly member?: Member;
}

/**
 * What a format is made for. Logs write `-` for what is missing, the others nothing; rules escape as HTTP wants,
 * and a value (`set-var-fmt`) is not escaped at all.
 */
export type FormatUse = "log" | "rule" | "value";

/**
 * Compiles a format. In logs runs of spaces count as one and leading ones as none; rules keep them. `text` is
 * UTF-16 as configurations are, or latin1 when it is a file's content (`latin1`). Mistakes go to
 * `ctx.diagnostics`, then the answer is undefined.
 */
export function compileLogFormat(
  word: Word,
  ctx: PlacedContext,
  use: FormatUse = ctx.place === "log" ? "log" : "rule",
  latin1 = false,
): LogValue | undefined {
  const parsed = parseNodes(word, ctx, use, latin1);
  if (parsed === undefined) return undefined;
  const { nodes, flags: { encoding, raw } } = parsed;
  if (encoding === undefined) return assemble(nodes);
  return encodeMembers(encoding, membersOf(nodes, word, ctx), raw === true);
}

/** The named items; what has no name is left out of an object, which is warned of. */
function membersOf(nodes: readonly Node[], word: Word, ctx: PlacedContext): Member[] {
  const members = nodes.flatMap((node) => typeof node === "object" ? node.member ?? [] : []);
  if (nodes.some((node) => typeof node === "string" || (node && node.member === undefined))) {
    ctx.diagnostics.warning(
      word.span,
      "only named items, '%(name)…', are part of an object: the others are left out",
    );
  }
  return members;
}

/** True when a format's text holds nothing to evaluate. */
export function isConstantFormat(text: string): boolean {
  return !text.includes("%");
}

const FLAG_NAMES: Readonly<Record<string, "quote" | "escape" | "hex">> = {
  Q: "quote",
  E: "escape",
  X: "hex",
};
const isSpace = (c: string) => c === " " || c === "\t" || c === "\n" || c === "\r" || c === "\v";

function parseNodes(
  word: Word,
  ctx: PlacedContext,
  use: FormatUse,
  latin1: boolean,
): { readonly nodes: Node[]; readonly flags: LogFlags } | undefined {
  const { text } = word;
  const merge = use === "log";
  const nodes: Node[] = [];
  let good = true;
  let common: LogFlags = {
    quote: false,
    escape: false,
    hex: false,
    dash: use === "log",
    asap: ctx.logasap === true,
  };
  const alert = (at: number, length: number, message: string, more = {}) => {
    ctx.diagnostics.alert(partOf(word, at, length), message, more);
    good = false;
  };
  let i = 0;
  while (i < text.length) {
    const c = text[i];
    if (merge && isSpace(c)) {
      nodes.push(undefined);
      while (i < text.length && isSpace(text[i])) i++;
      continue;
    }
    if (c !== "%") {
      const from = i;
      while (i < text.length && text[i] !== "%" && !(merge && isSpace(text[i]))) i++;
      const literal = text.slice(from, i);
      nodes.push(latin1 ? literal : latin1OfText(literal));
      continue;
    }
    const start = i++;
    if (text[i] === "%") {
      nodes.push("%");
      i++;
      continue;
    }
    let flags = common;
    if (text[i] === "{") {
      const close = text.indexOf("}", i);
      if (close < 0) {
        alert(start, text.length - start, "'%{' is not closed by '}'");
        break;
      }
      const read = readFlags(text.slice(i + 1, close), common);
      if (typeof read === "string") {
        alert(i + 1, close - i - 1, `'${read}' is no format flag`, {
          allowed: "+Q, -Q, +E, -E, +X, -X, +json, +cbor, +bin, separated by commas",
        });
      } else flags = read;
      i = close + 1;
    }
    const naming = NAMING.exec(text.slice(i));
    if (naming !== null) i += naming[0].length;
    const memberOf = (read: Member["read"]): { member?: Member } =>
      naming === null ? {} : { member: { name: naming[1], read: typedBy(naming[2], read) } };
    if (text[i] === "[") {
      const parsed = compileExpressionAt(word, i + 1, ctx);
      if (parsed === undefined) {
        good = false;
        const close = text.indexOf("]", i);
        if (close < 0) break;
        i = close + 1;
        continue;
      }
      if (text[parsed.end] !== "]") {
        const rest = text.slice(parsed.end);
        alert(
          rest === "" ? start : parsed.end,
          rest === "" ? text.length - start : 1,
          `']' is missing behind '${text.slice(i + 1, parsed.end)}'`,
        );
        break;
      }
      const read = castExpression(parsed.expression, "str", word, ctx);
      if (read !== undefined) {
        const { type, eval: plain } = parsed.expression;
        const natural = type === "sint" || type === "bool" ? plain : read;
        nodes.push({
          value: expressionValue(read, flags, use),
          quiet: false,
          ...memberOf(natural as Member["read"]),
        });
      } else good = false;
      i = parsed.end + 1;
      continue;
    }
    const from = i;
    while (i < text.length && /[A-Za-z0-9]/.test(text[i])) i++;
    const name = text.slice(from, i);
    if (name === "") {
      alert(start, Math.max(1, i - start), "'%' needs a format variable, '[', '{' or a second '%'");
    } else if (name === "o") common = flags;
    else {
      const row = ALIASES.get(name);
      if (row === undefined) {
        alert(start, i - start, `no such format variable '%${name}'`, {
          allowed: "a variable, or '%%' for a percent sign",
          nearest: nearestAlias(name),
        });
      } else if (row.httpOnly && ctx.mode === "tcp") {
        alert(start, i - start, `format variable '%${name}' exists in mode http only`);
      } else if (ctx.place === "global" && !row.ofProcess) {
        alert(start, i - start, `format variable '%${name}' needs a stream, there is none here`, {
          allowed: "'%H', '%pid', or an expression in '%[…]'",
        });
      } else {
        nodes.push({
          value: row.make(flags),
          quiet: row.quiet === true,
          ...memberOf(aliasMember(row, flags)),
        });
      }
    }
  }
  return good ? { nodes, flags: common } : undefined;
}

/** `(name)` or `(name:type)` behind the percent sign and flags. */
const NAMING = /^\(([A-Za-z0-9_.-]+)(?::(str|sint|bool))?\)/;

/** A member's value as the type that its name asks for. */
function typedBy(type: string | undefined, read: Member["read"]): Member["read"] {
  switch (type) {
    case "str":
      return (stream) => {
        const value = read(stream);
        return value === undefined ? undefined : String(value);
      };
    case "sint":
      return (stream) => {
        const value = read(stream);
        return typeof value === "string"
          ? readSint(value)
          : value === undefined
          ? value
          : Number(value);
      };
    case "bool":
      return (stream) => {
        const value = read(stream);
        return value === undefined ? value : value !== "" && value != 0;
      };
  }
  return read;
}

/** A variable's value without quotes and dashes; one that is an integer is a number. */
function aliasMember(row: AliasRow, flags: LogFlags): Member["read"] {
  const value = row.make({ ...flags, quote: false, escape: false, dash: false });
  const numeric = row.numeric === true && !flags.hex;
  return (stream) => {
    const text = value(stream);
    if (text === "") return undefined;
    return numeric && /^-?[0-9]{1,15}$/.test(text) ? Number(text) : text;
  };
}

function nearestAlias(name: string): string | undefined {
  const found = nearest(name, ALIASES.keys());
  return found === undefined ? undefined : `%${found}`;
}

/** Applies `+Q,-E` to flags; answers the part that is wrong. */
function readFlags(text: string, flags: LogFlags): LogFlags | string {
  const next: Record<string, boolean> = {};
  let { encoding, raw } = flags;
  for (const part of text.split(",")) {
    const on = part[0] === "+";
    const option = on || part[0] === "-" ? part.slice(1) : "";
    if (option === "json" || option === "cbor") {
      encoding = on ? option : undefined;
      continue;
    }
    if (option === "bin") {
      raw = on;
      continue;
    }
    const name = FLAG_NAMES[part.slice(1)];
    if (name === undefined || (part[0] !== "+" && part[0] !== "-")) return part;
    next[name] = part[0] === "+";
  }
  return { ...flags, ...next, encoding, raw };
}

function expressionValue(
  read: (stream: StreamView) => unknown,
  flags: LogFlags,
  use: FormatUse,
): LogValue {
  if (use === "value") return (stream) => textValue(read(stream) as string | undefined, flags);
  const encode = use === "rule" ? encodeHttpValue : encodeLogValue;
  if (use === "rule") {
    // HAProxy does not quote expressions in rules (`+Q` is for variables there), but it escapes them.
    return (stream) => {
      const value = read(stream) as string | undefined;
      if (value === undefined) return "";
      return flags.escape ? escapeParam(encode(value)) : encode(value);
    };
  }
  return (stream) => {
    const value = read(stream) as string | undefined;
    return textValue(value === undefined ? undefined : encode(value), flags);
  };
}

/** Joins the nodes to one closure; formats of one or two parts, the usual ones of rules, have their own. */
function assemble(nodes: readonly Node[]): LogValue {
  const merged: Exclude<Node, undefined>[] = [];
  if (nodes.some((node) => typeof node === "object" && node.quiet)) return withQuietNodes(nodes);
  let space = true;
  for (const node of nodes) {
    const part = node === undefined ? (space ? "" : " ") : node;
    space = node === undefined;
    if (part === "") continue;
    const last = merged.at(-1);
    if (typeof part === "string" && typeof last === "string") {
      merged[merged.length - 1] = last + part;
    } else merged.push(part);
  }
  const [first, second] = merged;
  if (merged.length === 0) return () => "";
  if (merged.length === 1) return typeof first === "string" ? () => first : first.value;
  if (merged.length === 2) {
    if (typeof first === "string") {
      const { value } = second as { value: LogValue };
      return (stream) => first + value(stream);
    }
    const { value } = first;
    if (typeof second === "string") return (stream) => value(stream) + second;
  }
  return (stream) => {
    let out = "";
    for (const node of merged) out += typeof node === "string" ? node : node.value(stream);
    return out;
  };
}

/** With nodes that may write nothing, which spaces are one is known only when the line is made. */
function withQuietNodes(nodes: readonly Node[]): LogValue {
  return (stream) => {
    let out = "";
    let space = true;
    for (const node of nodes) {
      if (node === undefined) {
        if (!space) out += " ";
        space = true;
        continue;
      }
      const text = typeof node === "string" ? node : node.value(stream);
      if (text === "" && typeof node === "object" && node.quiet) continue;
      out += text;
      space = false;
    }
    return out;
  };
}
