/**
 * The directives of haproxy.cfg (manual 2.4): `.if .elif .else .endif` choose lines,
 * `.notice .warning .alert .diag` say something. One object per file.
 */
import { type ConditionContext, evaluateCondition } from "./condition.ts";
import type { Diagnostics, Severity } from "./diagnostic.ts";
import type { Span, Word } from "./document.ts";
import { nearest } from "./suggest.ts";

/** Deeper `.if` blocks are refused, as in HAProxy. */
export const MAX_NESTED_CONDITIONS = 99;

const BLOCKS = [".if", ".elif", ".else", ".endif"] as const;
const MESSAGES: Readonly<Record<string, Severity>> = {
  ".notice": "notice",
  ".warning": "warning",
  ".alert": "alert",
  ".diag": "diag",
};
/** The words that are directives. */
export const DIRECTIVES: readonly string[] = [...BLOCKS, ...Object.keys(MESSAGES)];

/** True for `.notice`, `.warning`, `.alert` and `.diag`. */
export function isMessageDirective(word: string): boolean {
  return Object.hasOwn(MESSAGES, word);
}

interface Block {
  readonly opened: Span;
  /** `take`: lines count; `wait`: a later branch may; `done`: no branch can any more. */
  state: "take" | "wait" | "done";
  elseAt?: Span;
}

export class Conditionals {
  readonly #blocks: Block[] = [];
  #overflow = 0;
  readonly #context: ConditionContext;
  readonly #diagnostics: Diagnostics;

  constructor(context: ConditionContext, diagnostics: Diagnostics) {
    this.#context = context;
    this.#diagnostics = diagnostics;
  }

  /** True while the lines here do not count. */
  get skipping(): boolean {
    return this.#overflow > 0 || this.#blocks.some((block) => block.state !== "take");
  }

  /** Handles the line when it is a directive; false when it is an ordinary one. */
  directive(words: readonly Word[]): boolean {
    const name = words[0].text;
    if (!name.startsWith(".")) return false;
    switch (name) {
      case ".if":
        this.#if(words);
        break;
      case ".elif":
      case ".else":
        this.#branch(words);
        break;
      case ".endif":
        this.#noArguments(words);
        if (this.#overflow > 0) this.#overflow--;
        else if (this.#blocks.pop() === undefined) this.#lone(words[0]);
        break;
      default:
        if (!this.skipping) this.#message(words);
    }
    return true;
  }

  /** To be called at the end of the file. */
  end(): void {
    for (const block of this.#blocks) {
      this.#diagnostics.alert(block.opened, "this '.if' has no '.endif'");
    }
  }

  #if(words: readonly Word[]): void {
    if (this.#overflow > 0 || this.#blocks.length >= MAX_NESTED_CONDITIONS) {
      if (this.#overflow++ > 0) return;
      const message = `more than ${MAX_NESTED_CONDITIONS} '.if' inside each other`;
      this.#diagnostics.alert(words[0].span, message);
      return;
    }
    const state = this.skipping ? "done" : this.#evaluate(words);
    this.#blocks.push({ opened: words[0].span, state });
  }

  #branch(words: readonly Word[]): void {
    const name = words[0].text;
    if (name === ".else") this.#noArguments(words);
    if (this.#overflow > 0) return;
    const block = this.#blocks.at(-1);
    if (block === undefined) return this.#lone(words[0]);
    if (block.elseAt !== undefined) {
      const related = { span: block.elseAt, message: "the '.else' is here" };
      this.#diagnostics.alert(words[0].span, `'${name}' behind '.else'`, { related });
      return;
    }
    if (name === ".else") block.elseAt = words[0].span;
    if (block.state === "take") block.state = "done";
    else if (block.state === "wait") {
      block.state = name === ".else" ? "take" : this.#evaluate(words);
    }
  }

  #evaluate(words: readonly Word[]): Block["state"] {
    const args = words.slice(1);
    const result = evaluateCondition(args.map((word) => word.text).join(" "), this.#context);
    if ("value" in result) return result.value ? "take" : "wait";
    const span = locate(words, result.position, result.length);
    const allowed = "a number, a predicate such as defined(NAME), !, &&, ||, parentheses";
    this.#diagnostics.alert(span, `${result.message} in '${words[0].text}'`, {
      allowed,
      nearest: result.nearest,
    });
    // a branch that cannot be decided is not taken, nor are those that depend on it
    return "done";
  }

  #message(words: readonly Word[]): void {
    const name = words[0].text;
    const severity = Object.hasOwn(MESSAGES, name) ? MESSAGES[name] : undefined;
    if (severity === undefined) {
      this.#diagnostics.alert(words[0].span, `unknown directive '${name}'`, {
        allowed: DIRECTIVES.join(" "),
        nearest: nearest(name, DIRECTIVES),
      });
    } else if (words.length > 2) {
      const message = `unexpected '${words[2].text}', a message of several words needs quotes`;
      this.#diagnostics.alert(words[2].span, message);
    } else {
      this.#diagnostics.add(severity, words[1]?.span ?? words[0].span, words[1]?.text ?? "");
    }
  }

  #noArguments(words: readonly Word[]): void {
    if (words.length < 2) return;
    const message = `unexpected '${words[1].text}', '${words[0].text}' stands alone`;
    this.#diagnostics.alert(words[1].span, message);
  }

  #lone(word: Word): void {
    this.#diagnostics.alert(word.span, `'${word.text}' without an '.if'`);
  }
}

/** Where `position` of the arguments joined by spaces stands in the line. */
function locate(words: readonly Word[], position: number, length: number): Span {
  let left = position;
  for (const word of words.slice(1)) {
    if (left < word.text.length) {
      if (word.raw !== undefined) return word.span;
      const { column } = word.span;
      return {
        ...word.span,
        column: column + left,
        length: Math.min(length, word.text.length - left),
      };
    }
    left -= word.text.length + 1;
  }
  return words.at(-1)!.span;
}
