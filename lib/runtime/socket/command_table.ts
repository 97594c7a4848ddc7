/** Finding a command among rows, and help made from them. */
import { distance } from "../../config/suggest.ts";
import type { CommandRow } from "./command.ts";

/** What a row tells of itself. */
export type CommandName = Pick<CommandRow, "words" | "args" | "doc">;

export class CommandTable<Row extends CommandName> {
  readonly #sorted: readonly Row[];
  readonly #always: readonly Row[];
  readonly #byWords: ReadonlyMap<string, Row>;
  readonly #mostWords: number;

  /** `sorted`: in the order of the alphabet; `always`: those that every list ends with */
  constructor(sorted: readonly Row[], always: readonly Row[]) {
    this.#sorted = sorted;
    this.#always = always;
    const all = [...sorted, ...always];
    this.#byWords = new Map(all.map((row) => [row.words.join(" "), row]));
    this.#mostWords = Math.max(...all.map(({ words }) => words.length));
  }

  /** The command that `words` begin with; the longest that fits. */
  find(words: readonly string[]): Row | undefined {
    for (let n = Math.min(this.#mostWords, words.length); n > 0; n--) {
      const row = this.#byWords.get(words.slice(0, n).join(" "));
      if (row !== undefined) return row;
    }
    return undefined;
  }

  /** What is said when there is no such command. */
  unknown(words: readonly string[]): string {
    const near = this.#matches(words);
    return near.length > 0
      ? this.#listing(
        "Unknown command, but maybe one of the following ones is a better match:",
        near,
      )
      : this.#listing(
        "Unknown command. Please enter one of the following commands only:",
        this.#sorted,
      );
  }

  /** All commands, or those that match. */
  help(words: readonly string[]): string {
    const matching = words.length === 0 ? this.#sorted : this.#matches(words);
    return this.#listing("The following commands are valid at this level:", matching);
  }

  #listing(title: string, rows: readonly Row[]): string {
    const line = ({ words, args, doc }: Row) =>
      `  ${[...words, args].join(" ").trim().padEnd(40)}: ${doc}\n`;
    return `${title}\n${[...rows, ...this.#always].map(line).join("")}`;
  }

  /**
   * Rows that `words` may have meant: those that begin with them, else those that are nearly them, else those with
   * the same first word.
   */
  #matches(words: readonly string[]): readonly Row[] {
    if (words.length === 0) return [];
    const text = words.join(" ").slice(0, 80);
    const beginning = this.#sorted.filter((row) => row.words.join(" ").startsWith(text));
    if (beginning.length > 0) return beginning;
    const exact = this.find(words);
    if (exact !== undefined) return this.#sorted.filter((row) => row === exact);
    const near = this.#sorted.filter((row) => {
      const own = row.words.join(" ");
      const given = words.slice(0, row.words.length).join(" ").slice(0, 80);
      return distance(given, own) <= Math.max(1, Math.floor(own.length / 4));
    });
    return near.length > 0 ? near : this.#sorted.filter((row) => row.words[0] === words[0]);
  }
}
