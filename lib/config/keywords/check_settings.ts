/** Reading the words of `http-check` and `tcp-check` rules by a table of their settings (manual 4.2). */
import type { Diagnostic, Diagnostics } from "../diagnostic.ts";
import type { Word } from "../document.ts";
import { nearest } from "../suggest.ts";
import { type ArgType, Refusal } from "./args.ts";

/** The words of one rule; what is wrong with them is told with the rule's name before it. */
export class RuleWords {
  good = true;
  #next = 0;

  constructor(
    readonly rule: string,
    readonly words: readonly Word[],
    /** where something is said to be missing */
    readonly at: Word,
    readonly diagnostics: Diagnostics,
  ) {}

  /** The next word, which is taken; undefined at the end. */
  take(): Word | undefined {
    return this.words[this.#next++];
  }

  /** The next word, which stays. */
  get peek(): Word | undefined {
    return this.words[this.#next];
  }

  /** The value behind `setting`; undefined (and told) when it is missing or wrong. */
  value<T>(setting: Word, type: ArgType<T>): T | undefined {
    const word = this.take();
    if (word === undefined) {
      this.refuse(setting, `'${setting.text}' needs ${type.label}`, { allowed: type.describe });
      return undefined;
    }
    const value = type.parse(word);
    if (!(value instanceof Refusal)) return value;
    this.refuse(word, value.message, value);
    return undefined;
  }

  refuse(at: Word, message: string, more: Pick<Diagnostic, "allowed" | "nearest"> = {}): void {
    this.good = false;
    this.diagnostics.alert(at.span, `'${this.rule}': ${message}`, {
      allowed: more.allowed,
      nearest: more.nearest,
    });
  }
}

/** One setting of a rule. */
export interface RuleSetting<Rule> {
  readonly name: string;
  /** how it is written: `port <port>` */
  readonly usage: string;
  read(rule: Rule, words: RuleWords, setting: Word): void;
}

/** A setting that is a word alone. */
export function flag<Rule>(name: string, apply: (rule: Rule) => void): RuleSetting<Rule> {
  return { name, usage: name, read: apply };
}

/** A setting with one value. */
export function valued<Rule, T>(
  name: string,
  type: ArgType<T>,
  apply: (rule: Rule, value: T) => void,
): RuleSetting<Rule> {
  return {
    name,
    usage: `${name} ${type.label}`,
    read(rule, words, setting) {
      const value = words.value(setting, type);
      if (value !== undefined) apply(rule, value);
    },
  };
}

/** Reads all words. `other` may take one that is no setting (`!status`). */
export function readSettings<Rule>(
  words: RuleWords,
  table: readonly RuleSetting<Rule>[],
  rule: Rule,
  other: (word: Word) => boolean = () => false,
): void {
  for (let word = words.take(); word !== undefined; word = words.take()) {
    const setting = table.find((each) => each.name === word!.text);
    if (setting !== undefined) setting.read(rule, words, word);
    else if (!other(word)) {
      const names = table.map((each) => each.name);
      words.refuse(word, `unexpected '${word.text}'`, {
        allowed: names.length === 0 ? "nothing" : names.join(", "),
        nearest: nearest(word.text, names),
      });
      // what follows may be its value: that is not a second mistake
      return;
    }
  }
}

/** How a rule is written, by the table of its settings; those with an empty usage are told by `last`. */
export function usageOf(table: readonly RuleSetting<never>[], last = ""): string {
  const settings = table.filter((each) => each.usage !== "")
    .map((each) => `[${each.usage}]`);
  return [...settings, ...last === "" ? [] : [last]].join(" ");
}
