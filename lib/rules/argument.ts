/** Arguments of actions that are no formats: constants read by the types of keywords, samples, or either. */
import { type ArgType, Refusal } from "../config/keywords/args.ts";
import type { Word } from "../config/document.ts";
import { castExpression, compileExpression } from "../expr/compile.ts";
import type { StreamView } from "../expr/context.ts";
import type { Fetch } from "../expr/rows.ts";
import type { SampleType } from "../expr/sample.ts";
import type { RuleContext } from "./types.ts";
import type { WordReader } from "./word_reader.ts";

/** Takes the next word as a constant; undefined after a mistake. `what` names it when it is missing. */
export function argument<T>(reader: WordReader, what: string, type: ArgType<T>): T | undefined {
  const word = reader.need(what, type.describe);
  return word && constantOf(word, type, reader);
}

function constantOf<T>(word: Word, type: ArgType<T>, reader: WordReader): T | undefined {
  const value = type.parse(word);
  if (!(value instanceof Refusal)) return value;
  reader.diagnostics.alert(word.span, value.message, {
    allowed: value.allowed,
    nearest: value.nearest,
  });
  return undefined;
}

/** Takes the next word as an expression whose sample is wanted as `type`; undefined after a mistake. */
export function sampleArgument(
  reader: WordReader,
  type: SampleType,
  ctx: RuleContext,
): Fetch | undefined {
  const word = reader.need("an expression");
  const expression = word && compileExpression(word, ctx);
  return expression && castExpression(expression, type, word!, ctx);
}

/**
 * Takes the next word as a number, when it begins as one, or else as an expression of an integer. What it answers
 * gives undefined when there is no sample; undefined after a mistake.
 */
export function numberArgument(
  reader: WordReader,
  what: string,
  type: ArgType<number>,
  ctx: RuleContext,
): ((stream: StreamView) => number | undefined) | undefined {
  const word = reader.peek();
  if (word === undefined || /^[-+]?[0-9]/.test(word.text)) {
    const constant = argument(reader, what, type);
    return constant === undefined ? undefined : () => constant;
  }
  const read = sampleArgument(reader, "sint", ctx);
  return read && ((stream) => {
    const value = read(stream);
    return value === undefined ? undefined : Number(value);
  });
}
