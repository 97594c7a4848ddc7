/** What readers and writers share about words. */
import type { Diagnostics } from "./diagnostic.ts";
import type { Word } from "./document.ts";

/**
 * HAProxy marks the end of a statement by an empty word, so an empty argument (`""`, a variable that is not
 * set) ends it: what follows has no effect. Here that is kept, and said.
 */
export function endAtEmptyWord(words: readonly Word[], diagnostics: Diagnostics): readonly Word[] {
  const empty = words.findIndex((word) => word.text === "");
  if (empty < 0) return words;
  const ignored = words.slice(empty + 1).find((word) => word.text !== "");
  if (ignored !== undefined) {
    const message = `an empty word ends the statement, '${ignored.text}' behind it has no effect`;
    diagnostics.warning(words[empty].span, message);
  }
  return words.slice(0, empty);
}
