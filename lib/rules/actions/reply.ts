/** `deny`, `tarpit` and `return`, which share the arguments of an answer (manual 4.2). */
import type { Word } from "../../config/document.ts";
import { nearest } from "../../config/suggest.ts";
import { compileLogFormat } from "../../expr/log_format.ts";
import type { LogValue } from "../../expr/log_aliases.ts";
import { bytesOfLatin1, latin1OfText } from "../../http1/bytes.ts";
import { PAGE_STATUSES } from "../../http1/reply.ts";
import { formatArgument, nameArgument } from "../format_word.ts";
import type { Action, ActionRow, RuleContext, RuleReply, Verdict } from "../types.ts";
import type { WordReader } from "../word_reader.ts";

interface ReplySpec {
  status?: number;
  statusWord?: Word;
  contentType?: Word;
  /** the payload; a constant one is text */
  body?: string | LogValue;
  bodyWord?: Word;
  defaultErrorfiles: boolean;
  headers: [name: string, value: LogValue, text: string][];
}

const OPTIONS: readonly string[] = [
  "status",
  "content-type",
  "default-errorfiles",
  "file",
  "lf-file",
  "string",
  "lf-string",
  "hdr",
];
const NOT_SUPPORTED: readonly string[] = ["errorfile", "errorfiles"];

/** Statuses that an answer may have. A body may stand with all of them but 204, 205 and 304. */
const BODILESS: readonly number[] = [204, 205, 304];

function readSpec(reader: WordReader, ctx: RuleContext, name: string): ReplySpec | undefined {
  const spec: ReplySpec = { defaultErrorfiles: false, headers: [] };
  const allowed = name === "return" ? OPTIONS : ["deny_status", ...OPTIONS];
  while (!reader.atCondition) {
    const word = reader.take()!;
    const known = allowed.includes(word.text);
    if (NOT_SUPPORTED.includes(word.text)) {
      ctx.diagnostics.alert(word.span, `'${word.text}' in '${name}' is not supported`, {
        allowed: "file, lf-file, string or lf-string for the body",
      });
      return undefined;
    }
    switch (known ? word.text : "") {
      case "status":
      case "deny_status": {
        const status = reader.need("a status");
        if (status === undefined) return undefined;
        if (!/^[2-5][0-9]{2}$/.test(status.text)) {
          ctx.diagnostics.alert(status.span, `'${status.text}' is no status of an answer`, {
            allowed: "200 to 599",
          });
          return undefined;
        }
        spec.status = Number(status.text);
        spec.statusWord = status;
        break;
      }
      case "content-type":
        spec.contentType = reader.need("a media type");
        if (spec.contentType === undefined) return undefined;
        // deno-lint-ignore no-control-regex
        if (/[\x00-\x1f\x7f]/.test(spec.contentType.text)) {
          ctx.diagnostics.alert(spec.contentType.span, "a control character is no media type");
          return undefined;
        }
        break;
      case "default-errorfiles":
        spec.defaultErrorfiles = true;
        break;
      case "string":
      case "lf-string":
      case "file":
      case "lf-file":
        if (spec.bodyWord !== undefined) {
          ctx.diagnostics.alert(
            word.span,
            `'${word.text}' cannot stand beside '${spec.bodyWord.text}' in one answer`,
          );
          return undefined;
        }
        spec.bodyWord = word;
        spec.body = readBody(word, reader, ctx);
        if (spec.body === undefined) return undefined;
        break;
      case "hdr": {
        const field = nameArgument(reader);
        const format = reader.peek();
        const value = field === undefined ? undefined : formatArgument(reader, "a format", ctx);
        if (field === undefined || value === undefined) return undefined;
        spec.headers.push([field, value, format!.text]);
        break;
      }
      default:
        ctx.diagnostics.alert(word.span, `'${word.text}' is no part of '${name}'`, {
          allowed: [...allowed, "if", "unless"].join(", "),
          nearest: nearest(word.text, [...allowed, "if", "unless"]),
        });
        return undefined;
    }
  }
  return spec;
}

function readBody(kind: Word, reader: WordReader, ctx: RuleContext): string | LogValue | undefined {
  const word = reader.need(kind.text.endsWith("file") ? "a file" : "a string");
  if (word === undefined) return undefined;
  if (kind.text === "string") return latin1OfText(word.text);
  if (kind.text === "lf-string") return compileLogFormat(word, ctx, "rule");
  const content = ctx.readFile?.(word.text);
  if (content === undefined) {
    ctx.diagnostics.alert(word.span, `file '${word.text}' cannot be read`);
    return undefined;
  }
  if (kind.text === "file") return content;
  return compileLogFormat({ text: content, span: word.span, quoted: true }, ctx, "rule", true);
}

