/** The parts of the test suite that are run one after the other, and the numbers that they print. */

export interface Group {
  readonly name: string;
  readonly paths: readonly string[];
  readonly ignore?: readonly string[];
  /** files side by side: only where nothing binds a fixed port and nothing measures */
  readonly parallel: boolean;
}

const REAL = ["tests/e2e", "tests/acceptance", "tests/load", "tests/compiled"];

export const GROUPS: readonly Group[] = [
  { name: "unit", paths: ["tests"], ignore: REAL, parallel: true },
  { name: "e2e", paths: ["tests/e2e"], parallel: true },
  { name: "acceptance", paths: ["tests/acceptance"], parallel: false },
  { name: "load", paths: ["tests/load"], parallel: false },
  { name: "compiled", paths: ["tests/compiled"], parallel: false },
];

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * The counts in what `deno test` printed, or undefined when it printed none (it did not get as far as running).
 * The line is `ok | 17 passed (3 steps) | 0 failed | 1 ignored (23s)`.
 */
export function readCounts(output: string): Counts | undefined {
  // deno-lint-ignore no-control-regex
  const plain = output.replace(/\x1b\[[0-9;]*m/g, "");
  const lines = plain.match(/^(ok|FAILED) \| \d+ passed.*$/gm);
  const last = lines?.at(-1);
  if (last === undefined) return undefined;
  const count = (word: string) =>
    Number(new RegExp(`\\| (\\d+) ${word}`).exec(` ${last}`)?.[1] ?? 0);
  return { passed: count("passed"), failed: count("failed"), skipped: count("ignored") };
}

/** The line that closes a run. */
export function closingLine(counts: Counts): string {
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
  return `${counts.passed} passed, ${counts.failed} failed${skipped}`;
}
