/** Converters of text (manual 7.3.1). Strings are latin1; case is that of ASCII only, as in HAProxy. */
import type { StreamView } from "../context.ts";
import type { ArgSpec, ArgValue, ConverterRow } from "../rows.ts";
import type { Sint } from "../sample.ts";
import type { Variable } from "../variables.ts";
import { readAs } from "./variable.ts";

const SECTION = "7.3.1";

/** ASCII lower case; bytes from 128 on stay. */
export function asciiLower(text: string): string {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase();
  return text.replace(/[A-Z]+/g, (part) => part.toLowerCase());
}

/** ASCII upper case; bytes from 128 on stay. */
export function asciiUpper(text: string): string {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return text.toUpperCase();
  return text.replace(/[a-z]+/g, (part) => part.toUpperCase());
}

/** Delimiters as a test of one character's code. */
function delimiterTest(delimiters: string): (c: number) => boolean {
  if (delimiters.length === 1) {
    const only = delimiters.charCodeAt(0);
    return (c) => c === only;
  }
  return (c) => delimiters.indexOf(String.fromCharCode(c)) >= 0;
}

/**
 * Field `index` (1 = first, -1 = last) and `count - 1` more behind it (before it, when counted from the end);
 * count 0: all the rest. Undefined when there is no such field.
 */
export function fieldOf(
  text: string,
  index: number,
  isDelimiter: (c: number) => boolean,
  count: number,
): string | undefined {
  const starts = [0];
  for (let i = 0; i < text.length; i++) {
    if (isDelimiter(text.charCodeAt(i))) starts.push(i + 1);
  }
  const endOf = (n: number) => n + 1 < starts.length ? starts[n + 1] - 1 : text.length;
  if (index > 0) {
    if (index > starts.length) return undefined;
    const last = count === 0 ? starts.length - 1 : Math.min(starts.length, index + count - 1) - 1;
    return text.slice(starts[index - 1], endOf(last));
  }
  const last = starts.length + index;
  if (last < 0) return undefined;
  const first = count === 0 ? 0 : Math.max(0, last - count + 1);
  return text.slice(starts[first], endOf(last));
}

/**
 * As `fieldOf`, but runs of delimiters count as one and those at the ends do not count. "" when there is no such
 * word. When more words are asked for than there are, the delimiters at that end of the text come with them.
 */
export function wordOf(
  text: string,
  index: number,
  isDelimiter: (c: number) => boolean,
  count: number,
): string {
  const words: [number, number][] = [];
  for (let i = 0; i < text.length;) {
    if (isDelimiter(text.charCodeAt(i))) {
      i++;
      continue;
    }
    const from = i;
    while (i < text.length && !isDelimiter(text.charCodeAt(i))) i++;
    words.push([from, i]);
  }
  if (index > 0) {
    if (index > words.length) return "";
    const last = index + count - 1;
    const toEnd = count === 0 || last > words.length;
    return text.slice(words[index - 1][0], toEnd ? text.length : words[last - 1][1]);
  }
  const last = words.length + index;
  if (last < 0) return "";
  const first = last - count + 1;
  return text.slice(count === 0 || first < 0 ? 0 : words[first][0], words[last][1]);
}

const notNegative = (v: ArgValue) =>
  typeof v === "object" || Number(v) >= 0 ? undefined : "0 or more, or a variable";

/** An operand's value: the constant, or the variable's integer. */
function operandReader(operand: ArgValue): (stream: StreamView) => Sint | undefined {
  if (typeof operand !== "object") return () => operand as Sint;
  return readAs(operand as Variable, "sint") as (stream: StreamView) => Sint | undefined;
}

const CUT_ARGS: readonly ArgSpec[] = [
  {
    name: "index",
    type: "int",
    check: (v) => v === 0 ? "an index of 1 or more, or of -1 or less" : undefined,
  },
  {
    name: "delimiters",
    type: "str",
    check: (v) => v === "" ? "one or more characters" : undefined,
  },
  {
    name: "count",
    type: "int",
    optional: true,
    check: (v) => Number(v) >= 0 ? undefined : "0 or more",
  },
];

const CHARS: readonly ArgSpec[] = [{ name: "chars", type: "str" }];

function cutRow(
  name: string,
  doc: string,
  cut: (text: string, index: number, test: (c: number) => boolean, count: number) =>
    | string
    | undefined,
): ConverterRow {
  return {
    name,
    args: CUT_ARGS,
    input: "str",
    output: "str",
    doc,
    section: SECTION,
    make: ([index, delimiters, count]) => {
      const test = delimiterTest(delimiters as string);
      const n = (count ?? 1) as number;
      return (value) => cut(value as string, index as number, test, n);
    },
  };
}

