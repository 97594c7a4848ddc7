/**
 * Tables of the hand-written pages that are made from the program's own rows. In a page such a table stands between
 * `<!-- table: NAME -->` and `<!-- end -->`; `deno task docs` writes it, and a test fails when it is out of date.
 */
import { EXPLAIN_OPTIONS, OPTIONS, SUB_COMMANDS } from "../../lib/cli/option_rows.ts";
import { EXPECT_FIELDS, TEST_FIELDS } from "../../lib/config/tests/rows.ts";
import { ENV_VARIABLES } from "../../lib/config/env_variables.ts";
import { PREDICATES } from "../../lib/config/condition.ts";
import { CONVERTER_ROWS } from "../../lib/expr/converters/table.ts";
import { FETCH_ROWS } from "../../lib/expr/fetches/table.ts";
import { JSON_MEMBERS } from "../../lib/expr/log_json.ts";
import { type ArgSpec, NEED_NAMES } from "../../lib/expr/rows.ts";
import { ACTION_ROWS } from "../../lib/rules/actions/table.ts";
import { SIGNALS } from "../../lib/runtime/signals.ts";
import { commands } from "../../lib/runtime/socket/table.ts";

/** The pages that have such tables. */
export const PAGES: readonly string[] = [
  "docs/configuration.md",
  "docs/explain.md",
  "docs/operations.md",
];

type Cells = readonly string[];

const TABLES: Readonly<Record<string, () => string>> = {
  "environment variables": () =>
    table(
      ["variable", "value", "default", "what it is"],
      ENV_VARIABLES.map((row) => [
        code(row.name),
        code(row.syntax),
        row.default === undefined ? "" : code(row.default),
        prose(row.doc),
      ]),
    ),
  "json log": () =>
    table(
      ["member", "what it is"],
      JSON_MEMBERS.map(([name, doc]) => [code(name), prose(doc)]),
    ),
  "options of explain": () =>
    table(
      ["option", "what it is"],
      EXPLAIN_OPTIONS.map(({ name, label, summary }) => [
        code(label === undefined ? name : `${name} ${label}`),
        prose(summary),
      ]),
    ),
  "keys of tests": () =>
    table(
      ["key", "what it is"],
      TEST_FIELDS.map(({ name, doc }) => [code(name), prose(doc)]),
    ),
  "keys of expect": () =>
    table(
      ["key", "what it is"],
      EXPECT_FIELDS.map(({ name, doc }) => [code(name), prose(doc)]),
    ),
  "predicates": () =>
    table(
      ["predicate", "what it says"],
      PREDICATES.map((row) => [code(`${row.name}(${row.args.join(",")})`), prose(row.doc)]),
    ),
  "fetches": () =>
    table(
      ["fetch", "type", "needs", "what it gives", "manual"],
      FETCH_ROWS.map((row) => [
        names(row.name, row.args, row.aliases),
        row.type,
        NEED_NAMES[row.needs],
        prose(row.doc),
        row.section,
      ]),
    ),
  "converters": () =>
    table(
      ["converter", "from", "to", "what it makes", "manual"],
      CONVERTER_ROWS.map((row) => [
        names(row.name, row.args, row.aliases),
        row.input,
        row.output,
        prose(row.doc),
        row.section,
      ]),
    ),
  "actions": () =>
    table(
      ["action", "in", "what it does", "manual"],
      ACTION_ROWS.map((row) => [
        code(`${row.name} ${row.args}`.trim()),
        row.rules.map(code).join(", "),
        prose(row.doc),
        row.section,
      ]),
    ),
  "commands": () =>
    table(
      ["command", "what it does"],
      SUB_COMMANDS.map((row) => [code(`${row.name} ${row.label}`.trim()), prose(row.summary)]),
    ),
  "options": () =>
    table(
      ["option", "what it does"],
      OPTIONS.map((row) => [code(`${row.name} ${row.label ?? ""}`.trim()), prose(row.summary)]),
    ),
  "signals": () =>
    table(
      ["signal", "what the process does"],
      SIGNALS.map((row) => [code(row.signal), prose(row.does)]),
    ),
  "runtime commands": () =>
    table(
      ["command", "level", "what it does"],
      commands.map((row) => [
        code([...row.words, row.args].join(" ").trim()),
        code(row.level),
        prose(row.doc),
      ]),
    ),
};

const BLOCK = /(<!-- table: ([a-z ]+) -->\n)[\s\S]*?(\n<!-- end -->)/g;

/** The page with its tables made anew. Throws for a table that does not exist. */
export function fillTables(page: string): string {
  return page.replace(BLOCK, (_, begin: string, name: string, end: string) => {
    const make = TABLES[name];
    if (make === undefined) throw new Error(`there is no table '${name}' to fill in`);
    return `${begin}\n${make()}${end}`;
  });
}

function names(name: string, args: readonly ArgSpec[], aliases: readonly string[] = []): string {
  const list = args.map((arg) => arg.optional ? `[${arg.name}]` : arg.name).join(",");
  const first = code(args.length === 0 ? name : `${name}(${list})`);
  return [first, ...aliases.map(code)].join(", ");
}

/** A sentence of a row: what looks like an HTML tag is none. */
function prose(text: string): string {
  return text.replaceAll("<", "\\<");
}

function code(text: string): string {
  return `\`${text}\``;
}

/** A table in the shape that `deno fmt` gives it. */
function table(head: Cells, rows: readonly Cells[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row: Cells) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |\n`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return line(cells[0]) + rule + cells.slice(1).map(line).join("");
}
