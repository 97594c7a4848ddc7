/** The arguments of an answer, which `deny`, `tarpit`, `return` and `http-error` share (manual 4.2). */
import type { Word } from "../config/document.ts";
import { checkAnswer } from "../config/keywords/error_file.ts";
import { nearest } from "../config/suggest.ts";
import { compileLogFormat } from "../expr/log_format.ts";
import type { LogValue } from "../expr/log_aliases.ts";
import type { StreamView } from "../expr/context.ts";
import { bytesOfLatin1, latin1OfText } from "../http1/bytes.ts";
import { PAGE_STATUSES } from "../http1/reply.ts";
import { formatArgument, nameArgument } from "./format_word.ts";
import type { RuleContext, RuleReply } from "./types.ts";
import type { WordReader } from "./word_reader.ts";

export interface AnswerSpec {
  status?: number;
  statusWord?: Word;
  contentType?: Word;
  /** the payload; a constant one is text */
  body?: string | LogValue;
  /** what names the payload or the answer: `string`, `file`, `errorfile` … */
  bodyWord?: Word;
  /** a whole answer */
  file?: Uint8Array;
  /** the section that has the whole answer */
  section?: Word;
  defaultErrorfiles: boolean;
  headers: [name: string, value: LogValue, text: string][];
}

const OPTIONS: readonly string[] = [
  "status",
  "content-type",
  "default-errorfiles",
  "errorfile",
  "errorfiles",
  "file",
  "lf-file",
  "string",
  "lf-string",
  "hdr",
];

/** Statuses that an answer may have. A body may stand with all of them but 204, 205 and 304. */
const BODILESS: readonly number[] = [204, 205, 304];

/** Reads the arguments up to the condition; undefined after a mistake. */
export function readAnswer(
  reader: WordReader,
  ctx: RuleContext,
  name: string,
): AnswerSpec | undefined {
  const spec: AnswerSpec = { defaultErrorfiles: false, headers: [] };
  const refuses = name === "deny" || name === "tarpit";
  const allowed = refuses ? ["deny_status", ...OPTIONS] : OPTIONS;
  while (!reader.atCondition) {
    const word = reader.take()!;
    if (!allowed.includes(word.text)) {
      ctx.diagnostics.alert(word.span, `'${word.text}' is no part of '${name}'`, {
        allowed: [...allowed, "if", "unless"].join(", "),
        nearest: nearest(word.text, [...allowed, "if", "unless"]),
      });
      return undefined;
    }
    if (!readPart(word, reader, ctx, spec)) return undefined;
  }
  return spec;
}

function readPart(word: Word, reader: WordReader, ctx: RuleContext, spec: AnswerSpec): boolean {
  switch (word.text) {
    case "status":
    case "deny_status": {
      const status = reader.need("a status");
      if (status === undefined) return false;
      if (!/^[2-5][0-9]{2}$/.test(status.text)) {
        ctx.diagnostics.alert(status.span, `'${status.text}' is no status of an answer`, {
          allowed: "200 to 599",
        });
        return false;
      }
      spec.status = Number(status.text);
      spec.statusWord = status;
      return true;
    }
    case "content-type":
      spec.contentType = reader.need("a media type");
      if (spec.contentType === undefined) return false;
      // deno-lint-ignore no-control-regex
      if (/[\x00-\x1f\x7f]/.test(spec.contentType.text)) {
        ctx.diagnostics.alert(spec.contentType.span, "a control character is no media type");
        return false;
      }
      return true;
    case "hdr": {
      const field = nameArgument(reader);
      const format = reader.peek();
      const value = field === undefined ? undefined : formatArgument(reader, "a format", ctx);
      if (field === undefined || value === undefined) return false;
      spec.headers.push([field, value, format!.text]);
      return true;
    }
  }
  if (spec.bodyWord !== undefined) {
    ctx.diagnostics.alert(
      word.span,
      `'${word.text}' cannot stand beside '${spec.bodyWord.text}' in one answer`,
    );
    return false;
  }
  spec.bodyWord = word;
  return readContent(word, reader, ctx, spec);
}

