/** `http-error` with an answer of its own (manual 4.2). */
import type { HttpErrorConfig } from "../config/model_errors.ts";
import type { CompileContext } from "../expr/context_compile.ts";
import { type Answer, ownAnswer, readAnswer } from "./answer_spec.ts";
import type { RuleContext } from "./types.ts";
import { WordReader } from "./word_reader.ts";

/** Compiles the answer; undefined after a mistake. */
export function compileHttpError(config: HttpErrorConfig, ctx: CompileContext): Answer | undefined {
  const context: RuleContext = {
    ...ctx,
    place: "http-request",
    kind: "http-request",
    word: config.words[0],
    call: [],
  };
  const reader = new WordReader(config.words, ctx.diagnostics);
  const spec = readAnswer(reader, context, "http-error");
  if (spec === undefined) return undefined;
  const extra = reader.peek();
  if (extra !== undefined) {
    ctx.diagnostics.alert(extra.span, `'${extra.text}' cannot stand in 'http-error'`, {
      allowed: "an answer that holds always: there is no condition",
    });
    return undefined;
  }
  return ownAnswer(spec, config.status, context);
}
