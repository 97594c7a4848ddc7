/**
 * How long the records of a connection are (manual `tune.ssl.maxrecord`, `tune.ssl.hard-maxrecord`): a client can
 * read a record when it has all of it, so short ones at the beginning show a page sooner, and long ones cost less.
 */
import type { Clock } from "../clock.ts";

export interface RecordLimits {
  /** always; 0 or undefined: no limit */
  readonly hardMaxRecord?: number;
  /** after a pause */
  readonly maxRecord?: number;
}

/** ms without a write after which the next one is a beginning */
const PAUSE = 1000;
/** bytes that are the beginning: what a client's first window lets through, three times over */
const BEGINNING = 48 * 1024;

/** Asked before each write: the most bytes of its record. undefined when nothing limits them. */
export function recordSizes(
  { hardMaxRecord = 0, maxRecord = 0 }: RecordLimits = {},
  clock: Clock,
): (() => number) | undefined {
  if (hardMaxRecord === 0 && maxRecord === 0) return undefined;
  const hard = hardMaxRecord === 0 ? 16384 : hardMaxRecord;
  if (maxRecord === 0) return () => hard;
  const short = Math.min(hard, maxRecord);
  let left = 0;
  let last = -Infinity;
  return () => {
    const now = clock.now();
    if (now - last > PAUSE) left = BEGINNING;
    last = now;
    if (left <= 0) return hard;
    left -= short;
    return short;
  };
}
