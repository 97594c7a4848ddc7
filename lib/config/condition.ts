/**
 * The conditions of `.if`, `.elif` and `-cc` (manual 2.4): numbers, predicates, `!`, `&&`, `||`, parentheses.
 * The whole expression is checked even where its value is known early, as HAProxy does.
 */
import type { Variables } from "./environment.ts";
import { nearest } from "./suggest.ts";
import { compareVersions, LANGUAGE_VERSION, parseVersion } from "./version.ts";

export interface ConditionContext {
  readonly env: Variables;
  /** Names that `feature()` finds. */
  readonly features?: ReadonlySet<string>;
}

export type ConditionResult =
  | { readonly value: boolean }
  | {
    readonly message: string;
    /** Offset and length of the mistake in the expression. */
    readonly position: number;
    readonly length: number;
    readonly nearest?: string;
  };

interface Predicate {
  readonly name: string;
  readonly args: readonly string[];
  readonly doc: string;
  readonly test: (args: readonly string[], context: ConditionContext) => boolean;
}

const versionNow = parseVersion(LANGUAGE_VERSION)!;

/** All predicates; an argument called `version` must be one. */
export const PREDICATES: readonly Predicate[] = [
  {
    name: "defined",
    args: ["name"],
    doc: "true when the environment variable exists, even if it is empty",
    test: ([name], { env }) => env.get(name) !== undefined,
  },
  {
    name: "feature",
    args: ["name"],
    doc: "true when the feature is in the list that -vv prints",
    test: ([name], { features }) => features?.has(name) ?? false,
  },
  {
    name: "streq",
    args: ["string", "string"],
    doc: "true when both strings are equal",
    test: ([a, b]) => a === b,
  },
  {
    name: "strneq",
    args: ["string", "string"],
    doc: "true when the strings differ",
    test: ([a, b]) => a !== b,
  },
  {
    name: "version_atleast",
    args: ["version"],
    doc: "true when the language level is this version or a later one",
    test: ([version]) => compareVersions(versionNow, parseVersion(version)!) >= 0,
  },
  {
    name: "version_before",
    args: ["version"],
    doc: "true when the language level is older than this version",
    test: ([version]) => compareVersions(versionNow, parseVersion(version)!) < 0,
  },
];

/** Predicates of later versions of the language: known by name so that the message can say so. */
const LATER: Readonly<Record<string, string>> = {
  enabled: "2.8",
  strstr: "2.8",
  openssl_version_atleast: "2.8",
  openssl_version_before: "2.8",
  ssllib_name_startswith: "2.8",
  awslc_api_atleast: "3.2",
  awslc_api_before: "3.2",
};

const MAX_DEPTH = 64;

class Mistake {
  constructor(
    readonly message: string,
    readonly position: number,
    readonly length: number,
    readonly nearest?: string,
  ) {}
}

/** Evaluates an expression; an empty one is false. Never throws. */
export function evaluateCondition(text: string, context: ConditionContext): ConditionResult {
  const parser = new ConditionParser(text, context);
  const value = parser.run();
  return value instanceof Mistake ? value : { value };
}

class ConditionParser {
  #at = 0;
  readonly #text: string;
  readonly #context: ConditionContext;

  constructor(text: string, context: ConditionContext) {
    this.#text = text;
    this.#context = context;
  }

