/**
 * Event rates in three cells of shared memory: the start of the running period (ms, modulo 2^32), the events in it,
 * and those in the period before. The arithmetic is HAProxy's, so that both give the same number for the same events.
 * The caller holds the table's lock.
 */

/** ms that a clock may seem to go back: a time that was taken before another one is used after it. */
const LATE = 60_000;

/** Counts `n` events at `now` (ms modulo 2^32, as an int32). */
export function countRate(
  cells: Int32Array,
  at: number,
  now: number,
  period: number,
  n: number,
): void {
  // A tick of 0: nothing was counted yet.
  const elapsed = cells[at] === 0 ? 2 * period : (now - cells[at]) | 0;
  if (elapsed < period && elapsed > -LATE) {
    cells[at + 1] += n;
    return;
  }
  if (elapsed >= period && elapsed < 2 * period) {
    cells[at + 2] = cells[at + 1];
    cells[at] = (cells[at] + period) & ~1;
  } else {
    cells[at + 2] = 0;
    cells[at] = now & ~1;
  }
  cells[at + 1] = n;
}

/** Events per `period` ms at `now`: a sliding period, of which the older part is taken from the one before. */
export function readRate(cells: Int32Array, at: number, now: number, period: number): number {
  let current = cells[at + 1] >>> 0;
  let past = cells[at + 2] >>> 0;
  let remain = (cells[at] + period - now) | 0;
  if (remain < 0) {
    // The running period ended without a new event: it is the past one now.
    remain += period;
    past = remain >= 0 ? current : 0;
    current = 0;
  }
  // One lonely event counts whole until it is forgotten, in place of a fraction that flickers.
  if (past <= 1 && current === 0) return past;
  if (remain > period) remain = period;
  return Math.floor(past * remain / period) + current;
}

/** Makes the rate `value`: for a whole period, then it fades. */
export function setRate(cells: Int32Array, at: number, now: number, value: number): void {
  cells[at] = now & ~1;
  cells[at + 1] = value;
  cells[at + 2] = 0;
}
