/**
 * A Diagnostic as a person sees it:
 *
 *     [ALERT] haproxy.cfg:7:38: unknown server option 'dall'
 *         server web1 10.0.0.10:80 check dall 3
 *                                        ^^^^
 *         did you mean 'fall'?
 */
import type { Diagnostic, Severity } from "./diagnostic.ts";
import type { Span } from "./document.ts";
import { maskSecrets } from "./mask_secrets.ts";

export interface RenderOptions {
  /** Terminal colours, off by default. */
  readonly color?: boolean;
  /** Longest source line shown; longer ones are cut around the mark. */
  readonly width?: number;
}

const INDENT = "    ";
const TAB = "    ";
const LABELS: Readonly<Record<Severity, string>> = {
  alert: "ALERT",
  warning: "WARNING",
  notice: "NOTICE",
  diag: "DIAG",
};
const COLORS: Readonly<Record<Severity, string>> = {
  alert: "\x1b[1;31m",
  warning: "\x1b[1;33m",
  notice: "\x1b[1;36m",
  diag: "\x1b[1;35m",
};

/**
 * The lines for one diagnostic, without a final line feed. `sources` holds the text of each file by the name
 * that spans carry; without it only the first line is given. Passwords in shown lines are masked.
 */
export function renderDiagnostic(
  diagnostic: Diagnostic,
  sources: ReadonlyMap<string, string>,
  options: RenderOptions = {},
): string {
  const { severity, message, span, allowed, nearest, related } = diagnostic;
  const paint = (code: string, text: string) => options.color ? `${code}${text}\x1b[0m` : text;
  const place = span === undefined ? "" : `${placeOf(span)}: `;
  const lines = [
    `${paint(COLORS[severity], `[${LABELS[severity]}]`)} ${place}${printable(message)}`,
  ];
  if (span !== undefined) lines.push(...excerpt(span, sources, options, COLORS[severity]));
  if (nearest !== undefined) lines.push(`${INDENT}did you mean '${printable(nearest)}'?`);
  if (allowed !== undefined) lines.push(...wrap(`allowed: ${printable(allowed)}`, options.width));
  if (related !== undefined) {
    lines.push(`${INDENT}${placeOf(related.span)}: ${printable(related.message)}`);
    lines.push(...excerpt(related.span, sources, options, COLORS.notice));
  }
  return lines.join("\n");
}

/** All diagnostics, each with a line feed at its end. */
export function renderDiagnostics(
  list: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
  options: RenderOptions = {},
): string {
  return list.map((diagnostic) => `${renderDiagnostic(diagnostic, sources, options)}\n`).join("");
}

function placeOf(span: Span): string {
  return `${span.file}:${span.line}:${span.column}`;
}

/** Control characters shown so that a configuration cannot write to the terminal. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

/** The source line with the mark below it. */
function excerpt(
  span: Span,
  sources: ReadonlyMap<string, string>,
  options: RenderOptions,
  color: string,
): string[] {
  const source = sources.get(span.file);
  const line = source === undefined ? undefined : lineOf(source, span.line);
  if (line === undefined || line.trim() === "") return [];
  const from = Math.min(span.column - 1, line.length);
  const to = Math.min(Math.max(from + span.length, from + 1), Math.max(line.length, from + 1));
  const masked = maskSecrets(line);

  const before = expand(masked.slice(0, from));
  const marked = expand(masked.slice(from, to));
  const after = expand(masked.slice(to));
  // the blanks at the beginning say nothing
  const skipped = before.length - before.trimStart().length;
  const width = Math.max(20, options.width ?? 100);
  const cut = cutAround(before.slice(skipped), marked, after, width);
  const mark = "^".repeat(Math.max(1, columns(cut.marked)));
  const shown = options.color
    ? `${cut.before}${color}${cut.marked}\x1b[0m${cut.after}`
    : cut.before + cut.marked + cut.after;
  const under = " ".repeat(columns(cut.before)) + (options.color ? `${color}${mark}\x1b[0m` : mark);
  return [`${INDENT}${shown.trimEnd()}`, `${INDENT}${under}`];
}

/** Shortens both sides so that the marked part is seen; a long marked part is cut at its end. */
function cutAround(before: string, marked: string, after: string, width: number) {
  const dots = "...";
  if (before.length + marked.length + after.length <= width) return { before, marked, after };
  if (marked.length > width / 2) {
    marked = marked.slice(0, Math.floor(width / 2) - dots.length) + dots;
    after = "";
  }
  const room = width - marked.length;
  const right = Math.min(after.length, Math.max(room - before.length, Math.floor(room / 3)));
  const left = room - right;
  if (before.length > left) {
    before = dots + before.slice(before.length - Math.max(0, left - dots.length));
  }
  if (after.length > right) after = after.slice(0, Math.max(0, right - dots.length)) + dots;
  return { before, marked, after };
}

function lineOf(source: string, line: number): string | undefined {
  let from = 0;
  for (let number = 1; number < line; number++) {
    from = source.indexOf("\n", from) + 1;
    if (from === 0) return undefined;
  }
  const end = source.indexOf("\n", from);
  return source.slice(from, end < 0 ? undefined : end).replace(/\r+$/, "");
}

function expand(text: string): string {
  return printable(text.replaceAll("\t", TAB));
}

const segmenter = new Intl.Segmenter();
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|^\p{Extended_Pictographic}/u;

/** Width on a terminal: combined characters count once, East Asian wide ones twice. */
function columns(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** Cuts a long list of words into lines. */
function wrap(text: string, width = 100): string[] {
  const lines: string[] = [];
  let line = INDENT;
  for (const word of text.split(" ")) {
    if (line.trim() !== "" && line.length + word.length >= Math.max(20, width)) {
      lines.push(line.trimEnd());
      line = `${INDENT}  `;
    }
    line += `${word} `;
  }
  lines.push(line.trimEnd());
  return lines;
}
