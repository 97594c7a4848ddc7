/** The numbers of Generations, and those that other threads still hold. */
import type { Generation } from "./generation.ts";

export class Generations {
  readonly #held = new Map<number, Generation>();
  #last = 0;

  /** Gives it the next number. */
  count(generation: Generation): number {
    return generation.number = ++this.#last;
  }

  /** Another one has taken over; `holders` other threads must let go of it before it ends. */
  retire(old: Generation, holders: number, ended: (number: number) => void): void {
    const { number } = old;
    for (let i = 0; i < holders; i++) old.hold();
    this.#held.set(number, old);
    old.retire(() => {
      this.#held.delete(number);
      ended(number);
    });
  }

  /** One of the other threads has let go of it. */
  letGo(number: number): void {
    this.#held.get(number)?.letGo();
  }
}
