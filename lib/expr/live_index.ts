/**
 * Which pattern of a reference a value matches, while patterns come and go: an index over what was there when it was
 * built, and a small one over what was added since. When that has grown, or a pattern went away, all is built anew.
 */
import { INDEX_BUILDERS, type PatternIndex } from "./match_index.ts";
import { sameBits } from "./ip.ts";
import { parseNetwork } from "./match_ip.ts";
import type { PatternEntry, PatternFound, PatternReference, PatternUser } from "./pattern_store.ts";
import { castOf, type Value } from "./sample.ts";

/** The entry that a value matches. */
export type LiveIndex = (value: Value) => PatternEntry | undefined;

/** Entries that may be looked through beside the index before it is built anew. */
const RECENT = 64;

interface Built {
  readonly entries: readonly PatternEntry[];
  readonly index: PatternIndex;
}

/** How well a key fits where the best one counts, whatever their order (match_index.ts); equal: the first. */
const WEIGHTS: Readonly<Record<string, (key: string) => number>> = {
  beg: (key) => key.length,
  ip: (key) => {
    const { four, six } = parseNetwork(key) ?? {};
    // An IPv4 network is as small as the IPv6 network of its addresses would be.
    return six === undefined ? 96 + ones(four?.mask ?? 0) : sameBits(six.from, six.to);
  },
};

function ones(mask: number): number {
  let n = 0;
  for (let rest = mask >>> 0; rest !== 0; rest = (rest << 1) >>> 0) n++;
  return n;
}

/** What an operator's text finds, once it is the type that the index takes. */
function foundBy(match: string, text: string, find: LiveIndex): PatternFound | undefined {
  const type = match === "ip" ? "ip" : match === "int" ? "sint" : "str";
  const value = castOf("str", type)?.(text);
  if (value === undefined) return undefined;
  const entry = find(value);
  return { type, ignoreCase: false, matched: entry !== undefined, entry };
}

/** Strings that are compared as a whole: a change costs what a lookup costs. */
function exact(reference: PatternReference): LiveIndex {
  const first = new Map<string, PatternEntry>();
  const add = (entry: PatternEntry) => {
    if (!first.has(entry.key)) first.set(entry.key, entry);
  };
  const build = () => {
    first.clear();
    for (const entry of reference.entries()) add(entry);
  };
  build();
  reference.use({
    check: () => undefined,
    added: add,
    removed: (key) => void first.delete(key),
    reset: build,
    find: (text) => foundBy("str", text, (value) => first.get(value as string)),
  });
  return (value) => first.get(value as string);
}

/**
 * The index of `match` (a name of INDEX_BUILDERS) over a reference. `sink` is told what is wrong with the patterns that
 * are there.
 */
export function liveIndex(
  match: string,
  reference: PatternReference,
  sink: (entry: PatternEntry, error: string) => void = () => {},
): LiveIndex {
  if (match === "str") return exact(reference);
  const builder = INDEX_BUILDERS[match];
  const weight = WEIGHTS[match];
  const build = (entries: readonly PatternEntry[], tell = false): Built => ({
    entries,
    index: builder(
      entries.map((entry) => entry.key),
      (i, error) => tell && sink(entries[i], error),
    ),
  });
  let base: Built | undefined = build([...reference.entries()], true);
  let added: PatternEntry[] = [];
  let recent: Built | undefined;
  const user: PatternUser = {
    check: (key) => {
      let problem: string | undefined;
      builder([key], (_, error) => problem = error);
      return problem;
    },
    added: (entry) => {
      added.push(entry);
      recent = undefined;
      if (added.length > RECENT) user.reset();
    },
    removed: () => user.reset(),
    reset: () => {
      base = undefined;
      recent = undefined;
      added = [];
    },
    find: (text) => foundBy(match, text, find),
  };
  reference.use(user);
  const look = ({ entries, index }: Built, value: Value) => entries[index(value)];
  const find: LiveIndex = (value) => {
    const old = look(base ??= build([...reference.entries()]), value);
    if (added.length === 0 || (old !== undefined && weight === undefined)) return old;
    const young = look(recent ??= build([...added]), value);
    if (old === undefined || young === undefined) return old ?? young;
    return weight!(young.key) > weight!(old.key) ? young : old;
  };
  return find;
}
