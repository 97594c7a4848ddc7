/**
 * `map` in all its forms, `map_<match>_<output>` (manual 7.3.1): a value looked up in a file. Each file is read once,
 * and searched by one index for each match method, however many expressions use it.
 */
import { parseIp } from "../ip.ts";
import { type MapEntry, parseMapFile } from "../map_file.ts";
import { INDEX_BUILDERS, type PatternIndex, regexesOf } from "../match_index.ts";
import { expand, type Regex } from "../regex.ts";
import type { ArgSpec, ArgType, ArgValue, Convert, ConverterRow, Lookup } from "../rows.ts";
import { readSint, type SampleType, type Value } from "../sample.ts";
import { Shared } from "../shared.ts";

const SECTION = "7.3.1";

const INPUTS: Readonly<Record<string, SampleType>> = {
  str: "str",
  beg: "str",
  sub: "str",
  dir: "str",
  dom: "str",
  end: "str",
  reg: "str",
  int: "sint",
  ip: "ip",
};

const MATCH_DOCS: Readonly<Record<string, string>> = {
  str: "the key that is the string",
  beg: "the longest key that the string begins with",
  sub: "the first key that the string contains",
  dir: "the first key that is a part of the string between slashes",
  dom: "the first key that is a part of the string between dots",
  end: "the first key that the string ends with",
  reg: "the first key, a regular expression, that the string matches",
  int: "the first key, an integer or a range, that the integer is or is in",
  ip: "the key, the smallest network, that the address is in",
};

interface Output {
  readonly type: SampleType;
  /** of the default value */
  readonly arg: ArgType;
  readonly what: string;
  readonly read: (entry: MapEntry) => Value | undefined;
}

const OUTPUTS: Readonly<Record<string, Output>> = {
  str: { type: "str", arg: "str", what: "a string", read: ({ value }) => value },
  int: {
    type: "sint",
    arg: "int",
    what: "an integer",
    read: ({ value }) => /^[-+]?[0-9]{1,19}$/.test(value) ? readSint(value) : undefined,
  },
  ip: { type: "ip", arg: "ip", what: "an address", read: ({ value }) => parseIp(value) },
};

interface Loaded<T> {
  readonly made: T;
  /** what is wrong in the file: the first mistakes */
  readonly errors: readonly string[];
}

/** Mistakes of one file that are told: a file of the wrong kind has as many as it has lines. */
const TOLD = 3;

const entriesOf = (path: string, lookup: Lookup, shared: Shared): readonly MapEntry[] =>
  shared.once(`map file ${path}`, () => parseMapFile(lookup.readFile?.(path) ?? ""));

function load<T>(
  key: string,
  path: string,
  lookup: Lookup,
  make: (entries: readonly MapEntry[], sink: (index: number, error: string) => void) => T,
): Loaded<T> {
  const shared = lookup.shared ?? new Shared();
  return shared.once(`${key} ${path}`, () => {
    const entries = entriesOf(path, lookup, shared);
    const errors: string[] = [];
    const made = make(entries, (index, error) => {
      if (errors.length < TOLD) errors.push(`${error} (line ${entries[index].line} of '${path}')`);
    });
    return { made, errors };
  });
}

const indexOf = (match: string, path: string, lookup: Lookup): Loaded<PatternIndex> =>
  load(
    `map index ${match}`,
    path,
    lookup,
    (entries, sink) => INDEX_BUILDERS[match](entries.map((entry) => entry.key), sink),
  );

const regexes = (path: string, lookup: Lookup): Loaded<Regex[]> =>
  load(
    "map regexes",
    path,
    lookup,
    (entries, sink) => regexesOf(entries.map((entry) => entry.key), sink),
  );

const valuesOf = (output: string, path: string, lookup: Lookup): Loaded<Value[]> =>
  load(`map values ${output}`, path, lookup, (entries, sink) =>
    entries.map((entry, i) => {
      if (output === "key") return entry.key;
      const value = OUTPUTS[output].read(entry);
      if (value === undefined) sink(i, `'${entry.value}' is not ${OUTPUTS[output].what}`);
      return value ?? "";
    }));

const FILE: ArgSpec = { name: "map_file", type: "file" };

function mapRow(match: string, output: string): ConverterRow {
  const suffix = output === "str" ? "" : `_${output}`;
  const { type, arg } = OUTPUTS[output] ?? OUTPUTS.str;
  const name = `map_${match}${suffix}`;
  return {
    name,
    ...(name === "map_str" ? { aliases: ["map"] } : {}),
    args: output === "key"
      ? [FILE]
      : [FILE, { name: "default_value", type: arg, optional: true, mayBeEmpty: true }],
    input: INPUTS[match],
    output: type,
    doc: `${output === "key" ? "" : "what a file has for "}${MATCH_DOCS[match]}${
      output === "key" ? ", itself" : ""
    }`,
    section: SECTION,
    check: ([path], lookup) =>
      [
        ...indexOf(match, path as string, lookup).errors,
        ...valuesOf(output, path as string, lookup).errors,
      ][0],
    make: ([path, standard], lookup) => {
      const index = indexOf(match, path as string, lookup).made;
      const values = valuesOf(output, path as string, lookup).made;
      return (value) => {
        const at = index(value);
        return at < 0 ? standard as Value | undefined : values[at];
      };
    },
  };
}

/** `map_regm`: groups of the match are put into the value. */
const REGM: ConverterRow = {
  name: "map_regm",
  args: [FILE, { name: "default_value", type: "str", optional: true, mayBeEmpty: true }],
  input: "str",
  output: "str",
  tooLong: "cut",
  doc: "as map_reg, with \\1 in the value replaced by what group 1 of the key matched",
  section: SECTION,
  check: ([path], lookup) => regexes(path as string, lookup).errors[0],
  make: ([path, standard]: readonly ArgValue[], lookup): Convert => {
    const { made } = regexes(path as string, lookup);
    const values = valuesOf("str", path as string, lookup).made as string[];
    return (value) => {
      for (let i = 0; i < made.length; i++) {
        const groups = made[i].groups(value as string);
        if (groups !== undefined) return expand(values[i], groups);
      }
      return standard as string | undefined;
    };
  },
};

export const MAP_CONVERTERS: readonly ConverterRow[] = [
  ...Object.keys(INPUTS).flatMap((match) =>
    ["str", "int", "ip", "key"].map((output) => mapRow(match, output))
  ),
  REGM,
];
