/**
 * One line of configuration text cut into words (manual 2.2 and 2.3): blanks, `#` comments, backslash escapes,
 * "weak" and 'strong' quotes, variables. Pure: no I/O, no globals, mistakes are values.
 *
 * Three styles share the rules:
 * - `cfg`: a line of haproxy.cfg. Variables are expanded inside double quotes only.
 * - `yaml`: a string of the YAML form. `#` is an ordinary character (YAML has its own comments), and
 *   `${NAME}` is expanded outside quotes too, because the writer of YAML has spent his quotes on YAML.
 * - `plain`: the value of an environment variable. Like `yaml`, but nothing is expanded.
 *
 * Deviations from HAProxy 2.6, all of them additions or refusals, never another meaning:
 * `${NAME:-default}` also replaces an empty value; `"${NAME[*]}"` of an unset or blank variable gives no word
 * (HAProxy gives an empty one, which ends the line); a carriage return inside a line and `\x00` are refused
 * (HAProxy drops what follows).
 */
import type { Variables } from "./environment.ts";
import { readVariable } from "./lexer_variable.ts";

/** More words than this in one statement are refused, as in HAProxy. */
export const MAX_WORDS = 64;
/** Longest line, in UTF-16 units. */
export const MAX_LINE_LENGTH = 65_536;

export type LexStyle = "cfg" | "yaml" | "plain";

export interface LexContext {
  readonly style: LexStyle;
  readonly env?: Variables;
  /** Values of `.FILE`, `.LINE` and `.SECTION`. */
  readonly pseudo?: Readonly<Record<string, string>>;
  /** Keep one empty word where a `[*]` expansion gave nothing, so that a writer still sees it. */
  readonly keepEmptyExpansions?: boolean;
}

/** A word; `start` and `end` are offsets in the line, of the word as it was written. */
export interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly quoted: boolean;
  /** As written, when that differs from `text`; "" on the second and later words of one `[*]` expansion. */
  readonly raw?: string;
}

