/** `use_backend NAME|FORMAT [if|unless CONDITION]` (manual 4.2). */
import type { WordsAt } from "../config/model.ts";
import { nearest } from "../config/suggest.ts";
import type { CompileContext } from "../expr/context_compile.ts";
import type { StreamView } from "../expr/context.ts";
import type { StreamTest } from "../expr/acl.ts";
import type { LogValue } from "../expr/log_aliases.ts";
import { compileLogFormat } from "../expr/log_format.ts";
import type { Condition } from "../expr/condition.ts";
import { compileFirstMatch } from "./first_match.ts";
import { readConditionTree } from "./rule_set.ts";
import type { RuleContext } from "./types.ts";
import { WordReader } from "./word_reader.ts";

interface Choice {
  readonly condition: Condition | undefined;
  readonly test: StreamTest | undefined;
  /** the name, or what makes it */
  readonly name: string | LogValue;
}

/**
 * Compiles a frontend's `use_backend` lines to one closure that answers the name of the first that applies, or
 * undefined for the default backend. A name made by a format may be one that no backend has: then, as in
 * HAProxy, the default backend is used, so the caller looks it up. Undefined when there is no line.
 */
export function compileUseBackends(
  statements: readonly WordsAt[],
  ctx: CompileContext,
): ((stream: StreamView) => string | undefined) | undefined {
  const choices: Choice[] = [];
  for (const statement of statements) {
    const { words, span } = statement;
    const word = words[0];
    if (word === undefined) {
      ctx.diagnostics.alert(span, "'use_backend' needs a backend's name");
      continue;
    }
    const context: RuleContext = {
      ...ctx,
      place: "use_backend",
      kind: "http-request",
      word,
      call: [],
    };
    const reader = new WordReader(words, ctx.diagnostics);
    reader.take();
    let name: string | LogValue | undefined = word.text;
    if (word.text.includes("%")) name = compileLogFormat(word, context, "rule");
    else if (ctx.hasProxy?.(word.text, "backend") === false) {
      ctx.diagnostics.alert(word.span, `there is no backend '${word.text}'`, {
        nearest: nearest(word.text, ctx.proxyNames ?? []),
      });
      name = undefined;
    }
    const condition = readConditionTree(reader, context, "'use_backend'");
    if (name === undefined || condition === false) continue;
    const choice = { test: condition?.test, name, condition };
    choices.push(ctx.observer === undefined ? choice : observed(statement, choice, ctx));
  }
  if (choices.length === 0) return undefined;
  if (ctx.observer === undefined) {
    const first = compileFirstMatch(choices, "use_backend", ctx.side);
    return (stream) => {
      const at = first(stream);
      if (at < 0) return undefined;
      const { name } = choices[at];
      return typeof name === "string" ? name : name(stream);
    };
  }
  return (stream) => {
    for (let i = 0; i < choices.length; i++) {
      const { test, name } = choices[i];
      if (test === undefined || test(stream)) {
        return typeof name === "string" ? name : name(stream);
      }
    }
    return undefined;
  };
}

function observed(
  statement: WordsAt,
  { test, name, condition }: Choice,
  ctx: CompileContext,
): Choice {
  const line = ctx.observer!.line(
    { set: "use_backend", statement, proxy: ctx.proxyName ?? "", side: ctx.side },
    { test, act: typeof name === "string" ? () => name : name },
  );
  return { test: line.test, name: line.act, condition };
}
