/**
 * Argument types: how one word of a statement is read, what it is called in a message, and what it
 * looks like in the JSON Schema. Keyword rows are built of these; nothing here knows any keyword.
 */
import type { Word } from "../document.ts";
import { nearest } from "../suggest.ts";

/** A JSON Schema (2020-12) fragment. */
export type JsonSchema = { readonly [key: string]: unknown };

/** Why a word was not taken. Returned, not thrown: one statement may have several. */
export class Refusal {
  constructor(
    /** A sentence without a final full stop that names the word in single quotes. */
    readonly message: string,
    readonly allowed?: string,
    readonly nearest?: string,
  ) {}
}

/** One kind of argument. */
export interface ArgType<T> {
  /** How the argument is written in a usage line: `<time>`, `http|tcp`. */
  readonly label: string;
  /** What may stand there, as a phrase: "a time such as 500, 500ms, 5s or 1m". */
  readonly describe: string;
  readonly schema: JsonSchema;
  /** The words of an enumeration. */
  readonly words?: readonly string[];
  parse(word: Word): T | Refusal;
}

/** The largest time that fits in a 31-bit count of milliseconds, about 24.8 days (manual 2.5). */
export const MAX_TIME = 2147483647;

const UNIT_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const TIME_PATTERN = "^[0-9]+(us|ms|s|m|h|d)?$";

/**
 * A time (manual 2.5), in milliseconds. `unit` is what a bare number counts. Fractions of a millisecond
 * are rounded up, so that a limit that was written never becomes "no limit".
 */
export function time(
  options: { min?: number; max?: number; unit?: "ms" | "s"; label?: string } = {},
): ArgType<number> {
  const { min = 0, max = MAX_TIME, unit = "ms", label = "<time>" } = options;
  const describe = `a time such as 500${unit === "ms" ? "" : "ms"}, 5s or 1m` +
    ` (units us, ms, s, m, h, d; ${unit} when there is none)` +
    (min > 0 ? `, at least ${min} ms` : "") +
    (max > MAX_TIME ? "" : max === MAX_TIME ? ", at most 24 days" : `, at most ${max} ms`);
  return {
    label,
    describe,
    schema: {
      anyOf: [
        { type: "string", pattern: TIME_PATTERN },
        { type: "integer", minimum: unit === "ms" ? min : 0 },
      ],
      description: describe,
    },
    parse({ text }) {
      const match = /^([0-9]+)([^0-9].*)?$/.exec(text);
      if (match === null) return new Refusal(`'${text}' is not a time`, describe);
      const suffix = match[2] ?? unit;
      const factor = UNIT_MS[suffix];
      if (factor === undefined) {
        return new Refusal(
          `unknown unit '${suffix}' in the time '${text}'`,
          "the units us, ms, s, m, h and d",
          nearest(suffix.toLowerCase(), Object.keys(UNIT_MS)),
        );
      }
      const ms = Math.ceil(Number(match[1]) * factor);
      if (ms > max) {
        const days = max === MAX_TIME ? " (about 24.8 days)" : "";
        return new Refusal(
          `the time '${text}' is too long: the maximum is ${max} ms${days}`,
          describe,
        );
      }
      if (ms < min) {
        return new Refusal(`the time '${text}' is too short: the minimum is ${min} ms`, describe);
      }
      return ms;
    },
  };
}

/** The largest number that counts something; larger ones are refused without naming it as a bound. */
export const COUNT = 2147483647;

/** A whole number within bounds, both included. */
export function integer(
  min: number,
  max: number = COUNT,
  label = "<number>",
): ArgType<number> {
  const describe = max >= COUNT
    ? min === 0 ? "a number that is not negative" : `a number of at least ${min}`
    : `a number from ${min} to ${max}`;
  const schema: Record<string, unknown> = { type: "integer", minimum: min };
  if (max < COUNT) schema.maximum = max;
  return {
    label,
    describe,
    schema,
    parse({ text }) {
      if (!/^[+-]?[0-9]{1,16}$/.test(text)) {
        return new Refusal(`'${text}' is not a whole number`, describe);
      }
      const value = Number(text);
      if (value < min || value > max) {
        return new Refusal(
          `the number '${text}' is out of range`,
          describe,
        );
      }
      return value;
    },
  };
}

