/** Work that takes long gives others their turn. */

/** ms of work after which that is due */
const TURN_MS = 2;

/** What the event loop has waiting is done first: not a matter of time, but of turns. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Counts the time since the last turn. */
export class Turns {
  #began = performance.now();

  /** True when others must get their turn now: `await turn()`. */
  get due(): boolean {
    return performance.now() - this.#began >= TURN_MS;
  }

  async give(): Promise<void> {
    await turn();
    this.#began = performance.now();
  }
}
