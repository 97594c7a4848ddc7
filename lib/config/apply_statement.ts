/** Applies one statement: finds its keyword's row, reads its arguments by it, and lets it write the draft. */
import type { Diagnostics } from "./diagnostic.ts";
import type { Span, Statement, Word } from "./document.ts";
import type { GlobalDraft, ProxyDraft } from "./draft.ts";
import type { SectionDrafts } from "./draft_section.ts";
import { findKeyword, keywordsOf, rowsNamed, sectionRows } from "./keywords/index.ts";
import { parseArguments } from "./keywords/parse_args.ts";
import {
  type ApplyContext,
  type KeywordRow,
  type ModelSection,
  type Prefix,
  type SectionKind,
  unsupported,
} from "./keywords/types.ts";
import { nearest } from "./suggest.ts";

export interface StatementScope {
  readonly section: ModelSection;
  /** The section's draft. */
  readonly target: GlobalDraft | ProxyDraft | SectionDrafts[keyof SectionDrafts];
  readonly global: GlobalDraft;
  readonly diagnostics: Diagnostics;
  /** True in a `defaults` section without a name. */
  readonly anonymous?: boolean;
  readFile(path: string): Uint8Array;
}

/** Reports what is wrong with a statement, or writes it into the scope's draft. */
export function applyStatement(statement: Statement, scope: StatementScope): void {
  const { section, diagnostics, target } = scope;
  let words = statement.words;
  let prefix: Prefix | undefined;
  const first = words[0];
  if ((first.text === "no" || first.text === "default") && !first.quoted) {
    prefix = first.text;
    words = words.slice(1);
    if (words.length === 0) {
      diagnostics.alert(first.span, `'${prefix}' needs a keyword after it`, {
        allowed: prefixable(section, prefix),
      });
      return;
    }
  }
  const found = findKeyword(section, words);
  if (found === undefined) {
    reportUnknown(words, scope);
    return;
  }
  const { row, length } = found;
  const name = row.name;
  const at = spanOf(words.slice(0, length));
  if (row.status === "unsupported") {
    diagnostics.alert(at, unsupported(name, row.reason));
    return;
  }
  if (row.status === "ignored") {
    // Nothing to switch off: that is how it is.
    if (prefix !== undefined && row.prefixes?.includes(prefix)) return;
    diagnostics.warning(at, `'${name}' is ignored: ${row.reason}`);
    const args = words.slice(length);
    // What is known of its arguments must be right all the same.
    if (prefix === undefined && Object.keys(row.args).length > 0) {
      parseArguments(row, args, at, diagnostics);
    }
    return;
  }
  if (row.namedDefaultsOnly && scope.anonymous) {
    diagnostics.alert(at, `'${name}' is not possible in a 'defaults' section without a name`, {
      allowed: "a 'defaults' section with a name, or another section",
    });
    return;
  }
  const rest = words.slice(length);
  const context: ApplyContext = {
    section,
    statement,
    keyword: words[length - 1],
    words: rest,
    diagnostics,
    global: scope.global,
    readFile: scope.readFile,
    previous: target.places.get(name),
  };
  if (prefix !== undefined) {
    if (!row.prefixes?.includes(prefix)) {
      diagnostics.alert(first.span, `'${prefix}' is not possible before '${name}'`, {
        allowed: prefixable(section, prefix),
      });
      return;
    }
    if (rest.length > 0) {
      diagnostics.alert(rest[0].span, `unexpected '${rest[0].text}' after '${prefix} ${name}'`, {
        allowed: "nothing",
      });
      return;
    }
    target.places.set(name, statement);
    row.reset!(target as unknown as GlobalDraft & ProxyDraft, prefix, context);
    return;
  }
  const values = parseArguments(row, rest, at, diagnostics);
  if (values === undefined) return;
  target.places.set(name, statement);
  row.apply!(target as unknown as GlobalDraft & ProxyDraft, values as never, context);
}

