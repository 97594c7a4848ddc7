/** `use-server`, `force-persist` and `ignore-persist` (manual 4.2): conditions about the server of a stream. */
import type { ProxyConfig, WordsAt } from "../config/model.ts";
import type { PersistKind } from "../config/model_cookie.ts";
import type { StreamTest } from "../expr/acl.ts";
import { compileCondition } from "../expr/condition.ts";
import type { CompileContext } from "../expr/context_compile.ts";
import type { StreamView } from "../expr/context.ts";
import type { LineInfo } from "../expr/observer.ts";
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
  for (const statement of statements) {
    const { words } = statement;
    const placed = { ...ctx, place: "use_backend" as const };
    const [word, ...condition] = words;
    const name = word.text.includes("%") ? compileLogFormat(word, placed, "rule") : word.text;
    const test = compileCondition(condition, placed);
    if (name === undefined || test === undefined) continue;
    const line = ctx.observer?.line(infoOf("use-server", statement, ctx), {
      test,
      act: typeof name === "string" ? () => name : name,
    });
    rules.push(line === undefined ? { test, name } : { test: line.test!, name: line.act });
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
  const tests = rules.flatMap((rule) => {
    const { kind } = rule;
    const test = compileCondition(rule.words, { ...ctx, place: "use_backend" });
    if (test === undefined) return [];
    const act = () => kind;
    return ctx.observer?.line(infoOf(`${kind}-persist`, rule, ctx), { test, act }) ?? { test, act };
  });
  if (tests.length === 0) return undefined;
  return (stream) => tests.find(({ test }) => test!(stream))?.act(stream);
}

function infoOf(set: string, statement: WordsAt, ctx: CompileContext): LineInfo {
  return { set, statement, proxy: ctx.proxyName ?? "", side: ctx.side };
}
