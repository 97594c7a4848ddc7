/** The inside of a section in YAML: keys and values to statements, by the rows of `yaml_shapes.ts`. */
import { isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap, type YAMLSeq } from "yaml";
import type { Diagnostics } from "./diagnostic.ts";
import type { Span, Statement, Word } from "./document.ts";
import type { Environment } from "./environment.ts";
import { lex, MAX_WORDS } from "./lexer.ts";
import type { ReadOptions } from "./read_cfg.ts";
import { endAtEmptyWord } from "./words.ts";
import { shapeOfKey, type YamlShape } from "./yaml_shapes.ts";
import { keyText, type YamlSource } from "./yaml_source.ts";

/** More statements in one file are refused: only aliases of aliases can make so many. */
const MAX_STATEMENTS = 1_000_000;

interface Body {
  readonly kind: string;
  readonly name: string;
  /** Keys that belong to the section's header. */
  readonly skip: ReadonlySet<string>;
  readonly into: Statement[];
}

export class YamlStatements {
  readonly #source: YamlSource;
  readonly #file: string;
  readonly #env: Environment;
  readonly #diagnostics: Diagnostics;
  readonly #options: ReadOptions;
  #comments: string[] = [];
  #body: Body = { kind: "", name: "", skip: new Set(), into: [] };
  #count = 0;
  /** A mistake was reported in the statement being built: it is left out. */
  #broken = false;

  constructor(
    source: YamlSource,
    file: string,
    env: Environment,
    diagnostics: Diagnostics,
    options: ReadOptions,
  ) {
    this.#source = source;
    this.#file = file;
    this.#env = env;
    this.#diagnostics = diagnostics;
    this.#options = options;
  }

  /** Keeps a comment for the next statement or section. */
  comment(text: string | null | undefined): void {
    if (text) this.#comments.push(...text.split("\n"));
  }

