/** What the expressions of one configuration share: files that several of them name are read and compiled once. */
import type { Span } from "../config/document.ts";
import { type PatternReference, PatternStore } from "./pattern_store.ts";

export class Shared {
  readonly #made = new Map<string, unknown>();
  /** the lists of ACLs and maps that may change at run time */
  readonly patterns: PatternStore;

  /** lists that rules change, and where such a rule stands */
  readonly changed: { readonly reference: PatternReference; readonly span: Span }[] = [];

  constructor(patterns: PatternStore = new PatternStore()) {
    this.patterns = patterns;
  }

  /** What was made for `key`, by `make` when it is asked for the first time. */
  once<T>(key: string, make: () => T): T {
    if (!this.#made.has(key)) this.#made.set(key, make());
    return this.#made.get(key) as T;
  }
}