/** From the first to the last of some words on one line. */
function spanOf(words: readonly Word[]): Span {
  const first = words[0].span;
  const last = words.at(-1)!.span;
  if (last.line !== first.line || last.file !== first.file || last.column < first.column) {
    return first;
  }
  return { ...first, length: last.column + last.length - first.column };
}

function prefixable(section: SectionKind, prefix: Prefix): string {
  const rows = [...keywordsOf(section).byName.values()].filter((r) => r.prefixes?.includes(prefix));
  const singles = rows.filter((r) => !r.name.startsWith("option ")).map((r) => `'${r.name}'`);
  const withOptions = rows.length > singles.length ? ["most of the 'option' keywords"] : [];
  return `'${prefix}' before ${
    [...withOptions, ...singles].join(", ") || "nothing in this section"
  }`;
}

const PROXIES: readonly SectionKind[] = ["frontend", "listen", "backend"];

function reportUnknown(words: readonly Word[], scope: StatementScope): void {
  const { section, diagnostics } = scope;
  const elsewhere = findElsewhere(words);
  if (elsewhere !== undefined) {
    const { row, length, sections, strict } = elsewhere;
    const at = spanOf(words.slice(0, length));
    const where = `only in ${sections.map((s) => `'${s}'`).join(", ")}`;
    const wrongSide = PROXIES.includes(section) && sections.some((s) => PROXIES.includes(s));
    if (wrongSide && !strict) {
      const side = section === "frontend"
        ? "a frontend has no servers"
        : "a backend has no clients";
      diagnostics.warning(at, `'${row.name}' does nothing in a '${section}': ${side}`, {
        allowed: where,
      });
    } else {
      diagnostics.alert(at, `'${row.name}' is not allowed in '${section}'`, { allowed: where });
    }
    return;
  }
  const { families, firstWords } = keywordsOf(section);
  const family = families.get(words[0].text);
  if (family !== undefined) {
    reportFamily(words, family, diagnostics);
    return;
  }
  diagnostics.alert(words[0].span, `unknown keyword '${words[0].text}' in '${section}'`, {
    allowed: `the keywords that 'sluice help ${section}' lists`,
    // a line that should begin a section stands in the one before it
    nearest: nearest(words[0].text, [...firstWords, ...sectionRows.map((s) => s.kind)]),
  });
}

const SHORT_LIST = 12;

function reportFamily(
  words: readonly Word[],
  family: readonly string[],
  diagnostics: Diagnostics,
): void {
  const [first, second] = words;
  const allowed = family.length <= SHORT_LIST
    ? family.map((m) => `'${m}'`).join(", ")
    : `the words that 'sluice help ${first.text}' lists`;
  if (second === undefined) {
    diagnostics.alert(first.span, `'${first.text}' needs a word that says which`, { allowed });
    return;
  }
  const near = nearest(second.text, family.map((member) => member.split(" ")[0]));
  diagnostics.alert(second.span, `unknown '${first.text}' keyword '${second.text}'`, {
    allowed,
    nearest: near,
  });
}

const KINDS: readonly SectionKind[] = ["global", "defaults", "frontend", "listen", "backend"];

/** The keyword these words begin with, in sections other than this one. */
function findElsewhere(
  words: readonly Word[],
): { row: KeywordRow; length: number; sections: SectionKind[]; strict: boolean } | undefined {
  for (let length = Math.min(3, words.length); length > 0; length--) {
    const rows = rowsNamed(words.slice(0, length).map((w) => w.text).join(" "));
    if (rows.length === 0) continue;
    const all = [...new Set(rows.flatMap((row) => row.sections))];
    const known = all.filter((s) => KINDS.includes(s));
    const strict = rows.some((row) => row.strict);
    return { row: rows[0], length, sections: known.length > 0 ? known : all, strict };
  }
  return undefined;
}
