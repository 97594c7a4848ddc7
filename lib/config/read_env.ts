/** The `SLUICE_*` variables to Document, by the rows of `env_variables.ts`. */
import type { Diagnostics } from "./diagnostic.ts";
import type { Document, Section, Span, Statement, Word } from "./document.ts";
import { ENV_VARIABLES, type EnvTarget, type EnvVariable } from "./env_variables.ts";
import { lex, MAX_WORDS } from "./lexer.ts";
import { nearest } from "./suggest.ts";

/** The file name that spans of this reader carry; `environmentSource()` is its text. */
export const ENVIRONMENT_FILE = "environment";

const PREFIX = "SLUICE_";

interface Value {
  readonly row: EnvVariable;
  readonly text: string;
  /** Line of the variable in the source text, from 1, and column where its value begins. */
  readonly line: number;
  readonly column: number;
}

interface Item {
  readonly text: string;
  /** Offset in the variable's value. */
  readonly offset: number;
}

/** The variables of ours as lines `NAME=value`, in their order: what diagnostics show. */
export function environmentSource(env: Readonly<Record<string, string | undefined>>): string {
  return names(env).map((name) => `${name}=${oneLine(env[name]!)}\n`).join("");
}

/**
 * The configuration that the `SLUICE_*` variables describe, or undefined when none is set. An unknown name
 * with this prefix is a mistake, unless it is in `others` (variables that other parts of sluice read).
 * Values follow the word rules of haproxy.cfg (quotes, escapes); nothing in them is expanded. Never throws.
 */
export function readEnv(
  env: Readonly<Record<string, string | undefined>>,
  diagnostics: Diagnostics,
  others: readonly string[] = [],
): Document | undefined {
  const values = new Map<string, Value>();
  let line = 0;
  let seen = false;
  for (const name of names(env)) {
    line++;
    if (others.includes(name)) continue;
    seen = true;
    const row = ENV_VARIABLES.find((candidate) => candidate.name === name);
    if (row === undefined) {
      const known = ENV_VARIABLES.map((candidate) => candidate.name);
      const span = { file: ENVIRONMENT_FILE, line, column: 1, length: name.length };
      diagnostics.alert(span, `unknown variable '${name}'`, {
        allowed: known.join(" "),
        nearest: nearest(name, known),
      });
    } else if (env[name] !== "") {
      values.set(name, { row, text: oneLine(env[name]!), line, column: name.length + 2 });
    }
  }
  return seen ? new EnvReader(values, diagnostics).read() : undefined;
}

function names(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(env).filter((name) => name.startsWith(PREFIX) && env[name] !== undefined)
    .sort();
}

function oneLine(value: string): string {
  return value.replace(/\r?\n/g, ";");
}

