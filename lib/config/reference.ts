/** The pages of `docs/reference`, made from the keyword tables. */
import { describe, settingUsage, statusOf, tableTitle } from "./keywords/describe.ts";
import { keywordRows, optionTables, sectionRows } from "./keywords/index.ts";
import type { KeywordRow, SectionKind } from "./keywords/types.ts";

const PROXIES: readonly SectionKind[] = ["defaults", "frontend", "listen", "backend"];
const NOTE = "<!-- Made by `deno task docs` from lib/config/keywords; do not edit. -->\n";

/** Markdown by file name. */
export function referencePages(): Map<string, string> {
  const supported = keywordRows.filter((row) => row.status === "supported");
  const global = supported.filter((row) => row.sections.includes("global"));
  const proxy = supported.filter((row) => row.sections.some((s) => PROXIES.includes(s)));
  const pages = new Map<string, string>([
    ["global.md", page("The global section", "What concerns the process.", keywordEntries(global))],
    [
      "proxies.md",
      page(
        "Proxies",
        "Keywords of `defaults`, `frontend`, `listen` and `backend` sections.",
        keywordEntries(proxy),
      ),
    ],
    ["sections.md", page("Sections", "The sections a configuration is made of.", sectionTable())],
    ...sectionRows.filter((row) => row.status === "supported" && !row.from && row.kind !== "global")
      .map(({ kind, summary }): [string, string] => [
        `${kind}.md`,
        page(
          `Sections \`${kind}\``,
          `${summary}.`,
          keywordEntries(supported.filter((row) => row.sections.includes(kind))),
        ),
      ]),
    ["unsupported.md", page("Not supported", UNSUPPORTED, unsupportedTables())],
  ]);
  for (const table of optionTables) {
    const name = `${table.line.replaceAll(" ", "-")}.md`;
    const entries = table.rows.filter((row) => row.status === "supported").map((row) => ({
      name: row.name,
      text: [
        `## ${row.name}`,
        `\`${settingUsage(row)}\``,
        `${row.summary}.`,
        ...(row.value === undefined
          ? []
          : [`* \`${row.value.label}\`: ${escape(row.value.describe)}`]),
        ...(row.notOn === undefined ? [] : [`Not on ${row.notOn.map((l) => `\`${l}\``)} lines.`]),
        `HAProxy's manual: ${row.manual}`,
      ].join("\n\n"),
    }));
    pages.set(
      name,
      page(
        tableTitle(table),
        table.noun === "algorithm"
          ? "One of these, with its arguments behind it."
          : "Written after the address, in any order.",
        join(entries),
      ),
    );
  }
  pages.set("README.md", index([...pages.keys()]));
  return pages;
}

const UNSUPPORTED =
  "Every other keyword of HAProxy 2.6 is known by its name. Refused ones stop the start with a sentence; " +
  "ignored ones change nothing here and give a warning.";

function page(title: string, intro: string, body: string): string {
  return `${NOTE}\n# ${title}\n\n${intro}\n\n${body}\n`;
}

function index(names: readonly string[]): string {
  const links = [...names].sort().map((name) => `* [${name.replace(".md", "")}](${name})`).join(
    "\n",
  );
  return page(
    "Reference",
    "Every keyword of the configuration, as the keyword tables in the program describe it. " +
      "The same texts are shown by `sluice help KEYWORD`.",
    links,
  );
}

function join(entries: readonly { name: string; text: string }[]): string {
  return [...entries].sort((a, b) => a.name < b.name ? -1 : 1).map((e) => e.text).join("\n\n");
}

function keywordEntries(rows: readonly KeywordRow[]): string {
  return join(rows.map((row) => {
    const d = describe(row);
    const text = [
      `## ${row.name}`,
      `\`${d.usage}\``,
      `${escape(d.summary)}.`,
      ...(d.args.length > 0 ? [d.args.map((arg) => `* ${quoteLabel(arg)}`).join("\n")] : []),
      `In: ${d.sections}` +
      (d.prefixes === undefined ? "" : `; also ${d.prefixes.replaceAll("'", "`")}`),
      `HAProxy's manual: ${d.manual}`,
    ].join("\n\n");
    return { name: row.name, text };
  }));
}

/** `<time>: a time` with its label as code. */
function quoteLabel(arg: string): string {
  const colon = arg.indexOf(": ");
  return `\`${arg.slice(0, colon)}\`: ${escape(arg.slice(colon + 2))}`;
}

function sectionTable(): string {
  const lines = sectionRows.map((row) => {
    const name = { none: "", optional: " [name]", required: " name" }[row.name];
    return `| \`${row.kind}${name}\` | ${escape(row.summary)} | ${
      escape(statusOf(row) ?? "yes")
    } | ${row.manual} |`;
  });
  return ["| section | what it is | supported | manual |", "|---|---|---|---|", ...lines].join(
    "\n",
  );
}

function unsupportedTables(): string {
  const parts = [
    ["Keywords of global", keywordRows.filter((row) => row.sections.includes("global"))],
    [
      "Keywords of proxies",
      keywordRows.filter((row) => row.sections.some((s) => PROXIES.includes(s))),
    ],
    ...optionTables.map((table) => [tableTitle(table), table.rows] as const),
  ] as const;
  return parts.map(([title, rows]) => {
    const lines = rows.filter((row) => row.status !== "supported")
      .map((row) => `| \`${row.name}\` | ${escape(row.summary)} | ${escape(statusOf(row)!)} |`)
      .sort();
    return [
      `## ${title}`,
      "",
      "| keyword | what it is in HAProxy | here |",
      "|---|---|---|",
      ...lines,
    ].join("\n");
  }).join("\n\n");
}

/** Keeps `<time>` and `|` as they are written. */
function escape(text: string): string {
  return text.replaceAll("<", "\\<").replaceAll("|", "\\|");
}
