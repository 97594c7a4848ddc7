/** Converters that read or write variables (manual 7.3.1). */
import type { StreamView } from "../context.ts";
import type { ArgSpec, Convert, ConverterRow } from "../rows.ts";
import { castOf, type FixedType, typed, type Value } from "../sample.ts";
import { CONDITION_NAMES, conditionOf } from "../variable_conditions.ts";
import type { Variable } from "../variables.ts";

const SECTION = "7.3.1";
const VARIABLE: ArgSpec = { name: "var", type: "variable" };
const CONDITION: ArgSpec = {
  name: "cond",
  type: "enum",
  values: CONDITION_NAMES,
  optional: true,
};

/** The variable's value as another type; undefined when it has none, or none of that type. */
export function readAs(variable: Variable, type: FixedType) {
  return (stream: StreamView): Value | undefined => {
    const found = variable.get(stream);
    return found && castOf(found.type, type)?.(found.value);
  };
}

/** The order of two texts as `strcmp` has it, and HAProxy after it: a shorter one comes first. */
function compare(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = a.charCodeAt(i) - b.charCodeAt(i);
    if (difference !== 0) return difference;
  }
  return Math.sign(a.length - b.length);
}

/** Compares texts of one length in a time that does not depend on where they differ. */
function isSameSecret(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let different = 0;
  for (let i = 0; i < a.length; i++) different |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return different === 0;
}

export const VARIABLE_CONVERTERS: readonly ConverterRow[] = [
  {
    name: "set-var",
    args: [VARIABLE, CONDITION, CONDITION, CONDITION, CONDITION],
    input: "any",
    output: "same",
    doc: "sets a variable to the sample and gives the sample; none when a condition does not hold",
    section: SECTION,
    make: ([name, ...conditions], _, from): Convert => {
      const variable = name as Variable;
      const holds = conditionOf(variable, conditions as (string | undefined)[]);
      return (value, stream) => {
        const sample = typed(from, value);
        if (holds !== undefined && !holds(sample, stream)) return undefined;
        return variable.set(stream, sample) ? value : undefined;
      };
    },
  },
  {
    name: "unset-var",
    args: [VARIABLE],
    input: "any",
    output: "same",
    doc: "unsets a variable and gives the sample",
    section: SECTION,
    make: ([name]): Convert => (value, stream) => {
      (name as Variable).unset(stream);
      return value;
    },
  },
  {
    name: "concat",
    args: [
      { name: "start", type: "str", optional: true },
      { name: "var", type: "variable", optional: true },
      { name: "end", type: "str", optional: true },
    ],
    input: "str",
    output: "str",
    tooLong: "cut",
    doc: "the string, then a string, then a variable, then another string",
    section: SECTION,
    make: ([start = "", name, end = ""]): Convert => {
      if (name === undefined) {
        const rest = `${start}${end}`;
        return (value) => (value as string) + rest;
      }
      const read = readAs(name as Variable, "str");
      return (value, stream) =>
        (value as string) + (start as string) + (read(stream) ?? "") + (end as string);
    },
  },
  {
    name: "add_item",
    args: [
      { name: "delim", type: "str" },
      { name: "var", type: "variable", optional: true },
      { name: "suff", type: "str", optional: true },
    ],
    input: "str",
    output: "str",
    tooLong: "cut",
    doc: "adds a variable and a string to a list; the delimiter only between what is not empty",
    section: SECTION,
    check: ([, name, suffix]) =>
      name === undefined && (suffix === undefined || suffix === "")
        ? "'add_item' needs a variable or a string to add"
        : undefined,
    make: ([delimiter, name, suffix = ""]): Convert => {
      const read = name === undefined ? undefined : readAs(name as Variable, "str");
      return (value, stream) => {
        const list = value as string;
        const item = `${(read?.(stream) ?? "") as string}${suffix}`;
        return list === "" || item === "" ? list + item : list + (delimiter as string) + item;
      };
    },
  },
  {
    name: "strcmp",
    args: [VARIABLE],
    input: "str",
    output: "sint",
    doc: "0 when the string is that of a variable, less when it stands before it, more when behind",
    section: SECTION,
    make: ([name]): Convert => {
      const read = readAs(name as Variable, "str");
      return (value, stream) => {
        const other = read(stream);
        return other === undefined ? undefined : compare(value as string, other as string);
      };
    },
  },
  {
    name: "secure_memcmp",
    args: [VARIABLE],
    input: "bin",
    output: "bool",
    doc: "true when the bytes are those of a variable; takes as long wherever they differ",
    section: SECTION,
    make: ([name]): Convert => {
      const read = readAs(name as Variable, "bin");
      return (value, stream) => {
        const other = read(stream);
        return other === undefined ? undefined : isSameSecret(value as string, other as string);
      };
    },
  },
];
