/**
 * The variables a configuration may refer to (manual 2.3), and the four `global` keywords that change them
 * while the text is read (`setenv`, `presetenv`, `unsetenv`, `resetenv`, manual 3.1).
 *
 * It is a copy: reading a configuration never touches the environment of the process.
 */

/** In place of a variable's name, which it cannot be: the value of the option, when it was given. */
export const LOCAL_PEER_OPTION = "-L";

/** Anything variables can be looked up in. */
export interface Variables {
  get(name: string): string | undefined;
}

export type EnvironmentInput = Environment | Readonly<Record<string, string | undefined>>;

export class Environment implements Variables {
  readonly #values: Map<string, string>;

  constructor(initial: Readonly<Record<string, string | undefined>> = {}) {
    this.#values = new Map();
    for (const [name, value] of Object.entries(initial)) {
      if (value !== undefined) this.#values.set(name, value);
    }
  }

  /** The given Environment itself, or a new one holding a copy of the record. */
  static from(input: EnvironmentInput): Environment {
    return input instanceof Environment ? input : new Environment(input);
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  set(name: string, value: string): void {
    this.#values.set(name, value);
  }

  /** All variables as a plain record, for programs that inherit them. */
  toObject(): Record<string, string> {
    const all = Object.fromEntries(this.#values);
    delete all[LOCAL_PEER_OPTION];
    return all;
  }

  /**
   * Applies one statement of a `global` section when it is one of the four keywords above.
   * Statements with missing arguments change nothing: the keyword table reports them.
   * Answers whether the keyword was one of the four.
   */
  apply(words: readonly { readonly text: string }[]): boolean {
    const name = words[1]?.text ?? "";
    switch (words[0]?.text) {
      case "setenv":
        if (name !== "" && (words[2]?.text ?? "") !== "") this.#values.set(name, words[2].text);
        return true;
      case "presetenv":
        if (name !== "" && (words[2]?.text ?? "") !== "" && !this.#values.has(name)) {
          this.#values.set(name, words[2].text);
        }
        return true;
      case "unsetenv":
        for (const word of words.slice(1)) this.#values.delete(word.text);
        return true;
      case "resetenv": {
        const kept = new Set(words.slice(1).map((word) => word.text));
        for (const known of [...this.#values.keys()]) {
          if (!kept.has(known)) this.#values.delete(known);
        }
        return true;
      }
      case "localpeer":
        // `-L` goes before it, and it stays a statement that its keyword row reads.
        if (name !== "" && !this.#values.has(LOCAL_PEER_OPTION)) {
          this.#values.set("HAPROXY_LOCALPEER", name);
        }
        return false;
      default:
        return false;
    }
  }
}