/** The action that answers; the verdict is made once, at load, when nothing in it depends on the stream. */
function answerWith(
  spec: ReplySpec,
  status: number,
  ctx: RuleContext,
  verdictOf: (reply: RuleReply) => Verdict,
): Action | undefined {
  const { contentType, body, bodyWord } = spec;
  if (body !== undefined && body !== "" && contentType === undefined) {
    ctx.diagnostics.alert(bodyWord!.span, "an answer with a body needs a 'content-type'");
    return undefined;
  }
  if (body !== undefined && BODILESS.includes(status)) {
    ctx.diagnostics.alert(bodyWord!.span, `an answer ${status} has no body`);
    return undefined;
  }
  if (body === undefined && contentType !== undefined) {
    ctx.diagnostics.warning(contentType.span, "'content-type' has no effect without a body");
  }
  const type = contentType && latin1OfText(contentType.text);
  const make = (headers: [string, string][], bytes: Uint8Array): RuleReply => {
    if (!BODILESS.includes(status)) headers.push(["content-length", String(bytes.length)]);
    if (bytes.length > 0 && type !== undefined) headers.push(["content-type", type]);
    return { status, headers, body: bytes };
  };
  const constant = typeof body !== "function" && spec.headers.every(([, , t]) => !t.includes("%"));
  const fixedBody = typeof body === "function" ? undefined : bytesOfLatin1(body ?? "");
  if (!constant) {
    return (stream) =>
      verdictOf(make(
        spec.headers.map(([name, value]): [string, string] => [name, value(stream)]),
        fixedBody ?? bytesOfLatin1((body as LogValue)(stream)),
      ));
  }
  const verdict = verdictOf(make(
    spec.headers.map(([name, , text]): [string, string] => [name, latin1OfText(text)]),
    fixedBody!,
  ));
  return () => verdict;
}

const hasAnswer = (spec: ReplySpec) =>
  spec.body !== undefined || spec.headers.length > 0 || spec.contentType !== undefined;

function refusal(name: "deny" | "tarpit", defaultStatus: (ctx: RuleContext) => number) {
  return (reader: WordReader, ctx: RuleContext): Action | undefined => {
    const spec = readSpec(reader, ctx, name);
    if (spec === undefined) return undefined;
    const status = spec.status ?? defaultStatus(ctx);
    if (!hasAnswer(spec)) {
      if (!PAGE_STATUSES.includes(status)) {
        ctx.diagnostics.alert(
          spec.statusWord!.span,
          `there is no error page for status ${status}`,
          { allowed: `${PAGE_STATUSES.join(", ")}, or a body of its own` },
        );
        return undefined;
      }
      const verdict: Verdict = { type: name, status };
      return () => verdict;
    }
    return answerWith(spec, status, ctx, (reply) => ({ type: name, status, reply }));
  };
}

function compileReturn(reader: WordReader, ctx: RuleContext): Action | undefined {
  const spec = readSpec(reader, ctx, "return");
  if (spec === undefined) return undefined;
  if (spec.defaultErrorfiles) {
    ctx.diagnostics.alert(ctx.word.span, "'default-errorfiles' in 'return' is not supported", {
      allowed: "http-request deny status <code>",
    });
    return undefined;
  }
  return answerWith(spec, spec.status ?? 200, ctx, (reply) => ({ type: "reply", reply }));
}

const ANSWER =
  "[content-type <type>] [ { file | lf-file } <file> | { string | lf-string } <str> ] " +
  "[ hdr <name> <fmt> ]*";

export const REPLY_ACTIONS: readonly ActionRow[] = [
  {
    name: "deny",
    args: `[ { status | deny_status } <code> ] ${ANSWER}`,
    rules: ["http-request", "http-response"],
    doc: "answers with an error (403; 502 for a response)",
    section: "4.2",
    compile: refusal("deny", (ctx) => ctx.kind === "http-request" ? 403 : 502),
  },
  {
    name: "tarpit",
    args: `[ { status | deny_status } <code> ] ${ANSWER}`,
    rules: ["http-request"],
    doc: "answers with an error (500) after 'timeout tarpit'",
    section: "4.2",
    compile: refusal("tarpit", () => 500),
  },
  {
    name: "return",
    args: `[status <code>] ${ANSWER}`,
    rules: ["http-request", "http-response"],
    doc: "answers with these headers and this body (200)",
    section: "4.2",
    compile: compileReturn,
  },
];
