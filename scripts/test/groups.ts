/** The parts of the test suite that are run one after the other, and the numbers that they print. */

export interface Group {
  /** several groups may have one name: they are asked for together */
  readonly name: string;
  readonly paths: readonly string[];
  readonly ignore?: readonly string[];
  /** files side by side: only where nothing binds a fixed port and nothing measures */
  readonly parallel: boolean;
  /** true when no test starts a program of PACKAGES: such a group runs while they are being installed */
  readonly alone?: boolean;
  /** true: beside the group before it, in a network of its own, where the machine can make one */
  readonly beside?: boolean;
}

const REAL = ["tests/e2e", "tests/acceptance", "tests/load", "tests/compiled"];

/** Directories of unit tests that start no program; tests/scripts/test_groups_test.ts holds them to it. */
const ALONE = [
  "balance cache compression expr health http1 http2 lint mail mux proxy resolve rules servers state",
  "stick telemetry tls",
].join(" ").split(" ").map((name) => `tests/${name}`);

export const GROUPS: readonly Group[] = [
  { name: "unit", paths: ALONE, parallel: true, alone: true },
  { name: "unit", paths: ["tests"], ignore: [...REAL, ...ALONE], parallel: true },
  { name: "e2e", paths: ["tests/e2e"], parallel: true },
  { name: "acceptance", paths: ["tests/acceptance"], parallel: false, beside: true },
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

/**
 * `command` in a network of its own, in which only loopback is, or undefined where that cannot be made (it takes root):
 * two groups that bind the same addresses can then run side by side.
 */
export function inOwnNetwork(command: readonly string[]): string[] | undefined {
  const enter = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
  try {
    const { success } = new Deno.Command(enter[0], {
      args: [...enter.slice(1), "true"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return success ? [...enter, ...command] : undefined;
  } catch {
    return undefined;
  }
}
