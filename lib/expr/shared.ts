/** What the expressions of one configuration share: files that several of them name are read and compiled once. */

export class Shared {
  readonly #made = new Map<string, unknown>();

  /** What was made for `key`, by `make` when it is asked for the first time. */
  once<T>(key: string, make: () => T): T {
    if (!this.#made.has(key)) this.#made.set(key, make());
    return this.#made.get(key) as T;
  }
}
