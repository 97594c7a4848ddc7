/** `json` and `json_query` (manual 7.3.1). */
import { findJson, type JsonStep, jsonString, parseJsonPath } from "../json_path.ts";
import { JSON_INPUTS, jsonText } from "../json_text.ts";
import type { ArgSpec, ConverterRow } from "../rows.ts";
import { readSint, SINT_MAX, SINT_MIN, toSint, Typed } from "../sample.ts";

const SECTION = "7.3.1";

/** The arguments of all converters that look into JSON. */
export const JSON_QUERY_ARGS: readonly ArgSpec[] = [
  {
    name: "json_path",
    type: "str",
    check: (path) =>
      parseJsonPath(path as string) === undefined
        ? "a path such as $.name, $.list[0] or $.a['b.c']"
        : undefined,
  },
  { name: "output_type", type: "enum", values: ["int"], optional: true },
];

/** An integer as it is; another number as its text (or cut to an integer). */
function numberOf(text: string, asInteger: boolean): Typed {
  if (/^-?[0-9]{1,400}$/.test(text)) {
    const exact = BigInt(text);
    if (asInteger || BigInt.asIntN(64, exact) === exact) return new Typed("sint", toSint(exact));
    return new Typed("str", text);
  }
  const value = Math.trunc(Number(text));
  if (!asInteger && value !== Number(text)) return new Typed("str", text);
  if (Number.isFinite(value)) return new Typed("sint", toSint(BigInt(value)));
  return new Typed("sint", value > 0 ? SINT_MAX : SINT_MIN);
}

/** The value at the end of the path in a JSON text, with its type; undefined when it cannot be one. */
export function queryJson(
  text: string,
  steps: readonly JsonStep[],
  asInteger: boolean,
): Typed | undefined {
  const found = findJson(text, steps);
  if (found === undefined) return undefined;
  const { kind, from, to } = found;
  switch (kind) {
    case "string": {
      const string = jsonString(text, from, to);
      if (!asInteger) return new Typed("str", string);
      return /^[-+]?[0-9]+$/.test(string) ? new Typed("sint", readSint(string)) : undefined;
    }
    case "number":
      return numberOf(text.slice(from, to), asInteger);
    case "true":
    case "false":
      return new Typed("bool", kind === "true");
    case "array":
      return asInteger ? undefined : new Typed("str", text.slice(from, to));
    default:
      return undefined;
  }
}

export const JSON_CONVERTERS: readonly ConverterRow[] = [
  {
    name: "json",
    args: [{ name: "input-code", type: "enum", values: JSON_INPUTS, optional: true }],
    input: "str",
    output: "str",
    tooLong: "fail",
    doc: "escaped for the inside of a JSON string; the input is ascii, or UTF-8 that is checked",
    section: SECTION,
    make: ([input = "ascii"]) => (value) => jsonText(value as string, input as string),
  },
  {
    name: "json_query",
    args: JSON_QUERY_ARGS,
    input: "str",
    output: "any",
    doc: "the string, number, boolean or array (as text) at a path in a JSON text",
    section: SECTION,
    make: ([path, type]) => {
      const steps = parseJsonPath(path as string)!;
      return (value) => queryJson(value as string, steps, type === "int");
    },
  },
];
