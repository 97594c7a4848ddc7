/**
 * What the statistics page shows of each proxy and server, as text: the page and its live updates have one source, so
 * that they cannot differ.
 */
import type { ProcessState } from "../../lib/runtime/process_state.ts";
import type { ProcessEvent } from "../../lib/runtime/event_log.ts";
import type { FrontendSubject, ListenerSubject, Subject } from "../../lib/runtime/stats/column.ts";
import { proxyOf, valueOf } from "../../lib/runtime/stats/column.ts";
import { statColumns } from "../../lib/runtime/stats/columns.ts";
import type { Series } from "../../lib/runtime/stats/history.ts";
import { age, bytes, count, duration } from "./units.ts";
import { stateOf } from "./state.ts";

const byName = new Map(statColumns.map((column) => [column.name, column]));

/** A number of a subject; empty fields are 0. */
export function numberOf(subject: Subject, name: string): number {
  const value = valueOf(byName.get(name)!, subject);
  return typeof value === "number" ? value : 0;
}

/** A text of a subject; empty fields are "". */
export function textOf(subject: Subject, name: string): string {
  return String(valueOf(byName.get(name)!, subject) ?? "");
}

/** A cell: what is read first, what is beside it, and how full something is (0 to 1; undefined: no bar). */
export interface CellText {
  readonly main: string;
  readonly sub: string;
  readonly bar?: number;
}

export interface CellColumn {
  readonly id: string;
  readonly label: string;
  readonly title: string;
  readonly cell: (subject: Subject) => CellText;
}

const EMPTY: CellText = { main: "", sub: "" };

function share(value: number, limit: number): number | undefined {
  return limit > 0 ? Math.min(1, value / limit) : undefined;
}

function limited(limit: number): string {
  return limit > 0 ? ` of ${count(limit)}` : "";
}

export const cellColumns: readonly CellColumn[] = [
  {
    id: "check",
    label: "Last check",
    title: "What the last health check and the agent said",
    cell: (s) => s.kind === "server" ? { main: checkWords(s), sub: textOf(s, "last_chk") } : EMPTY,
  },
  {
    id: "weight",
    label: "Weight",
    title: "Weight now; usable active and backup servers of a backend",
    cell: (s) => {
      if (isFront(s)) return EMPTY;
      if (s.kind === "backend") {
        return { main: count(numberOf(s, "weight")), sub: `${s.active} act, ${s.backups} bck` };
      }
      const throttle = textOf(s, "throttle");
      const kind = s.server.backup ? "backup" : "active";
      return {
        main: count(numberOf(s, "weight")),
        sub: throttle === "" ? kind : `${kind}, ${throttle} %`,
      };
    },
  },
  {
    id: "rate",
    label: "Rate",
    title: "New sessions a second (requests of a frontend), the most there were, the limit",
    cell: (s) => {
      if (s.kind === "listener") return EMPTY;
      const requests = s.kind === "frontend" && s.frontend.mode === "http";
      const now = numberOf(s, requests ? "req_rate" : "rate");
      const max = numberOf(s, requests ? "req_rate_max" : "rate_max");
      return {
        main: `${count(now)}/s`,
        sub: `max ${count(max)}${limited(numberOf(s, "rate_lim"))}`,
      };
    },
  },
  {
    id: "sessions",
    label: "Sessions",
    title: "Connections or streams now, the most there were, the limit",
    cell: (s) => {
      const now = numberOf(s, "scur");
      const limit = numberOf(s, "slim");
      return {
        main: count(now),
        sub: `max ${count(numberOf(s, "smax"))}${limited(limit)}`,
        bar: share(now, limit),
      };
    },
  },
  {
    id: "queue",
    label: "Queue",
    title: "Streams that wait, the most there were, the limit",
    cell: (s) => {
      if (isFront(s)) return EMPTY;
      const now = numberOf(s, "qcur");
      const limit = numberOf(s, "qlimit");
      const max = numberOf(s, "qmax");
      return {
        main: count(now),
        sub: `max ${count(max)}${limited(limit)}`,
        bar: share(now, limit > 0 ? limit : Math.max(max, 1)),
      };
    },
  },
  {
    id: "total",
    label: "Total",
    title: "Sessions in all; when the last one was",
    cell: (s) => ({
      main: count(numberOf(s, "stot")),
      sub: isFront(s) ? "" : last(numberOf(s, "lastsess")),
    }),
  },
  {
    id: "bytes",
    label: "Bytes",
    title: "Bytes from clients and to them",
    cell: (s) => ({
      main: `${bytes(numberOf(s, "bout"))} out`,
      sub: `${bytes(numberOf(s, "bin"))} in`,
    }),
  },
  {
    id: "codes",
    label: "Answers",
    title: "HTTP answers 2xx, and 3xx, 4xx, 5xx",
    cell: (s) =>
      s.kind === "listener" || textOf(s, "mode") !== "http" ? EMPTY : {
        main: count(numberOf(s, "hrsp_2xx")),
        sub: [3, 4, 5].map((n) => `${n}xx ${count(numberOf(s, `hrsp_${n}xx`))}`).join(" "),
      },
  },
  {
    id: "time",
    label: "Time",
    title: "Mean time in all; in the queue, to connect, to the answer",
    cell: (s) =>
      isFront(s) ? EMPTY : {
        main: `${count(numberOf(s, "ttime"))} ms`,
        sub: ["qtime", "ctime", "rtime"].map((name) => count(numberOf(s, name))).join(" / "),
      },
  },
  {
    id: "errors",
    label: "Errors",
    title: "Faulty requests, failed connections, faulty answers; retries, other servers, denied",
    cell: (s) => {
      const errors = isFront(s) ? numberOf(s, "ereq") : numberOf(s, "econ") + numberOf(s, "eresp");
      const denied = numberOf(s, "dreq") + numberOf(s, "dresp");
      const warnings = isFront(s)
        ? []
        : [`retr ${count(numberOf(s, "wretr"))}`, `redis ${count(numberOf(s, "wredis"))}`];
      return { main: count(errors), sub: [...warnings, `den ${count(denied)}`].join(", ") };
    },
  },
  {
    id: "down",
    label: "Downtime",
    title: "Time down in all; failed checks, times it went down",
    cell: (s) => {
      if (isFront(s) || textOf(s, "downtime") === "") return EMPTY;
      const changes = `${count(numberOf(s, "chkdown"))} down`;
      return {
        main: duration(numberOf(s, "downtime")),
        sub: s.kind === "server" ? `${count(numberOf(s, "chkfail"))} failed, ${changes}` : changes,
      };
    },
  },
];

