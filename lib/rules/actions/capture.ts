/** `capture` (manual 4.2): a sample kept for the log, in a slot of the frontend. */
import { integer } from "../../config/keywords/args.ts";
import { capture, type CaptureSide } from "../../expr/captures.ts";
import { argument, sampleArgument } from "../argument.ts";
import type { Action, ActionRow, RuleContext } from "../types.ts";
import type { WordReader } from "../word_reader.ts";

const ID = integer(0, 1000);
const LENGTH = integer(1, 65535);

/**
 * `len` makes a slot of its own: which one, the frontend knows by the place of the rule (`captureSlots`). `id` names
 * one that is there; where the stream's frontend has none of that number nothing is captured, as the manual says.
 */
function compileCapture(reader: WordReader, ctx: RuleContext): Action | undefined {
  const request = ctx.kind === "http-request" || ctx.kind === "tcp-request content";
  const side: CaptureSide = request ? "request" : "response";
  const read = sampleArgument(reader, "str", ctx);
  if (read === undefined) return undefined;
  const word = reader.need(request ? "'len' or 'id'" : "'id' and a number", "len, id");
  if (word === undefined) return undefined;
  let slot: number | undefined;
  if (word.text === "id") slot = argument(reader, "a number", ID);
  else if (word.text === "len" && request) {
    if (argument(reader, "a length", LENGTH) === undefined) return undefined;
    slot = ctx.captureSlot?.(ctx.word.span);
    if (slot === undefined) {
      ctx.diagnostics.alert(word.span, "only a frontend has room for captures with 'len'", {
        allowed: "id and the number of a slot that the frontend declares ('declare capture')",
      });
    }
  } else {
    ctx.diagnostics.alert(word.span, `'${word.text}' cannot stand here`, {
      allowed: request ? "len, id" : "id, and a slot of 'declare capture response'",
    });
  }
  if (slot === undefined) return undefined;
  const index = slot;
  return (stream) => {
    const value = read(stream);
    if (value !== undefined) capture(stream, side, index, value as string);
    return undefined;
  };
}

export const CAPTURE_ACTIONS: readonly ActionRow[] = [
  {
    name: "capture",
    args: "<sample> { len <length> | id <id> }",
    rules: [
      "http-request",
      "tcp-request content",
      "http-response",
      "http-after-response",
    ],
    doc: "keeps a sample for the log: in a new slot, or in that of 'declare capture'",
    section: "4.2",
    compile: compileCapture,
  },
];
