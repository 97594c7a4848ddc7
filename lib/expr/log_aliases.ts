/** The variables of log formats (manual 8.2.6) as a table. */
import type { Head } from "../http1/head.ts";
import type { Address } from "../net/conn.ts";
import { destinationOf, sourceOf } from "./addresses.ts";
import type { StreamView } from "./context.ts";
import { Ip6, parseIp } from "./ip.ts";
import { gmtDate, localDate, localDateMs, three } from "./log_date.ts";
import type { Encoding } from "./log_encoding.ts";
import { encodeHeader, encodeLine, escapeParam } from "./log_escape.ts";
import * as timers from "./log_timers.ts";
import { uniqueIdOf } from "./unique_id.ts";

/** What `%{…}` sets, and whether a missing value is written as `-` (logs) or as nothing (rules). */
export interface LogFlags {
  readonly quote: boolean;
  readonly escape: boolean;
  readonly hex: boolean;
  readonly dash: boolean;
  /** `+json`, `+cbor`: the whole line is one object */
  readonly encoding?: Encoding | undefined;
  /** `+bin`: CBOR is written as it is */
  readonly raw?: boolean;
  /** `option logasap`: totals are not final and get a `+` */
  readonly asap: boolean;
}

export type LogValue = (stream: StreamView) => string;

export interface AliasRow {
  readonly name: string;
  readonly doc: string;
  readonly httpOnly?: true;
  /** it is one of the process: the global section may use it */
  readonly ofProcess?: true;
  /** writes nothing at all when empty, so that the spaces around are one */
  readonly quiet?: true;
  /** it writes an integer, as long as the value is final and decimal */
  readonly numeric?: true;
  readonly make: (flags: LogFlags) => LogValue;
}

/** A string value with its quotes and escapes; undefined and "" are missing. */
export function textValue(text: string | undefined, flags: LogFlags): string {
  if (text === undefined || text === "") return flags.quote ? '""' : flags.dash ? "-" : "";
  const escaped = flags.escape ? escapeParam(text) : text;
  return flags.quote ? `"${escaped}"` : escaped;
}

type Read<T> = (stream: StreamView) => T;

const text = (name: string, doc: string, read: Read<string | undefined>): AliasRow => ({
  name,
  doc,
  make: (flags) => (stream) => textValue(read(stream), flags),
});

const number = (name: string, doc: string, read: Read<number>): AliasRow => ({
  name,
  doc,
  numeric: true,
  make: () => (stream) => String(read(stream)),
});

/** Numbers that `+X` writes in hexadecimal, four digits at least. */
const hexNumber = (name: string, doc: string, read: Read<number>): AliasRow => ({
  name,
  doc,
  numeric: true,
  make: ({ hex }) => (stream) => hex ? hex4(read(stream)) : String(read(stream)),
});

const hex4 = (n: number) => n.toString(16).toUpperCase().padStart(4, "0");
const hex8 = (n: number) => n.toString(16).toUpperCase().padStart(8, "0");

const timer = (name: string, doc: string, read: timers.Timer, http = false): AliasRow => ({
  ...number(name, doc, read),
  ...(http ? { httpOnly: true } : {}),
});

/** A total, which `option logasap` marks with a `+`. */
const total = (name: string, doc: string, read: Read<number>): AliasRow => ({
  name,
  doc,
  numeric: true,
  make: ({ asap }) => (stream) => asap ? `+${read(stream)}` : String(read(stream)),
});

const address = (name: string, doc: string, read: Read<Address | undefined>): AliasRow => ({
  name,
  doc,
  make: (flags) => (stream) => {
    const end = read(stream);
    if (end === undefined) return textValue(undefined, flags);
    if (end.family === "unix") return textValue("unix", flags);
    return flags.hex ? hexAddress(end.host) : textValue(end.host, flags);
  },
});

function hexAddress(host: string): string {
  const ip = parseIp(host);
  if (ip === undefined) return host;
  return ip instanceof Ip6 ? hex8(ip.a) + hex8(ip.b) + hex8(ip.c) + hex8(ip.d) : hex8(ip);
}

const port = (name: string, doc: string, read: Read<Address | undefined>): AliasRow => ({
  name,
  doc,
  numeric: true,
  make: (flags) => (stream) => {
    const end = read(stream);
    if (end === undefined) return textValue(undefined, flags);
    const n = end.family === "unix" ? stream.session.listenerId : end.port;
    return flags.hex ? hex4(n) : String(n);
  },
});