/** Of the side that clients see. */
function isFront(s: Subject): s is FrontendSubject | ListenerSubject {
  return "frontend" in s;
}

function last(seconds: number): string {
  return seconds < 0 ? "never" : `${duration(seconds)} ago`;
}

function checkWords(subject: Subject): string {
  const status = textOf(subject, "check_status");
  if (status === "") return "";
  const code = textOf(subject, "check_code");
  const took = textOf(subject, "check_duration");
  return `${status}${code === "" ? "" : `/${code}`}${took === "" ? "" : ` in ${took}ms`}`;
}

export interface Row {
  /** `F:web`, `L:web/1`, `B:app`, `S:app/web1` */
  readonly key: string;
  readonly kind: Subject["kind"];
  readonly name: string;
  readonly proxy: string;
  /** class of colour, HAProxy's words */
  readonly state: string;
  readonly status: string;
  /** how long it has been so */
  readonly since: string;
  readonly cells: readonly CellText[];
  /** of a server: what happened to it last, newest first */
  readonly events: readonly ProcessEvent[];
  readonly series: Series;
  readonly subject: Subject;
}

/** The key of a subject. */
export function keyOf(subject: Subject): string {
  switch (subject.kind) {
    case "frontend":
      return `F:${subject.frontend.name}`;
    case "listener":
      return `L:${subject.frontend.name}/${subject.socket.id}`;
    case "backend":
      return `B:${subject.backend.name}`;
    case "server":
      return `S:${subject.backend.name}/${subject.server.name}`;
  }
}

function nameOf(subject: Subject): string {
  switch (subject.kind) {
    case "frontend":
      return "Frontend";
    case "listener":
      return subject.socket.name;
    case "backend":
      return "Backend";
    case "server":
      return subject.server.name;
  }
}

/** Everything that the page shows of one subject. */
export function rowOf(subject: Subject, process: ProcessState): Row {
  const key = keyOf(subject);
  const server = subject.kind === "server";
  const proxy = proxyOf(subject).name;
  return {
    key,
    kind: subject.kind,
    name: nameOf(subject),
    proxy,
    state: stateOf(subject),
    status: textOf(subject, "status"),
    since: isFront(subject) ? "" : age(numberOf(subject, "lastchg")),
    cells: cellColumns.map(({ cell }) => cell(subject)),
    events: server ? [...process.events.ofServer(proxy, subject.server.name)].reverse() : [],
    series: process.history.of(key),
    subject,
  };
}
