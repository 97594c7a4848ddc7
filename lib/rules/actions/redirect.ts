/** `redirect`: as a statement and as an action (manual 4.2). */
import type { Word } from "../../config/document.ts";
import { nearest } from "../../config/suggest.ts";
import type { StreamView } from "../../expr/context.ts";
import type { LogValue } from "../../expr/log_aliases.ts";
import { isConstantFormat } from "../../expr/log_format.ts";
import { pathOf, pathqOf } from "../../expr/target.ts";
import { latin1OfText } from "../../http1/bytes.ts";
import { headerFormat } from "../format_word.ts";
import type { Action, ActionRow, RuleContext, Verdict } from "../types.ts";
import type { WordReader } from "../word_reader.ts";

const CODES: readonly string[] = ["301", "302", "303", "307", "308"];
const TYPES: readonly string[] = ["location", "prefix", "scheme"];
const OPTIONS: readonly string[] = [
  ...TYPES,
  "code",
  "drop-query",
  "append-slash",
  "ignore-empty",
  "set-cookie",
  "clear-cookie",
];
const NO_BODY = new Uint8Array(0);

interface Options {
  type?: "location" | "prefix" | "scheme";
  target?: Word;
  code: number;
  dropQuery: boolean;
  appendSlash: boolean;
  ignoreEmpty: boolean;
  cookie?: string;
}

function readOptions(reader: WordReader, ctx: RuleContext): Options | undefined {
  const options: Options = { code: 302, dropQuery: false, appendSlash: false, ignoreEmpty: false };
  while (!reader.atCondition) {
    const word = reader.take()!;
    switch (word.text) {
      case "location":
      case "prefix":
      case "scheme": {
        if (options.type !== undefined) {
          ctx.diagnostics.alert(
            word.span,
            `'${word.text}' cannot stand beside '${options.type}' in one redirect`,
          );
          return undefined;
        }
        options.type = word.text;
        options.target = reader.need(`a ${word.text}`);
        if (options.target === undefined) return undefined;
        break;
      }
      case "code": {
        const code = reader.need("a status", CODES.join(", "));
        if (code === undefined) return undefined;
        if (!CODES.includes(code.text)) {
          ctx.diagnostics.alert(code.span, `'${code.text}' is no redirect status`, {
            allowed: CODES.join(", "),
          });
          return undefined;
        }
        options.code = Number(code.text);
        break;
      }
      case "set-cookie":
      case "clear-cookie": {
        const cookie = reader.need("a cookie: NAME or NAME=value");
        if (cookie === undefined) return undefined;
        // deno-lint-ignore no-control-regex
        if (/[\x00-\x1f\x7f;]/.test(cookie.text)) {
          ctx.diagnostics.alert(cookie.span, `'${cookie.text}' cannot be a cookie`);
          return undefined;
        }
        const end = word.text === "set-cookie" ? "; path=/;" : "; path=/; Max-Age=0;";
        options.cookie = latin1OfText(cookie.text) + end;
        break;
      }
      case "drop-query":
        options.dropQuery = true;
        break;
      case "append-slash":
        options.appendSlash = true;
        break;
      case "ignore-empty":
        options.ignoreEmpty = true;
        break;
      default:
        ctx.diagnostics.alert(word.span, `'${word.text}' is no part of a redirect`, {
          allowed: OPTIONS.join(", "),
          nearest: nearest(word.text, OPTIONS),
        });
        return undefined;
    }
  }
  if (options.type === undefined) {
    ctx.diagnostics.alert(ctx.word.span, "a redirect needs its type", {
      allowed: TYPES.join(", "),
    });
    return undefined;
  }
  return options;
}

/** The path behind a prefix or a scheme and host. */
function pathPart(stream: StreamView, options: Options): string {
  const target = stream.request?.target ?? "";
  const path = (options.dropQuery ? pathOf(target) : pathqOf(target)) ?? "/";
  // Without drop-query the slash goes behind the query, as in HAProxy.
  return options.appendSlash && !path.endsWith("/") ? path + "/" : path;
}

function locationOf(options: Options, format: LogValue): LogValue {
  switch (options.type) {
    case "location":
      return format;
    case "prefix":
      return (stream) => {
        // The prefix "/" stands for no prefix: it is there to only normalize the path.
        const prefix = format(stream);
        return (prefix === "/" ? "" : prefix) + pathPart(stream, options);
      };
    default:
      return (stream) => {
        const head = stream.request;
        const host = head === undefined ? "" : head.get("host") ?? head.host;
        return `${format(stream)}://${host}${pathPart(stream, options)}`;
      };
  }
}

/** The answer for a location. Only temporary redirects forbid caching. */
function verdictFor(options: Options, location: string): Verdict {
  const headers: [string, string][] = [["content-length", "0"], ["location", location]];
  if (options.code !== 301 && options.code !== 308) headers.push(["cache-control", "no-cache"]);
  if (options.cookie !== undefined) headers.push(["set-cookie", options.cookie]);
  return { type: "reply", reply: { status: options.code, headers, body: NO_BODY } };
}

function compileRedirect(reader: WordReader, ctx: RuleContext): Action | undefined {
  const options = readOptions(reader, ctx);
  const format = options?.target && headerFormat(options.target, ctx);
  if (options === undefined || format === undefined) return undefined;
  const location = locationOf(options, format);
  if (options.type === "location" && isConstantFormat(options.target!.text)) {
    const verdict = verdictFor(options, latin1OfText(options.target!.text));
    return () => verdict;
  }
  const { ignoreEmpty, type } = options;
  return (stream) => {
    const text = location(stream);
    if (ignoreEmpty && type === "location" && text === "") return undefined;
    return verdictFor(options, text);
  };
}

export const REDIRECT_ACTIONS: readonly ActionRow[] = [
  {
    name: "redirect",
    args: "{ location <fmt> | prefix <fmt> | scheme <fmt> } [code <code>] [<option>]...",
    rules: ["http-request", "http-response"],
    doc: "answers with a redirect (302)",
    section: "4.2",
    compile: compileRedirect,
  },
];
