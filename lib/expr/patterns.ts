/** Patterns: the constants that samples are matched against, from words and from files (manual 7.1). */
import type { Span } from "../config/document.ts";
import { latin1OfText } from "../http1/bytes.ts";

export interface Pattern {
  /** latin1 */
  readonly text: string;
  /** `-i` was in force */
  readonly ignoreCase: boolean;
  readonly span: Span;
  /** what to say of the place when it stands in a file: `line 3 of 'FILE'` */
  readonly where?: string;
}

/**
 * The patterns of a file: one a line, without leading white space; empty lines and lines whose first character
 * is `#` are none. With `map`, a pattern ends at white space (the value behind it is not used by ACLs).
 */
export function patternsOfFile(
  path: string,
  content: string,
  ignoreCase: boolean,
  map: boolean,
  span: Span,
): Pattern[] {
  const patterns: Pattern[] = [];
  let number = 0;
  for (const line of content.split("\n")) {
    number++;
    if (line.startsWith("#")) continue;
    let text = line.replace(/^[ \t]+/, "").replace(/\r$/, "");
    if (map) text = text.replace(/[ \t].*$/, "");
    if (text !== "") {
      patterns.push({ text, ignoreCase, span, where: `line ${number} of '${path}'` });
    }
  }
  return patterns;
}

/** A pattern written in the configuration. */
export function patternOfWord(text: string, ignoreCase: boolean, span: Span): Pattern {
  return { text: latin1OfText(text), ignoreCase, span };
}
