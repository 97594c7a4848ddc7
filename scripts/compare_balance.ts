/**
 * Asks the real HAProxy every case of tests/balance/hash_cases.ts (500 keys each) and load_cases.ts (200
 * connections that stay open), and prints where it chooses another server than lib/balance. Needs `haproxy`;
 * binds free loopback ports.
 *
 *   deno run -A scripts/compare_balance.ts [--record] [part of a case's name]
 *
 * --record writes HAProxy's choices to tests/balance/golden/haproxy_{hashes,loads}.txt, which the tests read.
 */
import {
  differenceOf,
  HASH_CASES,
  HASH_KEYS,
  type HashCase,
  nameOf,
} from "../tests/balance/hash_cases.ts";
import { chooseAll, chooseLoads } from "../tests/balance/choose.ts";
import { LOAD_CASES, loadNameOf, loadSteps } from "../tests/balance/load_cases.ts";
import { askHashes } from "./compare/hashes.ts";
import { askLoads } from "./compare/loads.ts";

const parts = Deno.args.filter((a) => !a.startsWith("--"));
const record = Deno.args.includes("--record");
if (record && parts.length > 0) throw new Error("--record needs all cases");

async function compare<C>(
  all: readonly C[],
  name: (c: C) => string,
  ask: (cases: readonly C[]) => AsyncIterable<string>,
  choose: (c: C) => string,
  known: (c: C) => string | undefined,
  show: (c: C, n: number) => string,
  golden: string,
): Promise<void> {
  const cases = all.filter((c) => parts.every((part) => name(c).includes(part)));
  if (cases.length === 0) return;
  const recorded: string[] = [];
  let alike = 0;
  for await (const theirs of ask(cases)) {
    const c = cases[recorded.length];
    recorded.push(`${name(c)}\n${theirs}\n`);
    const ours = choose(c);
    const differing = [...theirs].map((one, n) => one === ours[n] ? -1 : n).filter((n) => n >= 0);
    if (differing.length === 0) {
      alike++;
      continue;
    }
    console.log(`${name(c)}: ${differing.length} of ${theirs.length} differ`);
    if (known(c) !== undefined) {
      console.log(`  known: ${known(c)}`);
      continue;
    }
    for (const n of differing.slice(0, 4)) {
      console.log(`  ${n}: HAProxy ${theirs[n]}, here ${ours[n]}: ${show(c, n)}`);
    }
  }
  console.log(`${alike} of ${cases.length} cases alike`);
  if (!record) return;
  const file = new URL(`../tests/balance/golden/${golden}`, import.meta.url);
  await Deno.writeTextFile(file, recorded.join(""));
}

await compare<HashCase>(
  HASH_CASES,
  nameOf,
  askHashes,
  chooseAll,
  differenceOf,
  (_, n) => `${HASH_KEYS[n].source} ${JSON.stringify(HASH_KEYS[n].request)}`,
  "haproxy_hashes.txt",
);
await compare(
  LOAD_CASES,
  loadNameOf,
  askLoads,
  chooseLoads,
  () => undefined,
  (c, n) => JSON.stringify(loadSteps(c).filter((step) => "open" in step)[n]),
  "haproxy_loads.txt",
);
