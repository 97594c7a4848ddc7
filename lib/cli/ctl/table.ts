/** Answers of the runtime socket as tables for people. */

/** Rows of `show stat` (or of a table with a head line that begins with `# `) by column. */
export function parseTable(text: string, separator: "," | " "): Record<string, string>[] {
  const lines = text.split("\n").filter((line) => line !== "" && line !== "1");
  const head = lines.shift()?.replace(/^# /, "") ?? "";
  const names = split(head, separator);
  return lines.map((line) =>
    Object.fromEntries(split(line, separator).map((value, at) => [names[at], value]))
  );
}

/** Fields of a line; quoted ones have doubled quotes (RFC 4180). */
function split(line: string, separator: "," | " "): string[] {
  if (separator === " ") return line.split(" ");
  const fields: string[] = [];
  const pattern = /("(?:[^"]|"")*"|[^,]*)(?:,|$)/gy;
  while (pattern.lastIndex < line.length) {
    const match = pattern.exec(line);
    if (match === null) break;
    const [, field] = match;
    fields.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field);
  }
  return fields;
}

/** Columns in line; numbers to the right. Control characters are left out. */
export function formatTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  // deno-lint-ignore no-control-regex
  const clean = (text: string) => text.replace(/[\x00-\x1f\x7f]/g, " ");
  const all = [heads, ...rows].map((row) => row.map((cell) => clean(cell ?? "")));
  const widths = heads.map((_, at) => Math.max(...all.map((row) => row[at].length)));
  const number = heads.map((_, at) =>
    rows.length > 0 && rows.every((row) => /^-?[\d.]*$/.test(row[at] ?? ""))
  );
  return all.map((row) =>
    row.map((cell, at) => number[at] ? cell.padStart(widths[at]) : cell.padEnd(widths[at]))
      .join("  ").trimEnd() + "\n"
  ).join("");
}