  run(): boolean | Mistake {
    this.#blanks();
    if (this.#at === this.#text.length) return false;
    const value = this.#or(0);
    if (value instanceof Mistake) return value;
    if (this.#at < this.#text.length) {
      const rest = this.#text.slice(this.#at);
      const word = /^\S+/.exec(rest)?.[0] ?? rest;
      return new Mistake(`unexpected '${word}' behind the condition`, this.#at, word.length);
    }
    return value;
  }

  #blanks(): void {
    while (/[ \t]/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #or(depth: number): boolean | Mistake {
    let value = this.#and(depth);
    while (!(value instanceof Mistake) && this.#text.startsWith("||", this.#at)) {
      this.#at += 2;
      const right = this.#and(depth);
      value = right instanceof Mistake ? right : value || right;
    }
    return value;
  }

  #and(depth: number): boolean | Mistake {
    let value = this.#term(depth);
    while (!(value instanceof Mistake) && this.#text.startsWith("&&", this.#at)) {
      this.#at += 2;
      const right = this.#term(depth);
      value = right instanceof Mistake ? right : value && right;
    }
    return value;
  }

  #term(depth: number): boolean | Mistake {
    this.#blanks();
    const from = this.#at;
    const char = this.#text[from] ?? "";
    if (depth > MAX_DEPTH) return new Mistake("the condition is nested too deeply", from, 1);
    let value: boolean | Mistake;
    if (char === "!") {
      this.#at++;
      const inner = this.#term(depth + 1);
      value = inner instanceof Mistake ? inner : !inner;
    } else if (char === "(") {
      this.#at++;
      value = this.#or(depth + 1);
      if (value instanceof Mistake) return value;
      if (this.#text[this.#at] !== ")") return new Mistake("unmatched '('", from, 1);
      this.#at++;
    } else {
      value = this.#simple(from);
    }
    this.#blanks();
    return value;
  }

  #simple(from: number): boolean | Mistake {
    const rest = this.#text.slice(from);
    const number = /^[+-]?\d+/.exec(rest)?.[0];
    if (number !== undefined) {
      this.#at += number.length;
      return /[1-9]/.test(number);
    }
    const name = /^[A-Za-z_]\w*/.exec(rest)?.[0];
    if (name === undefined) {
      const word = /^\S+/.exec(rest)?.[0];
      return word === undefined
        ? new Mistake("the condition ends where a value is expected", from, 1)
        : new Mistake(`'${word}' is not a condition`, from, word.length);
    }
    const predicate = PREDICATES.find((row) => row.name === name);
    if (predicate === undefined) {
      const message = Object.hasOwn(LATER, name)
        ? `'${name}' is a predicate of HAProxy ${LATER[name]}, later than ${LANGUAGE_VERSION}`
        : `unknown predicate '${name}'`;
      const near = nearest(name, PREDICATES.map((row) => row.name));
      return new Mistake(message, from, name.length, near);
    }
    this.#at += name.length;
    const args = this.#text[this.#at] === "(" ? this.#args() : [];
    if (args instanceof Mistake) return args;
    const length = this.#at - from;
    if (args.length !== predicate.args.length || (predicate.args[0] === "name" && args[0] === "")) {
      const wanted = `${name}(${predicate.args.join(",")})`;
      return new Mistake(`'${name}' takes other arguments: ${wanted}`, from, length);
    }
    if (predicate.args[0] === "version" && parseVersion(args[0]) === undefined) {
      return new Mistake(`'${args[0]}' is not a version such as 2.6 or 2.4-dev19`, from, length);
    }
    return predicate.test(args, this.#context);
  }

  /** `(a,"b c",d)`: the second level of quoting of manual 2.2. */
  #args(): string[] | Mistake {
    const open = this.#at++;
    const args: string[] = [];
    let current = "";
    let quote = "";
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at++];
      const next = this.#text[this.#at] ?? "";
      if (quote !== "" && char === quote) quote = "";
      else if (quote === "'") current += char;
      else if (char === "\\" && /[\\ '"nrt]/.test(next)) {
        current += { n: "\n", r: "\r", t: "\t" }[next] ?? next;
        this.#at++;
      } else if (quote === '"') current += char;
      else if (char === '"' || char === "'") quote = char;
      else if (char === "," || char === ")") {
        args.push(current);
        current = "";
        if (char === ")") return args.length === 1 && args[0] === "" ? [] : args;
      } else current += char;
    }
    return new Mistake("unmatched '('", open, 1);
  }
}