/** The request line as it was received: what rules have changed since is not logged, as in HAProxy. */
export function requestLine(stream: StreamView): string | undefined {
  const head = stream.request;
  if (head === undefined) return undefined;
  const raw = head.text;
  let from = 0;
  while (raw.charCodeAt(from) === 13 || raw.charCodeAt(from) === 10) from++;
  let end = raw.indexOf("\n", from);
  if (end < 0) end = raw.length;
  if (raw.charCodeAt(end - 1) === 13) end--;
  if (end <= from) return undefined;
  if (head.received.version === 20) return h2RequestLine(stream, head);
  return raw.slice(from, Math.min(end, from + MAX_LINE));
}

/** HAProxy logs what was asked for over HTTP/2 as a whole URL. */
function h2RequestLine(stream: StreamView, { received: r }: Head): string {
  const target = r.text.slice(r.secondStart, r.secondEnd);
  const scheme = stream.session.tls === undefined ? "http" : "https";
  const url = target.charCodeAt(0) === 47 ? `${scheme}://${r.host}${target}` : target;
  return `${r.method} ${url}`.slice(0, MAX_LINE - 9) + " HTTP/2.0";
}

/** Bytes of the request line that are logged, as HAProxy's `tune.http.logurilen`. */
const MAX_LINE = 1024;
const BAD_REQUEST = "<BADREQ>";

/** A part of the request line; `<BADREQ>` when there was no valid request. */
const ofRequest = (
  name: string,
  doc: string,
  part: (method: string, target: string, version: string) => string,
): AliasRow => ({
  name,
  doc,
  httpOnly: true,
  make: (flags) => (stream) => {
    const line = requestLine(stream);
    if (line === undefined) return textValue(BAD_REQUEST, flags);
    const first = line.indexOf(" ");
    const last = line.lastIndexOf(" ");
    const method = first < 0 ? line : line.slice(0, first);
    const target = first < 0
      ? ""
      : last > first
      ? line.slice(first + 1, last)
      : line.slice(first + 1);
    const version = last > first ? line.slice(last + 1) : "HTTP/0.9";
    const value = part(method, target, version);
    return textValue(encodeLine(value), { ...flags, dash: false });
  },
});

const headers = (
  name: string,
  doc: string,
  of: Read<readonly (string | undefined)[]>,
): AliasRow => ({
  name,
  doc,
  quiet: true,
  make: ({ escape }) => (stream) => {
    const captured = of(stream);
    if (captured.length === 0) return "";
    let out = "{";
    for (let i = 0; i < captured.length; i++) {
      if (i > 0) out += "|";
      const value = captured[i];
      if (value !== undefined) {
        out += escape ? escapeParam(encodeHeader(value)) : encodeHeader(value);
      }
    }
    return out + "}";
  },
});

const headerList = (
  name: string,
  doc: string,
  of: Read<readonly (string | undefined)[]>,
): AliasRow => ({
  name,
  doc,
  quiet: true,
  make: (flags) => (stream) => {
    const captured = of(stream);
    if (captured.length === 0) return "";
    return captured.map((value) =>
      textValue(value === undefined ? undefined : encodeHeader(value), { ...flags, dash: true })
    ).join(" ");
  },
});

const backendOf = (s: StreamView) => s.backend ?? s.frontend;
const pathOf = (target: string) => {
  const mark = target.indexOf("?");
  return mark < 0 ? target : target.slice(0, mark);
};
/** The path behind scheme and authority, without the query; "" when there is none. */
const pathOnly = (target: string) => {
  const path = pathOf(target);
  if (path.startsWith("/")) return path;
  const scheme = path.indexOf("://");
  const slash = scheme < 0 ? -1 : path.indexOf("/", scheme + 3);
  return slash < 0 ? "" : path.slice(slash);
};
/** When the request began, wall ms. */
export const startDate = (s: StreamView) =>
  s.requestDate > 0 ? s.requestDate : s.session.acceptDate;
const http = (row: AliasRow): AliasRow => ({ ...row, httpOnly: true });
const ofProcess = (row: AliasRow): AliasRow => ({ ...row, ofProcess: true });
const plain = (name: string, doc: string, read: LogValue): AliasRow => ({
  name,
  doc,
  make: () => read,
});

