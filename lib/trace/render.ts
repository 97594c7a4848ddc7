/** A report as text: why first, then every line that was tried, in order. */
import { conditionLines } from "./render_condition.ts";
import type { Reason, Report } from "./report.ts";
import type { Effect, LineTrace } from "./types.ts";

export interface RenderSettings {
  /** every line, also long runs of those that did not apply */
  readonly all?: boolean;
}

/** Runs of lines that did not apply are shown whole up to this length. */
const LONGEST_RUN = 6;
/** Shown of a longer run, at either end. */
const ENDS = 2;

/** What became of a stream, in one line. */
export function verdictOf(
  { server, backend, status, answeredBy }: Report,
  { closed, waited = 0, location }: {
    readonly closed?: boolean;
    /** ms */
    readonly waited?: number;
    readonly location?: string;
  },
): string {
  const after = waited > 0
    ? `, after ${waited >= 1000 ? `${waited / 1000} s` : `${waited} ms`}`
    : "";
  const to = location === undefined ? "" : ` to ${location}`;
  if (answeredBy === "server" && server !== null) {
    return `server ${backend!.name}/${server.name} (${server.address})` +
      (status === null ? "" : `; the client gets ${status}${to}`) + after;
  }
  if (closed === true || status === null) {
    return `the connection is closed without an answer${after}`;
  }
  const asked = server === null
    ? "no server is asked"
    : `server ${backend!.name}/${server.name} was asked`;
  return `the client gets ${status}${to}${after}; ${asked}`;
}

/** `because …`: the reasons with what decided their conditions. */
export function renderReasons({ because, lines }: Report): string[] {
  const out: string[] = [];
  const width = Math.min(66, Math.max(0, ...because.map(({ text }) => text.length)));
  because.forEach((reason, i) => {
    const lead = i === 0 ? "  because  " : "           ";
    out.push(`${lead}${reason.text.padEnd(width)}  ${placeText(reason)}`.trimEnd());
    const line = reason.isLine ? lineOf(reason, lines) : undefined;
    for (const text of line?.condition == null ? [] : conditionLines(line.condition)) {
      out.push(`             ${text}`);
    }
  });
  return out;
}

function placeText({ file, line }: Pick<Reason, "file" | "line">): string {
  return file === null ? "" : `${file}:${line}`;
}

function lineOf({ file, line, text }: Reason, lines: readonly LineTrace[]): LineTrace | undefined {
  return lines.findLast((each) =>
    each.file === file && each.line === line && each.text === text && each.applied
  );
}

/** Every line that was tried. Its place is `LINE`, with the file where there are several. */
export function renderLines(lines: readonly LineTrace[], settings: RenderSettings = {}): string[] {
  const out: string[] = [];
  const several = new Set(lines.map(({ file }) => file)).size > 1;
  const place = (line: LineTrace) => several ? `${line.file}:${line.line}` : `${line.line}`;
  const width = Math.max(0, ...lines.map((line) => place(line).length));
  let owner = "";
  for (const run of runsOf(lines)) {
    const first = run[0];
    const now = `${first.side} ${first.proxy}`;
    if (now !== owner) {
      owner = now;
      out.push(several ? now : `${now}  (${first.file})`);
    }
    const cut = settings.all !== true && run.length > LONGEST_RUN;
    const shown = cut ? [...run.slice(0, ENDS), undefined, ...run.slice(-ENDS)] : run;
    for (const line of shown) {
      if (line === undefined) {
        const hidden = run.slice(ENDS, -ENDS);
        out.push(
          `    ${"…".padStart(width)}  ${hidden.length} more ${first.set} that do not apply ` +
            `(lines ${hidden[0].line} to ${hidden.at(-1)!.line}; --all shows them)`,
        );
        continue;
      }
      const mark = line.applied ? "✓" : "✗";
      out.push(`  ${mark} ${place(line).padStart(width)}  ${line.text}`);
      const indent = " ".repeat(width + 8);
      for (const text of line.condition === null ? [] : conditionLines(line.condition)) {
        out.push(indent + text);
      }
      for (const text of whatItDid(line)) out.push(`${indent}→ ${text}`);
    }
  }
  return out;
}

/** Lines side by side of one set of one proxy that did not apply; every other line by itself. */
function runsOf(lines: readonly LineTrace[]): LineTrace[][] {
  const runs: LineTrace[][] = [];
  for (const line of lines) {
    const last = runs.at(-1);
    const before = last?.[0];
    const same = before !== undefined && !before.applied && !line.applied &&
      before.set === line.set && before.proxy === line.proxy && before.side === line.side;
    if (same) last!.push(line);
    else runs.push([line]);
  }
  return runs;
}

function whatItDid(line: LineTrace): string[] {
  if (!line.applied) return [];
  const { outcome, effects, set } = line;
  const texts = effects.map(effectText);
  if (outcome !== null) {
    const { type, status, location, name } = outcome;
    if (name !== null) {
      texts.push(set.endsWith("-persist") ? type : type === set ? name : `${type} ${name}`);
    } else {
      texts.push(
        type === "allow"
          ? `no further ${set} of this proxy is tried`
          : [type === "reply" ? "answers" : type, status, location].filter((each) => each !== null)
            .join(" "),
      );
    }
  }
  return texts.length === 0 ? ["changes nothing"] : texts;
}

function effectText({ what, name, from, to }: Effect): string {
  const shown = (value: string) => what === "variable" ? JSON.stringify(value) : value;
  switch (what) {
    case "method":
    case "target":
    case "status":
      return `${what} ${from === null ? "" : `${from} → `}${to}`;
    case "request header":
    case "response header":
      if (to === null) return `${name}: removed (it was ${from})`;
      return from === null ? `${name}: ${to}` : `${name}: ${from} → ${to}`;
  }
  if (to === null) return `${name} is unset`;
  return `${name} = ${shown(to)}${from === null ? "" : ` (it was ${shown(from)})`}`;
}
