/**
 * Arithmetic of rates and averages as HAProxy's statistics define them. Pure functions; the numbers live in
 * counter records.
 */

/** Milliseconds over which events are counted for a rate. */
export const RATE_PERIOD = 1000;

/** Requests over which qtime, ctime, rtime and ttime are averaged (management manual 9.1). */
export const AVERAGE_WINDOW = 1024;

/**
 * Events per second at `now` (ms) of a sliding second: what was counted in the running period, and of the
 * period before it the part that is not yet a second ago. `tick` is the start of the running period.
 */
export function slidingRate(now: number, tick: number, current: number, previous: number): number {
  let left = tick + RATE_PERIOD - now;
  if (left < 0) {
    // The running period ended without a new event: it is the previous one now.
    left += RATE_PERIOD;
    previous = left < 0 ? 0 : current;
    current = 0;
  }
  // One lonely event would be shown as a fraction that flickers: it counts whole until it is forgotten.
  if (previous <= 1 && current === 0) return previous;
  if (left > RATE_PERIOD) left = RATE_PERIOD;
  return Math.floor(current + previous * left / RATE_PERIOD);
}

/** A sliding sum over AVERAGE_WINDOW samples with one more `value`: older samples fade. */
export function slideSum(sum: number, value: number): number {
  return sum - Math.floor((sum + AVERAGE_WINDOW - 1) / AVERAGE_WINDOW) + value;
}

/** The average of a sliding sum of which `samples` have been added so far. */
export function slideAverage(sum: number, samples: number): number {
  if (samples <= 0) return 0;
  const window = samples < AVERAGE_WINDOW ? samples : AVERAGE_WINDOW;
  return Math.floor((sum + window - 1) / window);
}
