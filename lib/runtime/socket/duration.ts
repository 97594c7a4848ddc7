/** Times as people write them on the runtime socket (manual 2.5). */

const UNITS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The longest that a timer takes, ms. */
const LONGEST = 2 ** 31 - 1;

/** Whole ms of `10`, `10s`, `2m` …; without a unit it is in `unit`. Undefined: it is not a time. */
export function parseTime(text: string, unit: "ms" | "s"): number | undefined {
  const parts = /^(\d{1,12})(us|ms|s|m|h|d)?$/.exec(text);
  if (parts === null) return undefined;
  const ms = Math.ceil(Number(parts[1]) * UNITS[parts[2] ?? unit]);
  return ms > LONGEST ? undefined : ms;
}
