/**
 * `deno task test [--no-install] [--against haproxy|FILE] [GROUP…] [-- deno test arguments]`
 *
 * Runs every test: units, end to end with scripted peers, the acceptance rows with real servers, load, and the
 * compiled file. Installs the real programs first where it may. Ends with `N passed, M failed[, K skipped]`.
 */
import { closingLine, type Counts, type Group, GROUPS, readCounts } from "./test/groups.ts";
import { installMissing } from "./test/packages.ts";

const root = new URL("../", import.meta.url).pathname;

interface Request {
  readonly install: boolean;
  readonly against: string | undefined;
  readonly groups: readonly Group[];
  readonly more: readonly string[];
}

function parse(args: readonly string[]): Request {
  const dashes = args.indexOf("--");
  const own = dashes < 0 ? [...args] : args.slice(0, dashes);
  const more = dashes < 0 ? [] : args.slice(dashes + 1);
  let install = true;
  let against: string | undefined;
  const groups: Group[] = [];
  for (let arg = own.shift(); arg !== undefined; arg = own.shift()) {
    if (arg === "--no-install") install = false;
    else if (arg === "--against") against = own.shift();
    else {
      const named = GROUPS.filter((each) => each.name === arg);
      if (named.length === 0) {
        const names = [...new Set(GROUPS.map((group) => group.name))].join(", ");
        console.error(`${arg}: no such group of tests; there are ${names}`);
        Deno.exit(2);
      }
      groups.push(...named);
    }
  }
  return { install, against, groups: groups.length > 0 ? groups : GROUPS, more };
}

async function runGroup(group: Group, request: Request): Promise<Counts> {
  const paths = group.paths.filter((path) => hasTests(`${root}${path}`, group.ignore ?? []));
  if (paths.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  console.log(`\n== ${group.name} tests`);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "-A",
      "--no-check",
      ...group.parallel ? ["--parallel"] : [],
      ...group.ignore === undefined ? [] : [`--ignore=${group.ignore.join(",")}`],
      ...request.more,
      ...paths,
    ],
    cwd: root,
    env: {
      NO_COLOR: "1",
      ...group.jobs === undefined ? {} : { DENO_JOBS: String(group.jobs) },
      ...request.against === undefined ? {} : { SLUICE_UNDER_TEST: request.against },
    },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let output = "";
  const text = new TextDecoder();
  for await (const bytes of child.stdout) {
    Deno.stdout.writeSync(bytes);
    output = (output + text.decode(bytes, { stream: true })).slice(-200_000);
  }
  const status = await child.status;
  const counts = readCounts(output);
  if (counts === undefined) {
    console.log(`${group.name}: the test runner ended with ${status.code} and ran no test`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  // An error outside any test fails the run without being counted.
  if (!status.success && counts.failed === 0) counts.failed = 1;
  return counts;
}

function hasTests(path: string, ignore: readonly string[]): boolean {
  try {
    for (const entry of Deno.readDirSync(path)) {
      const below = `${path}/${entry.name}`;
      if (ignore.some((each) => below === `${root}${each}`)) continue;
      if (entry.isDirectory ? hasTests(below, ignore) : entry.name.endsWith("_test.ts")) {
        return true;
      }
    }
  } catch {
    return false;
  }
  return false;
}

/** Brings the npm packages now, so that no test waits for them (its limits are for the work itself). */
function bringPackages(): void {
  new Deno.Command(Deno.execPath(), {
    args: ["cache", "--quiet", "main.ts"],
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).outputSync();
}

const request = parse(Deno.args);
const installed = request.install ? installMissing((line) => console.log(line)) : undefined;
bringPackages();
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
for (const group of request.groups) {
  if (group.alone !== true) await installed;
  const counts = await runGroup(group, request);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}
console.log(`\n${closingLine(total)}`);
Deno.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
