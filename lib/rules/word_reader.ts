/** Reads the words of a rule one after the other. */
import type { Diagnostics } from "../config/diagnostic.ts";
import type { Span, Word } from "../config/document.ts";

export class WordReader {
  readonly words: readonly Word[];
  readonly diagnostics: Diagnostics;
  /** index of the next word */
  at = 0;

  constructor(words: readonly Word[], diagnostics: Diagnostics) {
    this.words = words;
    this.diagnostics = diagnostics;
  }

  /** The next word, not taken. */
  peek(): Word | undefined {
    return this.words[this.at];
  }

  /** Takes the next word, whatever it is. */
  take(): Word | undefined {
    return this.words[this.at++];
  }

  /** Takes the next word as an argument; says that `what` is missing when there is none. */
  need(what: string, allowed?: string): Word | undefined {
    const word = this.words[this.at];
    if (word === undefined) {
      this.diagnostics.alert(this.lastSpan, `'${this.lastText}' needs ${what}`, { allowed });
      return undefined;
    }
    this.at++;
    return word;
  }

  /** Takes the next word when it is this one. */
  accept(text: string): boolean {
    if (this.words[this.at]?.text !== text) return false;
    this.at++;
    return true;
  }

  /** True when the arguments are over: the end, or the condition begins. */
  get atCondition(): boolean {
    const word = this.words[this.at];
    return word === undefined || word.text === "if" || word.text === "unless";
  }

  private get lastSpan(): Span | undefined {
    return this.words[Math.min(this.at, this.words.length) - 1]?.span;
  }

  private get lastText(): string {
    return this.words[Math.min(this.at, this.words.length) - 1]?.text ?? "";
  }
}
