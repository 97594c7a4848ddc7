/** Rows for keywords that sluice knows only by name: refused with a sentence, or ignored with a warning. */
import type { KeywordRow, Prefix, SectionKind } from "./types.ts";

/** why, of all that belongs to FastCGI */
export const NO_FASTCGI =
  "FastCGI is not spoken; put a web server that speaks it (nginx, Apache httpd) between";

export interface KeywordGroup {
  readonly status: "unsupported" | "ignored";
  /** Absent for what is simply not there yet. */
  readonly reason?: string;
  readonly manual: string;
  readonly sections?: readonly SectionKind[];
  readonly prefixes?: readonly Prefix[];
  readonly namedDefaultsOnly?: boolean;
  /** keyword → summary */
  readonly names: Readonly<Record<string, string>>;
}

export function group(g: KeywordGroup & { sections: readonly SectionKind[] }): KeywordRow[] {
  return Object.entries(g.names).map(([name, summary]) => ({
    name,
    summary,
    sections: g.sections,
    args: {},
    prefixes: g.prefixes,
    namedDefaultsOnly: g.namedDefaultsOnly,
    manual: g.manual,
    status: g.status,
    reason: g.reason,
    repeatable: true,
  }));
}