  /** The comment behind a collection: one in brackets stands on the line of its last statement. */
  #trailing(node: YAMLMap | YAMLSeq): void {
    const last = this.#body.into.at(-1);
    if (!node.comment) return;
    if (node.flow && !node.comment.includes("\n") && last !== undefined && !last.commentAfter) {
      this.#body.into[this.#body.into.length - 1] = { ...last, commentAfter: node.comment };
    } else this.comment(node.comment);
  }

  takeComments(): string[] | undefined {
    const taken = this.#comments;
    this.#comments = [];
    return taken.length > 0 ? taken : undefined;
  }

  /** A name: exactly one word. */
  name(node: Scalar): Word | undefined {
    this.#broken = false;
    const words = this.lexScalar(node, keyText(node));
    if (this.#broken) return undefined;
    const given = words.length === 1 && (words[0].text !== "" || this.#options.forConversion);
    if (given) return words[0];
    const message = `a name is one word, not '${keyText(node)}'`;
    this.#diagnostics.alert(this.#source.span(node), message);
    return undefined;
  }

  /** The statements of a section: a map, a list of maps and lines, or lines of text. */
  body(value: Node | null, body: Body): void {
    this.#body = body;
    if (value === null || (isScalar(value) && value.value === null)) return;
    if (isMap(value)) this.#map(value);
    else if (isSeq(value)) {
      this.comment(value.commentBefore);
      for (const item of value.items) {
        const node = this.#source.resolve(item as Node | null);
        if (isMap(node)) this.#map(node);
        else if (isScalar(node) && typeof node.value === "string") this.#lines([], node, node);
        else if (node !== null) this.#wrong(node, "a list in a section has maps and lines");
      }
      this.#trailing(value);
    } else if (isScalar(value) && typeof value.value === "string") {
      this.#lines([], value, value);
    } else {
      this.#wrong(value, `the inside of a '${body.kind}' section is a map of keywords`);
    }
  }

  /** The words of a scalar, each with its place in the file. */
  lexScalar(node: Scalar, text: string, base = this.#baseOf(node, text)): Word[] {
    const whole = this.#source.span(node);
    const place = (start: number, end: number): Span =>
      base === undefined ? whole : this.#source.spanBetween(base + start, base + end);
    const lexed = lex(text, {
      style: "yaml",
      env: this.#env,
      pseudo: { ".FILE": this.#file, ".LINE": String(whole.line), ".SECTION": this.#body.name },
      keepEmptyExpansions: this.#options.forConversion,
    });
    if (lexed.error !== undefined) {
      const { message, start, end } = lexed.error;
      this.#diagnostics.alert(place(start, end), message);
      this.#broken = true;
    }
    return lexed.tokens.map((token) => ({
      text: token.text,
      span: place(token.start, token.end),
      ...(token.quoted ? { quoted: true } : undefined),
      ...(token.raw === undefined ? undefined : { raw: token.raw }),
    }));
  }

  /** Offset of the value's first character, when the value stands in the file as it is. */
  #baseOf(node: Scalar, text: string): number | undefined {
    const start = node.range?.[0] ?? 0;
    if (this.#source.text.startsWith(text, start)) return start;
    const quote = node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE";
    if (quote && this.#source.text.startsWith(text, start + 1)) return start + 1;
    return undefined;
  }

  #wrong(node: Node, message: string, allowed?: string): void {
    this.#broken = true;
    this.#diagnostics.alert(this.#source.span(node), message, { allowed });
  }

  #map(map: YAMLMap): void {
    this.comment(map.commentBefore);
    for (const { key, value } of this.#source.entries(map)) {
      if (this.#body.skip.has(keyText(key))) continue;
      this.comment(key.commentBefore);
      this.#entry(key, value);
    }
    this.#trailing(map);
  }

  #entry(key: Scalar, value: Node | null): void {
    this.#broken = false;
    const words = this.lexScalar(key, keyText(key));
    if (this.#broken) return;
    if (words.length === 0) return this.#wrong(key, "an empty key");
    const shape = words.length === 1 ? shapeOfKey(words[0].text, this.#body.kind) : undefined;
    if (shape !== undefined) words[0] = { text: shape.keyword, span: words[0].span };
    const node = this.#source.resolve(value);
    if (isMap(node) && shape !== undefined && shape.kind !== "options") {
      this.comment(node.commentBefore);
      for (const entry of this.#source.entries(node)) {
        this.comment(entry.key.commentBefore);
        const name = this.name(entry.key);
        if (name === undefined) continue;
        this.#value([...words, name], entry.key, entry.value, shape);
      }
      this.#trailing(node);
    } else {
      this.#value(words, key, node, shape);
    }
  }

  /** `prefix` is written by `key`; the value says how many statements begin with it, and how they go on. */
  #value(prefix: Word[], key: Scalar, value: Node | null, shape: YamlShape | undefined): void {
    const node = this.#source.resolve(value);
    if (isMap(node)) this.#optionMap(prefix, key, node, shape);
    else if (!isSeq(node)) this.#scalar(prefix, key, node, key);
    else if (shape?.listIsWords && prefix.length > 1) this.#wordList(prefix, key, node.items);
    else {
      this.comment(node.commentBefore);
      for (const item of node.items) {
        const inner = this.#source.resolve(item as Node | null);
        if (isMap(inner)) this.#optionMap(prefix, inner, inner, shape);
        else if (isSeq(inner)) this.#wrong(inner, `lists inside the list of '${keyText(key)}'`);
        else this.#scalar(prefix, inner ?? key, inner, key);
      }
      this.#trailing(node);
    }
  }

  /** A flag, a number or a text behind `prefix`. */
  #scalar(prefix: Word[], at: Node, node: Node | null, key: Scalar): void {
    if (node === null || !isScalar(node) || node.value === null) {
      if (node === null && this.#source.exhausted) return;
      const where = node ?? at;
      const message = `'${keyText(key)}' has no value, write 'true' when it stands alone`;
      return this.#wrong(isScalar(where) && where.value === null ? key : where, message);
    }
    this.comment(node.commentBefore);
    if (typeof node.value === "boolean") {
      this.#broken = false;
      if (node.value) return this.#add(prefix, at, node);
      const isOption = prefix.length === 2 && prefix[0].text === "option";
      if (isOption) this.#add([{ text: "no", span: prefix[1].span }, ...prefix], at, node);
      return;
    }
    if (typeof node.value === "string") return this.#lines(prefix, at, node);
    this.#broken = false;
    this.#add([...prefix, ...this.lexScalar(node, keyText(node))], at, node);
  }

  /** A text is one statement; a block (`|`) is one statement for each of its lines. */
  #lines(prefix: readonly Word[], at: Node, node: Scalar): void {
    this.#broken = false;
    const text = String(node.value);
    if (node.type !== "BLOCK_LITERAL") {
      const words = this.lexScalar(node, text);
      if (words.length === 0 && prefix.length === 0) return;
      return this.#add([...prefix, ...words], at, node);
    }
    let from = this.#source.text.indexOf("\n", node.range?.[0] ?? 0) + 1;
    for (const line of text.split("\n")) {
      const newline = this.#source.text.indexOf("\n", from);
      const end = newline < 0 ? this.#source.text.length : newline;
      const base = line === "" ? -1 : this.#source.text.indexOf(line, from);
      const comment = /^\s*#(.*)/.exec(line);
      if (comment !== null) this.comment(comment[1]);
      else if (line.trim() !== "") {
        this.#broken = false;
        const words = this.lexScalar(node, line, base >= 0 && base <= end ? base : undefined);
        this.#add([...prefix, ...words], at, node);
      }
      from = end + 1;
    }
  }

  /** `compression: {type: [text/html, text/css]}`: the list is the words of one statement. */
  #wordList(prefix: Word[], key: Scalar, items: readonly unknown[]): void {
    this.#broken = false;
    const words = [...prefix];
    for (const item of items) {
      const node = this.#source.resolve(item as Node | null);
      if (isScalar(node) && node.value !== null) words.push(...this.lexScalar(node, keyText(node)));
      else this.#wrong(node ?? key, `the list of '${keyText(key)}' has words only`);
    }
    this.#add(words, key, key);
  }

  /** A map of options is one statement: its first words, its options, its condition. */
  #optionMap(prefix: Word[], at: Node, map: YAMLMap, shape: YamlShape | undefined): void {
    this.#broken = false;
    this.comment(map.commentBefore);
    const named = shape?.kind === "options" || prefix.length > 1;
    const first = (named ? shape?.first : undefined) ?? [];
    const last = [...(shape?.last ?? []), "if", "unless"];
    const place = new Map<string, Word[]>();
    const middle: Word[] = [];
    for (const { key, value } of this.#source.entries(map)) {
      this.comment(key.commentBefore);
      const name = keyText(key);
      const positional = first.includes(name) || (shape?.last?.includes(name) ?? false);
      const words = this.#option(key, this.#source.resolve(value), positional, shape);
      if (first.includes(name) || last.includes(name)) place.set(name, words);
      else middle.push(...words);
    }
    const missing = shape?.firstOptional ? undefined : first.find((name) => !place.has(name));
    if (missing !== undefined) {
      if (this.#broken) return;
      const message = `'${prefix.map((word) => word.text).join(" ")}' needs '${missing}'`;
      return this.#wrong(at, message);
    }
    const take = (name: string) => place.get(name) ?? [];
    const words = [...prefix, ...first.flatMap(take), ...middle, ...last.flatMap(take)];
    this.#add(words, at, map);
  }

  #option(key: Scalar, node: Node | null, positional: boolean, shape?: YamlShape): Word[] {
    const name = this.lexScalar(key, keyText(key));
    if (isSeq(node)) {
      const values: Word[] = [];
      for (const item of node.items) {
        const inner = this.#source.resolve(item as Node | null);
        if (isScalar(inner) && inner.value !== null && typeof inner.value !== "boolean") {
          values.push(...this.lexScalar(inner, keyText(inner)));
        } else this.#wrong(inner ?? key, `the list of '${keyText(key)}' has words only`);
      }
      if (shape?.repeated?.includes(keyText(key))) return values.flatMap((word) => [...name, word]);
      const list = commaList(values);
      if (list === undefined) return positional ? [] : name;
      return positional ? [list] : [...name, list];
    }
    if (!isScalar(node) || node.value === null) {
      const message = isMap(node)
        ? `maps inside '${keyText(key)}' are nested too deeply`
        : `'${keyText(key)}' has no value, write 'true' when it stands alone`;
      this.#wrong(isMap(node) ? node : key, message);
      return [];
    }
    if (typeof node.value === "boolean") {
      if (positional) this.#wrong(node, `'${keyText(key)}' needs a value`);
      return node.value && !positional ? name : [];
    }
    const words = this.lexScalar(node, keyText(node));
    return positional ? words : [...name, ...words];
  }

  #add(all: readonly Word[], at: Node, end: Node): void {
    if (++this.#count > MAX_STATEMENTS) {
      if (this.#count === MAX_STATEMENTS + 1) {
        this.#wrong(at, `more than ${MAX_STATEMENTS} statements`);
      }
      return;
    }
    if (this.#broken) return;
    if (all.length > MAX_WORDS) {
      return this.#wrong(at, `more than ${MAX_WORDS} words in one statement`);
    }
    const words = this.#options.forConversion ? all : endAtEmptyWord(all, this.#diagnostics);
    if (words.length === 0) return;
    const comments = this.takeComments();
    const after = end.comment && !end.comment.includes("\n") ? end.comment : undefined;
    if (end.comment && after === undefined) this.comment(end.comment);
    const start = at.range?.[0] ?? 0;
    const span = this.#source.spanBetween(start, Math.max(start + 1, end.range?.[1] ?? 0));
    this.#body.into.push({
      words,
      span,
      ...(comments === undefined ? undefined : { commentsBefore: comments }),
      ...(after === undefined ? undefined : { commentAfter: after }),
    });
    if (this.#body.kind === "global") this.#env.apply(words);
  }
}

/** `h2,http/1.1` from the words of a list. */
function commaList(words: readonly Word[]): Word | undefined {
  if (words.length === 0) return undefined;
  const text = words.map((word) => word.text).join(",");
  const raw = words.map((word) => word.raw ?? word.text).join(",");
  return {
    text,
    span: words[0].span,
    ...(words.some((word) => word.quoted) ? { quoted: true } : undefined),
    ...(raw === text ? undefined : { raw }),
  };
}
