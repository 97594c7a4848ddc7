/** haproxy.cfg to Document (manual 2.1 to 2.4). */
import { Conditionals, isMessageDirective } from "./conditional.ts";
import type { Diagnostics } from "./diagnostic.ts";
import type { Document, Section, Span, Statement, Word } from "./document.ts";
import { Environment, type EnvironmentInput } from "./environment.ts";
import { lex, type LexResult } from "./lexer.ts";
import { SECTION_NAMES, sectionKind } from "./sections.ts";
import { nearest } from "./suggest.ts";
import { endAtEmptyWord } from "./words.ts";

export interface ReadOptions {
  /** Names that `feature()` finds in `.if` conditions. */
  readonly features?: ReadonlySet<string>;
  /**
   * For conversion: words that are empty now (a variable that is not set) are kept with their raw text, and
   * whatever a Document cannot hold (conditional blocks) is said in a warning.
   */
  readonly forConversion?: boolean;
}

type Open<T> = { -readonly [K in keyof T]: T[K] };
type OpenSection = Omit<Open<Section>, "statements"> & { statements: Statement[] };

/**
 * Reads the text of one file. Every mistake goes to `diagnostics`; the Document holds all that could be read.
 * `setenv` and its family in `global` sections change `env` for the lines that follow: pass an Environment to
 * see the changes, or a record to have them forgotten. Never throws.
 */
export function readCfg(
  text: string,
  fileName: string,
  env: EnvironmentInput,
  diagnostics: Diagnostics,
  options: ReadOptions = {},
): Document {
  return new CfgReader(fileName, Environment.from(env), diagnostics, options).read(text);
}

class CfgReader {
  readonly #file: string;
  readonly #env: Environment;
  readonly #diagnostics: Diagnostics;
  readonly #options: ReadOptions;
  readonly #conditionals: Conditionals;
  readonly #sections: OpenSection[] = [];
  #comments: string[] = [];
  #line = 0;
  #reportedOutside = false;

  constructor(file: string, env: Environment, diagnostics: Diagnostics, options: ReadOptions) {
    this.#file = file;
    this.#env = env;
    this.#diagnostics = diagnostics;
    this.#options = options;
    this.#conditionals = new Conditionals({ env, features: options.features }, diagnostics);
  }

  read(text: string): Document {
    for (let from = 0; from < text.length;) {
      const newline = text.indexOf("\n", from);
      const to = newline < 0 ? text.length : newline;
      this.#line++;
      this.#readLine(text.slice(from, to));
      if (newline < 0) {
        const span = this.#span(Math.max(0, to - from - 1), to - from);
        this.#diagnostics.warning(
          span,
          "the last line has no line feed, the file may have been cut off",
        );
      }
      from = to + 1;
    }
    this.#conditionals.end();
    return {
      format: "cfg",
      sections: this.#sections,
      ...(this.#comments.length > 0 ? { commentsAfter: this.#comments } : undefined),
    };
  }

  #span(start: number, end: number): Span {
    return {
      file: this.#file,
      line: this.#line,
      column: start + 1,
      length: Math.max(1, end - start),
    };
  }

  #readLine(line: string): void {
    const section = this.#sections.at(-1);
    const lexed = lex(line, {
      style: "cfg",
      env: this.#env,
      pseudo: {
        ".FILE": this.#file,
        ".LINE": String(this.#line),
        ".SECTION": section?.args[0]?.text ?? section?.kind.text ?? "",
      },
      keepEmptyExpansions: this.#options.forConversion,
    });
    const words = this.#words(lexed);
    if (lexed.error !== undefined) {
      const { message, start, end } = lexed.error;
      this.#diagnostics.alert(this.#span(start, end), message);
      // a broken header still starts its section, so that its lines are not taken for the previous one's
      if (words.length === 0 || sectionKind(words[0].text) === undefined) return;
    }
    if (words.length === 0) {
      if (lexed.comment !== undefined && !this.#conditionals.skipping) {
        this.#comments.push(lexed.comment.text);
      }
      return;
    }
    if (this.#conditionals.directive(words)) return this.#noteDirective(words[0]);
    if (this.#conditionals.skipping) return;
    this.#statement(words, lexed);
  }

  #words(lexed: LexResult): Word[] {
    return lexed.tokens.map((token) => ({
      text: token.text,
      span: this.#span(token.start, token.end),
      ...(token.quoted ? { quoted: true } : undefined),
      ...(token.raw === undefined ? undefined : { raw: token.raw }),
    }));
  }

  #statement(all: readonly Word[], lexed: LexResult): void {
    if (lexed.unexpanded !== undefined) {
      const { start, end } = lexed.unexpanded;
      const message = "a variable is expanded inside double quotes only, this one stays as it is";
      this.#diagnostics.warning(this.#span(start, end), message);
    }
    const words = this.#options.forConversion ? all : endAtEmptyWord(all, this.#diagnostics);
    if (words.length === 0) return;
    const [first, ...args] = words;
    const last = words[words.length - 1].span;
    const span = { ...first.span, length: last.column + last.length - first.span.column };
    const about: Pick<Open<Statement>, "span" | "commentsBefore" | "commentAfter"> = { span };
    if (this.#comments.length > 0) about.commentsBefore = this.#comments;
    if (lexed.comment !== undefined) about.commentAfter = lexed.comment.text;
    this.#comments = [];

    const section = this.#sections.at(-1);
    if (sectionKind(first.text) !== undefined) {
      this.#sections.push({ kind: first, args, statements: [], ...about });
    } else if (section === undefined) {
      this.#outside(first);
    } else {
      section.statements.push({ words, ...about });
      if (section.kind.text === "global") this.#env.apply(words);
    }
  }

  /** A statement before any section; said once, for the lines that follow it are no better. */
  #outside(word: Word): void {
    if (this.#reportedOutside) return;
    this.#reportedOutside = true;
    const message = `'${word.text}' stands before any section`;
    this.#diagnostics.alert(word.span, message, {
      allowed: SECTION_NAMES.join(" "),
      nearest: nearest(word.text, SECTION_NAMES),
    });
  }

  #noteDirective(word: Word): void {
    if (!this.#options.forConversion) return;
    const message = word.text === ".if"
      ? "the '.if' block is resolved: only the branch that counts here and now is converted"
      : `'${word.text}' is not converted`;
    if (word.text === ".if" || isMessageDirective(word.text)) {
      this.#diagnostics.warning(word.span, message);
    }
  }
}
