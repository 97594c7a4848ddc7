/**
 * `map` in all its forms, `map_<match>_<output>` (manual 7.3.1): a value looked up in a file. Each file is read once,
 * and searched by one index for each match method, however many expressions use it.
 */
import { parseIp } from "../ip.ts";
import { type LiveIndex, liveIndex } from "../live_index.ts";
import { referenceNamed } from "../pattern_file.ts";
import type { PatternEntry, PatternReference } from "../pattern_store.ts";
import { compileRegex, expand, type Regex } from "../regex.ts";
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
  readonly read: (value: string) => Value | undefined;
}

const OUTPUTS: Readonly<Record<string, Output>> = {
  str: { type: "str", arg: "str", what: "a string", read: (value) => value },
  int: {
    type: "sint",
    arg: "int",
    what: "an integer",
    read: (value) => /^[-+]?[0-9]{1,19}$/.test(value) ? readSint(value) : undefined,
  },
  ip: { type: "ip", arg: "ip", what: "an address", read: parseIp },
};

/** The map of this name, or what is wrong with it. */
function mapNamed(name: string, lookup: Lookup): PatternReference | string {
  const shared = lookup.shared ?? new Shared();
  return referenceNamed("map", name, shared, lookup.readFile) ??
    `map file '${name}' cannot be read`;
}

/** The same, when it is known that there is one; it learns where it is used. */
function mapUsed(name: string, lookup: Lookup): PatternReference {
  const map = mapNamed(name, lookup) as PatternReference;
  const { at } = lookup;
  if (at !== undefined) map.uses.push(`map at file '${at.file}' line ${at.line}`);
  return map;
}

/** The first line in which something is wrong, and what. */
function mistakeIn(
  map: PatternReference,
  check: (entry: PatternEntry) => string | undefined,
): string | undefined {
  for (const entry of map.entries()) {
    const error = check(entry);
    if (error !== undefined) return inLine(entry, error, map);
  }
  return undefined;
}

const inLine = ({ line }: PatternEntry, error: string, { name }: PatternReference) =>
  `${error} (line ${line} of '${name}')`;

function valueMistake(output: string, value: string): string | undefined {
  const row = OUTPUTS[output];
  if (row === undefined || row.read(value) !== undefined) return undefined;
  return `'${value}' is not ${row.what}`;
}

interface Indexed {
  readonly find: LiveIndex;
  /** what is wrong with a key */
  readonly mistake: string | undefined;
}

/** One index for each match method, however many converters use the map. */
function indexOf(match: string, map: PatternReference, lookup: Lookup): Indexed {
  const make = (): Indexed => {
    let mistake: string | undefined;
    const find = liveIndex(match, map, (entry, error) => mistake ??= inLine(entry, error, map));
    return { find, mistake };
  };
  const { shared } = lookup;
  return shared === undefined ? make() : shared.once(`map index ${match} ${map.name}`, make);
}

/** Values that are added must be what this converter gives. */
function needValues(output: string, map: PatternReference): void {
  if (output !== "int" && output !== "ip") return;
  map.use({
    check: (_, value) => valueMistake(output, value),
    added: () => {},
    removed: () => {},
    reset: () => {},
  });
}

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
    check: ([path], lookup) => {
      const map = mapNamed(path as string, lookup);
      if (typeof map === "string") return map;
      return indexOf(match, map, lookup).mistake ??
        mistakeIn(map, ({ value }) => valueMistake(output, value));
    },
    make: ([path, standard], lookup) => {
      const map = mapUsed(path as string, lookup);
      needValues(output, map);
      const { find } = indexOf(match, map, lookup);
      if (output === "key") return (value) => find(value)?.key;
      if (output === "str") {
        return (value) => {
          const entry = find(value);
          return entry === undefined ? standard as Value | undefined : entry.value;
        };
      }
      const { read } = OUTPUTS[output];
      return (value) => {
        const entry = find(value);
        return entry === undefined ? standard as Value | undefined : entry.as(read);
      };
    },
  };
}

const regexMistake = ({ key }: Pick<PatternEntry, "key">): string | undefined => {
  const compiled = compileRegex(key, false);
  return "error" in compiled ? `regex '${key}' is refused: ${compiled.error}` : undefined;
};

/** `map_regm`: groups of the match are put into the value. */
const REGM: ConverterRow = {
  name: "map_regm",
  args: [FILE, { name: "default_value", type: "str", optional: true, mayBeEmpty: true }],
  input: "str",
  output: "str",
  tooLong: "cut",
  doc: "as map_reg, with \\1 in the value replaced by what group 1 of the key matched",
  section: SECTION,
  check: ([path], lookup) => {
    const map = mapNamed(path as string, lookup);
    return typeof map === "string" ? map : mistakeIn(map, regexMistake);
  },
  make: ([path, standard]: readonly ArgValue[], lookup): Convert => {
    const map = mapUsed(path as string, lookup);
    let made: { readonly regex: Regex; readonly entry: PatternEntry }[] = [];
    const add = (entry: PatternEntry) => {
      const compiled = compileRegex(entry.key, false);
      if ("regex" in compiled) made.push({ regex: compiled.regex, entry });
    };
    const build = () => {
      made = [];
      for (const entry of map.entries()) add(entry);
    };
    build();
    map.use({
      check: (key) => regexMistake({ key }),
      added: add,
      removed: build,
      reset: build,
    });
    return (value) => {
      for (const { regex, entry } of made) {
        const groups = regex.groups(value as string);
        if (groups !== undefined) return expand(entry.value, groups);
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
