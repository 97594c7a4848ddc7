/** Statistics as comma-separated values, as HAProxy writes them (management manual 9.1). */
import { statColumns } from "./columns.ts";
import type {
  BackendSubject,
  FrontendSubject,
  ListenerSubject,
  ServerSubject,
  StatValue,
  Subject,
} from "./column.ts";

/** `# pxname,svname,…,` and a line feed. */
export const csvHeader: string = `# ${statColumns.map(({ name }) => `${name},`).join("")}\n`;

/** The functions of one kind of subject, in the order of the columns. */
function valuesOf<S extends Subject>(kind: S["kind"]): (((subject: S) => StatValue) | undefined)[] {
  return statColumns.map((column) => column[kind] as ((subject: S) => StatValue) | undefined);
}

const values = {
  frontend: valuesOf<FrontendSubject>("frontend"),
  listener: valuesOf<ListenerSubject>("listener"),
  backend: valuesOf<BackendSubject>("backend"),
  server: valuesOf<ServerSubject>("server"),
};

/** One row, a comma after each field, and a line feed. */
export function csvRow(subject: Subject): string {
  const columns = values[subject.kind] as (((subject: Subject) => StatValue) | undefined)[];
  let row = "";
  for (let i = 0; i < columns.length; i++) {
    const value = columns[i]?.(subject);
    if (typeof value === "number") row += value;
    else if (value !== undefined) row += quoted(value);
    row += ",";
  }
  return row + "\n";
}

/** Quotes what would be misread otherwise. */
function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