export const TEXT_CONVERTERS: readonly ConverterRow[] = [
  {
    name: "lower",
    args: [],
    input: "str",
    output: "str",
    doc: "the string in lower case",
    section: SECTION,
    make: () => (value) => asciiLower(value as string),
  },
  {
    name: "upper",
    args: [],
    input: "str",
    output: "str",
    doc: "the string in upper case",
    section: SECTION,
    make: () => (value) => asciiUpper(value as string),
  },
  {
    name: "length",
    args: [],
    input: "str",
    output: "sint",
    doc: "the string's length in bytes",
    section: SECTION,
    make: () => (value) => (value as string).length,
  },
  {
    name: "bytes",
    args: [
      { name: "offset", type: "operand", check: notNegative },
      { name: "length", type: "operand", optional: true, check: notNegative },
    ],
    input: "bin",
    output: "bin",
    doc: "the bytes from an offset on, at most `length` of them; either may be a variable",
    section: SECTION,
    make: ([offset, length]) => {
      const offsetOf = operandReader(offset);
      const lengthOf = length === undefined ? undefined : operandReader(length);
      return (value, stream) => {
        const text = value as string;
        const from = offsetOf(stream);
        const count = lengthOf === undefined ? text.length : lengthOf(stream);
        if (from === undefined || count === undefined) return undefined;
        if (from < 0 || count < 0 || from >= text.length) return "";
        return text.slice(Number(from), Number(from) + Number(count));
      };
    },
  },
  cutRow("field", "the field number `index` of those that the delimiters part", fieldOf),
  cutRow(
    "word",
    "the word number `index`; delimiters that follow each other part only once",
    wordOf,
  ),
  {
    name: "ltrim",
    args: CHARS,
    input: "str",
    output: "str",
    doc: "the string without the given characters at its beginning",
    section: SECTION,
    make: ([chars]) => {
      const test = delimiterTest(chars as string);
      return (value) => {
        const text = value as string;
        let from = 0;
        while (from < text.length && test(text.charCodeAt(from))) from++;
        return text.slice(from);
      };
    },
  },
  {
    name: "rtrim",
    args: CHARS,
    input: "str",
    output: "str",
    doc: "the string without the given characters at its end",
    section: SECTION,
    make: ([chars]) => {
      const test = delimiterTest(chars as string);
      return (value) => {
        const text = value as string;
        let to = text.length;
        while (to > 0 && test(text.charCodeAt(to - 1))) to--;
        return text.slice(0, to);
      };
    },
  },
  {
    name: "cut_crlf",
    args: [],
    input: "str",
    output: "str",
    doc: "the string up to the first carriage return or line feed",
    section: SECTION,
    make: () => (value) => {
      const text = value as string;
      const end = text.search(/[\r\n]/);
      return end < 0 ? text : text.slice(0, end);
    },
  },
  {
    name: "reverse",
    args: [],
    input: "str",
    output: "str",
    doc: "the bytes in reverse order",
    section: SECTION,
    make: () => (value) => {
      const text = value as string;
      let out = "";
      for (let i = text.length; i-- > 0;) out += text[i];
      return out;
    },
  },
  {
    name: "reverse_dom",
    args: [],
    input: "str",
    output: "str",
    doc: "the labels of a host name in reverse order; no sample when one is empty",
    section: SECTION,
    make: () => (value) => {
      const labels = (value as string).replace(/\.$/, "").split(".");
      return labels.includes("") ? undefined : labels.reverse().join(".");
    },
  },
  {
    name: "param",
    args: [
      { name: "name", type: "str" },
      {
        name: "delim",
        type: "str",
        optional: true,
        check: (v) => String(v).length === 1 ? undefined : "one character",
      },
    ],
    input: "str",
    output: "str",
    doc: "the first value of a parameter among those that the delimiter (&) parts; empty without =",
    section: SECTION,
    make: ([name, delimiter = "&"]) => {
      const wanted = name as string;
      return (value) => {
        const text = value as string;
        for (let at = 0; at <= text.length;) {
          const next = text.indexOf(delimiter as string, at);
          const end = next < 0 ? text.length : next;
          if (text.startsWith(wanted, at)) {
            const behind = at + wanted.length;
            if (behind === end) return "";
            if (behind < end && text[behind] === "=") return text.slice(behind + 1, end);
          }
          at = end + 1;
        }
        return undefined;
      };
    },
  },
  {
    name: "has_ctl",
    args: [{
      name: "mask",
      type: "str",
      optional: true,
      check: (v) =>
        maskOf(v as string) === undefined ? "'any', 'http' or a 33-bit number" : undefined,
    }],
    input: "bin",
    output: "bool",
    doc: "true when a control character is there: all but the tab, or those of the mask",
    section: SECTION,
    make: ([mask]) => {
      const bits = maskOf((mask ?? "0x1fffffdff") as string)!;
      return (value) => {
        const text = value as string;
        for (let i = 0; i < text.length; i++) {
          const c = text.charCodeAt(i);
          if (c < 32 ? (bits.low >>> c & 1) === 1 : c === 127 && bits.del) return true;
        }
        return false;
      };
    },
  },
];

/** The characters that a mask of `has_ctl` names: one bit for each below 32, bit 32 for DEL. */
function maskOf(text: string): { readonly low: number; readonly del: boolean } | undefined {
  if (text === "any") return { low: 0xffffffff, del: true };
  if (text === "http") return { low: 0x2401, del: false };
  if (!/^(0x[0-9a-fA-F]{1,9}|[0-9]{1,10})$/.test(text)) return undefined;
  const n = Number(text);
  return n < 2 ** 33 ? { low: n % 2 ** 32 >>> 0, del: n >= 2 ** 32 } : undefined;
}