export const ALIAS_ROWS: readonly AliasRow[] = [
  total("B", "bytes read from the server to the client", (s) => s.bytesOut),
  http(text("CC", "captured request cookie", (s) => s.requestCookie)),
  http(text("CS", "captured response cookie", (s) => s.responseCookie)),
  ofProcess(text("H", "the host's name", (s) => s.process.hostname)),
  ofRequest("HM", "HTTP method", (method) => method),
  ofRequest("HP", "request target without its query", (_, target) => pathOf(target)),
  ofRequest("HPO", "path only, without host and query", (_, target) => pathOnly(target)),
  ofRequest("HQ", "query with its question mark", (_, target) => {
    const mark = target.indexOf("?");
    return mark < 0 ? "" : target.slice(mark);
  }),
  ofRequest("HU", "request target", (_, target) => target),
  ofRequest("HV", "HTTP version", (_m, _t, version) => version),
  text("ID", "unique id", uniqueIdOf),
  number("ST", "status", (s) => s.frontend.mode === "tcp" ? Math.max(0, s.status) : s.status),
  plain("T", "accept date, GMT", (s) => gmtDate(s.session.acceptDate)),
  { ...total("Ta", "active time of the request", timers.activeTime), httpOnly: true },
  timer("Tc", "time to connect to the server", timers.connectTime),
  timer("Td", "time to transfer the data", timers.dataTime),
  timer("Th", "time of the handshakes", timers.handshake),
  timer("Ti", "idle time before the request", timers.idleTime, true),
  plain("Tl", "accept date, local", (s) => localDate(s.session.acceptDate)),
  timer("Tq", "Th + Ti + TR", timers.wholeRequestTime, true),
  timer("TR", "time to receive the request from its first byte", timers.requestTime, true),
  timer("Tr", "time until the server's response", timers.responseTime, true),
  hexNumber("Ts", "accept date in s since 1970", (s) => Math.floor(s.session.acceptDate / 1000)),
  total("Tt", "total time since the accept", timers.totalTime),
  total("Tu", "total time as the user sees it", timers.userTime),
  timer("Tw", "time in queues", timers.queueTime),
  number("U", "bytes uploaded from the client to the server", (s) => s.bytesIn),
  number("ac", "connections of the process", (s) => s.actconn),
  text("b", "backend", (s) => backendOf(s).name),
  number("bc", "connections of the backend", (s) => s.backend?.currentConnections ?? 0),
  address("bi", "source address of the connection to the server", (s) => s.serverLocal),
  port("bp", "source port of the connection to the server", (s) => s.serverLocal),
  number("bq", "requests before this one in the backend's queue", (s) => s.backendQueue),
  address("ci", "client address", sourceOf),
  port("cp", "client port", sourceOf),
  text("f", "frontend", (s) => s.frontend.name),
  number("fc", "connections of the frontend", (s) => s.frontend.currentConnections),
  address("fi", "address the client connected to", destinationOf),
  port("fp", "port the client connected to", destinationOf),
  text(
    "ft",
    "frontend, with ~ for TLS",
    ({ session, frontend }) =>
      session.tls === undefined && session.error?.tls === undefined
        ? frontend.name
        : frontend.name + "~",
  ),
  headers("hr", "captured request headers", (s) => s.capturedRequestHeaders),
  headerList("hrl", "captured request headers, CLF", (s) => s.capturedRequestHeaders),
  headers("hs", "captured response headers", (s) => s.capturedResponseHeaders),
  headerList("hsl", "captured response headers, CLF", (s) => s.capturedResponseHeaders),
  {
    name: "lc",
    doc: "lines logged by this format before",
    make: () => {
      let lines = 0;
      return () => String(lines++);
    },
  },
  plain(
    "ms",
    "milliseconds of the accept date",
    (s) => three(Math.floor(s.session.acceptDate) % 1000),
  ),
  ofProcess(hexNumber("pid", "process number", (s) => s.process.pid)),
  ofRequest(
    "r",
    "request line",
    (method, target, version) =>
      version === "HTTP/0.9" ? `${method} ${target}` : `${method} ${target} ${version}`,
  ),
  {
    name: "rc",
    doc: "retries, with + after a redispatch",
    make: () => (s) => s.redispatched ? `+${s.retries}` : String(s.retries),
  },
  hexNumber("rt", "number of the stream", (s) => s.streamId),
  text("s", "server", (s) => s.server?.name ?? s.applet ?? "<NOSRV>"),
  number("sc", "connections of the server", (s) => s.server?.currentConnections ?? 0),
  address("si", "server address", (s) => s.server?.address),
  port("sp", "server port", (s) => s.server?.address),
  number("sq", "requests before this one in the server's queue", (s) => s.srvQueue),
  text("sslc", "TLS cipher", (s) => s.session.tls?.cipher),
  text("sslv", "TLS version", (s) => s.session.tls?.version),
  plain("t", "accept date with ms, local", (s) => localDateMs(s.session.acceptDate)),
  http(plain("tr", "date of the request with ms, local", (s) => localDateMs(startDate(s)))),
  http(plain("trg", "date of the request, GMT", (s) => gmtDate(startDate(s)))),
  http(plain("trl", "date of the request, local", (s) => localDate(startDate(s)))),
  plain("ts", "termination state", (s) => s.termination.slice(0, 2)),
  plain("tsc", "termination state with cookies", (s) => s.termination),
];

export const ALIASES: ReadonlyMap<string, AliasRow> = new Map(
  ALIAS_ROWS.map((row) => [row.name, row]),
);
