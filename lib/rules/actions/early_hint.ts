/** `early-hint` (manual 4.2, RFC 8297): an answer 103 before the real one. */
import { formatArgument, nameArgument } from "../format_word.ts";
import type { Action, ActionRow } from "../types.ts";

/** Rules that stand one behind the other make one answer. */
const send: Action = (stream) => {
  const hints = stream.earlyHints;
  if (hints === undefined) return undefined;
  stream.earlyHints = undefined;
  const sent = stream.sendInterim?.(103, hints);
  return sent === undefined || sent === 0 ? undefined : sent.then(() => undefined);
};

export const EARLY_HINT_ACTIONS: readonly ActionRow[] = [
  {
    name: "early-hint",
    args: "<name> <fmt>",
    rules: ["http-request"],
    doc: "sends the client an answer 103 with this field; rules in a row make one answer",
    section: "4.2",
    behind: send,
    compile: (reader, ctx) => {
      const name = nameArgument(reader);
      const value = name === undefined ? undefined : formatArgument(reader, "a format", ctx);
      if (name === undefined || value === undefined) return undefined;
      return (stream) => {
        (stream.earlyHints ??= []).push([name, value(stream)]);
        return undefined;
      };
    },
  },
];
