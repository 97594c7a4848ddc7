/** Converters of what stands in HTTP fields: `Host`, `Accept-Language` (manual 7.3.1). */
import type { ConverterRow } from "../rows.ts";
import { asciiLower } from "./text.ts";

const SECTION = "7.3.1";

/** Where the colon before the port stands; -1 without one. Colons inside of `[…]` do not count. */
function portColon(host: string): number {
  return host.indexOf(":", host.lastIndexOf("]") + 1) < 0 ? -1 : host.lastIndexOf(":");
}

interface Weighted {
  readonly language: string;
  readonly weight: number;
}

/** The elements of `Accept-Language` with their weights in thousandths (RFC 9110 section 12.5.4). */
function* languagesOf(field: string): Generator<Weighted> {
  for (const element of field.split(",")) {
    const [range, ...parameters] = element.split(";");
    let weight = 1000;
    for (const parameter of parameters) {
      const q = /^[ \t]*[qQ][ \t]*=[ \t]*([01](?:\.[0-9]{0,3})?)[ \t]*$/.exec(parameter);
      if (q !== null) weight = Math.min(1000, Math.round(Number(q[1]) * 1000));
    }
    yield { language: range.trim(), weight };
  }
}

/** The language of `known` that the client likes best; the first among equals. */
function bestLanguage(field: string, known: ReadonlySet<string>): string | undefined {
  let best: string | undefined;
  let bestWeight = 0;
  for (const { language, weight } of languagesOf(field)) {
    if (weight <= bestWeight) continue;
    const dash = language.indexOf("-");
    const found = known.has(language)
      ? language
      : dash > 0 && known.has(language.slice(0, dash))
      ? language.slice(0, dash)
      : undefined;
    if (found === undefined) continue;
    best = found;
    bestWeight = weight;
  }
  return best;
}

export const HTTP_FIELD_CONVERTERS: readonly ConverterRow[] = [
  {
    name: "host_only",
    args: [],
    input: "str",
    output: "str",
    doc: "the host of a Host header without its port, in lower case",
    section: SECTION,
    make: () => (value) => {
      const host = value as string;
      const colon = portColon(host);
      return asciiLower(colon < 0 ? host : host.slice(0, colon));
    },
  },
  {
    name: "port_only",
    args: [],
    input: "str",
    output: "sint",
    doc: "the port of a Host header; 0 when there is none",
    section: SECTION,
    make: () => (value) => {
      const host = value as string;
      const colon = portColon(host);
      const digits = colon < 0 ? "" : host.slice(colon + 1);
      if (digits === "") return 0;
      return /^[0-9]{1,9}$/.test(digits) ? Number(digits) : undefined;
    },
  },
  {
    name: "language",
    args: [
      { name: "value", type: "str" },
      { name: "default", type: "str", optional: true },
    ],
    input: "str",
    output: "str",
    doc:
      "the language of a list `en;fr;de` that an Accept-Language header prefers, else the default",
    section: SECTION,
    make: ([list, standard]) => {
      const known = new Set((list as string).split(";").filter((language) => language !== ""));
      return (value) => bestLanguage(value as string, known) ?? (standard as string | undefined);
    },
  },
];
