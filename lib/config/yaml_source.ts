/** A parsed YAML text: nodes with their places, aliases and merge keys resolved within bounds. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";
import type { Diagnostics } from "./diagnostic.ts";
import type { Span } from "./document.ts";

/** More uses of aliases in one file are refused ("billion laughs"). */
export const MAX_ALIASES = 1000;
const MAX_MERGE_DEPTH = 16;

/** The parser's mistakes in our words; others are given in its own. */
const SYNTAX: Readonly<Record<string, (word: string, message: string) => string>> = {
  DUPLICATE_KEY: (word) => `'${word}' is already a key of this map`,
  BAD_INDENT: (_, message) =>
    message.startsWith("Flow")
      ? "YAML: a bracket opened above is not closed"
      : "YAML: the indentation does not fit the lines above",
  MULTILINE_IMPLICIT_KEY: () => "YAML: a key and its ':' are expected here",
  TAB_AS_INDENT: () => "YAML: tabs cannot indent",
  BAD_ALIAS: (word) => `YAML: nothing was named '&' before '${word}'`,
  MULTIPLE_DOCS: () => "YAML: a configuration is one document, not several",
  BLOCK_AS_IMPLICIT_KEY: () => "YAML: a list or map cannot begin here",
};

export interface YamlEntry {
  readonly key: Scalar;
  readonly value: Node | null;
}

export class YamlSource {
  readonly text: string;
  readonly root: Node | null;
  /** Comments at the very beginning and the very end. */
  readonly commentBefore: string | undefined;
  readonly commentAfter: string | undefined;
  readonly #file: string;
  readonly #diagnostics: Diagnostics;
  readonly #lines = new LineCounter();
  /** By name, in the order of the text: an alias means the last one before it. */
  readonly #anchors = new Map<string, Node[]>();
  readonly #reportedLines = new Set<number>();
  readonly #entries = new WeakMap<YAMLMap, YamlEntry[]>();
  #aliases = 0;

  constructor(text: string, file: string, diagnostics: Diagnostics) {
    this.text = text;
    this.#file = file;
    this.#diagnostics = diagnostics;
    let root: Node | null = null;
    try {
      const document = parseDocument(text, {
        lineCounter: this.#lines,
        prettyErrors: false,
        merge: true,
        uniqueKeys: true,
        strict: true,
        version: "1.2",
        schema: "core",
      });
      for (const { code, message, pos } of document.errors) this.#syntax(code, message, pos[0]);
      for (const { code, message, pos } of document.warnings) this.#syntax(code, message, pos[0]);
      // what cannot be parsed would only give more mistakes that are none
      const readable = document.errors.every(({ code }) => code === "DUPLICATE_KEY");
      root = readable ? document.contents as Node | null : null;
      this.commentBefore = document.commentBefore ?? undefined;
      this.commentAfter = document.comment ?? undefined;
    } catch {
      // the parser recurses: only absurd nesting can end here
      const span = { file, line: 1, column: 1, length: 1 };
      diagnostics.alert(span, "the YAML is nested too deeply to be read");
    }
    this.root = root;
  }

  /** Reports a mistake of syntax; one line of text gives one report. */
  #syntax(code: string, message: string, offset: number): void {
    const end = this.text.trimEnd().length;
    let from = Math.min(offset, Math.max(0, end - 1));
    while (from < end && /\s/.test(this.text[from])) from++;
    const word = /^[^\s:,[\]{}]+/.exec(this.text.slice(from, from + 200))?.[0] ?? " ";
    const span = this.spanBetween(from, from + word.length);
    if (this.#reportedLines.has(span.line)) return;
    this.#reportedLines.add(span.line);
    const say = Object.hasOwn(SYNTAX, code) ? SYNTAX[code](word, message) : describe(message);
    this.#diagnostics.alert(span, say);
  }

  /** From offset to offset, cut at the end of the first line; at least one character. */
  spanBetween(start: number, end: number): Span {
    const from = Math.max(0, Math.min(start, this.text.length));
    const { line, col } = this.#lines.linePos(from);
    const newline = this.text.indexOf("\n", from);
    const to = Math.min(end, newline < 0 ? this.text.length : newline);
    return {
      file: this.#file,
      line: Math.max(1, line),
      column: Math.max(1, col),
      length: Math.max(1, to - from),
    };
  }

