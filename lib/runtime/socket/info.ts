/**
 * `show info` (management manual 9.3): HAProxy's fields in HAProxy's order, those that have a meaning here and are
 * known. What HAProxy counts of things that this process has not (TLS, compression) is truly 0.
 */
import type { CompressionRate } from "../../state/compression_rate.ts";
import manifest from "../../../deno.json" with { type: "json" };
import { GC } from "../../state/traffic.ts";
import { idlePercent } from "../idle.ts";
import { openFilesLimit } from "../file_limit.ts";
import type { RuntimeHost } from "./command.ts";

export const VERSION: string = manifest.version;

/** The date of this version, as HAProxy writes it; hatop will not start without it. */
const RELEASE_DATE = "2026/11/27";

const memory = () => Deno.memoryUsage().rss;
const memoryUsed = () => Deno.memoryUsage().heapUsed + Deno.memoryUsage().external;

/** What the rate of bytes was computed from last; between two looks at least a second passes. */
const rates = new WeakMap<RuntimeHost, { at: number; total: number; rate: number }>();

function bytesRate({ host, now }: Source): number {
  const total = host.state.counters.total(GC.bytes_out);
  const last = rates.get(host) ?? { at: host.startedAt, total: 0, rate: 0 };
  const seconds = (now - last.at) / 1000;
  if (seconds < 1) return last.rate;
  const rate = Math.max(0, Math.round((total - last.total) / seconds));
  rates.set(host, { at: now, total, rate });
  return rate;
}

function tasks({ acceptor, generation }: RuntimeHost): number {
  let checks = 0;
  for (const { pool } of generation.backends.values()) {
    for (const { config } of pool.servers) {
      checks += (config.check ? 1 : 0) + (config.agentCheck ? 1 : 0);
    }
  }
  return acceptor.sessions.size + checks;
}

function countPeers({ peers }: RuntimeHost): { active: number; connected: number } {
  let active = 0;
  let connected = 0;
  for (const section of peers.sections.values()) {
    for (const { link, calling } of section.peers.values()) {
      if (link !== undefined) connected++;
      if (link !== undefined || calling) active++;
    }
  }
  return { active, connected };
}

/** What the fields are computed from. */
interface Source {
  readonly host: RuntimeHost;
  /** wall ms */
  readonly now: number;
  readonly listeners: number;
  readonly files: number | undefined;
}

type RateField =
  | "conn_rate_tick"
  | "sess_rate_tick"
  | "ssl_rate_tick"
  | "ssl_fe_keys_rate_tick"
  | "ssl_be_keys_rate_tick";

interface InfoField {
  readonly name: string;
  readonly doc: string;
  /** undefined: the field is left out */
  readonly value: (source: Source) => string | number | undefined;
}

const field = (name: string, doc: string, value: InfoField["value"]): InfoField => ({
  name,
  doc,
  value,
});
const zero = (name: string, doc: string): InfoField => field(name, doc, () => 0);
const counted = (name: string, at: keyof typeof GC, doc: string): InfoField =>
  field(name, doc, ({ host }) => host.state.counters.total(GC[at]));
const rate = (name: string, at: RateField, doc: string): InfoField =>
  field(name, doc, ({ host, now }) => host.state.counters.rate(GC[at], now));
const compressed = (
  name: string,
  doc: string,
  read: (rate: CompressionRate, now: number) => number,
): InfoField => field(name, doc, ({ host, now }) => read(host.state.shared.compression, now));
/** Percent of the clients' sessions that needed no new key, in the last second. */
function sessionReuse({ host, now }: Source): number {
  const { counters } = host.state;
  const all = counters.rate(GC.ssl_rate_tick, now);
  const keys = counters.rate(GC.ssl_fe_keys_rate_tick, now);
  return all === 0 ? 0 : Math.max(0, 100 - Math.round((100 * keys) / all));
}
const uptime = ({ host, now }: Source) => Math.max(0, Math.floor((now - host.startedAt) / 1000));

