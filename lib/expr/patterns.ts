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
 * The patterns of a file's text: one a line, without leading white space; empty lines and lines whose first character
 * is `#` are none.
 */
export function patternLines(content: string): { readonly text: string; readonly line: number }[] {
  const patterns: { text: string; line: number }[] = [];
  let number = 0;
  for (const line of content.split("\n")) {
    number++;
    if (line.startsWith("#")) continue;
    const text = line.replace(/^[ \t]+/, "").replace(/\r$/, "");
    if (text !== "") patterns.push({ text, line: number });
  }
  return patterns;
}

/** A pattern written in the configuration. */
export function patternOfWord(text: string, ignoreCase: boolean, span: Span): Pattern {
  return { text: latin1OfText(text), ignoreCase, span };
}