  span(node: Node): Span {
    const [start, end] = node.range ?? [0, 1];
    return this.spanBetween(start, end);
  }

  /** True when aliases were left unresolved because there are too many. */
  get exhausted(): boolean {
    return this.#aliases > MAX_ALIASES;
  }

  /** The node itself, or what its alias stands for; null (and a diagnostic) when that is not possible. */
  resolve(node: Node | null): Node | null {
    for (let hops = 0; isAlias(node); hops++) {
      if (this.#aliases++ >= MAX_ALIASES || hops > MAX_MERGE_DEPTH) {
        if (this.#aliases === MAX_ALIASES + 1) {
          this.#diagnostics.alert(this.span(node), `more than ${MAX_ALIASES} aliases`);
        }
        return null;
      }
      const at = node.range?.[0] ?? 0;
      const before = (other: Node) => (other.range?.[0] ?? 0) < at;
      const target: Node | undefined = this.#anchors.get(node.source)?.findLast(before);
      // the parser has already reported an alias without an anchor
      if (target === undefined) return null;
      node = target;
    }
    return node;
  }

  /** Remembers every anchor of the text: aliases may only follow them, so one walk is enough. */
  collectAnchors(node: Node | null = this.root, depth = 0): void {
    if (node === null || depth > 200) return;
    if (!isAlias(node) && "anchor" in node && node.anchor) {
      const named = this.#anchors.get(node.anchor);
      if (named === undefined) this.#anchors.set(node.anchor, [node]);
      else named.push(node);
    }
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        this.collectAnchors(key as Node | null, depth + 1);
        this.collectAnchors(value as Node | null, depth + 1);
      }
    } else if (isSeq(node)) {
      for (const item of node.items) this.collectAnchors(item as Node | null, depth + 1);
    }
  }

  /** The entries of a map in order; `<<` is replaced by what it merges, own keys win. */
  entries(map: YAMLMap, depth = 0): readonly YamlEntry[] {
    const known = this.#entries.get(map);
    if (known !== undefined) return known;
    const entries = this.#readEntries(map, depth);
    this.#entries.set(map, entries);
    return entries;
  }

  #readEntries(map: YAMLMap, depth: number): YamlEntry[] {
    const own = new Set<string>();
    for (const { key } of map.items) {
      if (isScalar(key) && !isMerge(key)) own.add(keyText(key));
    }
    const entries: YamlEntry[] = [];
    for (const { key, value } of map.items) {
      if (!isScalar(key)) {
        const span = this.span((key ?? map) as Node);
        this.#diagnostics.alert(span, "a key must be a plain word");
      } else if (isMerge(key)) {
        for (const entry of this.#merged(value as Node | null, key, depth)) {
          const name = keyText(entry.key);
          if (own.has(name)) continue;
          own.add(name);
          entries.push(entry);
        }
      } else {
        entries.push({ key, value: value as Node | null });
      }
    }
    return entries;
  }

  #merged(value: Node | null, key: Scalar, depth: number): readonly YamlEntry[] {
    const source = this.resolve(value);
    if (depth < MAX_MERGE_DEPTH) {
      if (isMap(source)) return this.entries(source, depth + 1);
      if (isSeq(source)) {
        return source.items.flatMap((item) => this.#merged(item as Node | null, key, depth + 1));
      }
    }
    this.#diagnostics.alert(this.span(key), "'<<' merges a map or a list of maps");
    return [];
  }
}

function isMerge(key: Scalar): boolean {
  return typeof key.value === "symbol" || (key.value === "<<" && key.type === "PLAIN");
}

/** A key as it was written: `503`, not the number. */
export function keyText(key: Scalar): string {
  return typeof key.value === "string" ? key.value : key.source ?? String(key.value);
}

/** The first line of the parser's message, as the beginning of a sentence of ours. */
function describe(message: string): string {
  const [line] = message.split("\n");
  return `YAML: ${line.replace(/[.:\s]+$/, "")}`;
}
