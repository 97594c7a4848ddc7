/**
 * The answers that a proxy's lines ask for, in their order: each line about a status takes the place of the ones
 * before it, those of `defaults` sections among them (manual 4.2 `errorfile`, `errorfiles`, `http-error`).
 */
import type { Diagnostics } from "./diagnostic.ts";
import type { Word } from "./document.ts";
import type { ErrorFileConfig, HttpErrorConfig, HttpErrorsConfig } from "./model_errors.ts";
import { nearest } from "./suggest.ts";

export type ErrorEntry =
  | { readonly kind: "file"; readonly file: ErrorFileConfig }
  | { readonly kind: "answer"; readonly answer: HttpErrorConfig }
  /** `default-errorfiles`: as if nothing had been said about the status */
  | { readonly kind: "reset"; readonly status: number }
  /** an `http-errors` section; no status: all that it has */
  | { readonly kind: "import"; readonly section: Word; readonly statuses: readonly Word[] };

export interface ResolvedErrors {
  /** ascending by status */
  readonly files: readonly ErrorFileConfig[];
  readonly answers: readonly HttpErrorConfig[];
}

/** Sections by name, and the lines that were found wrong already: several proxies may share them. */
export interface ErrorSections {
  readonly byName: ReadonlyMap<string, HttpErrorsConfig>;
  readonly reported: Set<Word>;
}

/** What holds for each status in the end. */
export function resolveErrors(
  entries: readonly ErrorEntry[],
  sections: ErrorSections,
  diagnostics: Diagnostics,
): ResolvedErrors {
  const files = new Map<number, ErrorFileConfig>();
  const answers = new Map<number, HttpErrorConfig>();
  const setFile = (file: ErrorFileConfig) => {
    answers.delete(file.status);
    files.set(file.status, file);
  };
  for (const entry of entries) {
    switch (entry.kind) {
      case "file":
        setFile(entry.file);
        break;
      case "answer":
        files.delete(entry.answer.status);
        answers.set(entry.answer.status, entry.answer);
        break;
      case "reset":
        files.delete(entry.status);
        answers.delete(entry.status);
        break;
      case "import":
        for (const file of imported(entry, sections, diagnostics)) setFile(file);
        break;
    }
  }
  const byStatus = (a: { status: number }, b: { status: number }) => a.status - b.status;
  return {
    files: [...files.values()].sort(byStatus),
    answers: [...answers.values()].sort(byStatus),
  };
}

function imported(
  { section, statuses }: ErrorEntry & { kind: "import" },
  { byName, reported }: ErrorSections,
  diagnostics: Diagnostics,
): readonly ErrorFileConfig[] {
  const found = byName.get(section.text);
  const first = !reported.has(section);
  reported.add(section);
  if (found === undefined) {
    if (first) {
      diagnostics.alert(section.span, `there is no 'http-errors' section '${section.text}'`, {
        nearest: nearest(section.text, byName.keys()),
      });
    }
    return [];
  }
  if (statuses.length === 0) return found.files;
  return statuses.flatMap((word) => {
    const file = found.files.find((f) => f.status === Number(word.text));
    if (file !== undefined) return [file];
    if (first) {
      diagnostics.warning(
        word.span,
        `'http-errors ${found.name}' has no answer for the status ${word.text}`,
        { related: { span: found.span, message: "the section is here" } },
      );
    }
    return [];
  });
}
