/** Keyword rows as text: what `sluice help` prints and what the reference pages are made of. */
import { arityOf, type OptionRow, type OptionTable } from "./option_table.ts";
import { usage } from "./parse_args.ts";
import type { ArgSpec, KeywordRow } from "./types.ts";

/** How a setting of a `bind` or `server` line is written. */
export function settingUsage(row: OptionRow): string {
  if (row.usage !== undefined) return row.usage;
  if (row.value !== undefined) return `${row.name} ${row.value.label}`;
  return arityOf(row) === 0 ? row.name : `${row.name} <value>`;
}

/** One line on what an argument may be, for arguments that say more than their label. */
function describeArg(spec: ArgSpec): string[] {
  switch (spec.kind) {
    case "one":
    case "optional":
    case "rest":
    case "rest1":
      return [`${spec.type.label}: ${spec.type.describe}`];
    case "named":
      return Object.entries(spec.options).flatMap(([name, type]) =>
        type === null ? [] : [`${name} ${type.label}: ${type.describe}`]
      );
    case "options": {
      const supported = spec.table().rows.filter((row) => row.status === "supported");
      return [`settings: ${supported.map((row) => row.name).join(", ")}`];
    }
    case "words":
      return [];
  }
}

/** The lines that explain a keyword. */
export interface Description {
  readonly usage: string;
  readonly sections: string;
  readonly summary: string;
  readonly args: readonly string[];
  /** "no", "default": what may stand before it. */
  readonly prefixes?: string;
  /** Why it is refused or ignored. */
  readonly status?: string;
  readonly manual: string;
}

export function describe(row: KeywordRow): Description {
  return {
    usage: usage(row),
    sections: row.sections.map((s) =>
      s === "defaults" && row.namedDefaultsOnly ? "defaults with a name" : s
    )
      .join(", "),
    summary: row.summary,
    args: Object.values(row.args).flatMap(describeArg),
    prefixes: row.prefixes === undefined || row.prefixes.length === 0
      ? undefined
      : row.prefixes.map((prefix) => `'${prefix} ${row.name}'`).join(", "),
    status: statusOf(row),
    manual: row.manual,
  };
}

/** Undefined for what is supported. */
export function statusOf(row: Pick<KeywordRow, "status" | "reason">): string | undefined {
  if (row.status === "supported") return undefined;
  if (row.status === "ignored") return `ignored with a warning: ${row.reason}`;
  return row.reason === undefined ? "not supported yet" : `not supported: ${row.reason}`;
}

/** What a table is called: `Settings of bind lines`, `Settings of server and default-server lines`. */
export function tableTitle({ line, noun }: OptionTable): string {
  const lines = line === "server" ? "server and default-server" : line;
  return `${noun === "algorithm" ? "Algorithms" : "Settings"} of ${lines} lines`;
}
