/** One statement as a YAML value: a flag, a number, a string, or a map of options. */
import { Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import type { DocumentFormat, Statement, Word } from "./document.ts";
import { writeWord } from "./raw_words.ts";
import { COMMA_LISTS, shapeOfKeyword, type YamlShape } from "./yaml_shapes.ts";

/**
 * How many words follow an option: 0 for a flag. `keyword` is `server`, `bind`, `default-server`, `cookie` or
 * `stick-table`. Undefined when it is not known: then the statement stays a plain string.
 */
export type Arity = (keyword: string, option: string) => number | undefined;

export interface YamlStatement {
  readonly statement: Statement;
  /** The YAML key it stands under; undefined when only a whole line can say it. */
  readonly key: string | undefined;
  readonly shape?: YamlShape;
  /** The whole statement as one string. */
  readonly line: string;
  /** Everything behind the keyword. */
  readonly value: () => Scalar | YAMLMap;
  /** The second word and what follows it, for shapes that have maps. */
  readonly entry?: { readonly name: string; readonly value: () => Scalar | YAMLMap };
}

/** A written word, with the word it comes from. */
interface Written {
  readonly word: Word;
  readonly text: string;
}

/** Keys of a section's header, which no statement can use. */
const RESERVED: ReadonlySet<string> = new Set(["from", "name", "<<"]);

/** How a statement of this kind of section is written. */
export function describeStatement(
  statement: Statement,
  section: string,
  from: DocumentFormat,
  arity: Arity,
): YamlStatement {
  const words = statement.words.map((word): Written => ({
    word,
    text: writeWord(word, from, "yaml"),
  }));
  const line = joined(words);
  const keyword = words[0].text;
  if (!isPlain(words[0]) || RESERVED.has(keyword)) {
    return { statement, key: undefined, line, value: () => new Scalar(line) };
  }
  const shape = shapeOfKeyword(keyword, section);
  const rest = words.slice(1);
  const base = { statement, shape, line };
  if (keyword === "no" && rest.length === 2 && rest[0].text === "option" && isPlain(rest[1])) {
    const option = shapeOfKeyword("option", section);
    const entry = { name: rest[1].text, value: () => new Scalar(false) };
    return { ...base, shape: option, key: "option", value: () => plainValue(rest), entry };
  }
  if (shape === undefined) return { ...base, key: keyword, value: () => plainValue(rest) };
  const value = () => options(shape, rest, 0, arity);
  if (shape.kind === "options" || rest.length === 0 || !isPlain(rest[0], shape.kind === "named")) {
    return {
      ...base,
      key: shape.key,
      value: shape.kind === "options" ? value : () => plainValue(rest),
    };
  }
  const entryValue = () =>
    shape.kind === "named" ? options(shape, rest, 1, arity) : plainValue(rest.slice(1));
  const entry = { name: rest[0].text, value: entryValue };
  return { ...base, key: shape.key, value: () => plainValue(rest), entry };
}

function joined(words: readonly Written[]): string {
  return words.map(({ text }) => text).filter((text) => text !== "").join(" ");
}

/** A word that needs no quotes and has no variable; a name may have them, it is still one word. */
function isPlain({ word, text }: Written, name = false): boolean {
  if (name) return text !== "" && word.text !== "" && !text.includes("[*]");
  return word.raw === undefined && text === word.text && !word.quoted;
}

/** Words as a flag, a number or a string. */
function plainValue(words: readonly Written[]): Scalar {
  return words.length === 0 ? new Scalar(true) : textScalar(joined(words));
}

/** A number where that is written the same (so that YAML needs no quotes), else a string. */
export function textScalar(text: string): Scalar {
  return new Scalar(/^(?:0|-?[1-9]\d{0,14})$/.test(text) ? Number(text) : text);
}

/** A map of options when each of them is known, else a string; `skip` words belong to the key. */
function options(shape: YamlShape, words: readonly Written[], skip: number, arity: Arity) {
  const rest = words.slice(skip);
  const fallback = plainValue(rest);
  if (words.some(({ text }) => text === "")) return fallback;
  const first = shape.first ?? [];
  if (rest.length <= first.length) return fallback;
  const map = new YAMLMap();
  first.forEach((name, index) => put(map, name, plainValue([rest[index]])));
  if (rest.slice(0, first.length).some(({ word }) => word.text === "")) return fallback;
  for (let at = first.length; at < rest.length;) {
    const name = rest[at];
    if (!isPlain(name)) return fallback;
    const condition = name.text === "if" || name.text === "unless";
    const count = condition ? rest.length - at - 1 : arity(shape.keyword, name.text);
    if (count === undefined || at + count >= rest.length || (condition && count === 0)) {
      return fallback;
    }
    if (first.includes(name.text) || shape.last?.includes(name.text)) return fallback;
    const value = rest.slice(at + 1, at + 1 + count);
    if (!add(map, shape, name.text, value, condition)) return fallback;
    at += 1 + count;
  }
  map.flow = true;
  const width = map.items.reduce((sum, { key, value }) => {
    return sum + String((key as Scalar).value).length + lengthOf(value) + 4;
  }, 2);
  if (width > 110) map.flow = false;
  return map;
}

/** Adds one option; false when a map cannot say it (an option written twice, say). */
function add(
  map: YAMLMap,
  shape: YamlShape,
  name: string,
  words: readonly Written[],
  condition: boolean,
): boolean {
  const existing = map.get(name, true) as unknown;
  if (existing !== undefined) {
    if (words.length !== 1 || !shape.repeated?.includes(name)) return false;
    // only neighbours can be joined without changing the order
    if ((map.items.at(-1)?.key as Scalar).value !== name) return false;
    if (existing instanceof YAMLSeq) existing.items.push(plainValue(words));
    else {
      const list = new YAMLSeq();
      list.flow = true;
      list.items.push(existing, plainValue(words));
      map.set(name, list);
    }
    return true;
  }
  const parts = words.length === 1 && COMMA_LISTS.has(name) && words[0].word.raw === undefined
    ? words[0].text.split(",")
    : [];
  if (!condition && parts.length > 1 && parts.every((part) => part !== "")) {
    const list = new YAMLSeq();
    list.flow = true;
    list.items.push(...parts.map((part) => new Scalar(part)));
    put(map, name, list);
  } else put(map, name, plainValue(words));
  return true;
}

function put(map: YAMLMap, name: string, value: Scalar | YAMLSeq): void {
  map.items.push(new Pair(new Scalar(name), value));
}

function lengthOf(value: unknown): number {
  if (value instanceof Scalar) return String(value.value).length;
  return value instanceof YAMLSeq
    ? value.items.reduce((sum: number, item) => sum + lengthOf(item) + 2, 2)
    : 4;
}

/** Comment lines for the YAML library, which adds the `#`; YAML allows no control characters in them. */
export function commentText(lines: readonly string[]): string {
  // deno-lint-ignore no-control-regex
  return lines.map((line) => line.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/g, " ") || " ").join("\n");
}