class EnvReader {
  readonly #values: ReadonlyMap<string, Value>;
  readonly #diagnostics: Diagnostics;
  readonly #statements: Record<EnvTarget, Statement[]> = {
    global: [],
    defaults: [],
    listen: [],
    stats: [],
  };

  #check = true;

  constructor(values: ReadonlyMap<string, Value>, diagnostics: Diagnostics) {
    this.#values = values;
    this.#diagnostics = diagnostics;
  }

  read(): Document {
    this.#check = this.#flag("SLUICE_CHECK");
    for (const row of ENV_VARIABLES) {
      const value = this.#values.get(row.name);
      if (row.name === "SLUICE_TLS_CERT") continue;
      if (value !== undefined) this.#variable(value);
      else if (row.default !== undefined && row.items !== "flag") this.#default(row, row.default);
    }
    if (!this.#values.has("SLUICE_SERVERS")) {
      this.#diagnostics.alert(undefined, "SLUICE_SERVERS is not set: there is nothing to balance", {
        allowed: "SLUICE_SERVERS=web1=10.0.0.10:80,web2=10.0.0.20:80",
      });
    }
    this.#implied();
    const sections: Section[] = [];
    for (const kind of ["global", "defaults"] as const) {
      if (this.#statements[kind].length > 0) {
        sections.push(section(kind, [], this.#statements[kind]));
      }
    }
    sections.push(section("listen", ["sluice"], this.#statements.listen));
    if (this.#statements.stats.length > 0) {
      sections.push(section("listen", ["stats"], this.#statements.stats));
    }
    return { format: "env", sections };
  }

  /** Statements that a variable brings along. */
  #implied(): void {
    const log = this.#values.get("SLUICE_LOG");
    if (log !== undefined) {
      const format = this.#values.get("SLUICE_MODE")?.text === "tcp" ? "tcplog" : "httplog";
      this.#add("defaults", spanOf(log), ["log", "global"]);
      this.#add("defaults", spanOf(log), ["option", format]);
    }
    const stats = this.#values.get("SLUICE_STATS");
    if (stats !== undefined) {
      this.#add("stats", spanOf(stats), ["mode", "http"]);
      this.#add("stats", spanOf(stats), ["stats", "enable"]);
      this.#add("stats", spanOf(stats), ["stats", "uri", "/"]);
    }
  }

  #default(row: EnvVariable, text: string): void {
    const span = { file: ENVIRONMENT_FILE, line: 1, column: 1, length: 1 };
    const words = word(span, [...row.words, ...text.split(" ")]);
    this.#statement(row, span, [...words, ...this.#extra(row, [])]);
  }

  #variable(value: Value): void {
    const { row, text } = value;
    const span = spanOf(value);
    if (row.items === "flag") return;
    let number = 0;
    for (const item of itemsOf(text, row.items)) {
      number++;
      let { text: rest, offset } = item;
      const prefix = word(span, row.words);
      if (row.items === "servers") {
        const named = /^([^\s=:,"']+)=/.exec(rest);
        prefix.push(...word(span, [named?.[1] ?? `s${number}`]));
        rest = rest.slice(named?.[0].length ?? 0);
        offset += named?.[0].length ?? 0;
      }
      const words = this.#lex(value, rest, offset);
      if (words === undefined) continue;
      if (words.length === 0) {
        const place = { ...span, column: span.column + offset, length: 1 };
        this.#diagnostics.alert(place, `an empty entry in ${row.name}`, { allowed: row.syntax });
        continue;
      }
      this.#statement(row, span, [...prefix, ...words, ...this.#extra(row, words)]);
    }
  }

  /** The value of a yes-or-no variable, or its default. */
  #flag(name: string): boolean {
    const value = this.#values.get(name);
    if (value === undefined) {
      return ENV_VARIABLES.find((candidate) => candidate.name === name)?.default === "true";
    }
    if (/^(?:true|yes|on|1)$/i.test(value.text)) return true;
    if (!/^(?:false|no|off|0)$/i.test(value.text)) {
      const message = `'${value.text}' is not a yes or no`;
      this.#diagnostics.alert(spanOf(value), message, { allowed: "true false" });
    }
    return false;
  }

  /** Words that other variables or customs add to a statement. */
  #extra(row: EnvVariable, words: readonly Word[]): Word[] {
    if (row.name === "SLUICE_BIND" && !words.some(({ text }) => text === "ssl")) {
      const cert = this.#values.get("SLUICE_TLS_CERT");
      if (cert === undefined) return [];
      const path = this.#lex(cert, cert.text, 0) ?? [];
      return [...word(spanOf(cert), cert.row.words), ...path];
    }
    if (row.name === "SLUICE_SERVERS" && this.#check && words.length > 0) {
      const said = words.some(({ text }) => text === "check" || text === "no-check");
      return said ? [] : word(words[0].span, ["check"]);
    }
    if (row.name === "SLUICE_COOKIE" && words.length === 1) {
      return word(words[0].span, ["insert", "indirect", "nocache"]);
    }
    return [];
  }

  #lex(value: Value, text: string, offset: number): Word[] | undefined {
    const { line, column } = value;
    const at = (start: number, end: number): Span => ({
      file: ENVIRONMENT_FILE,
      line,
      column: column + offset + start,
      length: Math.max(1, end - start),
    });
    const { tokens, error } = lex(text, { style: "plain" });
    if (error !== undefined) {
      this.#diagnostics.alert(at(error.start, error.end), `${error.message} in ${value.row.name}`);
      return undefined;
    }
    return tokens.map(({ text, start, end, quoted }) => ({
      text,
      span: at(start, end),
      ...(quoted ? { quoted } : undefined),
    }));
  }

  #add(target: EnvTarget, span: Span, words: readonly string[]): void {
    this.#statements[target].push({ words: word(span, words), span });
  }

  #statement(row: EnvVariable, span: Span, words: readonly Word[]): void {
    if (words.length > MAX_WORDS) {
      this.#diagnostics.alert(span, `more than ${MAX_WORDS} words in one statement`);
    } else this.#statements[row.target].push({ words, span });
  }
}

/** The whole value. */
function spanOf({ text, line, column }: Value): Span {
  return { file: ENVIRONMENT_FILE, line, column, length: Math.max(1, text.length) };
}

function word(span: Span, texts: readonly string[]): Word[] {
  return texts.map((text) => ({ text, span }));
}

function section(kind: string, args: readonly string[], statements: Statement[]): Section {
  const span = statements[0]?.span ?? { file: ENVIRONMENT_FILE, line: 1, column: 1, length: 1 };
  const [kindWord, ...argWords] = word(span, [kind, ...args]);
  return { kind: kindWord, args: argWords, span, statements };
}

/** Cuts at commas or semicolons, but not inside quotes (`alpn "h2,http/1.1"`) and not behind a backslash. */
function itemsOf(text: string, kind: EnvVariable["items"]): Item[] {
  if (kind === "whole") return [{ text, offset: 0 }];
  const separator = kind === "lines" ? ";" : ",";
  const items: Item[] = [];
  let from = 0;
  let quote = "";
  for (let at = 0; at <= text.length; at++) {
    const char = text[at];
    if (at < text.length) {
      if (char === "\\" && quote !== "'") {
        at++;
        continue;
      }
      if (quote !== "") {
        if (char === quote) quote = "";
        continue;
      }
      if (char === '"' || char === "'") quote = char;
      if (char !== separator) continue;
    }
    const item = text.slice(from, at);
    const blanks = item.length - item.trimStart().length;
    if (kind !== "lines" || item.trim() !== "") {
      items.push({ text: item.trim(), offset: from + blanks });
    }
    from = at + 1;
  }
  return items;
}
