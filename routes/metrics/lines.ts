/** The lines of one metric: a value, or one for each state or status code (Prometheus text format 0.0.4). */
import { statuses } from "../../lib/health/result.ts";
import type { BackendSubject, ServerSubject, Subject } from "../../lib/runtime/stats/column.ts";
import { valueOf } from "../../lib/runtime/stats/column.ts";
import { statColumns } from "../../lib/runtime/stats/columns.ts";
import { listenerStatus } from "../../lib/runtime/stats/listener_columns.ts";
import { serverStatus } from "../../lib/runtime/stats/server_status.ts";
import type { Metric } from "./names.ts";

const columns = new Map(statColumns.map((column) => [column.name, column]));

/** What a metric means: the words of its column. */
export function helpOf({ field }: Metric): string {
  if (field === "hrsp") return "answers by the first digit of their status";
  return columns.get(field)?.doc ?? field;
}

/** Escapes a label's value. */
export function label(text: string): string {
  return text.replace(/[\\"\n]/g, (c) => c === "\n" ? "\\n" : `\\${c}`);
}

const CODES = ["1xx", "2xx", "3xx", "4xx", "5xx", "other"];
const SERVER_STATES = ["DOWN", "UP", "MAINT", "DRAIN", "NOLB"];
const LISTENER_STATES = ["WAITING", "OPEN", "FULL"];
const CHECK_STATES = statuses.filter(({ result }) =>
  result === "passed" || result === "failed" ||
  result === "conditional"
).map(({ name }) => name as string);

/** The state label of a server: a server without checks is up. */
function stateOf({ server }: ServerSubject): string {
  const status = serverStatus(server);
  return status === "no check" ? "UP" : status.split(" ")[0];
}

/** One line with value 1, or 0, for each state. */
function states(name: string, labels: string, all: readonly string[], now: string): string {
  return all.map((state) => `${name}{${labels},state="${state}"} ${state === now ? 1 : 0}\n`)
    .join("");
}

function counts(
  name: string,
  labels: string,
  all: readonly string[],
  found: readonly string[],
): string {
  const number = (state: string) => found.filter((each) => each === state).length;
  return all.map((state) => `${name}{${labels},state="${state}"} ${number(state)}\n`).join("");
}

function checkOf({ server, lastCheck }: ServerSubject): string | undefined {
  return valueOf(columns.get("check_status")!, {
      kind: "server",
      server,
      lastCheck,
    } as ServerSubject) === undefined
    ? undefined
    : lastCheck?.status ?? "INI";
}

/** The lines of `metric` for one subject. `servers`: those of a backend. */
export function metricLines(
  metric: Metric,
  name: string,
  subject: Subject,
  labels: string,
  servers: (backend: BackendSubject) => readonly ServerSubject[],
): string {
  switch (metric.field) {
    case "hrsp":
      return CODES.map((code) => {
        const value = valueOf(columns.get(`hrsp_${code}`)!, subject);
        return `${name}{${labels},code="${code}"} ${value}\n`;
      }).join("");
    case "status":
      if (subject.kind === "server") return states(name, labels, SERVER_STATES, stateOf(subject));
      if (subject.kind === "listener") {
        return states(name, labels, LISTENER_STATES, listenerStatus(subject));
      }
      return states(name, labels, ["DOWN", "UP"], isUp(subject) ? "UP" : "DOWN");
    case "check_status": {
      const check = subject.kind === "server" ? checkOf(subject) : undefined;
      return check === undefined ? "" : states(name, labels, CHECK_STATES, check);
    }
    // A check without a code of its own has 0 here, where `show stat` has nothing.
    case "check_code":
      return subject.kind !== "server" || checkOf(subject) === undefined
        ? ""
        : `${name}{${labels}} ${subject.lastCheck?.code ?? 0}\n`;
    case "agg_server_status":
    case "agg_server_check_status": {
      if (subject.kind !== "backend") return "";
      const own = servers(subject);
      return own.length === 0 ? "" : counts(name, labels, SERVER_STATES, own.map(stateOf));
    }
    case "agg_check_status": {
      if (subject.kind !== "backend") return "";
      const own = servers(subject);
      const found = own.map(checkOf).filter((each) => each !== undefined);
      return own.length === 0 ? "" : counts(name, labels, CHECK_STATES, found);
    }
  }
  const value = valueOf(columns.get(metric.field)!, subject);
  if (typeof value !== "number") return metric.always === true ? `${name}{${labels}} NaN\n` : "";
  return `${name}{${labels}} ${metric.ms === true ? (value / 1000).toFixed(6) : value}\n`;
}

function isUp(subject: Subject): boolean {
  return /^(OPEN|UP)/.test(String(valueOf(columns.get("status")!, subject)));
}
