/** `use-server`, `force-persist` and `ignore-persist` (manual 4.2): conditions about the server of a stream. */
import type { ProxyConfig, WordsAt } from "../config/model.ts";
import type { PersistKind } from "../config/model_cookie.ts";
import type { StreamTest } from "../expr/acl.ts";
import { compileCondition } from "../expr/condition.ts";
import type { CompileContext } from "../expr/context_compile.ts";
import type { StreamView } from "../expr/context.ts";
import type { LogValue } from "../expr/log_aliases.ts";
import { compileLogFormat } from "../expr/log_format.ts";

/**
 * Compiles a backend's `use-server` lines. The closure gives the names of those that apply to `visit`, in order,
 * until it answers true: a server that is down is passed over. Undefined when there is no line.
 */
export function compileUseServers(
  statements: readonly WordsAt[],
  ctx: CompileContext,
): ((stream: StreamView, visit: (name: string) => boolean) => void) | undefined {
  const rules: { test: StreamTest; name: string | LogValue }[] = [];
  for (const { words } of statements) {
    const placed = { ...ctx, place: "use_backend" as const };
    const [word, ...condition] = words;
    const name = word.text.includes("%") ? compileLogFormat(word, placed, "rule") : word.text;
    const test = compileCondition(condition, placed);
    if (name !== undefined && test !== undefined) rules.push({ test, name });
  }
  if (rules.length === 0) return undefined;
  return (stream, visit) => {
    for (const { test, name } of rules) {
      if (test(stream) && visit(typeof name === "string" ? name : name(stream))) return;
    }
  };
}

/** Compiles a backend's persist rules to one closure: the kind of the first that applies. */
export function compilePersistRules(
  rules: ProxyConfig["persistRules"],
  ctx: CompileContext,
): ((stream: StreamView) => PersistKind | undefined) | undefined {
  const tests = rules.flatMap(({ kind, words }) => {
    const test = compileCondition(words, { ...ctx, place: "use_backend" });
    return test === undefined ? [] : [{ kind, test }];
  });
  if (tests.length === 0) return undefined;
  return (stream) => tests.find(({ test }) => test(stream))?.kind;
}
