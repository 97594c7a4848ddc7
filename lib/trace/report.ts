/** What became of a stream and why, made of what it has met: the shape that `--json` prints (docs/explain.md). */
import type { ProxyConfig } from "../config/model.ts";
import type { Span } from "../config/document.ts";
import type { Server } from "../balance/server.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Stream } from "../proxy/stream.ts";
import { balanceText } from "./balance_text.ts";
import { chooses } from "./outcome.ts";
import type { Trace } from "./recorder.ts";
import type { LineTrace } from "./types.ts";

/** One reason: a line of the configuration, or a sentence. */
export interface Reason {
  readonly text: string;
  readonly file: string | null;
  readonly line: number | null;
  /** true: `text` is a line of `lines`, whose condition tells more */
  readonly isLine: boolean;
}

export interface BackendReport {
  readonly name: string;
  readonly by: "use_backend" | "default_backend" | "listen";
  readonly file: string;
  readonly line: number;
}

export interface ServerReport {
  readonly name: string;
  readonly address: string;
  readonly by: "balance" | "cookie" | "use-server" | "stick" | "persistence";
  readonly algorithm: string;
  readonly file: string;
  readonly line: number;
}

export interface Report {
  readonly frontend: string;
  readonly backend: BackendReport | null;
  readonly server: ServerReport | null;
  /** what answered: a server, the proxy itself, or nobody */
  readonly answeredBy: "server" | "proxy" | "nobody";
  /** sent to the client; null: nothing was */
  readonly status: number | null;
  /** manual 8.5 */
  readonly termination: string;
  /** why it ended so, the most important first */
  readonly because: readonly Reason[];
  /** every line that was tried, in order */
  readonly lines: readonly LineTrace[];
  /** those that are set in the end */
  readonly variables: Readonly<Record<string, string>>;
}

/** Makes the report of a stream that has ended, or of one that is about to send an answer of `status`. */
export function reportOf(
  stream: Stream,
  { lines, target }: Pick<Trace, "lines" | "target">,
  variables: ReadonlyMap<string, string>,
  status: number = stream.status,
): Report {
  const backend = stream.backend;
  const server = stream.lastServer;
  const chosen = backend && backendReport(stream, backend, lines);
  const by = server && backend && serverReport(stream, backend, server, lines);
  const answered = stream.responseAt >= 0 && status > 0 && stream.response !== undefined;
  const connected = stream.frontend.mode === "tcp" && stream.connectedAt >= 0;
  return {
    frontend: stream.frontend.name,
    backend: chosen ?? null,
    server: by ?? null,
    answeredBy: answered || connected ? "server" : status > 0 ? "proxy" : "nobody",
    status: status > 0 ? status : null,
    termination: stream.termination,
    because: reasonsOf(stream, lines, target, status, chosen, by),
    lines,
    variables: Object.fromEntries([...variables].sort(([a], [b]) => a < b ? -1 : 1)),
  };
}

function backendReport(
  stream: Stream,
  backend: Backend,
  lines: readonly LineTrace[],
): BackendReport {
  const { config } = stream.frontend;
  const line = lines.findLast((each) => each.set === "use_backend" && each.applied);
  if (line !== undefined && line.outcome?.name === backend.name) {
    return { name: backend.name, by: "use_backend", file: line.file, line: line.line };
  }
  const standard = config.defaultBackend;
  const by = standard === undefined ? "listen" : "default_backend";
  const { file, line: at } = (standard ?? config).span;
  return { name: backend.name, by, file, line: at };
}

function serverReport(
  stream: Stream,
  backend: Backend,
  server: Server,
  lines: readonly LineTrace[],
): ServerReport {
  const used = lines.findLast((each) => each.set === "use-server" && each.applied);
  const persistence = stream.persistence;
  const by = persistence?.direct !== true
    ? "balance"
    : used?.outcome?.name === server.name
    ? "use-server"
    : persistence.request === "V"
    ? "cookie"
    : lines.some(isStickMatch)
    ? "stick"
    : "persistence";
  const { host, port, family } = server.address;
  const where = family === "unix" ? host : `${family === 6 ? `[${host}]` : host}:${port}`;
  const { file, line } = by === "use-server" ? used! : server.config.span;
  return {
    name: server.name,
    address: where,
    by,
    algorithm: backend.config.balance.algorithm,
    file,
    line,
  };
}

const lineReason = ({ text, file, line }: LineTrace): Reason => ({
  text,
  file,
  line,
  isLine: true,
});

const sentence = (text: string, span?: Span): Reason => ({
  text,
  file: span === undefined || span.file === "" ? null : span.file,
  line: span === undefined || span.file === "" ? null : span.line,
  isLine: false,
});

/** Ends a set of rules: an answer, a refusal. */
const isFinal = ({ set, applied, outcome }: LineTrace) =>
  applied && outcome !== null && !chooses(set) && outcome.type !== "allow";

/** A line that found the server's entry in a stick table. */
const isStickMatch = ({ set, applied, outcome }: LineTrace) =>
  applied && outcome !== null && (set === "stick on" || set === "stick match");

