/** What a rule `expect` looks for (manual 4.2 `http-check expect`, `tcp-check expect`). */
import type { Word } from "../document.ts";
import type { CheckMatch, HeaderPattern } from "../model_check.ts";
import { type ArgType, oneOf, Refusal, word } from "./args.ts";
import type { RuleWords } from "./check_settings.ts";

export type ReadMatch = (words: RuleWords, name: Word) => CheckMatch | undefined;

const pattern = word("<string>", "a text that is not empty");
const regex = word("<regex>", "a regular expression");
const format = word("<fmt>", "a log format");
const hexFormat = word("<hexfmt>", "a log format that gives hexadecimal digits");

/** Bytes in hexadecimal, as a latin1 text. */
export const hexString: ArgType<string> = {
  label: "<hexstring>",
  describe: "an even number of hexadecimal digits",
  schema: { type: "string", pattern: "^([0-9A-Fa-f]{2})+$" },
  parse({ text }) {
    if (!/^([0-9A-Fa-f]{2})+$/.test(text)) {
      return new Refusal(`'${text}' is not an even number of hexadecimal digits`);
    }
    return text.replace(/../g, (digits) => String.fromCharCode(parseInt(digits, 16)));
  },
};

/** `200,300-399` */
const statusCodes: ArgType<readonly (readonly [number, number])[]> = {
  label: "<codes>",
  describe: "status codes and ranges of them, separated by commas: '200,300-399'",
  schema: {
    type: ["string", "integer"],
    pattern: "^[0-9]{3}(-[0-9]{3})?(,[0-9]{3}(-[0-9]{3})?)*$",
  },
  parse({ text }) {
    const ranges: [number, number][] = [];
    for (const part of text.split(",")) {
      const match = /^([0-9]{3})(?:-([0-9]{3}))?$/.exec(part);
      if (match === null) {
        return new Refusal(`'${part}' is not a status code or a range`, statusCodes.describe);
      }
      const from = Number(match[1]);
      const to = Number(match[2] ?? from);
      if (to < from) return new Refusal(`the range '${part}' is empty`, statusCodes.describe);
      ranges.push([from, to]);
    }
    return ranges;
  },
};

const text: ReadMatch = (words, name) => {
  const found = words.value(name, pattern);
  return found && { kind: "string", pattern: found.text };
};
const regular = (kind: "rstring" | "rbinary" | "rstatus"): ReadMatch => (words, name) => {
  const found = words.value(name, regex);
  return found && { kind, pattern: found };
};
const formatted = (kind: "string-lf" | "binary-lf"): ReadMatch => (words, name) => {
  const found = words.value(name, kind === "string-lf" ? format : hexFormat);
  return found && { kind, pattern: found };
};

/** `{ name | name-lf } [ -m <meth> ] <pattern>` */
function headerPattern(words: RuleWords, keyword: Word): HeaderPattern | undefined {
  let method: HeaderPattern["method"] = "str";
  if (words.peek?.text === "-m") {
    const flag = words.take()!;
    const given = words.value(flag, oneOf("str", "beg", "end", "sub", "reg"));
    if (given === undefined) return undefined;
    method = given;
  }
  const found = words.value(keyword, word("<pattern>", "a text that is not empty"));
  if (found === undefined) return undefined;
  const format = keyword.text.endsWith("-lf");
  if (format && method === "reg") {
    words.refuse(keyword, `'${keyword.text}' cannot be a regular expression`, {
      allowed: `'${keyword.text.slice(0, -3)}' with '-m reg', or another method`,
    });
    return undefined;
  }
  return { method, pattern: found, format };
}

const header = (kind: "hdr" | "fhdr"): ReadMatch => (words, name) => {
  const keyword = words.peek ?? name;
  if (words.value(name, oneOf("name", "name-lf")) === undefined) return undefined;
  const namePattern = headerPattern(words, keyword);
  if (namePattern === undefined) return undefined;
  const next = words.peek;
  if (next?.text !== "value" && next?.text !== "value-lf") return { kind, name: namePattern };
  words.take();
  const value = headerPattern(words, next);
  return value && { kind, name: namePattern, value };
};

/** What `http-check expect` can look for. */
export const httpMatches: Readonly<Record<string, ReadMatch>> = {
  status: (words, name) => {
    const ranges = words.value(name, statusCodes);
    return ranges && { kind: "status", ranges };
  },
  rstatus: regular("rstatus"),
  hdr: header("hdr"),
  fhdr: header("fhdr"),
  string: text,
  rstring: regular("rstring"),
  "string-lf": formatted("string-lf"),
};

/** What `tcp-check expect` can look for. */
export const tcpMatches: Readonly<Record<string, ReadMatch>> = {
  string: text,
  rstring: regular("rstring"),
  "string-lf": formatted("string-lf"),
  binary: (words, name) => {
    const found = words.value(name, hexString);
    return found === undefined ? undefined : { kind: "binary", pattern: found };
  },
  rbinary: regular("rbinary"),
  "binary-lf": formatted("binary-lf"),
};
