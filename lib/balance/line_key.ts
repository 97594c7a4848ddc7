/** `balance log-hash <converters>`: what they make of a message chooses the server (HAProxy 3.0). */
import type { BalanceSettings, HashTypeConfig } from "../config/model.ts";
import { castExpression, compileExpression } from "../expr/compile.ts";
import type { FetchRow } from "../expr/rows.ts";
import { hashOf, type Key, type KeyOf, NO_KEY } from "./keys.ts";

/** What the converters begin with. */
const MESSAGE: FetchRow = {
  name: "message",
  args: [],
  type: "str",
  needs: "nothing",
  doc: "A message of a log",
  section: "4.2",
  make: () => (stream) => stream.logLine,
};

export function lineKey({ expression }: BalanceSettings, type: HashTypeConfig): Key {
  const hash = hashOf(type);
  const whole: KeyOf = ({ logLine }) =>
    logLine === undefined ? NO_KEY : hash(logLine, 0, logLine.length);
  return {
    of: whole,
    compile: (context) => {
      if (expression === undefined) return whole;
      const before = `${MESSAGE.name},`;
      // Mistakes are shown where they stand in the text.
      const span = { ...expression.span, column: expression.span.column - before.length };
      const word = { ...expression, text: before + expression.text, span };
      const placed = { ...context, side: "backend", place: "http-request" } as const;
      const compiled = compileExpression(word, placed, {
        find: (name) => name === MESSAGE.name ? MESSAGE : undefined,
      });
      const fetch = compiled && castExpression(compiled, "str", word, placed);
      if (fetch === undefined) return undefined;
      return (stream) => {
        const value = fetch(stream) as string | undefined;
        return value === undefined ? NO_KEY : hash(value, 0, value.length);
      };
    },
  };
}
