/**
 * `deno task test [--no-install] [--against haproxy|FILE] [GROUP…] [-- deno test arguments]`
 *
 * Runs every test: units, end to end with scripted peers, the acceptance rows with real servers, load, and the
 * compiled file. Installs the real programs first where it may. Ends with `N passed, M failed[, K skipped]`.
 */
import { existsSync } from "node:fs";
import {
  closingLine,
  type Counts,
  type Group,
  GROUPS,
  inOwnNetwork,
  readCounts,
} from "./test/groups.ts";
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

const request = parse(Deno.args);

/** What is printed of a group that runs beside another one waits until that one is done. */
type Print = (bytes: Uint8Array) => void;

const print: Print = (bytes) => {
  for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
};

async function runGroup(
  group: Group,
  request: Request,
  print: Print,
  wrap: (command: readonly string[]) => readonly string[] = (command) => command,
): Promise<Counts> {
  const paths = group.paths.filter((path) => !testFiles(path, group.ignore).next().done);
  if (paths.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const say = (line: string) => print(new TextEncoder().encode(`${line}\n`));
  say(`\n== ${group.name} tests`);
  const [program, ...args] = wrap([
    Deno.execPath(),
    "test",
    "-A",
    "--no-check",
    ...group.parallel ? ["--parallel"] : [],
    ...group.ignore === undefined ? [] : [`--ignore=${group.ignore.join(",")}`],
    ...request.more,
    ...paths,
  ]);
  const child = new Deno.Command(program, {
    args,
    cwd: root,
    env: {
      NO_COLOR: "1",
      ...request.against === undefined ? {} : { SLUICE_UNDER_TEST: request.against },
    },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let output = "";
  const text = new TextDecoder();
  for await (const bytes of child.stdout) {
    print(bytes);
    output = (output + text.decode(bytes, { stream: true })).slice(-200_000);
  }
  const status = await child.status;
  const counts = readCounts(output);
  if (counts === undefined) {
    say(`${group.name}: the test runner ended with ${status.code} and ran no test`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  // An error outside any test fails the run without being counted.
  if (!status.success && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** Brings the npm packages now: no test waits for them, and a network of a test's own does not reach them. */
function bringPackages(groups: readonly Group[]): void {
  const files = groups.flatMap(({ paths }) => paths.flatMap((path) => [...testFiles(path)]));
  new Deno.Command(Deno.execPath(), {
    args: ["cache", "--quiet", "--no-check", "main.ts", ...files],
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).outputSync();
}

/** The files with tests at and below `path`, without what stands in `ignore`; all from the root on. */
function* testFiles(path: string, ignore: readonly string[] = []): Generator<string> {
  if (!existsSync(`${root}${path}`)) return;
  for (const entry of Deno.readDirSync(`${root}${path}`)) {
    const below = `${path}/${entry.name}`;
    if (ignore.includes(below)) continue;
    if (entry.isDirectory) yield* testFiles(below, ignore);
    else if (below.endsWith("_test.ts")) yield below;
  }
}

/** Runs `groups[0]`, and beside it those behind it that can be: the counts of all, and how many groups that were. */
async function runNext(groups: readonly Group[], request: Request): Promise<[Counts[], number]> {
  const [group, next] = groups;
  const own = next?.beside === true ? inOwnNetwork([]) : undefined;
  if (own === undefined) return [[await runGroup(group, request, print)], 1];
  const later: Uint8Array[] = [];
  const both = await Promise.all([
    runGroup(group, request, print),
    runGroup(next, request, (bytes) => later.push(bytes), (command) => [...own, ...command]),
  ]);
  later.forEach(print);
  return [both, 2];
}

const { groups } = request;
const installed = request.install ? installMissing((line) => console.log(line)) : undefined;
bringPackages(groups);
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
for (let done = 0; done < groups.length;) {
  if (groups[done].alone !== true) await installed;
  const [counts, count] = await runNext(groups.slice(done), request);
  done += count;
  for (const each of counts) {
    total.passed += each.passed;
    total.failed += each.failed;
    total.skipped += each.skipped;
  }
}
console.log(`\n${closingLine(total)}`);
Deno.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