/** A size in bytes with the optional suffixes k, m and g (powers of 1024). */
export function size(min: number, max: number): ArgType<number> {
  const describe = `a size in bytes from ${min} to ${max}, or with a suffix k, m or g`;
  return {
    label: "<size>",
    describe,
    schema: {
      anyOf: [
        { type: "integer", minimum: min, maximum: max },
        { type: "string", pattern: "^[0-9]+[kKmMgG]?$" },
      ],
      description: describe,
    },
    parse({ text }) {
      const match = /^([0-9]{1,15})([kKmMgG]?)$/.exec(text);
      if (match === null) return new Refusal(`'${text}' is not a size`, describe);
      const shift = { "": 1, k: 1024, m: 1048576, g: 1073741824 }[match[2].toLowerCase()]!;
      const bytes = Number(match[1]) * shift;
      if (bytes < min || bytes > max) {
        return new Refusal(`the size '${text}' is out of range`, describe);
      }
      return bytes;
    },
  };
}

/** One of a few words. */
export function oneOf<const W extends string>(...words: readonly W[]): ArgType<W> {
  const describe = words.length === 1
    ? `'${words[0]}'`
    : `${words.slice(0, -1).map((w) => `'${w}'`).join(", ")} or '${words.at(-1)}'`;
  return {
    label: words.length > 8 ? "<word>" : words.join("|"),
    describe,
    words,
    schema: { enum: words },
    parse({ text }) {
      if ((words as readonly string[]).includes(text)) return text as W;
      return new Refusal(`'${text}' is not possible here`, describe, nearest(text, words));
    },
  };
}

/** `on` or `off`. */
export const onOff: ArgType<boolean> = {
  label: "on|off",
  describe: "'on' or 'off'",
  words: ["on", "off"],
  schema: { enum: ["on", "off", true, false] },
  parse({ text }) {
    if (text === "on" || text === "true") return true;
    if (text === "off" || text === "false") return false;
    return new Refusal(
      `'${text}' is neither 'on' nor 'off'`,
      "'on' or 'off'",
      nearest(text, ["on", "off"]),
    );
  },
};

/** Any text that is not empty. */
export function text(label = "<text>", describe = "a text that is not empty"): ArgType<string> {
  return {
    label,
    describe,
    schema: { type: ["string", "number", "boolean"] },
    parse: (word) =>
      word.text === "" ? new Refusal(`${label} must not be empty`, describe) : word.text,
  };
}

/** Any word, with its place: for what is looked up or compiled later. */
export function word(label: string, describe = "one word"): ArgType<Word> {
  return {
    label,
    describe,
    schema: { type: ["string", "number", "boolean"] },
    parse: (w) => w.text === "" ? new Refusal(`${label} must not be empty`, describe) : w,
  };
}

/** The path of a file or directory. */
export function path(label = "<path>"): ArgType<string> {
  return text(label, "a path");
}

/** Octal file permissions, `600` or `0660`. */
export const fileMode: ArgType<number> = {
  label: "<mode>",
  describe: "octal file permissions such as 600 or 660",
  schema: { anyOf: [{ type: "string", pattern: "^0?[0-7]{1,4}$" }, { type: "integer" }] },
  parse({ text }) {
    return /^0?[0-7]{1,4}$/.test(text) ? parseInt(text, 8) : new Refusal(
      `'${text}' is not an octal file mode`,
      "octal file permissions such as 600 or 660",
    );
  },
};

/** A name made of letters, digits, `-`, `_`, `.` and `:` (manual 4). */
export function name(label = "<name>"): ArgType<string> {
  const describe = "letters, digits, '-', '_', '.' and ':'";
  return {
    label,
    describe,
    schema: { type: ["string", "integer"], pattern: "^[A-Za-z0-9_.:-]+$" },
    parse({ text }) {
      const bad = /[^A-Za-z0-9_.:-]/.exec(text);
      if (bad !== null) {
        return new Refusal(`character '${bad[0]}' is not allowed in the name '${text}'`, describe);
      }
      return text === "" ? new Refusal("a name must not be empty", describe) : text;
    },
  };
}

/** RFC 9110 section 5.6.2 */
export const headerName: ArgType<string> = {
  label: "<header>",
  describe: "the name of an HTTP header",
  schema: { type: "string", pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" },
  parse({ text }) {
    return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(text)
      ? text
      : new Refusal(`'${text}' is not the name of an HTTP header`, headerName.describe);
  },
};
