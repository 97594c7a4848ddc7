/** Statistics in the typed and the JSON form, as HAProxy writes them (management manual 9.2, 9.3). */
import { statColumns } from "./columns.ts";
import { type StatColumn, type Subject, valueOf } from "./column.ts";
import {
  type FieldTag,
  letterOf,
  NATURES,
  ORIGINS,
  SCOPES,
  type StatLetter,
  tagOf,
} from "./tags.ts";

/** `-` divides the columns of the CSV form and is no field; these are behind it one place earlier. */
const DIVIDER = statColumns.findIndex(({ name }) => name === "-");

interface Field {
  readonly column: StatColumn;
  readonly position: number;
  readonly tag: Readonly<Record<StatLetter, FieldTag>>;
}

const fields: readonly Field[] = statColumns.flatMap((column, i) =>
  i === DIVIDER ? [] : [{
    column,
    position: i > DIVIDER ? i - 1 : i,
    tag: {
      F: tagOf(column.name, "F"),
      L: tagOf(column.name, "L"),
      B: tagOf(column.name, "B"),
      S: tagOf(column.name, "S"),
    },
  }]
);

/** Ids of a subject: its proxy's, and its own (0: it is the proxy). */
function idsOf(subject: Subject): [proxy: number, own: number] {
  switch (subject.kind) {
    case "frontend":
      return [subject.frontend.id, 0];
    case "listener":
      return [subject.frontend.id, subject.socket.id];
    case "backend":
      return [subject.backend.id, 0];
    case "server":
      return [subject.backend.id, subject.server.id];
  }
}

/** One line for each field that has a value: `F.2.0.0.pxname.1:KNS:str:stats`. */
export function typedRow(subject: Subject, described: boolean): string {
  const letter = letterOf(subject);
  const [proxy, own] = idsOf(subject);
  const start = `${letter}.${proxy}.${own}.`;
  let text = "";
  for (const { column, position, tag } of fields) {
    const value = valueOf(column, subject);
    if (value === undefined) continue;
    const { tag: letters, type } = tag[letter];
    text += `${start}${position}.${column.name}.1:${letters}:${type}:${oneLine(value)}`;
    text += described ? `:"${column.doc}"\n` : "\n";
  }
  return text;
}

/** What a server said to a check may have line ends: here they would begin another field. */
function oneLine(value: string | number): string | number {
  // deno-lint-ignore no-control-regex
  return typeof value === "number" ? value : value.replace(/[\x00-\x1f]/g, " ");
}

/** `"field":…,"value":…}` of one value, in either kind of dump. */
export function jsonField(
  position: number,
  name: string,
  { tag, type }: FieldTag,
  value: string | number,
): string {
  const [origin, nature, scope] = tag;
  return `"field":{"pos":${position},"name":"${name}"},"processNum":1,` +
    `"tags":{"origin":"${ORIGINS[origin]}","nature":"${NATURES[nature]}",` +
    `"scope":"${SCOPES[scope]}"},"value":{"type":"${type}","value":${JSON.stringify(value)}}}`;
}

const TYPE_NAMES = { F: "Frontend", L: "Listener", B: "Backend", S: "Server" } as const;

/** One row as a JSON array of its fields. */
export function jsonRow(subject: Subject): string {
  const letter = letterOf(subject);
  const [proxy, own] = idsOf(subject);
  const start = `{"objType":"${TYPE_NAMES[letter]}","proxyId":${proxy},"id":${own},`;
  const parts: string[] = [];
  for (const { column, position, tag } of fields) {
    const value = valueOf(column, subject);
    if (value !== undefined) {
      parts.push(start + jsonField(position, column.name, tag[letter], value));
    }
  }
  return `[${parts.join(",")}]`;
}