export const infoFields: readonly InfoField[] = [
  field("Name", "name of the program", () => "sluice"),
  field("Version", "version of the program", () => VERSION),
  field("Release_date", "date of the version", () => RELEASE_DATE),
  field("Nbthread", "threads that serve traffic", ({ host }) => host.state.threads),
  field("Nbproc", "processes", ({ host }) => host.generation.config.global.nbproc ?? 1),
  field("Process_num", "number of this process among them", ({ host }) => host.state.number),
  field("Pid", "process id", ({ host }) => host.state.pid),
  field("Uptime", "time since the start", (source) => uptimeText(uptime(source))),
  field("Uptime_sec", "seconds since the start", uptime),
  zero("Memmax_MB", "limit of memory in MB, 0: none"),
  field("PoolAlloc_MB", "memory of the process in MB", () => Math.round(memory() / 1048576)),
  field("PoolUsed_MB", "memory in use in MB", () => Math.round(memoryUsed() / 1048576)),
  zero("PoolFailed", "failures to get memory"),
  field("Ulimit-n", "limit of open descriptors", ({ files }) => files),
  field("Maxsock", "most sockets: the limit of descriptors", ({ files }) => files),
  field("Maxconn", "most client connections now", ({ host }) => host.acceptor.maxconn),
  field("Hard_maxconn", "most client connections", ({ host }) => host.acceptor.hardMaxconn),
  field("CurrConns", "client connections now", ({ host }) => host.state.actconn),
  counted("CumConns", "cum_conns", "client connections in all"),
  counted("CumReq", "cum_req", "requests in all"),
  zero("MaxSslConns", "limit of TLS connections, 0: none"),
  counted("CurrSslConns", "ssl_conns", "TLS connections now, of clients and to servers"),
  counted("CumSslConns", "cum_ssl_conns", "TLS connections in all, of clients and to servers"),
  field("Maxpipes", "pipes of the kernel that each thread may use", ({ host }) => {
    return host.state.pipes?.most ?? 0;
  }),
  field("PipesUsed", "pipes in use", ({ host }) => host.state.pipes?.used ?? 0),
  field("PipesFree", "pipes kept", ({ host }) => host.state.pipes?.free ?? 0),
  rate("ConnRate", "conn_rate_tick", "client connections in the last second"),
  field(
    "ConnRateLimit",
    "limit of connections in a second, 0: none",
    ({ host }) => host.acceptor.connectionRate,
  ),
  counted("MaxConnRate", "conn_rate_max", "most connections in a second"),
  rate("SessRate", "sess_rate_tick", "sessions in the last second"),
  field(
    "SessRateLimit",
    "limit of sessions in a second, 0: none",
    ({ host }) => host.acceptor.sessionRate,
  ),
  counted("MaxSessRate", "sess_rate_max", "most sessions in a second"),
  rate("SslRate", "ssl_rate_tick", "TLS connections of clients in the last second"),
  field(
    "SslRateLimit",
    "limit of TLS connections of clients in a second, 0: none",
    ({ host }) => host.acceptor.tlsRate,
  ),
  counted("MaxSslRate", "ssl_rate_max", "most TLS connections of clients in a second"),
  rate(
    "SslFrontendKeyRate",
    "ssl_fe_keys_rate_tick",
    "TLS keys computed for clients in the last second",
  ),
  counted("SslFrontendMaxKeyRate", "ssl_fe_keys_rate_max", "most TLS keys for clients in a second"),
  field("SslFrontendSessionReuse_pct", "percent of TLS sessions that were resumed", sessionReuse),
  rate(
    "SslBackendKeyRate",
    "ssl_be_keys_rate_tick",
    "TLS keys computed for servers in the last second",
  ),
  counted("SslBackendMaxKeyRate", "ssl_be_keys_rate_max", "most TLS keys for servers in a second"),
  zero("SslCacheLookups", "lookups in a TLS session cache of all: sessions are in tickets"),
  zero("SslCacheMisses", "lookups without success"),
  compressed("CompressBpsIn", "bytes compressed in the last second", (rate, now) => {
    return rate.rateIn(now);
  }),
  compressed("CompressBpsOut", "bytes that came of it", (rate, now) => rate.rateOut(now)),
  compressed(
    "CompressBpsRateLim",
    "limit of bytes to compress in a second, 0: none",
    (rate) => rate.limit,
  ),
  field("Tasks", "connections and checks that are served", ({ host }) => tasks(host)),
  zero("Run_queue", "tasks that could run and wait"),
  field("Idle_pct", "percent of the time without work", () => idlePercent()),
  field("node", "name of this instance", ({ host }) => host.state.node),
  field(
    "description",
    "description of this instance",
    ({ host }) => host.generation.config.global.description,
  ),
  field("Stopping", "1 while the process ends", ({ host }) => host.state.stopping ? 1 : 0),
  field(
    "Jobs",
    "client connections and listeners",
    ({ host, listeners }) => host.state.actconn + listeners,
  ),
  zero("Unstoppable Jobs", "jobs that keep a stopping process alive"),
  field("Listeners", "open listeners, runtime sockets included", ({ listeners }) => listeners),
  field("ActivePeers", "peers that are called or connected", ({ host }) => countPeers(host).active),
  field("ConnectedPeers", "peers that are connected", ({ host }) => countPeers(host).connected),
  field("DroppedLogs", "log lines that could not be sent", ({ host }) => host.droppedLogs),
  zero("BusyPolling", "1 while busy polling is on"),
  counted("TotalBytesOut", "bytes_out", "bytes sent to clients"),
  zero("TotalSplicdedBytesOut", "bytes moved within the kernel (HAProxy's spelling)"),
  field("BytesOutRate", "bytes sent to clients in a second", bytesRate),
  zero("DebugCommandsIssued", "debugging commands given"),
  counted("CumRecvLogs", "received_logs", "syslog messages that 'log-forward' sections received"),
  field("Build info", "version of the program", () => VERSION),
  zero("Memmax_bytes", "limit of memory, 0: none"),
  field("PoolAlloc_bytes", "memory of the process", memory),
  field("PoolUsed_bytes", "memory in use", memoryUsed),
  field("Start_time_sec", "second of the start", ({ host }) => Math.floor(host.startedAt / 1000)),
  zero("Tainted", "flags of unsupported uses"),
];

