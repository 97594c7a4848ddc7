/** `source … usesrc hdr_ip(<name>,<occ>)`: where a stream's connection to its server leaves from (manual 4.2). */
import type { UseSource } from "../../lib/config/model_upstream.ts";
import type { StreamView } from "../../lib/expr/context.ts";
import type { CompileContext } from "../../lib/expr/context_compile.ts";
import { castExpression, compileExpression } from "../../lib/expr/compile.ts";

/** Undefined: it is no field that says it. */
export function compileSource(
  usesrc: UseSource | undefined,
  context: CompileContext,
): ((stream: StreamView) => string | undefined) | undefined {
  if (usesrc?.type !== "header") return undefined;
  const text = `req.hdr_ip(${usesrc.name},${usesrc.occurrence})`;
  const word = {
    text,
    span: { file: "", line: 0, column: 0, length: 0 },
    raw: text,
    quoted: false,
  };
  const placed = { ...context, side: "backend", place: "http-request" } as const;
  const expression = compileExpression(word, placed);
  const fetch = expression && castExpression(expression, "str", word, placed);
  return fetch as ((stream: StreamView) => string | undefined) | undefined;
}