function readContent(kind: Word, reader: WordReader, ctx: RuleContext, spec: AnswerSpec): boolean {
  switch (kind.text) {
    case "default-errorfiles":
      spec.defaultErrorfiles = true;
      return true;
    case "errorfiles":
      spec.section = reader.need("the name of an 'http-errors' section");
      return spec.section !== undefined;
    case "errorfile":
      spec.file = readErrorFile(reader, ctx);
      return spec.file !== undefined;
  }
  spec.body = readBody(kind, reader, ctx);
  return spec.body !== undefined;
}

function readErrorFile(reader: WordReader, ctx: RuleContext): Uint8Array | undefined {
  const word = reader.need("a file");
  if (word === undefined) return undefined;
  const content = ctx.readFile?.(word.text);
  const bytes = content === undefined ? undefined : bytesOfLatin1(content);
  const mistake = bytes === undefined ? "cannot be read" : checkAnswer(bytes);
  if (mistake === undefined) return bytes;
  ctx.diagnostics.alert(word.span, `file '${word.text}' ${mistake}`);
  return undefined;
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

/** True when the arguments make an answer; otherwise a page stands for it. */
export function hasAnswer(spec: AnswerSpec): boolean {
  return spec.body !== undefined || spec.headers.length > 0 || spec.contentType !== undefined;
}

/**
 * The whole answer that the arguments name, of a file or of an `http-errors` section; "page": the proxy's own page
 * for the status; undefined after a mistake; false when they name none.
 */
export function wholeAnswer(
  spec: AnswerSpec,
  status: number,
  ctx: RuleContext,
): RuleReply | "page" | undefined | false {
  const { file, section, bodyWord, headers, contentType } = spec;
  if (file === undefined && section === undefined && !spec.defaultErrorfiles) return false;
  if (headers.length > 0 || contentType !== undefined) {
    ctx.diagnostics.warning(
      bodyWord!.span,
      `'${bodyWord!.text}' gives a whole answer: 'hdr' and 'content-type' have no effect beside it`,
    );
  }
  if (file !== undefined) return whole(status, file);
  if (!isPageStatus(spec, status, ctx)) return undefined;
  if (section === undefined) return "page";
  const found = ctx.findErrors?.(section.text);
  if (found === undefined) {
    ctx.diagnostics.alert(section.span, `there is no 'http-errors' section '${section.text}'`);
    return undefined;
  }
  const answer = found.files.find((f) => f.status === status);
  if (answer !== undefined) return whole(status, answer.bytes);
  ctx.diagnostics.warning(
    section.span,
    `'http-errors ${section.text}' has no answer for the status ${status}: the proxy's own is used`,
  );
  return "page";
}

function whole(status: number, file: Uint8Array): RuleReply {
  return { status, headers: [], body: new Uint8Array(0), file };
}

/** Whether there is a page for `status`; says so when there is none. */
export function isPageStatus(spec: AnswerSpec, status: number, ctx: RuleContext): boolean {
  if (PAGE_STATUSES.includes(status)) return true;
  ctx.diagnostics.alert(
    (spec.statusWord ?? ctx.word).span,
    `there is no error page for status ${status}`,
    { allowed: `${PAGE_STATUSES.join(", ")}, or a body of its own` },
  );
  return false;
}

/** An answer as a function of the stream, or, when nothing in it depends on one, the answer itself. */
export type Answer = RuleReply | ((stream: StreamView) => RuleReply);

/** Makes the answer of the arguments' own body and headers; undefined after a mistake. */
export function ownAnswer(spec: AnswerSpec, status: number, ctx: RuleContext): Answer | undefined {
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
  const make = (given: [string, string][], bytes: Uint8Array): RuleReply => {
    // As in HAProxy, a header that would be empty is left out.
    const headers = given.filter(([, value]) => value !== "");
    if (!BODILESS.includes(status)) headers.push(["content-length", String(bytes.length)]);
    if (bytes.length > 0 && type !== undefined) headers.push(["content-type", type]);
    return { status, headers, body: bytes };
  };
  const constant = typeof body !== "function" && spec.headers.every(([, , t]) => !t.includes("%"));
  const fixedBody = typeof body === "function" ? undefined : bytesOfLatin1(body ?? "");
  if (!constant) {
    return (stream) =>
      make(
        spec.headers.map(([name, value]): [string, string] => [name, value(stream)]),
        fixedBody ?? bytesOfLatin1((body as LogValue)(stream)),
      );
  }
  return make(
    spec.headers.map(([name, , text]): [string, string] => [name, latin1OfText(text)]),
    fixedBody!,
  );
}
