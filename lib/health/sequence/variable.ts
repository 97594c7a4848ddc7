/** `set-var`, `set-var-fmt` and `unset-var` of checks (manual 4.2 `http-check set-var`). */
import type { Word } from "../../config/document.ts";
import type { PlacedContext } from "../../expr/context_compile.ts";
import { compileVariableAction } from "../../rules/rule_set.ts";
import type { CheckView } from "./view.ts";

/** Undefined when something has mistakes. Variables of the scopes `proc`, `sess` and `check` can be set. */
export function compileVariable(
  words: readonly Word[],
  context: PlacedContext,
): ((view: CheckView) => void) | undefined {
  const [call] = words;
  const scope = /\(([a-z]+)\./.exec(call.text)?.[1];
  if (scope !== undefined && ["txn", "req", "res"].includes(scope)) {
    context.diagnostics.alert(call.span, `a check has no variables of the scope '${scope}'`, {
      allowed: "the scopes 'check', 'sess' and 'proc'",
    });
    return undefined;
  }
  const action = compileVariableAction(words, context);
  return action && ((view) => void action(view));
}
