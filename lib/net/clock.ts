/** Time is passed in, so that tests use a clock they move by hand. */
export interface Clock {
  /** Milliseconds that never go back (fractions allowed). */
  now(): number;
  /** Milliseconds since 1970-01-01 UTC. */
  wall(): number;
  /** Calls `fn` once after `ms`; answers a function that cancels. */
  after(ms: number, fn: () => void): () => void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, fn) {
    const id = setTimeout(fn, ms);
    return () => clearTimeout(id);
  },
};