export interface LexError {
  /** One sentence without a full stop. */
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

export interface LexResult {
  readonly tokens: readonly Token[];
  /** Text after `#`, and where the `#` stands. */
  readonly comment?: { readonly text: string; readonly start: number };
  /** The first mistake; tokens before it are valid. */
  readonly error?: LexError;
  /** An unquoted `${NAME}` that cfg style leaves as it is: nearly always an oversight. */
  readonly unexpanded?: { readonly start: number; readonly end: number };
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  " ": " ",
  "\\": "\\",
  "#": "#",
  "'": "'",
  '"': '"',
  n: "\n",
  r: "\r",
  t: "\t",
};

/** C's isspace() without the characters that end a line. */
function isBlank(char: string): boolean {
  return char === " " || char === "\t" || char === "\v" || char === "\f";
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Cuts one line into words. Never throws. */
export function lex(line: string, context: LexContext): LexResult {
  return new Lexer(line, context).run();
}

class Lexer {
  readonly #line: string;
  readonly #context: LexContext;
  readonly #tokens: Token[] = [];
  #at = 0;
  // the word being built
  #text = "";
  #start = -1;
  #quoted = false;
  #group: string[] | undefined;
  /** Where a backslash that escapes nothing stands. */
  #lone = -1;
  #bytes: number[] = [];
  #bytesAt = 0;
  #error: LexError | undefined;
  #unexpanded: { start: number; end: number } | undefined;

  constructor(line: string, context: LexContext) {
    this.#line = line;
    this.#context = context;
  }

  run(): LexResult {
    const line = this.#line;
    if (line.length > MAX_LINE_LENGTH) {
      this.#fail(`the line is longer than ${MAX_LINE_LENGTH} characters`, 0, 1);
      return this.#result();
    }
    let quote = "";
    let quoteAt = 0;
    while (this.#at < line.length && this.#error === undefined) {
      const char = line[this.#at];
      if (char === "\0") {
        this.#fail("a NUL character is not allowed", this.#at, this.#at + 1);
      } else if (char === "\r" && this.#context.style === "cfg") {
        if (/^\r+$/.test(line.slice(this.#at))) break;
        this.#fail("a carriage return inside a line is not allowed", this.#at, this.#at + 1);
      } else if (quote === "'") {
        if (char === "'") quote = "";
        else this.#emit(char);
        this.#at++;
      } else if (char === "\\") {
        this.#escape(quote === '"');
      } else if (char === '"') {
        this.#open();
        if (quote === "") quoteAt = this.#at;
        quote = quote === "" ? '"' : "";
        this.#at++;
      } else if (char === "$" && this.#expands(quote === '"')) {
        this.#variable();
      } else if (quote === '"') {
        this.#emit(char);
        this.#at++;
      } else if (char === "'") {
        this.#open();
        quote = "'";
        quoteAt = this.#at++;
      } else if (char === "#" && this.#context.style === "cfg") {
        this.#close();
        return this.#result({ text: line.slice(this.#at + 1).trimEnd(), start: this.#at });
      } else if (isBlank(char) || char === "\n" || char === "\r") {
        this.#close();
        this.#at++;
      } else {
        this.#regular(char);
      }
    }
    if (quote !== "" && this.#error === undefined) {
      this.#fail(`unmatched ${quote === '"' ? "double" : "single"} quote`, quoteAt, quoteAt + 1);
    }
    if (this.#error === undefined) this.#close();
    return this.#result();
  }

  #result(comment?: LexResult["comment"]): LexResult {
    return {
      tokens: this.#tokens,
      ...(comment === undefined ? undefined : { comment }),
      ...(this.#error === undefined ? undefined : { error: this.#error }),
      ...(this.#unexpanded === undefined ? undefined : { unexpanded: this.#unexpanded }),
    };
  }

  #fail(message: string, start: number, end: number): void {
    this.#error ??= { message, start, end: Math.min(end, this.#line.length) };
  }

  #expands(inDoubleQuotes: boolean): boolean {
    switch (this.#context.style) {
      case "cfg":
        return inDoubleQuotes;
      case "yaml":
        return inDoubleQuotes || this.#line[this.#at + 1] === "{";
      case "plain":
        return false;
    }
  }

  /** A quote starts: there is a word from here on, even if it stays empty. */
  #open(): void {
    if (this.#start < 0) this.#start = this.#at;
    this.#quoted = true;
  }

  #emit(text: string): void {
    if (this.#start < 0) this.#start = this.#at;
    if (this.#bytes.length > 0) this.#flushBytes();
    this.#text += text;
  }

  #regular(char: string): void {
    if (char === "$" && this.#context.style === "cfg") {
      const found = /^\$\{[A-Za-z_]\w*(?::?-[^}\s]*)?\}/.exec(this.#line.slice(this.#at));
      if (found !== null) {
        this.#unexpanded ??= { start: this.#at, end: this.#at + found[0].length };
      }
    }
    this.#emit(char);
    this.#at++;
  }

  #escape(inDoubleQuotes: boolean): void {
    const next = this.#line[this.#at + 1] ?? "";
    if (next === "x") {
      this.#hexadecimal();
      return;
    }
    const plain = SIMPLE_ESCAPES[next] ??
      (next === "$" && (inDoubleQuotes || this.#context.style === "yaml") ? "$" : undefined);
    this.#emit(plain ?? "\\");
    if (plain !== undefined) this.#quoted = true;
    if (plain === undefined) this.#lone = this.#at;
    this.#at += plain === undefined ? 1 : 2;
  }

  /** `\xHH` is a byte; bytes that stand together must form UTF-8. */
  #hexadecimal(): void {
    const digits = this.#line.slice(this.#at + 2, this.#at + 4);
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) {
      this.#fail(
        "'\\x' must be followed by two hexadecimal digits",
        this.#at,
        this.#at + 2 + digits.length,
      );
      return;
    }
    const byte = parseInt(digits, 16);
    if (byte === 0) {
      this.#fail("a NUL character ('\\x00') is not allowed", this.#at, this.#at + 4);
      return;
    }
    if (this.#start < 0) this.#start = this.#at;
    if (this.#bytes.length === 0) this.#bytesAt = this.#at;
    this.#bytes.push(byte);
    this.#quoted = true;
    this.#at += 4;
  }

  #flushBytes(): void {
    const bytes = Uint8Array.from(this.#bytes);
    this.#bytes = [];
    try {
      this.#text += utf8.decode(bytes);
    } catch {
      this.#fail("the '\\x' escapes here do not form valid UTF-8", this.#bytesAt, this.#at);
    }
  }

  #variable(): void {
    const from = this.#at;
    const found = readVariable(this.#line, from, this.#context.env, this.#context.pseudo);
    if ("message" in found) {
      this.#fail(found.message, found.start, found.end);
      return;
    }
    if (this.#start < 0) this.#start = from;
    this.#quoted = true;
    if (found.split) {
      const parts = found.value.split(/[ \t\v\f\r\n]+/);
      this.#group ??= [];
      for (let i = 0; i < parts.length; i++) {
        if (i > 0) {
          if (this.#bytes.length > 0) this.#flushBytes();
          this.#group.push(this.#text);
          this.#text = "";
        }
        this.#emit(parts[i]);
      }
    } else {
      this.#emit(found.value);
    }
    this.#at = found.end;
  }

  /** Ends the current word, if there is one. */
  #close(): void {
    if (this.#start < 0) return;
    if (this.#bytes.length > 0) this.#flushBytes();
    let texts = [this.#text];
    if (this.#group !== undefined) {
      texts = [...this.#group, this.#text].filter((text) => text !== "");
      if (texts.length === 0 && this.#context.keepEmptyExpansions) texts = [""];
    }
    let raw = this.#line.slice(this.#start, this.#at);
    // a last backslash would escape whatever is written behind it
    if (this.#lone === this.#at - 1) raw += "\\";
    for (let i = 0; i < texts.length && this.#error === undefined; i++) {
      if (this.#tokens.length === MAX_WORDS) {
        this.#fail(`more than ${MAX_WORDS} words in one line`, this.#start, this.#at);
        break;
      }
      const written = i === 0 ? raw : "";
      this.#tokens.push({
        text: texts[i],
        start: this.#start,
        end: this.#at,
        quoted: this.#quoted,
        ...(written === texts[i] ? undefined : { raw: written }),
      });
    }
    this.#text = "";
    this.#start = -1;
    this.#quoted = false;
    this.#group = undefined;
  }
}
