/** What an action changes of a stream, found by looking before and after: so no action needs to tell. */
import type { SocketMarks, StreamView } from "../expr/context.ts";
import { keyText } from "../expr/stick_key.ts";
import { existingVariables } from "../expr/variables.ts";
import type { Typed } from "../expr/sample.ts";
import type { Head } from "../http1/head.ts";
import { describeValue, printable } from "./text.ts";
import type { Effect } from "./types.ts";

type Values = ReadonlyMap<string, string>;

export interface Snapshot {
  readonly method: string | undefined;
  readonly target: string | undefined;
  readonly status: string | undefined;
  readonly request: Fields;
  readonly response: Fields;
  readonly variables: Values;
  readonly settings: Values;
}

/** Values by name; the names in lower case, with the name as it is sent. */
type Fields = ReadonlyMap<string, { readonly name: string; readonly values: readonly string[] }>;

/** What can be changed of `stream`, as it is now. */
export function snapshot(stream: StreamView): Snapshot {
  const { request, response } = stream;
  return {
    method: request?.method,
    target: request?.target,
    status: response === undefined ? undefined : `${response.status} ${response.reason}`,
    request: fieldsOf(request),
    response: fieldsOf(response),
    variables: variablesOf(stream),
    settings: settingsOf(stream),
  };
}

/** What differs between two moments. */
export function differences(before: Snapshot, after: Snapshot): Effect[] {
  const effects: Effect[] = [];
  for (const what of ["method", "target", "status"] as const) {
    const from = before[what];
    const to = after[what];
    if (from !== to && to !== undefined) effects.push({ what, name: "", from: from ?? null, to });
  }
  fields("request header", before.request, after.request, effects);
  fields("response header", before.response, after.response, effects);
  values("variable", before.variables, after.variables, effects);
  values("setting", before.settings, after.settings, effects);
  return effects;
}

function fieldsOf(head: Head | undefined): Fields {
  const fields = new Map<string, { name: string; values: string[] }>();
  if (head === undefined) return fields;
  for (let i = 0; i < head.count; i++) {
    if (head.isRemoved(i)) continue;
    const name = head.name(i);
    const key = name.toLowerCase();
    const field = fields.get(key);
    if (field === undefined) fields.set(key, { name, values: [head.value(i)] });
    else field.values.push(head.value(i));
  }
  return fields;
}

function fields(what: Effect["what"], before: Fields, after: Fields, into: Effect[]): void {
  for (const [key, { name, values }] of before) {
    const now = after.get(key)?.values ?? [];
    const gone = without(values, now);
    const come = without(now, values);
    for (let i = 0; i < Math.max(gone.length, come.length); i++) {
      into.push({ what, name, from: shown(gone[i]), to: shown(come[i]) });
    }
  }
  for (const [key, { name, values }] of after) {
    if (before.has(key)) continue;
    for (const value of values) into.push({ what, name, from: null, to: printable(value) });
  }
}

const shown = (value: string | undefined) => value === undefined ? null : printable(value);

/** Those of `list` that `other` has not, each as often as it is missing there. */
function without(list: readonly string[], other: readonly string[]): string[] {
  const left = [...other];
  return list.filter((value) => {
    const at = left.indexOf(value);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function values(what: Effect["what"], before: Values, after: Values, into: Effect[]): void {
  for (const [name, to] of after) {
    const from = before.get(name);
    if (from !== to) into.push({ what, name, from: from ?? null, to });
  }
  for (const [name, from] of before) {
    if (!after.has(name)) into.push({ what, name, from, to: null });
  }
}

/** All variables that `stream` can see and that are set. */
export function variablesOf(stream: StreamView): Map<string, string> {
  const set = new Map<string, string>();
  for (const variable of existingVariables()) {
    const value: Typed | undefined = variable.get(stream);
    if (value !== undefined) {
      set.set(variable.name, describeValue(value.type, value.value).value);
    }
  }
  return set;
}

/** What rules set on the stream itself, by the names of the actions. */
const SETTINGS: readonly (readonly [name: string, property: string])[] = [
  ["log-level", "logLevel"],
  ["priority-class", "priorityClass"],
  ["priority-offset", "priorityOffset"],
  ["timeout server", "serverTimeout"],
  ["timeout tunnel", "tunnelTimeout"],
  ["source", "source"],
  ["destination", "destination"],
];

function settingsOf(stream: StreamView): Map<string, string> {
  const settings = new Map<string, string>();
  for (const [name, property] of SETTINGS) {
    const value = (stream as unknown as Record<string, unknown>)[property];
    if (value === undefined || value === 0) continue;
    settings.set(name, typeof value === "object" ? addressText(value as object) : String(value));
  }
  if (stream.lenient === true) settings.set("strict mode", "off");
  const { marks } = stream.session;
  if (marks !== undefined) settings.set("packets to the client", marksText(marks));
  if (stream.serverMarks !== undefined) {
    settings.set("packets to the server", marksText(stream.serverMarks));
  }
  for (const tracked of [stream.session.tracked, stream.tracked]) {
    tracked?.forEach((slot, i) => {
      if (slot === undefined) return;
      const { table, entry } = slot;
      settings.set(`sc${i}`, `${keyText(table, table.keyOf(entry))} in table ${table.name}`);
    });
  }
  return settings;
}

/** TOS and mark, as rules write them. */
function marksText({ tos, mark }: SocketMarks): string {
  const hex = (name: string, value: number | undefined) =>
    value === undefined ? [] : [`${name} 0x${(value >>> 0).toString(16)}`];
  return [...hex("tos", tos), ...hex("mark", mark)].join(", ");
}

function addressText(value: { host?: unknown; port?: unknown }): string {
  return "host" in value ? `${value.host}:${value.port}` : JSON.stringify(value);
}
