/** Log formats and expressions of checks, compiled against what a check can see. */
import type { Word } from "../../config/document.ts";
import type { CheckText } from "../../config/model_check.ts";
import { castExpression, compileExpression } from "../../expr/compile.ts";
import type { CompileContext, PlacedContext } from "../../expr/context_compile.ts";
import { compileLogFormat } from "../../expr/log_format.ts";
import { readSint } from "../../expr/sample.ts";
import { latin1OfText } from "../../http1/bytes.ts";
import type { CheckView } from "./view.ts";

export type TextOf = (view: CheckView) => string;

export function placed(context: CompileContext): PlacedContext {
  return { ...context, place: "check" };
}

/** A log format; missing values give nothing. Undefined (and told) when it has mistakes. */
export function formatOf(word: Word, context: CompileContext): TextOf | undefined {
  return compileLogFormat(word, placed(context), "rule");
}

/** A text as it stands, or a log format. */
export function textOf(text: CheckText, context: CompileContext): TextOf | undefined {
  if ("format" in text) return formatOf(text.format, context);
  const constant = latin1OfText(text.text);
  return () => constant;
}

/** An expression that gives a number; its value is undefined when there is none. */
export function numberOf(
  word: Word,
  context: CompileContext,
): ((view: CheckView) => number | undefined) | undefined {
  const at = placed(context);
  const expression = compileExpression(word, at);
  // By way of a string, as bytes of the answer are digits.
  const read = expression && castExpression(expression, "str", word, at);
  return read && ((view) => {
    const value = read(view);
    return typeof value !== "string" || value === "" ? undefined : Number(readSint(value));
  });
}

/** The bytes (latin1) that hexadecimal digits stand for; undefined when they are none. */
export function unhex(digits: string): string | undefined {
  if (!/^([0-9A-Fa-f]{2})*$/.test(digits)) return undefined;
  return digits.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)));
}
