/** `set-var` and `set-var-fmt` of the global section (manual 3.1): variables of the process from the start. */
import type { WordsAt } from "../config/model.ts";
import { NO_VARIABLES } from "../config/model_language.ts";
import { compileExpression } from "../expr/compile.ts";
import type { CompileContext, PlacedContext } from "../expr/context_compile.ts";
import type { ProcessView, StreamView } from "../expr/context.ts";
import { compileLogFormat } from "../expr/log_format.ts";
import { BUFSIZE, type Fetch } from "../expr/rows.ts";
import { typed } from "../expr/sample.ts";
import { forgetProcess, type Variable, variableNamed } from "../expr/variables.ts";

/**
 * Compiles what the global section says of variables. What it answers is called when the configuration becomes the
 * running one: limits change, and the process's variables begin anew.
 */
export function compileGlobalVariables(
  config = NO_VARIABLES,
  ctx: CompileContext,
): (process: ProcessView) => void {
  const placed: PlacedContext = { ...ctx, place: "global" };
  const sets = config.sets.map((line) => compileSet(line, placed));
  return (process) => {
    // Nothing but the process is there yet, and the place lets nothing else be asked for.
    const stream = { process } as StreamView;
    process.variableLimits.limit(config.sizes);
    // Threads share them: the first one begins anew for all.
    if (process.variables.cells !== undefined && process.thread !== 0) return;
    forgetProcess(stream);
    for (const set of sets) set?.(stream);
  };
}

function compileSet(
  { words }: WordsAt,
  ctx: PlacedContext,
): ((stream: StreamView) => void) | undefined {
  const [keyword, name, value, more] = words;
  const variable = variableNamed(name.text);
  if (typeof variable === "string" || variable.scope !== "proc") {
    ctx.diagnostics.alert(name.span, `'${name.text}' cannot be set in the global section`, {
      allowed: "'proc.' and a name of letters, digits, '.' and '_'",
    });
    return undefined;
  }
  if (more !== undefined) {
    ctx.diagnostics.alert(more.span, `unexpected '${more.text}' behind '${keyword.text}'`, {
      allowed: "one word: put the whole of it in quotes",
    });
    return undefined;
  }
  return keyword.text === "set-var"
    ? setSample(variable, value, ctx)
    : setText(variable, value, ctx);
}

function setSample(variable: Variable, word: WordsAt["words"][number], ctx: PlacedContext) {
  const expression = compileExpression(word, ctx);
  if (expression === undefined) return undefined;
  const { type } = expression;
  const read: Fetch = expression.eval;
  return (stream: StreamView) => {
    const value = read(stream);
    if (value !== undefined) variable.set(stream, typed(type, value));
  };
}

function setText(variable: Variable, word: WordsAt["words"][number], ctx: PlacedContext) {
  const format = compileLogFormat(word, ctx, "value");
  if (format === undefined) return undefined;
  const bytes = ctx.bufsize ?? BUFSIZE;
  return (stream: StreamView) => {
    variable.set(stream, typed("str", format(stream).slice(0, bytes)));
  };
}
