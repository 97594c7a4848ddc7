/** `tcp-check expect`: looking for something in the bytes that a server has sent. */
import type { CheckMatch } from "../../config/model_check.ts";
import type { CompileContext } from "../../expr/context_compile.ts";
import { latin1OfText } from "../../http1/bytes.ts";
import { formatOf, unhex } from "./formats.ts";
import { compileTest } from "./regex.ts";
import type { CheckView } from "./view.ts";

/** One thing to look for. */
export interface TextMatch {
  /** in the message of a timeout: `string 'abc'` */
  readonly expected: string;
  /** in the message of a failure: ` 'abc'`, ` (regex)` */
  readonly named: string;
  /** The answer is at least so long when it matches. */
  least(view: CheckView): number;
  /** Undefined: what a format gave cannot be looked for. */
  found(text: string, view: CheckView): boolean | undefined;
}

const none = () => 0;

/** The matches that both families have; undefined (and told) when there is a mistake. */
export function compileTextMatch(
  match: CheckMatch,
  context: CompileContext,
): TextMatch | undefined {
  switch (match.kind) {
    case "string":
    case "binary": {
      const binary = match.kind === "binary";
      const text = binary ? match.pattern : latin1OfText(match.pattern);
      return {
        expected: `${match.kind} '${text}'`,
        named: binary ? " (binary)" : ` '${text}'`,
        least: () => text.length,
        found: (answer) => answer.includes(text),
      };
    }
    case "string-lf":
    case "binary-lf": {
      const binary = match.kind === "binary-lf";
      const format = formatOf(match.pattern, context);
      if (format === undefined) return undefined;
      const wanted = (view: CheckView) => binary ? unhex(format(view)) : format(view);
      return {
        expected: `log-format ${binary ? "binary" : "string"}`,
        named: ` (log-format ${binary ? "binary" : "string"})`,
        least: (view) => wanted(view)?.length ?? 0,
        found: (answer, view) => {
          const text = wanted(view);
          return text === undefined || text === "" ? undefined : answer.includes(text);
        },
      };
    }
    case "rstring": {
      const test = compileTest(match.pattern, context.diagnostics);
      return test && { expected: "regex", named: " (regex)", least: none, found: test };
    }
    case "rbinary": {
      const test = compileTest(match.pattern, context.diagnostics);
      return test && {
        expected: "binary regex",
        named: " (binary regex)",
        least: none,
        found: (answer) => test(hexOf(answer)),
      };
    }
  }
  throw new Error(`${match.kind} looks into HTTP`);
}

/** Upper-case hexadecimal digits. */
function hexOf(text: string): string {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    out += text.charCodeAt(i).toString(16).toUpperCase().padStart(2, "0");
  }
  return out;
}
