/** `sni`: the name that TLS to a server is asked for (manual 5.2). */
import type { Word } from "../../lib/config/document.ts";
import { castExpression, compileExpression } from "../../lib/expr/compile.ts";
import type { StreamView } from "../../lib/expr/context.ts";
import type { CompileContext } from "../../lib/expr/context_compile.ts";

/** The name that is sent to a server, when the expression gives one. */
export function compileSni(
  word: Word,
  context: CompileContext,
): ((stream: StreamView) => string | undefined) | undefined {
  const place = context.mode === "http" ? "http-request" : "tcp-request content";
  const placed = { ...context, place } as const;
  const expression = compileExpression(word, placed);
  const read = expression && castExpression(expression, "str", word, placed);
  return read && ((stream) => {
    // A Host field may have a port, which is no part of a name.
    const name = read(stream)?.toString().replace(/:\d+$/, "");
    return name === "" ? undefined : name;
  });
}
