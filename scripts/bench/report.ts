/** The benchmark's table in Markdown, and on what it was made. */
import { findProgram } from "../../tests/support/needs.ts";

/** Of one program in one row. */
export interface Measured {
  readonly name: string;
  /** µs of CPU for each request: median, lowest, highest */
  readonly cost: number;
  readonly lowest: number;
  readonly highest: number;
  /** requests a second, with all connections busy */
  readonly perSecond: number;
  /** ms at the row's rate */
  readonly p50?: number;
  readonly p99?: number;
}

export interface RowResult {
  readonly title: string;
  readonly measured: readonly Measured[];
  /** requests a second at which latencies were taken */
  readonly rate?: number;
}

export const TABLE_HEAD = [
  "| row | haproxy µs | sluice µs | ratio | nginx µs | caddy µs | haproxy req/s | sluice req/s | " +
  "at req/s | haproxy p50 / p99 ms | sluice p50 / p99 ms |",
  "|---|---|---|---|---|---|---|---|---|---|---|",
];

const digits = (value: number) => value >= 1000 ? value.toFixed(0) : value.toFixed(1);

/** One line of the table; what was not measured is a dash. */
export function tableLine({ title, measured, rate }: RowResult): string {
  const of = (name: string) => measured.find((each) => each.name === name);
  const cost = (name: string) => {
    const each = of(name);
    if (each === undefined) return "–";
    return `${digits(each.cost)} (${digits(each.lowest)}–${digits(each.highest)})`;
  };
  const plain = (name: string) => {
    const each = of(name);
    return each === undefined ? "–" : digits(each.cost);
  };
  const rates = (name: string) => String(Math.round(of(name)?.perSecond ?? 0));
  const latency = (name: string) => {
    const { p50, p99 } = of(name) ?? {};
    return p50 === undefined ? "–" : `${p50.toFixed(2)} / ${p99!.toFixed(2)}`;
  };
  const ratio = of("sluice")!.cost / of("haproxy")!.cost;
  const cells = [
    title,
    cost("haproxy"),
    cost("sluice"),
    `**${ratio.toFixed(2)}**`,
    plain("nginx"),
    plain("caddy"),
    rates("haproxy"),
    rates("sluice"),
    rate === undefined ? "–" : String(Math.round(rate)),
    latency("haproxy"),
    latency("sluice"),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The line of a row in which a request failed. */
export function unmeasuredLine(title: string): string {
  return `| ${[title, ...TABLE_HEAD[0].split("|").slice(2, -1).map(() => "–")].join(" | ")} |`;
}

/** `HAProxy 2.6.12`, as a program tells of itself; undefined: it is not here. */
function version(program: string, args: readonly string[], pattern: RegExp): string | undefined {
  const path = findProgram(program);
  if (path === undefined) return undefined;
  const { stdout, stderr } = new Deno.Command(path, { args: [...args] }).outputSync();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return pattern.exec(text)?.[1];
}

/** Date, versions, and the machine's size, in one sentence. */
export function circumstances(now: Date): string {
  const programs = [
    ["Deno", Deno.version.deno],
    ["HAProxy", version("haproxy", ["-v"], /version (\d[\d.]*)/)],
    ["nginx", version("nginx", ["-v"], /nginx\/(\S+)/)],
    ["Caddy", version("caddy", ["version"], /v?(\d[\d.]*)/)],
  ].filter(([, text]) => text !== undefined).map((words) => words.join(" "));
  const gib = (Deno.systemMemoryInfo().total / 2 ** 30).toFixed(0);
  const [load] = Deno.loadavg();
  return `${now.toISOString().slice(0, 10)}; ${programs.join(", ")}; Linux ${Deno.osRelease()}, ` +
    `${navigator.hardwareConcurrency} CPUs, ${gib} GiB; load average before: ${load.toFixed(1)}.`;
}

const BEGIN = "<!-- deno task bench --write: begin -->";
const END = "<!-- deno task bench --write: end -->";

/** A page with `lines` between its two marks. Throws when it has none. */
export function putBetweenMarks(page: string, lines: readonly string[]): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`no lines ${BEGIN} and ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${lines.join("\n")}\n\n${page.slice(end)}`;
}
