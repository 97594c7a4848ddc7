/**
 * The neutral form of a configuration text: sections of statements of words, each knowing where it stands.
 *
 * All three readers (haproxy.cfg, YAML, environment) produce a Document, both writers (convert) take one,
 * and the keyword tables are applied to nothing else. So a keyword is described once, for every way in.
 */

/** Where a piece of text stands. `line` and `column` count from 1, `length` in UTF-16 units. */
export interface Span {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** One argument after quotes, escapes and variables were resolved (manual section 2.2, 2.3). */
export interface Word {
  readonly text: string;
  readonly span: Span;
  /** True when any part was quoted or escaped: such a word is never taken for syntax (`{`, `||`). */
  readonly quoted?: boolean;
  /**
   * The word as it was written in the Document's own format (quotes, escapes and `${NAME}` kept), for the
   * writers; absent when that is `text`, "" when the word before it brought it along (`"${NAME[*]}"`).
   */
  readonly raw?: string;
}

/** One keyword line: `words[0]` is the keyword, `words.length >= 1`. */
export interface Statement {
  readonly words: readonly Word[];
  readonly span: Span;
  /** Comment lines standing directly above, without their `#`. */
  readonly commentsBefore?: readonly string[];
  /** Comment at the end of the line, without its `#`. */
  readonly commentAfter?: string;
}

/** A section: `kind` is its first word (`frontend`), `args` all others (`web`, `from`, `base`). */
export interface Section {
  readonly kind: Word;
  readonly args: readonly Word[];
  readonly span: Span;
  readonly statements: readonly Statement[];
  readonly commentsBefore?: readonly string[];
  readonly commentAfter?: string;
}

export type DocumentFormat = "cfg" | "yaml" | "env";

export interface Document {
  readonly format: DocumentFormat;
  readonly sections: readonly Section[];
  /** Comments after the last statement. */
  readonly commentsAfter?: readonly string[];
}
