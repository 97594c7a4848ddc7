/**
 * `http-request use-service prometheus-exporter`: the metrics of HAProxy's exporter, and histograms of times, in
 * Prometheus' text format. `?scope=global|frontend|listener|backend|server` (several are added up, `*` is all), `?no-maint`.
 */
import { failure } from "../../lib/proxy/failure.ts";
import type { Reply } from "../../lib/proxy/reply.ts";
import type { Stream } from "../../lib/proxy/stream.ts";
import type { ProcessState } from "../../lib/runtime/process_state.ts";
import { infoFields, infoValues, VERSION } from "../../lib/runtime/socket/info.ts";
import { allStats, statSubjects } from "../../lib/runtime/stats/collect.ts";
import {
  type BackendSubject,
  isHttp,
  proxyOf,
  type ServerSubject,
  type Subject,
} from "../../lib/runtime/stats/column.ts";
import { PC } from "../../lib/state/traffic.ts";
import { piecesReply } from "../stats/answer.ts";
import { histogramPieces } from "./histograms.ts";
import { helpOf, label, metricLines } from "./lines.ts";
import {
  backendMetrics,
  frontendMetrics,
  listenerMetrics,
  type Metric,
  processMetrics,
  serverMetrics,
} from "./names.ts";

type Scope = "global" | "frontend" | "listener" | "backend" | "server";
const SCOPES: readonly Scope[] = ["global", "frontend", "listener", "backend", "server"];
/** Scopes of HAProxy that have no metrics here: nothing is given for them. */
const EMPTY_SCOPES = ["sticktable"];

interface Wanted {
  readonly scopes: ReadonlySet<Scope>;
  readonly noMaint: boolean;
}

/** What a query asks for; undefined: it is not understood. */
export function parseQuery(target: string): Wanted | undefined {
  const mark = target.indexOf("?");
  let scopes = new Set<Scope>(SCOPES);
  let noMaint = false;
  let given = false;
  for (const part of mark < 0 ? [] : target.slice(mark + 1).split("&")) {
    const [key, value] = part.split("=");
    if (key === "no-maint") noMaint = true;
    else if (key === "scope") {
      if (!given || value === "") scopes = new Set();
      given = true;
      const scope = SCOPES.find((each) => each === value);
      if (scope !== undefined) scopes.add(scope);
      else if (value === "*") { for (const each of SCOPES) scopes.add(each); }
      else if (value !== "" && !EMPTY_SCOPES.includes(value ?? "-")) return undefined;
    }
  }
  return { scopes, noMaint };
}

/** The service. */
export function prometheusExporter(stream: Stream, process: ProcessState): Reply {
  stream.applet = "<PROMEX>";
  stream.bytesIn = stream.request!.text.length;
  stream.frontend.counters.add(PC.intercepted, 1);
  const wanted = parseQuery(stream.request!.target);
  if (wanted === undefined) return failure(stream, 400);
  return piecesReply(stream, "text/plain; version=0.0.4", [], metricPieces(process, wanted));
}

/** The whole text in pieces, one metric each. */
export function* metricPieces(process: ProcessState, wanted: Wanted): Iterable<string> {
  const host = process.host!;
  const { generation, acceptor, state } = host;
  const subjects = [...statSubjects(generation, acceptor, state.wall(), {
    ...allStats,
    noMaint: wanted.noMaint,
  })];
  const of = <K extends Subject["kind"]>(kind: K) =>
    subjects.filter((each): each is Extract<Subject, { kind: K }> => each.kind === kind);
  const servers = of("server");
  const byBackend = Map.groupBy(servers, ({ backend }) => backend.name);
  const serversOf = ({ backend }: BackendSubject): readonly ServerSubject[] =>
    byBackend.get(backend.name) ?? [];
  if (wanted.scopes.has("global")) yield* processPieces(process);
  if (wanted.scopes.has("frontend")) {
    yield* pieces("frontend", frontendMetrics, of("frontend"), serversOf);
  }
  if (wanted.scopes.has("listener")) {
    yield* pieces("listener", listenerMetrics, of("listener"), serversOf);
  }
  if (wanted.scopes.has("backend")) {
    yield* pieces("backend", backendMetrics, of("backend"), serversOf);
    yield* histogramPieces("backend", of("backend"));
  }
  if (wanted.scopes.has("server")) {
    yield* pieces("server", serverMetrics, servers, serversOf);
    yield* histogramPieces("server", servers);
  }
}

function head(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function* processPieces({ host }: ProcessState): Iterable<string> {
  const values = new Map(infoValues(host!, 0).map(({ name, value }) => [name, value]));
  const docs = new Map(infoFields.map(({ name, doc }) => [name, doc]));
  for (const metric of processMetrics) {
    const name = `haproxy_process_${metric.name}`;
    const value = values.get(metric.field);
    if (value === undefined && metric.always !== true) continue;
    const doc = docs.get(metric.field) ?? metric.field;
    const line = metric.name === "build_info"
      ? `${name}{version="${label(VERSION)}"} 1\n`
      : `${name} ${value ?? "NaN"}\n`;
    yield head(name, doc, metric.type) + line;
  }
}

/** `proxy="app",server="web1"` */
export function labelsOf(subject: Subject): string {
  const proxy = `proxy="${label(proxyOf(subject).name)}"`;
  if (subject.kind === "listener") return `${proxy},listener="${label(subject.socket.name)}"`;
  return subject.kind === "server" ? `${proxy},server="${label(subject.server.name)}"` : proxy;
}

function* pieces(
  scope: string,
  metrics: readonly Metric[],
  subjects: readonly Subject[],
  serversOf: (backend: BackendSubject) => readonly ServerSubject[],
): Iterable<string> {
  for (const metric of metrics) {
    const name = `haproxy_${scope}_${metric.name}`;
    let before = head(name, helpOf(metric), metric.type);
    for (const subject of subjects) {
      if (metric.http === true && !isHttp(subject)) continue;
      const lines = metricLines(metric, name, subject, labelsOf(subject), serversOf);
      if (lines === "") continue;
      yield before + lines;
      before = "";
    }
  }
}
