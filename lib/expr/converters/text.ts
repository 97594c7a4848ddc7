/** Converters of text (manual 7.3.1). Strings are latin1; case is that of ASCII only, as in HAProxy. */
import type { ArgSpec, ConverterRow } from "../rows.ts";

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
      {
        name: "offset",
        type: "int",
        check: (v) => Number(v) >= 0 ? undefined : "0 or more",
      },
      {
        name: "length",
        type: "int",
        optional: true,
        check: (v) => Number(v) >= 0 ? undefined : "0 or more",
      },
    ],
    input: "bin",
    output: "bin",
    doc: "the bytes from an offset on, at most `length` of them",
    section: SECTION,
    make: ([offset, length]) => {
      const from = offset as number;
      const to = length === undefined ? undefined : from + (length as number);
      return (value) => {
        const text = value as string;
        return from >= text.length ? "" : text.slice(from, to);
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
];
