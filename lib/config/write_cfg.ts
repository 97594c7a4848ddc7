/** Document to haproxy.cfg. */
import type { Document, Word } from "./document.ts";
import { writeWord } from "./raw_words.ts";

const INDENT = "    ";

/**
 * The Document as text of haproxy.cfg, comments and variables kept. Reading it gives the same sections,
 * statements and words.
 */
export function writeCfg(document: Document): string {
  const lines: string[] = [];
  const line = (indent: string, words: readonly Word[], comment: string | undefined) => {
    const written = words.map((word) => writeWord(word, document.format, "cfg"));
    const text = written.filter((word) => word !== "").join(" ");
    lines.push(indent + text + (comment === undefined ? "" : ` #${comment}`));
  };
  const comments = (indent: string, list: readonly string[] | undefined) => {
    for (const comment of list ?? []) lines.push(`${indent}#${comment}`.trimEnd());
  };
  for (const section of document.sections) {
    if (lines.length > 0) lines.push("");
    comments("", section.commentsBefore);
    line("", [section.kind, ...section.args], section.commentAfter);
    for (const statement of section.statements) {
      comments(INDENT, statement.commentsBefore);
      line(INDENT, statement.words, statement.commentAfter);
    }
  }
  if (document.commentsAfter !== undefined) {
    if (lines.length > 0) lines.push("");
    comments("", document.commentsAfter);
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}