/** The names of HAProxy's fields in its order; a field's position is its place here. */
const POSITIONS: readonly string[] = [
  "Name",
  "Version",
  "Release_date",
  "Nbthread",
  "Nbproc",
  "Process_num",
  "Pid",
  "Uptime",
  "Uptime_sec",
  "Memmax_MB",
  "PoolAlloc_MB",
  "PoolUsed_MB",
  "PoolFailed",
  "Ulimit-n",
  "Maxsock",
  "Maxconn",
  "Hard_maxconn",
  "CurrConns",
  "CumConns",
  "CumReq",
  "MaxSslConns",
  "CurrSslConns",
  "CumSslConns",
  "Maxpipes",
  "PipesUsed",
  "PipesFree",
  "ConnRate",
  "ConnRateLimit",
  "MaxConnRate",
  "SessRate",
  "SessRateLimit",
  "MaxSessRate",
  "SslRate",
  "SslRateLimit",
  "MaxSslRate",
  "SslFrontendKeyRate",
  "SslFrontendMaxKeyRate",
  "SslFrontendSessionReuse_pct",
  "SslBackendKeyRate",
  "SslBackendMaxKeyRate",
  "SslCacheLookups",
  "SslCacheMisses",
  "CompressBpsIn",
  "CompressBpsOut",
  "CompressBpsRateLim",
  "ZlibMemUsage",
  "MaxZlibMemUsage",
  "Tasks",
  "Run_queue",
  "Idle_pct",
  "node",
  "description",
  "Stopping",
  "Jobs",
  "Unstoppable Jobs",
  "Listeners",
  "ActivePeers",
  "ConnectedPeers",
  "DroppedLogs",
  "BusyPolling",
  "FailedResolutions",
  "TotalBytesOut",
  "TotalSplicdedBytesOut",
  "BytesOutRate",
  "DebugCommandsIssued",
  "CumRecvLogs",
  "Build info",
  "Memmax_bytes",
  "PoolAlloc_bytes",
  "PoolUsed_bytes",
  "Start_time_sec",
  "Tainted",
];

/** One field with what it is now. */
export interface InfoValue {
  readonly name: string;
  /** as HAProxy numbers it */
  readonly position: number;
  readonly value: string | number;
  readonly doc: string;
}

/** All fields that are known; `exact`: `Uptime_sec` and rates with their fractions (`show info float`). */
export function infoValues(host: RuntimeHost, sockets: number, exact = false): InfoValue[] {
  let listeners = sockets;
  for (const listening of host.listenings) if (!listening.closed) listeners++;
  const source: Source = { host, now: host.state.wall(), listeners, files: openFilesLimit() };
  const values: InfoValue[] = [];
  for (const { name, value, doc } of infoFields) {
    let found = value(source);
    if (found === undefined) continue;
    if (exact && name === "Uptime_sec") found = (source.now - host.startedAt) / 1000;
    values.push({ name, position: POSITIONS.indexOf(name), value: found, doc });
  }
  return values;
}

function uptimeText(seconds: number): string {
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor(seconds % 86400 / 3600);
  return `${days}d ${hours}h${two(seconds % 3600 / 60)}m${two(seconds % 60)}s`;
}
