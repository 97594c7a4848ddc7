/** Lifetime: who still uses a Generation. When the last user has let go of a retired one, it is let go itself. */
export class Lifetime {
  #held = 0;
  #onEnd: (() => void) | undefined;

  hold(): void {
    this.#held++;
  }

  letGo(): void {
    if (--this.#held === 0) this.#end();
  }

  /** Nobody new will hold it; `onEnd` is called once, when (or as soon as) nobody does. */
  retire(onEnd: () => void): void {
    this.#onEnd = onEnd;
    if (this.#held === 0) this.#end();
  }

  #end(): void {
    const onEnd = this.#onEnd;
    this.#onEnd = undefined;
    onEnd?.();
  }
}
