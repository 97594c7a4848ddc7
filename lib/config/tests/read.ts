/** Reads tests from YAML: a `tests` key beside the sections of a configuration, or a file of its own. */
import { isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from "yaml";
import type { Diagnostics } from "../diagnostic.ts";
import type { Span } from "../document.ts";
import { Refusal, time } from "../keywords/args.ts";
import { nearest } from "../suggest.ts";
import { keyText, YamlSource } from "../yaml_source.ts";
import type { TestSpec, TestSuite, Wanted } from "./model.ts";
import {
  ANSWER_FIELDS,
  EXPECT_FIELDS,
  type FieldKind,
  type FieldRow,
  FILE_KEYS,
  SENT_FIELDS,
  STEP_FIELDS,
  TEST_FIELDS,
} from "./rows.ts";

const TIME = time();
/** Requests of one step at most. */
const MOST_REPEATS = 1_000_000;

/**
 * Reads the tests of a YAML text; undefined when it has no `tests` key. Mistakes go to `diagnostics`. `alone`: the
 * file is nothing but tests, other keys than `config` and `tests` are mistakes.
 */
export function readTests(
  text: string,
  file: string,
  diagnostics: Diagnostics,
  alone: boolean,
): TestSuite | undefined {
  const source = new YamlSource(text, file, diagnostics);
  source.collectAnchors();
  return new TestReader(source, diagnostics).suite(alone);
}

class TestReader {
  readonly #source: YamlSource;
  readonly #diagnostics: Diagnostics;

  constructor(source: YamlSource, diagnostics: Diagnostics) {
    this.#source = source;
    this.#diagnostics = diagnostics;
  }

  suite(alone: boolean): TestSuite | undefined {
    const { root } = this.#source;
    const tops = isSeq(root) ? root.items.map((item) => this.#resolve(item)) : [root];
    const tests: TestSpec[] = [];
    let found = false;
    let config: string | undefined;
    for (const top of tops) {
      if (!isMap(top)) continue;
      for (const { key, value } of this.#source.entries(top)) {
        const name = keyText(key);
        if (name === "tests") {
          found = true;
          tests.push(...this.#tests(this.#resolve(value), key));
        } else if (alone && name === "config") {
          config = this.#value("text", this.#resolve(value), key) as string | undefined;
        } else if (alone) {
          this.#alert(this.#span(key), `'${name}' is no key of a file of tests`, FILE_KEYS, name);
        }
      }
    }
    return found ? { tests, ...(config === undefined ? undefined : { config }) } : undefined;
  }

  #resolve(node: unknown): Node | null {
    return this.#source.resolve(node as Node | null);
  }

  #span(node: Node): Span {
    return this.#source.span(node);
  }

  #alert(span: Span, message: string, allowed?: readonly string[], word?: string): undefined {
    this.#diagnostics.alert(span, message, {
      allowed: allowed?.join(", "),
      nearest: word === undefined ? undefined : nearest(word, allowed ?? []),
    });
  }

  #tests(value: Node | null, key: Scalar): TestSpec[] {
    if (value === null || (isScalar(value) && value.value === null)) return [];
    if (!isSeq(value)) {
      this.#alert(this.#span(key), "'tests' is a list of tests");
      return [];
    }
    return value.items.flatMap((item) => {
      const node = this.#resolve(item);
      const test = node === null ? undefined : this.#test(node);
      return test ?? [];
    });
  }

  #test(node: Node): TestSpec | undefined {
    if (!isMap(node)) {
      return this.#alert(this.#span(node), "a test is a map: name, request, expect …");
    }
    const span = this.#mapSpan(node);
    const given = this.#fields(node, TEST_FIELDS, "a test");
    const { name, at, cookies, steps, ...own } = given;
    if (typeof name !== "string") return this.#alert(span, "a test needs a 'name'");
    const defaults = { ...own, span };
    const list = steps === undefined
      ? [defaults]
      : (steps as Record<string, unknown>[]).map((step, i) => ({
        ...(onlyLets(step) ? undefined : inherited(own)),
        // What servers do is said once, before the first request.
        ...(i === 0 ? { answer: own.answer, down: own.down, up: own.up } : undefined),
        ...step,
        ...(onlyLets(step) ? undefined : this.#joined(own, step)),
      }));
    if (steps !== undefined) {
      const alone = ["expect", "repeat", "after"].find((each) => own[each] !== undefined);
      if (alone !== undefined) {
        return this.#alert(span, `'${alone}' belongs to a step, where a test has 'steps'`);
      }
    }
    return {
      name,
      span,
      at: at as number | undefined,
      cookies: cookies === true,
      steps: list as unknown as TestSpec["steps"],
    };
  }

  /** Headers of a step stand beside those of its test, and before them where they are the same. */
  #joined(own: Record<string, unknown>, step: Record<string, unknown>): object {
    const mine = own.headers as string[] | undefined;
    const its = step.headers as string[] | undefined;
    if (mine === undefined || its === undefined) return {};
    const names = new Set(its.map(nameOf));
    return { headers: [...mine.filter((field) => !names.has(nameOf(field))), ...its] };
  }

  #mapSpan(map: YAMLMap): Span {
    const first = map.items[0]?.key as Node | undefined;
    return this.#span(first ?? map);
  }

  #fields(map: YAMLMap, fields: readonly FieldRow[], what: string): Record<string, unknown> {
    const given: Record<string, unknown> = {};
    for (const { key, value } of this.#source.entries(map)) {
      const name = keyText(key);
      const row = fields.find((field) => field.name === name);
      if (row === undefined) {
        const names = fields.map((field) => field.name);
        this.#alert(this.#span(key), `'${name}' is no key of ${what}`, names, name);
        continue;
      }
      const read = this.#value(row.kind, this.#resolve(value), key);
      if (read !== undefined) given[name] = read;
    }
    return given;
  }

  /** The value of a field; undefined after a mistake. */
  #value(kind: FieldKind, node: Node | null, key: Scalar): unknown {
    const wrong = (what: string) =>
      this.#alert(this.#span(node ?? key), `'${keyText(key)}' needs ${what}`);
    const text = textOf(node);
    switch (kind) {
      case "text":
        return text ?? wrong("a text");
      case "texts":
      case "names": {
        if (kind === "names" && isNull(node)) return null;
        const list = isSeq(node) ? node.items.map((item) => textOf(this.#resolve(item))) : [text];
        return list.every((each) => each !== undefined) ? list : wrong("a name or a list of names");
      }
      case "number": {
        const number = Number(text);
        const good = text !== undefined && Number.isInteger(number) && number >= 1 &&
          number <= MOST_REPEATS;
        return good ? number : wrong(`a number from 1 to ${MOST_REPEATS}`);
      }
      case "status":
      case "statuses": {
        const list = kind === "statuses" && isSeq(node)
          ? node.items.map((item) => textOf(this.#resolve(item)))
          : [text];
        if (!list.every((each) => each !== undefined && /^[1-9]\d\d$/.test(each))) {
          return wrong("a status, 100 to 999");
        }
        return kind === "status" ? Number(list[0]) : list.map(Number);
      }
      case "time": {
        const ms = text === undefined ? undefined : TIME.parse({ text, span: this.#span(node!) });
        return ms === undefined || ms instanceof Refusal ? wrong("a time: 10s, 500ms") : ms;
      }
      case "date": {
        const at = text === undefined ? NaN : Date.parse(text);
        return Number.isNaN(at) ? wrong("a time: 2026-01-31T12:00:00Z") : at;
      }
      case "flag":
        return isScalar(node) && typeof node.value === "boolean"
          ? node.value
          : wrong("true or false");
      case "headers":
        return this.#headers(node) ?? wrong("a map, or a list of 'Name: value'");
      case "wanted":
        return this.#wanted(node, key);
      case "wanted map":
        return this.#map(node, key, (value, name) => this.#wanted(value, name));
      case "counts":
        return this.#map(node, key, (value) => {
          const count = Number(textOf(value));
          return Number.isInteger(count) && count >= 0 ? count : wrong("a number for each server");
        });
      case "answer":
        return this.#inner(node, key, ANSWER_FIELDS, "an answer");
      case "sent":
        return this.#inner(node, key, SENT_FIELDS, "'sent'");
      case "expect": {
        const expect = this.#inner(node, key, EXPECT_FIELDS, "'expect'");
        return expect === undefined ? undefined : { ...expect, span: this.#span(key) };
      }
      case "steps": {
        if (!isSeq(node) || node.items.length === 0) return wrong("a list of steps");
        return node.items.flatMap((item) => {
          const step = this.#resolve(item);
          if (!isMap(step)) {
            this.#alert(this.#span(step ?? key), "a step is a map: request, expect …");
            return [];
          }
          return { ...this.#fields(step, STEP_FIELDS, "a step"), span: this.#mapSpan(step) };
        });
      }
    }
  }

  #inner(
    node: Node | null,
    key: Scalar,
    fields: readonly FieldRow[],
    what: string,
  ): Record<string, unknown> | undefined {
    if (isMap(node)) return this.#fields(node, fields, what);
    const names = fields.map(({ name }) => name);
    return this.#alert(this.#span(node ?? key), `'${keyText(key)}' is a map`, names);
  }

  #map(
    node: Node | null,
    key: Scalar,
    read: (value: Node | null, key: Scalar) => unknown,
  ): Map<string, unknown> | undefined {
    if (!isMap(node)) return this.#alert(this.#span(node ?? key), `'${keyText(key)}' is a map`);
    const map = new Map<string, unknown>();
    for (const entry of this.#source.entries(node)) {
      const value = read(this.#resolve(entry.value), entry.key);
      if (value !== undefined) map.set(keyText(entry.key), value);
    }
    return map;
  }

  #wanted(node: Node | null, key: Scalar): Wanted | undefined {
    if (isNull(node)) return null;
    const text = textOf(node);
    if (text !== undefined) return text;
    const wrong = () =>
      this.#alert(
        this.#span(node ?? key),
        `'${keyText(key)}' needs a text, null, {contains: TEXT} or {matches: REGEX}`,
      );
    if (!isMap(node)) return wrong();
    const [entry, ...more] = this.#source.entries(node);
    const value = entry === undefined ? undefined : textOf(this.#resolve(entry.value));
    if (more.length > 0 || value === undefined) return wrong();
    switch (keyText(entry.key)) {
      case "contains":
        return { contains: value };
      case "matches":
        try {
          return { matches: new RegExp(value), source: value };
        } catch {
          return this.#alert(this.#span(entry.value!), `'${value}' is no regular expression`);
        }
    }
    return wrong();
  }

  #headers(node: Node | null): string[] | undefined {
    if (isSeq(node)) {
      const list = node.items.map((item) => textOf(this.#resolve(item)));
      return list.every((each) => each !== undefined && /^[^\s:]+:/.test(each))
        ? list as string[]
        : undefined;
    }
    if (!isMap(node)) return undefined;
    const fields: string[] = [];
    for (const { key, value } of this.#source.entries(node)) {
      const resolved = this.#resolve(value);
      const values = isSeq(resolved)
        ? resolved.items.map((item) => textOf(this.#resolve(item)))
        : [textOf(resolved)];
      for (const each of values) {
        if (each === undefined) return undefined;
        fields.push(`${keyText(key)}: ${each}`);
      }
    }
    return fields;
  }
}

const nameOf = (field: string) => field.slice(0, field.indexOf(":")).toLowerCase();

/** A step that asks for nothing: time passes, servers go and come. */
function onlyLets(step: Record<string, unknown>): boolean {
  return Object.keys(step).every((key) => QUIET.has(key));
}

const QUIET: ReadonlySet<string> = new Set(["span", "after", "down", "up", "answer"]);

/** What the steps of a test have from it. */
function inherited(own: Record<string, unknown>): Record<string, unknown> {
  const { request, src, dst, headers, data, sni, frontend, bind } = own;
  return { request, src, dst, headers, data, sni, frontend, bind };
}

function isNull(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

/** A scalar as it was written. */
function textOf(node: Node | null): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined;
  return typeof node.value === "string" ? node.value : node.source ?? String(node.value);
}
