/** `trace start`, `trace stop`, `show trace`: why live requests go where they do. Sluice's own (docs/explain.md). */
import { parseNetwork } from "../../../net/address.ts";
import type { LiveTrace, TraceWish } from "../../../trace/live.ts";
import { renderLines, renderReasons, verdictOf } from "../../../trace/render.ts";
import { parseTime } from "../duration.ts";
import type { CommandRow } from "../command.ts";

const section = "none, sluice's own";

const MOST = 1000;
const LONGEST = 3600_000;

const USAGE = "Usage: trace start [src <address>[/<bits>]] [hdr <name> [<part of its value>]] " +
  "[frontend <name>] [count <1-1000>] [time <up to 1h>]\n";

export const traceCommands: readonly CommandRow[] = [
  {
    words: ["trace", "start"],
    args: "[src|hdr|count|time <v>]*",
    level: "admin",
    doc: "trace live requests: every rule, and why they go where they do",
    section,
    scope: () => "all",
    run(args, { host }) {
      const wish = readWish(args);
      if (typeof wish === "string") return wish;
      const { frontend } = wish;
      if (frontend !== undefined && !host.generation.frontends.some((f) => f.name === frontend)) {
        return "No such frontend.\n";
      }
      const problem = host.trace(wish);
      if (problem !== undefined) return `${problem}.\n`;
      return `Tracing ${wish.text}. 'show trace' tells what was traced.\n`;
    },
  },
  {
    words: ["trace", "stop"],
    args: "",
    level: "admin",
    doc: "trace no more",
    section,
    scope: () => "all",
    run(_args, { host }) {
      if (host.generation.tracing.wish === undefined) return "Nothing is being traced.\n";
      host.trace(undefined);
      return "";
    },
  },
  {
    words: ["show", "trace"],
    args: "[<id> [json]]",
    level: "admin",
    doc: "list the requests that were traced, or tell one of them",
    section,
    scope: ([id], { traces }) =>
      id === undefined ? "join" : traces.get(id) === undefined ? "other" : undefined,
    run([id, form], { host }) {
      const { traces } = host;
      if (id === undefined) {
        const { wish, done } = host.generation.tracing;
        const state = wish !== undefined
          ? `# tracing ${wish.text}, ${wish.left} left\n`
          : done !== undefined
          ? `# traced ${done}\n`
          : "# nothing is being traced\n";
        return state + traces.all.map(listed).join("");
      }
      const trace = traces.get(id);
      if (trace === undefined) return "No such trace.\n";
      if (form === "json") return `${JSON.stringify(trace)}\n`;
      return form === undefined ? told(trace) : `'${form}' is no form of a trace; 'json' is.\n`;
    },
  },
];

function listed({ id, at, request, from, report }: LiveTrace): string {
  return `${id} ${new Date(at).toISOString()} ${from} ${request} -> ${verdictOf(report, {})}\n`;
}

/** In whole lines, none of them empty: an empty line ends an answer. */
function told({ id, at, request, from, report, sent, left }: LiveTrace): string {
  const lines = [
    `# ${id} ${new Date(at).toISOString()}`,
    `${request} from ${from}`,
    `→ ${verdictOf(report, {})}`,
    ...renderReasons(report),
    `came in at frontend ${report.frontend}`,
    ...renderLines(report.lines, { all: true }),
    ...(left > 0 ? [`… and ${left} lines that did not apply`] : []),
    ...Object.entries(report.variables).map(([name, value]) =>
      `${name} = ${JSON.stringify(value)}`
    ),
    ...(sent === null ? [] : ["the server gets", ...sent.map((line) => `  ${line}`)]),
  ];
  return lines.filter((line) => line.trim() !== "").map((line) => `${line}\n`).join("");
}

/** Reads what is wanted; a text is the answer when it cannot be read. */
function readWish(args: readonly string[]): TraceWish | string {
  let source: string | undefined;
  let header: string | undefined;
  let value: string | undefined;
  let frontend: string | undefined;
  let count = 10;
  let time = 60_000;
  const said: string[] = [];
  for (let i = 0; i < args.length;) {
    const [word, argument] = [args[i], args[i + 1]];
    if (argument === undefined) return USAGE;
    i += 2;
    switch (word) {
      case "src":
        if (parseNetwork(argument) === undefined) {
          return `'${argument}' is no address or network.\n`;
        }
        source = argument;
        said.push(`from ${argument}`);
        break;
      case "hdr":
        header = argument.toLowerCase();
        if (i < args.length && !SETTINGS.has(args[i])) value = args[i++];
        said.push(`with ${argument}${value === undefined ? "" : ` that contains ${value}`}`);
        break;
      case "frontend":
        frontend = argument;
        said.push(`of frontend ${argument}`);
        break;
      case "count":
        count = Number(argument);
        if (!/^\d+$/.test(argument) || count < 1 || count > MOST) return USAGE;
        break;
      case "time": {
        const ms = parseTime(argument, "s");
        if (ms === undefined || ms < 1 || ms > LONGEST) return USAGE;
        time = ms;
        break;
      }
      default:
        return USAGE;
    }
  }
  const requests = count === 1 ? "one request" : `at most ${count} requests`;
  const text = [requests, ...said, `for ${time / 1000} s`].join(" ");
  return { text, source, header, value, frontend, count, time };
}

const SETTINGS: ReadonlySet<string> = new Set(["src", "hdr", "frontend", "count", "time"]);
