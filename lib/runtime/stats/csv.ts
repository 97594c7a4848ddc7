/** Statistics as comma-separated values, as HAProxy writes them (management manual 9.1). */
import { statColumns } from "./columns.ts";
import { type Subject, valueOf } from "./column.ts";

/** `# pxname,svname,…,` and a line feed. */
export const csvHeader: string = `# ${statColumns.map(({ name }) => `${name},`).join("")}\n`;

/** One row, a comma after each field, and a line feed. */
export function csvRow(subject: Subject): string {
  let row = "";
  for (const column of statColumns) {
    const value = valueOf(column, subject);
    if (value === undefined) row += ",";
    else row += (typeof value === "number" ? String(value) : quoted(value)) + ",";
  }
  return row + "\n";
}

/** Quotes what would be misread otherwise. */
function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
