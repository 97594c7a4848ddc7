/**
 * `strict-mode off` (manual 4.2): rewrites of the rules behind it that would make a head larger than a buffer are
 * left out. Without it they are done, and the message ends with an error 500 when it is to be sent.
 *
 * Only rule sets that have such a rule pay for it: their rewriting actions are looked after.
 */
import type { WordsAt } from "../config/model.ts";
import type { StreamView } from "../expr/context.ts";
import { BUFSIZE } from "../expr/rows.ts";
import { HEADER_ACTIONS, headOf } from "./actions/header.ts";
import { NORMALIZE_ACTIONS } from "./actions/normalize.ts";
import { REPLACE_ACTIONS } from "./actions/replace.ts";
import { TARGET_ACTIONS } from "./actions/target.ts";
import type { Action, RuleContext } from "./types.ts";

/** Bytes of a buffer that optional rewrites leave for what the proxy itself adds to a head. */
const RESERVE = 256;

const REWRITES: ReadonlySet<string> = new Set(
  [...HEADER_ACTIONS, ...REPLACE_ACTIONS, ...TARGET_ACTIONS, ...NORMALIZE_ACTIONS]
    .map(({ name }) => name).concat("set-status"),
);

/** True when one of the rules may end the strict mode. */
export function mayBeLenient(statements: readonly WordsAt[]): boolean {
  return statements.some(({ words }) =>
    words[0]?.text === "strict-mode" && words[1]?.text === "off"
  );
}

/** Each evaluation of a rule set begins in strict mode. */
export const beginStrict: Action = (stream) => {
  stream.lenient = false;
  return undefined;
};

/** A rewriting action that is undone when the head does not fit and the mode is not strict; others as they are. */
export function lookedAfter(name: string, action: Action, ctx: RuleContext): Action {
  if (!REWRITES.has(name)) return action;
  const head = headOf(ctx);
  const most = (ctx.bufsize ?? BUFSIZE) - RESERVE;
  return (stream: StreamView) => {
    const edited = stream.lenient === true ? head(stream) : undefined;
    if (edited === undefined) return action(stream);
    const before = edited.mark();
    const outcome = action(stream);
    if (edited.sizeBound() > most) {
      edited.goBack(before);
      stream.rewriteFailed?.();
    }
    return outcome;
  };
}
