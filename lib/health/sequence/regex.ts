/** Regular expressions of checks: over bytes as latin1, in bounded time. */
import type { Diagnostics } from "../../config/diagnostic.ts";
import type { Word } from "../../config/document.ts";
import { compileRegex } from "../../expr/regex.ts";

/** Undefined (and told) when it is none. As in PCRE, `$` matches before a line feed that ends the text. */
export function compileTest(
  word: Word,
  diagnostics: Diagnostics,
): ((text: string) => boolean) | undefined {
  const compiled = compileRegex(word.text, false);
  if ("error" in compiled) {
    diagnostics.alert(word.span, `'${word.text}' is not a regular expression: ${compiled.error}`);
    return undefined;
  }
  const { regex } = compiled;
  if (!word.text.includes("$")) return (text) => regex.test(text);
  return (text) => regex.test(text) || (text.endsWith("\n") && regex.test(text.slice(0, -1)));
}
