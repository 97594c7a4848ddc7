/** YAML to Document: the shape is described in `yaml_shapes.ts` and in docs. */
import { isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from "yaml";
import type { Diagnostics } from "./diagnostic.ts";
import type { Document, Section, Span, Statement, Word } from "./document.ts";
import { Environment, type EnvironmentInput } from "./environment.ts";
import type { ReadOptions } from "./read_cfg.ts";
import { SECTION_KEYS, type SectionKind, sectionKindOfKey } from "./sections.ts";
import { nearest } from "./suggest.ts";
import { isShapeKey } from "./yaml_shapes.ts";
import { keyText, YamlSource } from "./yaml_source.ts";
import { YamlStatements } from "./yaml_statements.ts";

/**
 * Reads the text of one YAML file into the same Document that haproxy.cfg gives. Top level: a map of sections,
 * or a list of such maps where the order of sections needs it. Mistakes go to `diagnostics`. Never throws.
 */
export function readYaml(
  text: string,
  fileName: string,
  env: EnvironmentInput,
  diagnostics: Diagnostics,
  options: ReadOptions = {},
): Document {
  return new YamlReader(text, fileName, Environment.from(env), diagnostics, options).read();
}

class YamlReader {
  readonly #source: YamlSource;
  readonly #statements: YamlStatements;
  readonly #diagnostics: Diagnostics;
  readonly #sections: Section[] = [];

  constructor(
    text: string,
    file: string,
    env: Environment,
    diagnostics: Diagnostics,
    options: ReadOptions,
  ) {
    this.#diagnostics = diagnostics;
    this.#source = new YamlSource(text, file, diagnostics);
    this.#statements = new YamlStatements(this.#source, file, env, diagnostics, options);
  }

  read(): Document {
    const { root } = this.#source;
    this.#source.collectAnchors();
    this.#statements.comment(this.#source.commentBefore);
    if (isSeq(root)) {
      this.#statements.comment(root.commentBefore);
      for (const item of root.items) this.#top(this.#source.resolve(item as Node | null));
      this.#statements.comment(root.comment);
    } else if (root !== null && !(isScalar(root) && root.value === null)) {
      this.#top(root);
    }
    this.#statements.comment(this.#source.commentAfter);
    const comments = this.#statements.takeComments();
    return {
      format: "yaml",
      sections: this.#sections,
      ...(comments === undefined ? undefined : { commentsAfter: comments }),
    };
  }

  #top(node: Node | null): void {
    if (!isMap(node)) {
      if (node === null) return;
      const allowed = SECTION_KEYS.join(" ");
      const message = "a configuration is a map of sections";
      this.#diagnostics.alert(this.#source.span(node), message, { allowed });
      return;
    }
    this.#statements.comment(node.commentBefore);
    for (const { key, value } of this.#source.entries(node)) {
      this.#statements.comment(key.commentBefore);
      this.#sectionKey(key, this.#source.resolve(value));
    }
    this.#statements.comment(node.comment);
  }

  /** `global:`, `frontends:` or a whole header line as in `frontend web from base:`. */
  #sectionKey(key: Scalar, value: Node | null): void {
    const text = keyText(key);
    // Read by who runs them (lib/config/tests).
    if (text === "tests") return;
    const [head, ...args] = this.#statements.lexScalar(key, text);
    const kind = head === undefined ? undefined : sectionKindOfKey(head.text);
    if (head === undefined || kind === undefined) {
      const message = `'${text}' is not a section`;
      const near = nearest(head?.text ?? text, SECTION_KEYS);
      const allowed = SECTION_KEYS.join(" ");
      this.#diagnostics.alert(this.#source.span(key), message, { allowed, nearest: near });
      return;
    }
    const kindWord: Word = { text: kind.name, span: head.span };
    if (args.length > 0 || kind.named === "none") {
      this.#section(kindWord, args, value);
    } else if (isSeq(value) && (kind.named === "optional" || this.#isListOfNamed(value.items))) {
      this.#statements.comment(value.commentBefore);
      for (const item of value.items) this.#listed(kind, kindWord, item as Node | null);
      this.#statements.comment(value.comment);
    } else if (isMap(value) && (kind.named !== "optional" || this.#isNamed(value))) {
      this.#byName(kindWord, value);
    } else if (kind.named === "optional") {
      this.#section(kindWord, [], value);
    } else if (value !== null && !(isScalar(value) && value.value === null)) {
      const message = `'${text}' is a map from names to sections`;
      this.#diagnostics.alert(this.#source.span(value), message);
    }
  }

  #isListOfNamed(items: readonly unknown[]): boolean {
    return items.every((item) => isMap(this.#source.resolve(item as Node | null)));
  }

  /** A map under `defaults` whose values are all maps, and no key a keyword's, is a map of named defaults. */
  #isNamed(map: YAMLMap): boolean {
    const entries = this.#source.entries(map);
    return entries.length > 0 &&
      entries.every(({ key, value }) =>
        !isShapeKey(keyText(key)) && isMap(this.#source.resolve(value))
      );
  }

  #byName(kind: Word, map: YAMLMap): void {
    this.#statements.comment(map.commentBefore);
    for (const { key, value } of this.#source.entries(map)) {
      this.#statements.comment(key.commentBefore);
      const name = this.#statements.name(key);
      if (name !== undefined) this.#section(kind, [name], this.#source.resolve(value));
    }
    this.#statements.comment(map.comment);
  }

  /** One of a list of sections; its name is the entry `name`. */
  #listed(kind: SectionKind, kindWord: Word, item: Node | null): void {
    const value = this.#source.resolve(item);
    const entries = isMap(value) ? this.#source.entries(value) : [];
    const named = entries.find(({ key }) => keyText(key) === "name")?.value ?? null;
    const nameNode = this.#source.resolve(named);
    const name = isScalar(nameNode) ? this.#statements.name(nameNode) : undefined;
    if (name === undefined && nameNode !== null) return;
    if (name === undefined && kind.named === "required") {
      const span = value === null ? kindWord.span : this.#source.span(value);
      this.#diagnostics.alert(span, `a '${kind.name}' in a list needs a 'name'`);
      return;
    }
    this.#section(kindWord, name === undefined ? [] : [name], value, true);
  }

  #section(kind: Word, header: readonly Word[], value: Node | null, listed = false): void {
    const about = this.#statements.takeComments();
    const args = [...header];
    let after: string | undefined;
    if (isScalar(value) && value.value === null) after = value.comment ?? undefined;
    if (isMap(value)) {
      // proxies may name the defaults they inherit
      const from = this.#source.entries(value).find(({ key }) => keyText(key) === "from");
      const node = this.#source.resolve(from?.value ?? null);
      if (from !== undefined && isScalar(node)) {
        const base = this.#statements.name(node);
        const span = this.#source.span(from.key);
        if (base !== undefined) args.push({ text: "from", span }, base);
      }
    }
    const statements: Statement[] = [];
    const section = args[0]?.text ?? kind.text;
    const skip = new Set(listed ? ["from", "name"] : ["from"]);
    this.#statements.body(value, { kind: kind.text, name: section, skip, into: statements });
    this.#sections.push({
      kind,
      args,
      span: joined(kind.span, args),
      statements,
      ...(about === undefined ? undefined : { commentsBefore: about }),
      ...(after === undefined ? undefined : { commentAfter: after }),
    });
  }
}

/** From the keyword to the last argument when they stand on one line, else the most telling of them. */
function joined(first: Span, args: readonly Word[]): Span {
  const last = args[0]?.span ?? first;
  if (last.line !== first.line) return last;
  return { ...first, length: Math.max(first.length, last.column + last.length - first.column) };
}
