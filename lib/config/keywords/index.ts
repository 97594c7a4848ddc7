/** All keyword tables in one explicit list, and the ways to look into them. */
import { acmeRows } from "./acme.ts";
import { algorithmTable, balanceRows } from "./balance.ts";
import { bindOptions, statsSocketOptions } from "./bind.ts";
import { cacheRows } from "./cache.ts";
import { checkRows } from "./checks.ts";
import { compressionRows } from "./compression.ts";
import { cookieOptions } from "./cookie_options.ts";
import { crtStoreRows, loadOptions } from "./crt_store.ts";
import { errorRows } from "./errors.ts";
import { filterRows } from "./filters.ts";
import { globalRows } from "./global.ts";
import { globalLimitRows } from "./global_limits.ts";
import { caseAdjustRows } from "./case_adjust.ts";
import { globalCheckRows } from "./global_checks.ts";
import { logRows } from "./log.ts";
import { logForwardRows } from "./log_forward.ts";
import { ringRows } from "./ring.ts";
import { arityOf, type OptionTable, rowOf } from "./option_table.ts";
import { mailersRows } from "./mailers.ts";
import { peersRows } from "./peers.ts";
import { optionRows } from "./options.ts";
import { persistenceRows } from "./persistence.ts";
import { processRows } from "./processes.ts";
import { proxyRows } from "./proxy.ts";
import { removedRows } from "./removed.ts";
import { resolversRows } from "./resolvers.ts";
import { retryRows } from "./retry_on.ts";
import { ruleRows } from "./rules.ts";
import { namespaceRows } from "./namespace.ts";
import { otherSectionRows, sectionRows } from "./sections.ts";
import { serverOptions } from "./server.ts";
import { openTelemetryRows } from "./opentelemetry.ts";
import { apiRows } from "./api.ts";
import { statsRows } from "./stats.ts";
import { serverStateRows } from "./server_state.ts";
import { serverTemplateRows } from "./server_template.ts";
import { stickRows } from "./stick.ts";
import { timeoutRows } from "./timeouts.ts";
import { crtListOptions } from "./tls_bind.ts";
import { tlsGlobalRows, tlsGlobalTables } from "./tls_global.ts";
import { traceHeaderRows } from "./trace_header.ts";
import { tuneRows } from "./tune.ts";
import { tuneH2Rows } from "./tune_h2.ts";
import type { KeywordRow, SectionKind } from "./types.ts";
import { unsupportedGlobalRows } from "./unsupported_global.ts";
import { unsupportedProxyRows } from "./unsupported_proxy.ts";
import { userlistRows } from "./userlist.ts";
import { variableRows } from "./variables.ts";

/** Every keyword that exists, supported or not. */
export const keywordRows: readonly KeywordRow[] = [
  ...globalRows,
  ...globalLimitRows,
  ...globalCheckRows,
  ...caseAdjustRows,
  ...processRows,
  ...traceHeaderRows,
  ...tuneRows,
  ...tlsGlobalRows,
  ...tuneH2Rows,
  ...variableRows,
  ...logRows,
  ...proxyRows,
  ...serverTemplateRows,
  ...serverStateRows,
  ...balanceRows,
  ...checkRows,
  ...timeoutRows,
  ...persistenceRows,
  ...retryRows,
  ...stickRows,
  ...compressionRows,
  ...filterRows,
  ...cacheRows,
  ...crtStoreRows,
  ...namespaceRows,
  ...acmeRows,
  ...optionRows,
  ...ruleRows,
  ...errorRows,
  ...statsRows,
  ...apiRows,
  ...openTelemetryRows,
  ...userlistRows,
  ...resolversRows,
  ...mailersRows,
  ...logForwardRows,
  ...ringRows,
  ...peersRows,
  ...unsupportedGlobalRows,
  ...unsupportedProxyRows,
  ...removedRows,
  ...otherSectionRows,
];

/** The settings of `bind`, `server`, `default-server` and `stats socket` lines. */
export const optionTables: readonly OptionTable[] = [
  algorithmTable,
  bindOptions,
  serverOptions,
  cookieOptions,
  statsSocketOptions,
  crtListOptions,
  loadOptions,
  ...tlsGlobalTables,
];

export { sectionRows };

/** The keywords of one section, by name and by first word. */
export interface SectionIndex {
  readonly byName: ReadonlyMap<string, KeywordRow>;
  /** The second words of keywords that have more than one, by their first word: `timeout` → `client` … */
  readonly families: ReadonlyMap<string, readonly string[]>;
  /** First words, for suggestions. */
  readonly firstWords: readonly string[];
}

const indexes = new Map<SectionKind, SectionIndex>();
for (const { kind } of sectionRows) {
  const byName = new Map<string, KeywordRow>();
  const families = new Map<string, string[]>();
  for (const row of keywordRows) {
    if (!row.sections.includes(kind)) continue;
    if (byName.has(row.name)) {
      throw new Error(`the keyword '${row.name}' is there twice in '${kind}'`);
    }
    byName.set(row.name, row);
    const [first, ...more] = row.name.split(" ");
    if (more.length > 0) families.set(first, [...families.get(first) ?? [], more.join(" ")]);
  }
  const firstWords = [...new Set([...byName.keys()].map((name) => name.split(" ")[0]))];
  indexes.set(kind, { byName, families, firstWords });
}

/** The keywords of a section. */
export function keywordsOf(section: SectionKind): SectionIndex {
  return indexes.get(section)!;
}

const MAX_KEYWORD_WORDS = 3;

/** The keyword that `words` begin with: the longest that fits. `length` is how many words it has. */
export function findKeyword(
  section: SectionKind,
  words: readonly { readonly text: string }[],
): { row: KeywordRow; length: number } | undefined {
  const { byName } = keywordsOf(section);
  for (let length = Math.min(MAX_KEYWORD_WORDS, words.length); length > 0; length--) {
    const texts = words.slice(0, length).map((w) => w.text);
    // `set-var(check.a)`: what is in parentheses belongs to the keyword's arguments
    const called = texts.with(-1, texts[length - 1].replace(/\(.*$/, ""));
    const row = byName.get(texts.join(" ")) ?? byName.get(called.join(" "));
    if (row !== undefined) return { row, length };
  }
  return undefined;
}

/** All rows of this name, in whatever section. */
export function rowsNamed(name: string): readonly KeywordRow[] {
  return keywordRows.filter((row) => row.name === name);
}

/** Lines that take the settings of another kind of line. */
const SAME_SETTINGS: Readonly<Record<string, string>> = {
  "default-server": "server",
  peer: "server",
  "default-bind": "bind",
};

/**
 * How many words follow a setting of a `bind`, `server`, `default-server` or `stats socket` line as its
 * value: 0 or 1. Undefined when there is no such setting, or no such line.
 */
export function optionArity(keyword: string, option: string): number | undefined {
  const line = SAME_SETTINGS[keyword] ?? keyword;
  const table = optionTables.find((t) => t.line === line);
  const row = table && rowOf(table, option).row;
  return row === undefined ? undefined : arityOf(row);
}
