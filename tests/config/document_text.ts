/** Documents in a form that tests can compare. */
import type { Document } from "../../lib/config/document.ts";

/** Each section as its header followed by its statements, words joined by `|`. */
export function outline(document: Document): string[][] {
  return document.sections.map((section) => [
    [section.kind, ...section.args].map((word) => word.text).join("|"),
    ...section.statements.map((statement) => statement.words.map((word) => word.text).join("|")),
  ]);
}

/** Every span with the text it should lie in; for checks that no place is outside of the file. */
export function spansOutside(document: Document, text: string): string[] {
  const lines = text.split("\n");
  const wrong: string[] = [];
  const check = ({ line, column, length }: { line: number; column: number; length: number }) => {
    const found = lines[line - 1];
    // an empty thing at the end of a line is marked one character wide
    const limit = Math.max(found?.length ?? 0, column);
    const fits = found !== undefined && column >= 1 && length >= 1 && column - 1 <= found.length &&
      column - 1 + length <= limit;
    if (!fits) wrong.push(`${line}:${column}+${length}`);
  };
  for (const section of document.sections) {
    for (const word of [section.kind, ...section.args]) check(word.span);
    check(section.span);
    for (const statement of section.statements) {
      check(statement.span);
      for (const word of statement.words) check(word.span);
    }
  }
  return wrong;
}