function reasonsOf(
  stream: Stream,
  lines: readonly LineTrace[],
  target: string | undefined,
  status: number,
  chosen: BackendReport | undefined,
  by: ServerReport | undefined,
): Reason[] {
  const reasons: Reason[] = [];
  const final = lines.findLast(isFinal);
  if (final !== undefined) reasons.push(lineReason(final));
  if (chosen === undefined) {
    if (final === undefined) reasons.push(withoutBackend(stream, lines, target, status));
    return reasons;
  }
  if (final === undefined || by !== undefined) {
    reasons.push(...backendReasons(stream, chosen, lines));
  }
  if (by === undefined) {
    if (final === undefined) reasons.push(withoutServer(stream, target, status));
    return reasons;
  }
  reasons.push(...serverReasons(stream, by, lines));
  const failed = failureText(stream);
  if (failed !== undefined && final === undefined) reasons.unshift(sentence(failed));
  return reasons;
}

/** What a proxy answers without a server and without a rule. */
function ownAnswer(
  { name, monitorUri, stats, span }: ProxyConfig,
  target: string | undefined,
  status: number,
): Reason | undefined {
  if (monitorUri !== undefined && target === monitorUri) {
    return sentence(`monitor-uri ${monitorUri}`, span);
  }
  if (stats !== undefined && target?.startsWith(stats.uri)) {
    return sentence(`the statistics page of ${name}, stats uri ${stats.uri}`, span);
  }
  return status > 0 && status !== 503 ? sentence(`${name} has answered itself`, span) : undefined;
}

function withoutBackend(
  stream: Stream,
  lines: readonly LineTrace[],
  target: string | undefined,
  status: number,
): Reason {
  const { config, name } = stream.frontend;
  const own = ownAnswer(config, target, status);
  if (own !== undefined) return own;
  const tried = lines.filter(({ set }) => set === "use_backend").length;
  const none = tried === 0 ? "has no 'use_backend'" : `no 'use_backend' of ${tried} applies`;
  return sentence(`frontend ${name}: ${none} and there is no 'default_backend'`, config.span);
}

function backendReasons(
  stream: Stream,
  { name, by }: BackendReport,
  lines: readonly LineTrace[],
): Reason[] {
  const choices = lines.filter(({ set }) => set === "use_backend");
  const line = choices.findLast(({ applied }) => applied);
  if (by === "use_backend") return [lineReason(line!)];
  if (by === "listen") return [];
  const { config } = stream.frontend;
  const { span } = config.defaultBackend!;
  if (line !== undefined) {
    const text = `default_backend ${name}: there is no backend '${line.outcome?.name}'`;
    return [lineReason(line), sentence(text, span)];
  }
  const all = config.useBackends.length;
  const why = all === 0
    ? ""
    : all === 1
    ? ": the one 'use_backend' does not apply"
    : `: none of the ${all} 'use_backend' applies`;
  return [sentence(`default_backend ${name}${why}`, span)];
}

function serverReasons(stream: Stream, by: ServerReport, lines: readonly LineTrace[]): Reason[] {
  const { config } = stream.backend!;
  const server = stream.lastServer!;
  switch (by.by) {
    case "use-server":
      return [lineReason(lines.findLast(({ set, applied }) => set === "use-server" && applied)!)];
    case "stick":
      return [
        sentence("a stick table has it for this client"),
        lineReason(lines.findLast(isStickMatch)!),
      ];
    case "cookie":
      return [sentence(`the client's cookie ${config.cookie?.name} names it`, server.config.span)];
    case "persistence": {
      const cookie = config.cookie === undefined || stream.persistence?.request === "N"
        ? "persistence names it"
        : `the client's cookie ${config.cookie.name} names it`;
      const down = server.usable ? "" : ", and it is used though it is down";
      return [sentence(cookie + down, server.config.span)];
    }
  }
  const balanced = sentence(balanceText(stream), server.config.span);
  if (stream.persistence?.request !== "D") return [balanced];
  return [
    sentence(`the server that the client's cookie ${config.cookie?.name} names is down`),
    balanced,
  ];
}

function withoutServer(stream: Stream, target: string | undefined, status: number): Reason {
  const { config, pool } = stream.backend!;
  const own = ownAnswer(config, target, status);
  if (own !== undefined) return own;
  const { servers } = pool;
  if (servers.length === 0) return sentence(`backend ${config.name} has no server`, config.span);
  if (servers.some(({ usable }) => usable)) {
    return sentence(failureText(stream) ?? "no server took it", config.span);
  }
  const names = servers.map(({ name }) => name).join(", ");
  return sentence(`no server of backend ${config.name} can be used (${names})`, config.span);
}

/** Manual 8.5, in a sentence; undefined: it ended as it should. */
function failureText(stream: Stream): string | undefined {
  const { cause, phase } = stream;
  if (cause === "-") return undefined;
  const who: Readonly<Record<string, string>> = {
    C: "the client went away",
    c: "the client took too long",
    S: "the server, or the connection to it, failed",
    s: "the server took too long",
    P: "the proxy refused it",
    L: "the proxy answered itself",
    R: "a resource of the proxy was exhausted",
    I: "an internal error",
  };
  const when: Readonly<Record<string, string>> = {
    R: " while the request was read",
    Q: " while it waited in the queue",
    C: " while it was connected to",
    H: " before it had answered",
    D: " while data was sent",
    T: " (tarpit)",
  };
  const text = who[cause];
  return text === undefined ? undefined : `${text}${when[phase] ?? ""}`;
}
