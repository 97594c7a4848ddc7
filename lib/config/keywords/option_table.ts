/**
 * The settings of `bind`, `server` and `default-server` lines (manual 5): each is a row, like a keyword,
 * and one function reads a line's settings by a table of them.
 */
import type { Diagnostics } from "../diagnostic.ts";
import type { Word } from "../document.ts";
import { nearest } from "../suggest.ts";
import { type ArgType, Refusal } from "./args.ts";
import { type ApplyContext, type KeywordStatus, unsupported } from "./types.ts";

export interface OptionContext {
  /** The words after the setting's value, for settings with parts of their own (`source`). */
  readonly word: Word;
  readonly diagnostics: Diagnostics;
  /** `bind :80`, `server app/web1`: begins messages. */
  readonly where: string;
  /** What stands in parentheses behind the setting's name. */
  readonly call?: string;
  /** Reads a file; throws when it cannot. */
  readFile(path: string): Uint8Array;
}

/** One setting of a `bind` or `server` line. */
export interface OptionRow<Draft = never> {
  readonly name: string;
  /** How it is written, when that is more than its name and its value. */
  readonly usage?: string;
  /** The value's type; undefined: the name alone is the setting. */
  readonly value?: ArgType<unknown>;
  /** How many words follow, for settings that sluice does not take and of which it knows no type. */
  readonly arity?: number;
  /** Its name is followed by something in parentheses: `set-proxy-v2-tlv-fmt(0xE0)`. */
  readonly takesCall?: true;
  /** Not on these lines ("id" on `default-server`). */
  readonly notOn?: readonly string[];
  readonly summary: string;
  readonly manual: string;
  readonly status: KeywordStatus;
  readonly reason?: string;
  readonly apply?: (draft: Draft, value: never, context: OptionContext) => void;
}

/** The settings of one kind of line. */
export interface OptionTable {
  /** `bind` or `server`. */
  readonly line: string;
  /** What its rows are, when they are not settings. */
  readonly noun?: "algorithm";
  readonly rows: readonly OptionRow[];
  readonly byName: ReadonlyMap<string, OptionRow>;
}

/** A setting with a value. */
export function setting<Draft, T>(
  row: {
    name: string;
    value: ArgType<T>;
    summary: string;
    notOn?: readonly string[];
    manual?: string;
    usage?: string;
    takesCall?: true;
    apply(draft: Draft, value: T, context: OptionContext): void;
  },
): Omit<OptionRow<Draft>, "manual"> & { manual?: string } {
  return { ...row, status: "supported" } as never;
}

/** A setting that changes nothing here, and says why; its value is checked nevertheless. */
export function ignoredSetting<Draft>(
  row: { name: string; value?: ArgType<unknown>; summary: string; reason: string },
): Omit<OptionRow<Draft>, "manual"> & { manual?: string } {
  return { ...row, status: "ignored" };
}

/** A setting that is a name alone. */
export function flag<Draft>(
  name: string,
  summary: string,
  apply: (draft: Draft, set: true, context: OptionContext) => void,
): Omit<OptionRow<Draft>, "manual"> & { manual?: string } {
  return { name, summary, status: "supported", apply } as never;
}

/** Settings that exist in the manual and that sluice refuses by name, or knows to be harmless. */
export function known<Draft>(
  status: "unsupported" | "ignored",
  reason: string | undefined,
  settings: Readonly<Record<string, readonly [arity: number, summary: string]>>,
): (Omit<OptionRow<Draft>, "manual"> & { manual?: string })[] {
  return Object.entries(settings).map(([name, [arity, summary]]) => ({
    name,
    arity,
    summary,
    status,
    reason,
  }));
}

/** Puts rows together; a name that is given twice is a mistake of sluice's own. */
export function optionTable<Draft>(
  line: string,
  manual: string,
  rows: readonly (Omit<OptionRow<Draft>, "manual"> & { manual?: string })[],
): OptionTable {
  const byName = new Map<string, OptionRow>();
  for (const row of rows) {
    if (byName.has(row.name)) throw new Error(`${line}: the setting '${row.name}' is there twice`);
    byName.set(row.name, { manual, ...row } as unknown as OptionRow);
  }
  return { line, rows: [...byName.values()], byName };
}

/** The row of a setting as written, with or without parentheses, which only some take. */
export function rowOf(
  table: OptionTable,
  text: string,
): { readonly row: OptionRow | undefined; readonly call?: string } {
  const row = table.byName.get(text);
  if (row !== undefined || !text.endsWith(")")) return { row };
  const open = text.indexOf("(");
  const called = table.byName.get(text.slice(0, open));
  return called?.takesCall === true ? { row: called, call: text.slice(open + 1, -1) } : { row };
}

/** How many words a setting takes after its name. */
export function arityOf(row: OptionRow): number {
  return row.value !== undefined ? 1 : row.arity ?? 0;
}

/**
 * Reads the settings of a line into `draft`. Each word that is wrong is reported and the next setting is
 * read, so that one line shows all its mistakes. `where` begins the messages: `server app/web1`.
 */
export function readOptions<Draft>(
  table: OptionTable,
  words: readonly Word[],
  draft: Draft,
  where: string,
  line: string,
  { diagnostics, readFile }: Pick<ApplyContext, "diagnostics" | "readFile">,
): void {
  const reasons = new Set<string>();
  for (let i = 0; i < words.length;) {
    const word = words[i++];
    const { row, call } = rowOf(table, word.text);
    if (row === undefined) {
      const near = nearest(word.text, [...table.byName.keys()]);
      diagnostics.alert(word.span, `${where}: unknown setting '${word.text}'`, {
        allowed: `the settings that 'sluice help ${line}' lists`,
        nearest: near,
      });
      // what was meant to be its value is not a second mistake
      if (near !== undefined) i += arityOf(table.byName.get(near)!);
      else while (i < words.length && !/^[a-z][a-z0-9-]*$/.test(words[i].text)) i++;
      continue;
    }
    const arity = arityOf(row);
    const values = words.slice(i, i + arity);
    i += arity;
    if (row.notOn?.includes(line)) {
      diagnostics.alert(word.span, `${where}: '${row.name}' cannot be set on a '${line}' line`);
      continue;
    }
    // one sentence for all settings of a line that are refused for the same reason
    if (row.status !== "supported" && row.reason !== undefined) {
      if (reasons.has(row.reason)) continue;
      reasons.add(row.reason);
    }
    if (row.status === "unsupported") {
      diagnostics.alert(word.span, `${where}: ${unsupported(row.name, row.reason)}`);
      continue;
    }
    if (row.status === "ignored") {
      diagnostics.warning(word.span, `${where}: '${row.name}' is ignored: ${row.reason}`);
      if (row.value === undefined) continue;
    }
    if (row.value === undefined) {
      row.apply!(draft as never, true as never, {
        word,
        diagnostics,
        where,
        readFile,
      });
      continue;
    }
    if (values.length === 0) {
      diagnostics.alert(word.span, `${where}: '${row.name}' needs a value`, {
        allowed: row.value.describe,
      });
      continue;
    }
    const value = row.value.parse(values[0]);
    if (value instanceof Refusal) {
      diagnostics.alert(values[0].span, `${where}: '${row.name}': ${value.message}`, {
        allowed: value.allowed,
        nearest: value.nearest,
      });
      continue;
    }
    row.apply?.(draft as never, value as never, {
      word: values[0],
      call,
      diagnostics,
      where,
      readFile,
    });
  }
}
