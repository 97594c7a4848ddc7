/** `sluice help [KEYWORD]`: every word of the configuration language, explained from the keyword tables. */
import { describe, settingUsage, statusOf } from "./keywords/describe.ts";
import { keywordRows, keywordsOf, optionTables, rowsNamed, sectionRows } from "./keywords/index.ts";
import type { KeywordRow, SectionKind } from "./keywords/types.ts";
import { nearest } from "./suggest.ts";

export interface Help {
  readonly text: string;
  /** False when there is no such word; the text then says so and names the nearest one. */
  readonly found: boolean;
}

/**
 * Explains a keyword (`timeout connect`), the first word of several (`timeout`), a section (`backend`), or a
 * setting of `bind` and `server` lines (`inter`): everything that bears this name.
 */
export function helpFor(words: string): Help {
  const wanted = words.trim().replace(/\s+/g, " ").replace(/^(no|default) (?=\S)/, "");
  const parts: string[] = [];
  const section = sectionRows.find((row) => row.kind === wanted);
  if (section !== undefined) parts.push(helpForSection(section.kind));
  const rows = rowsNamed(wanted);
  parts.push(...rows.map(explain));
  const family = [...new Set(keywordRows.filter((row) => row.name.startsWith(`${wanted} `)))];
  if (family.length > 0) parts.push(list(`'${wanted}' begins these keywords:`, family));
  for (const table of optionTables) {
    const row = table.byName.get(wanted);
    if (row !== undefined) {
      const status = statusOf(row);
      parts.push(
        [
          `${settingUsage(row)}`,
          `    ${
            table.noun === "algorithm" ? "an algorithm" : "a setting"
          } of '${table.line}' lines`,
          `    ${row.summary}.`,
          ...(row.value === undefined ? [] : [`    ${row.value.label}: ${row.value.describe}`]),
          ...(status === undefined ? [] : [`    ${capital(status)}.`]),
          `    HAProxy's manual, section ${row.manual}`,
        ].join("\n"),
      );
    }
    const inTable = (table.line === "server" && wanted === "default-server") ||
      table.line === wanted;
    if (inTable) {
      const settings = table.rows.filter((r) => r.status === "supported");
      parts.push(
        [
          `${table.noun === "algorithm" ? "Algorithms" : "Settings"} of '${wanted}' lines:`,
          ...columns(settings.map((r) => [settingUsage(r), r.summary])),
          `Known and not supported: ${
            table.rows.filter((r) => r.status !== "supported").map((r) => r.name).join(", ")
          }`,
        ].join("\n"),
      );
    }
  }
  if (parts.length > 0) return { text: parts.join("\n\n"), found: true };
  const near = nearest(wanted, allWords());
  const hint = near === undefined ? "" : `; did you mean '${near}'?`;
  return { text: `There is no keyword '${wanted}'${hint}`, found: false };
}

/** All that is supported, by section, one line each. */
export function helpIndex(): string {
  const groups: [string, SectionKind[]][] = [
    ["Keywords of 'global':", ["global"]],
    ["Keywords of proxies ('defaults', 'frontend', 'listen', 'backend'):", [
      "defaults",
      "frontend",
      "listen",
      "backend",
    ]],
    ...sectionRows
      .filter((row) => row.status === "supported" && !row.from && row.kind !== "global")
      .map((row): [string, SectionKind[]] => [`Keywords of '${row.kind}':`, [row.kind]]),
  ];
  const parts = groups.map(([title, kinds]) =>
    list(
      title,
      keywordRows.filter((row) =>
        row.status === "supported" && kinds.some((k) => row.sections.includes(k))
      ),
    )
  );
  const sections = sectionRows.filter((row) => row.status === "supported");
  return [
    ["Sections:", ...columns(sections.map((row) => [row.kind, row.summary]))].join("\n"),
    ...parts,
    "'sluice help KEYWORD' says more, also about keywords that are not supported.",
  ].join("\n\n");
}

/** Every word that help knows. */
function allWords(): Set<string> {
  const words = new Set<string>(sectionRows.map((row) => row.kind));
  for (const row of keywordRows) {
    words.add(row.name);
    words.add(row.name.split(" ")[0]);
  }
  for (const table of optionTables) for (const row of table.rows) words.add(row.name);
  return words;
}

function helpForSection(kind: SectionKind): string {
  const section = sectionRows.find((row) => row.kind === kind)!;
  const name = { none: "", optional: " [<name>]", required: " <name>" }[section.name];
  const head = `${kind}${name}${section.from ? " [from <defaults>]" : ""}`;
  const status = statusOf(section);
  const rows = [...keywordsOf(kind).byName.values()];
  const supported = rows.filter((row) => row.status === "supported");
  return [
    head,
    `    a section: ${section.summary}.`,
    ...(status === undefined ? [] : [`    ${capital(status)}.`]),
    `    HAProxy's manual, section ${section.manual}`,
    ...(supported.length > 0 ? ["", list(`Keywords of '${kind}':`, supported)] : []),
  ].join("\n");
}

function explain(row: KeywordRow): string {
  const d = describe(row);
  return [
    d.usage,
    `    in ${d.sections}`,
    `    ${d.summary}.`,
    ...d.args.map((arg) => `    ${arg}`),
    ...(d.prefixes === undefined ? [] : [`    also ${d.prefixes}`]),
    ...(d.status === undefined ? [] : [`    ${capital(d.status)}.`]),
    `    HAProxy's manual, section ${d.manual}`,
  ].join("\n");
}

function list(title: string, rows: readonly KeywordRow[]): string {
  const lines = rows.map((row): [string, string] => {
    const status = row.status === "supported" ? "" : ` (${row.status})`;
    return [row.name, row.summary + status];
  });
  return [title, ...columns(lines)].join("\n");
}

function columns(lines: readonly (readonly [string, string])[]): string[] {
  const sorted = [...lines].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
  const width = Math.min(36, Math.max(...sorted.map(([left]) => left.length)));
  return sorted.map(([left, right]) => `    ${left.padEnd(width)}  ${right}`);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
