/** Words, values and names of a configuration as a trace shows them. */
import type { Word } from "../config/document.ts";
import type { LineInfo } from "../expr/observer.ts";
import { formatIp, type Ip } from "../expr/ip.ts";
import { type SampleType, TYPE_NAMES, Typed, type Value } from "../expr/sample.ts";

/** Most characters of a value that are shown. */
const LONGEST = 200;

/** Words as they were written, or nearly so. */
export function textOfWords(words: readonly Word[]): string {
  return words.map(({ text, raw, quoted }) =>
    raw !== undefined && raw !== "" ? raw : quoted === true && raw !== "" ? quote(text) : text
  ).join(" ");
}

function quote(text: string): string {
  return /["\\$]/.test(text) ? `'${text}'` : `"${text}"`;
}

/** `http-request deny if blacklist`; a line's own words begin with its keyword only for `redirect`. */
export function textOfLine({ set, statement }: LineInfo): string {
  const text = textOfWords(statement.words);
  if (statement.words[0]?.text === set) return text;
  return `${set} ${text}`;
}

/** A sample's value and the name of its type. */
export function describeValue(type: SampleType, value: Value): { value: string; type: string } {
  if (value instanceof Typed) return describeValue(value.type, value.value);
  const name = TYPE_NAMES[type];
  switch (type) {
    case "ip":
      return { value: formatIp(value as Ip), type: name };
    case "str":
    case "bin":
    case "meth":
      return { value: printable(String(value)), type: name };
  }
  return { value: String(value), type: name };
}

/** Text of bytes: control characters as escapes, and no longer than anybody wants to read. */
export function printable(text: string): string {
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} bytes)` : text;
  return shown.replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x1f\x7f]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
