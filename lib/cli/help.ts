/**
 * `help KEYWORD`: what the tables say about a keyword, a section, a setting of a line, or an option of the command
 * line.
 */
import {
  keywordRows,
  keywordsOf,
  optionTables,
  rowsNamed,
  sectionRows,
} from "../config/keywords/index.ts";
import { settingUsage } from "../config/keywords/describe.ts";
import type { OptionRow, OptionTable } from "../config/keywords/option_table.ts";
import { usage as keywordUsage } from "../config/keywords/parse_args.ts";
import type { SectionRow } from "../config/keywords/sections.ts";
import type { KeywordRow, KeywordStatus } from "../config/keywords/types.ts";
import { nearest } from "../config/suggest.ts";
import { OPTIONS, SUB_COMMANDS, type SubCommand } from "./option_rows.ts";

/** The text for a topic, or undefined with the nearest one that exists. */
export function helpFor(topic: string): { text: string } | { nearest: string | undefined } {
  const texts = [
    ...sectionRows.filter((row) => row.kind === topic).map(sectionHelp),
    ...rowsNamed(topic).map(keywordHelp),
    ...optionTables.flatMap((table) => {
      const row = table.byName.get(topic);
      return row === undefined ? [] : [settingHelp(table, row)];
    }),
    ...optionTables.filter((table) => table.noun === "algorithm" && table.line === topic)
      .map(algorithmList),
    ...SUB_COMMANDS.filter((row) => row.name === topic).map(subCommandHelp),
    ...OPTIONS.filter((row) => row.name === topic).map((row) =>
      `${row.label === undefined ? row.name : `${row.name} ${row.label}`}\n` +
      `    option of the command line\n    ${row.summary}.`
    ),
  ];
  if (texts.length > 0) return { text: texts.join("\n\n") };
  const family = keywordRows.filter((row) => row.name.startsWith(`${topic} `));
  if (family.length > 0) return { text: family.map(keywordHelp).join("\n\n") };
  return { nearest: nearest(topic, topics()) };
}

function subCommandHelp({ name, label, summary, options = [] }: SubCommand): string {
  const usages = options.map((each) =>
    each.label === undefined ? each.name : `${each.name} ${each.label}`
  );
  const width = Math.max(0, ...usages.map((usage) => usage.length));
  return [
    `sluice ${name} ${label}`.trimEnd(),
    `    command`,
    `    ${summary}.`,
    ...options.map(({ summary }, i) => `    ${usages[i].padEnd(width)}  ${summary}`),
  ].join("\n");
}

/** Everything that `help` explains. */
export function topics(): string[] {
  return [
    ...new Set([
      ...sectionRows.map((row) => row.kind),
      ...keywordRows.map((row) => row.name),
      ...optionTables.flatMap((table) => table.rows.map((row) => row.name)),
      ...OPTIONS.map((row) => row.name),
      ...SUB_COMMANDS.map((row) => row.name),
    ]),
  ];
}

/** The section and its keywords, those that work first. */
function sectionHelp(row: SectionRow): string {
  const name = { none: "", optional: " [<name>]", required: " <name>" }[row.name];
  const keywords = [...keywordsOf(row.kind).byName.values()]
    .sort((a, b) => a.name < b.name ? -1 : 1);
  const list = (title: string, rows: readonly KeywordRow[], summary: boolean) =>
    rows.length === 0 ? [] : [
      "",
      title,
      ...rows.map((each) =>
        summary ? `    ${each.name.padEnd(32)} ${each.summary}` : `    ${each.name}`
      ),
    ];
  return [
    `${row.kind}${name}${row.from ? " [from <defaults>]" : ""}`,
    `    section: ${row.summary}.`,
    ...statusLine(row.status, row.reason),
    `    HAProxy's manual: ${row.manual}`,
    ...list("Keywords:", keywords.filter((each) => each.status === "supported"), true),
    ...list("Without effect:", keywords.filter((each) => each.status === "ignored"), false),
    ...list("Not supported:", keywords.filter((each) => each.status === "unsupported"), false),
  ].join("\n");
}

function keywordHelp(row: KeywordRow): string {
  const prefixes = (row.prefixes ?? []).map((prefix) => `${prefix} ${row.name}`);
  return [
    [keywordUsage(row), ...prefixes].join("\n"),
    `    in ${row.sections.join(", ")}${
      row.namedDefaultsOnly === true ? " (defaults: only with a name)" : ""
    }`,
    `    ${row.summary}.`,
    ...statusLine(row.status, row.reason),
    `    HAProxy's manual: ${row.manual}`,
  ].join("\n");
}

function settingHelp({ line, noun }: OptionTable, row: OptionRow): string {
  return [
    settingUsage(row),
    `    ${noun ?? "setting"} of a '${line}' line`,
    `    ${row.summary}.`,
    ...statusLine(row.status, row.reason),
    `    HAProxy's manual: ${row.manual}`,
  ].join("\n");
}

function algorithmList({ rows }: OptionTable): string {
  const supported = rows.filter((row) => row.status === "supported");
  return ["Algorithms:", ...supported.map((row) => `    ${settingUsage(row)}: ${row.summary}.`)]
    .join("\n");
}

function statusLine(status: KeywordStatus, reason: string | undefined): string[] {
  if (status === "supported") return [];
  const what = status === "ignored" ? "changes nothing" : "not supported";
  return [`    ${what}${reason === undefined ? "" : `: ${reason}`}.`];
}
