/** Formats as arguments of actions. */
import type { Word } from "../config/document.ts";
import { isToken } from "../http1/bytes.ts";
import { compileLogFormat } from "../expr/log_format.ts";
import type { LogValue } from "../expr/log_aliases.ts";
import type { RuleContext } from "./types.ts";
import type { WordReader } from "./word_reader.ts";

/** Takes the next word as a format. A line end in it would end a header: it is refused. */
export function formatArgument(
  reader: WordReader,
  what: string,
  ctx: RuleContext,
): LogValue | undefined {
  const word = reader.need(what);
  return word && headerFormat(word, ctx);
}

/** Compiles a format whose value goes into a head. */
export function headerFormat(word: Word, ctx: RuleContext): LogValue | undefined {
  // deno-lint-ignore no-control-regex
  if (/[\r\n\x00]/.test(word.text)) {
    ctx.diagnostics.alert(word.span, "a line end or a zero byte cannot stand in a header");
    return undefined;
  }
  return compileLogFormat(word, ctx, "rule");
}

/** Takes the next word as a header's name. */
export function nameArgument(reader: WordReader): string | undefined {
  const word = reader.need("a header's name");
  if (word === undefined) return undefined;
  if (isToken(word.text)) return word.text;
  reader.diagnostics.alert(word.span, `'${word.text}' is no header name`, {
    allowed: "letters, digits and !#$%&'*+-.^_`|~",
  });
  return undefined;
}
