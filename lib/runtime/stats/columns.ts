/**
 * The columns of `show stat` in HAProxy 2.6's order (management manual 9.1). What stands after the column `-` is
 * not fixed; HAProxy has the counters of its protocol modules there.
 */
import { formatAddress } from "../../net/address.ts";
import { statusRow } from "../../health/result.ts";
import { PC, SC } from "../../state/traffic.ts";
import {
  average,
  column,
  counter,
  countersOf,
  empty,
  httpCounter,
  isHttp,
  type StatColumn,
  zero,
} from "./column.ts";
import { isBeingChecked, isChecked, serverStatus } from "./server_status.ts";

const identity: readonly StatColumn[] = [
  {
    name: "pxname",
    doc: "name of the proxy",
    frontend: ({ frontend }) => frontend.name,
    backend: ({ backend }) => backend.name,
    server: ({ backend }) => backend.name,
  },
  {
    name: "svname",
    doc: "FRONTEND, BACKEND, or the name of the server",
    frontend: () => "FRONTEND",
    backend: () => "BACKEND",
    server: ({ server }) => server.name,
  },
];

const sessions: readonly StatColumn[] = [
  {
    name: "qcur",
    doc: "requests in the queue",
    backend: ({ backend }) => backend.state.queued,
    server: ({ server }) => server.state.queued,
  },
  counter("qmax", "BS", "most requests in the queue"),
  {
    name: "scur",
    doc: "sessions now",
    frontend: ({ frontend }) => frontend.state.current,
    backend: ({ backend }) => backend.state.current,
    server: ({ server }) => server.state.current,
  },
  counter("smax", "FBS", "most sessions at one time"),
  {
    name: "slim",
    doc: "limit of sessions: maxconn, or fullconn of a backend",
    frontend: ({ frontend, processMaxconn }) => frontend.config.maxconn ?? processMaxconn,
    backend: ({ backend }) => backend.pool.fullconn,
    server: ({ server }) => server.maxconn || undefined,
  },
  counter("stot", "FBS", "sessions in all"),
  counter("bin", "FBS", "bytes from clients"),
  counter("bout", "FBS", "bytes to clients"),
  counter("dreq", "FB", "requests denied by rules"),
  counter("dresp", "FBS", "responses denied by rules"),
  counter("ereq", "F", "faulty requests"),
  counter("econ", "BS", "streams whose connection to the server failed"),
  counter("eresp", "BS", "faulty responses"),
  counter("wretr", "BS", "connections tried again"),
  counter("wredis", "BS", "streams sent to another server than intended"),
];

const standing: readonly StatColumn[] = [
  {
    name: "status",
    doc: "OPEN for a frontend; what is known of a server; UP while a backend has a usable server",
    frontend: () => "OPEN",
    backend: ({ backend, active, backups, partial }) => {
      const { servers } = backend.pool;
      const status = active + backups > 0 || servers.length === 0 ? "UP" : "DOWN";
      if (!partial) return status;
      return `${status} (${servers.filter(({ state }) => state.running).length}/${servers.length})`;
    },
    server: ({ server }) => serverStatus(server),
  },
  {
    name: "weight",
    doc: "weight now; of a backend: the sum over the servers that take new streams",
    backend: ({ backend }) => totalWeight(backend.pool.candidates),
    server: ({ server }) => server.weight,
  },
  {
    name: "act",
    doc: "1 for an active server; usable active servers of a backend",
    backend: ({ active }) => active,
    server: ({ server }) => server.backup ? 0 : 1,
  },
  {
    name: "bck",
    doc: "1 for a backup server; usable backup servers of a backend",
    backend: ({ backups }) => backups,
    server: ({ server }) => server.backup ? 1 : 0,
  },
  {
    name: "chkfail",
    doc: "checks that failed while the server was up",
    server: ({ server }) => server.config.check ? server.counters.total(SC.chkfail) : undefined,
  },
  {
    name: "chkdown",
    doc: "changes from up to down",
    backend: ({ backend }) => backend.counters.total(PC.chkdown),
    server: ({ server }) => server.config.check ? server.counters.total(SC.chkdown) : undefined,
  },
  {
    name: "lastchg",
    doc: "seconds since the last change between up and down",
    backend: ({ backend, now }) => secondsSince(backend.state.lastChange, now),
    server: ({ server, now }) => secondsSince(server.state.lastChange, now),
  },
  {
    name: "downtime",
    doc: "seconds down in all",
    backend: ({ backend, now }) =>
      backend.pool.servers.length > 0 ? backend.state.downtime(now) : undefined,
    server: ({ server, now }) => server.config.check ? server.state.downtime(now) : undefined,
  },
  {
    name: "qlimit",
    doc: "maxqueue, empty without limit",
    server: ({ server }) => server.maxqueue || undefined,
  },
  column("pid", "FBS", "number of the process among several", () => 1),
  {
    name: "iid",
    doc: "id of the proxy",
    frontend: ({ frontend }) => frontend.id,
    backend: ({ backend }) => backend.id,
    server: ({ backend }) => backend.id,
  },
  {
    name: "sid",
    doc: "id of the server in its backend",
    frontend: () => 0,
    backend: () => 0,
    server: ({ server }) => server.id,
  },
  empty("throttle", "percent of its weight that a server has while it starts slowly"),
  counter("lbtot", "BS", "times a server was chosen"),
  empty("tracked", "id of the server whose checks it follows"),
  {
    name: "type",
    doc: "0 frontend, 1 backend, 2 server",
    frontend: () => 0,
    backend: () => 1,
    server: () => 2,
  },
  column("rate", "FBS", "sessions in the last second", (s) => countersOf(s).sessionRate(s.now)),
  zero("rate_lim", "F", "limit of new sessions in a second"),
  counter("rate_max", "FBS", "most sessions in a second"),
];

const checks: readonly StatColumn[] = [
  {
    name: "check_status",
    doc: "result of the last health check; `* ` before it while a check is under way",
    server: ({ server, lastCheck }) => {
      if (!isChecked(server)) return undefined;
      return (isBeingChecked(server) ? "* " : "") + (lastCheck?.status ?? "INI");
    },
  },
  {
    name: "check_code",
    doc: "code that the last check was answered with",
    server: ({ server, lastCheck }) => isChecked(server) ? lastCheck?.code : undefined,
  },
  {
    name: "check_duration",
    doc: "ms that the last check took",
    server: ({ server, lastCheck }) => isChecked(server) ? lastCheck?.durationMs : undefined,
  },
];

const http: readonly StatColumn[] = [
  httpCounter("hrsp_1xx", "FBS", "responses with 1xx"),
  httpCounter("hrsp_2xx", "FBS", "responses with 2xx"),
  httpCounter("hrsp_3xx", "FBS", "responses with 3xx"),
  httpCounter("hrsp_4xx", "FBS", "responses with 4xx"),
  httpCounter("hrsp_5xx", "FBS", "responses with 5xx"),
  httpCounter("hrsp_other", "FBS", "responses with another code"),
  empty("hanafail", "failures that watching the traffic has found"),
  {
    name: "req_rate",
    doc: "requests in the last second",
    frontend: ({ frontend, now }) => frontend.counters.requestRate(now),
  },
  counter("req_rate_max", "F", "most requests in a second"),
  {
    name: "req_tot",
    doc: "requests in all",
    frontend: ({ frontend }) => frontend.counters.total(PC.req_tot),
    backend: (s) => isHttp(s) ? s.backend.counters.total(PC.req_tot) : undefined,
    server: (s) => isHttp(s) ? s.server.counters.total(SC.req_tot) : undefined,
  },
  counter("cli_abrt", "BS", "transfers that clients broke off"),
  counter("srv_abrt", "BS", "transfers that servers broke off"),
  counter("comp_in", "FB", "bytes given to the compressor"),
  counter("comp_out", "FB", "bytes that the compressor gave"),
  counter("comp_byp", "FB", "bytes that passed the compressor by"),
  counter("comp_rsp", "FB", "responses that were compressed"),
  {
    name: "lastsess",
    doc: "seconds since the last session, -1 when there was none",
    backend: ({ backend, now }) => lastSession(backend.state.lastSession, now),
    server: ({ server, now }) => lastSession(server.state.lastSession, now),
  },
  {
    name: "last_chk",
    doc: "what the last check was told, empty while a check is under way",
    server: ({ server, lastCheck }) =>
      isChecked(server) && !isBeingChecked(server) ? lastCheck?.info : undefined,
  },
  empty("last_agt", "what the last agent check was told"),
  average("qtime", "ms in the queue, mean of the last 1024 streams"),
  average("ctime", "ms to connect, mean of the last 1024 streams"),
  average("rtime", "ms to the response, mean of the last 1024 streams"),
  average("ttime", "ms in all, mean of the last 1024 streams"),
];

const details: readonly StatColumn[] = [
  empty("agent_status", "result of the last agent check"),
  empty("agent_code", "code of the last agent check"),
  empty("agent_duration", "ms that the last agent check took"),
  {
    name: "check_desc",
    doc: "check_status in words",
    server: ({ server, lastCheck }) =>
      isChecked(server) ? statusRow(lastCheck?.status ?? "INI").description : undefined,
  },
  empty("agent_desc", "agent_status in words"),
  {
    name: "check_rise",
    doc: "checks to pass until a server is up",
    server: ({ server }) => isChecked(server) ? server.config.rise : undefined,
  },
  {
    name: "check_fall",
    doc: "checks to fail until a server is down",
    server: ({ server }) => isChecked(server) ? server.config.fall : undefined,
  },
  {
    name: "check_health",
    doc: "0 to rise + fall - 1; up from rise on",
    server: ({ server }) => isChecked(server) ? server.state.health : undefined,
  },
  empty("agent_rise", "agent checks to pass until a server is up"),
  empty("agent_fall", "agent checks to fail until a server is down"),
  empty("agent_health", "standing of the agent checks"),
  {
    name: "addr",
    doc: "address and port, or `unix`",
    server: ({ server, legends }) => {
      if (!legends) return undefined;
      const { address, config } = server;
      if (address.family === "unix") return "unix";
      const port = config.address.type === "tcp" ? config.address.portOffset ?? address.port : 0;
      return formatAddress({ ...address, port });
    },
  },
  {
    name: "cookie",
    doc: "value of the server's cookie",
    server: ({ server, legends }) => legends ? server.config.cookie : undefined,
  },
  column("mode", "FBS", "tcp or http", (s) => isHttp(s) ? "http" : "tcp"),
  {
    name: "algo",
    doc: "balancing algorithm",
    backend: ({ backend, legends }) => legends ? backend.config.balance.algorithm : undefined,
  },
  {
    name: "conn_rate",
    doc: "connections in the last second",
    frontend: ({ frontend, now }) => frontend.counters.connectionRate(now),
  },
  counter("conn_rate_max", "F", "most connections in a second"),
  counter("conn_tot", "F", "connections in all"),
  httpCounter("intercepted", "F", "requests answered here (monitor-uri)"),
  counter("dcon", "F", "connections denied by rules"),
  counter("dses", "F", "sessions denied by rules"),
  counter("wrew", "FBS", "headers that could not be changed"),
  counter("connect", "BS", "attempts to connect"),
  counter("reuse", "BS", "connections used again"),
  httpCounter("cache_lookups", "FB", "lookups in the cache"),
  httpCounter("cache_hits", "FB", "answers from the cache"),
  {
    name: "srv_icur",
    doc: "idle connections",
    server: ({ server, backend }) => backend.reuse.get(server)?.size ?? 0,
  },
  {
    name: "src_ilim",
    doc: "limit of idle connections, empty without limit",
    server: ({ server }) => server.config.poolMaxConn,
  },
  counter("qtime_max", "BS", "most ms in the queue"),
  counter("ctime_max", "BS", "most ms to connect"),
  counter("rtime_max", "BS", "most ms to the response"),
  counter("ttime_max", "BS", "most ms in all"),
  counter("eint", "FBS", "internal errors"),
  {
    name: "idle_conn_cur",
    doc: "idle connections that have served one request only",
    server: ({ server, backend }) => {
      const pool = backend.reuse.get(server);
      return pool === undefined ? 0 : pool.size - pool.safe;
    },
  },
  {
    name: "safe_conn_cur",
    doc: "idle connections that have served several requests",
    server: ({ server, backend }) => backend.reuse.get(server)?.safe ?? 0,
  },
  {
    name: "used_conn_cur",
    doc: "connections in use",
    server: ({ server }) => server.state.current,
  },
  {
    name: "need_conn_est",
    doc: "connections that are likely to be needed: those in use",
    server: ({ server }) => server.state.current,
  },
  {
    name: "uweight",
    doc: "as weight",
    backend: ({ backend }) => totalWeight(backend.pool.candidates),
    server: ({ server }) => server.weight,
  },
  zero("agg_server_status", "B", "servers by state; only for Prometheus"),
  zero("agg_server_check_status", "B", "servers by state of their check; only for Prometheus"),
  zero("agg_check_status", "B", "servers by result of their check; only for Prometheus"),
];

const modules: readonly StatColumn[] = [
  column("-", "FBS", "end of the fixed columns", () => "-"),
  zero("ssl_sess", "FBS", "TLS sessions"),
  zero("ssl_reused_sess", "FBS", "TLS sessions that were resumed"),
  zero("ssl_failed_handshake", "FBS", "TLS handshakes that failed"),
  ...[
    "headers_rcvd",
    "data_rcvd",
    "settings_rcvd",
    "rst_stream_rcvd",
    "goaway_rcvd",
    "detected_conn_protocol_errors",
    "detected_strm_protocol_errors",
    "rst_stream_resp",
    "goaway_resp",
    "open_connections",
    "backend_open_streams",
    "total_connections",
    "backend_total_streams",
  ].map((name) => zero(`h2_${name}`, "FB", "HTTP/2, which is not spoken yet")),
  {
    name: "h1_open_connections",
    doc: "HTTP/1 connections now; not counted on the side of the servers",
    frontend: (s) => isHttp(s) ? s.frontend.state.current : 0,
    backend: (s) => isHttp(s) ? undefined : 0,
  },
  {
    name: "h1_open_streams",
    doc: "requests now; not counted for frontends",
    frontend: (s) => isHttp(s) ? undefined : 0,
    backend: (s) => isHttp(s) ? s.backend.state.current : 0,
  },
  {
    name: "h1_total_connections",
    doc: "HTTP/1 connections in all",
    frontend: (s) => isHttp(s) ? s.frontend.counters.total(PC.conn_tot) : 0,
    backend: (s) => isHttp(s) ? s.backend.counters.total(PC.connect) : 0,
  },
  {
    name: "h1_total_streams",
    doc: "requests in all",
    frontend: (s) => isHttp(s) ? s.frontend.counters.total(PC.req_tot) : 0,
    backend: (s) => isHttp(s) ? s.backend.counters.total(PC.lbtot) : 0,
  },
  {
    name: "h1_bytes_in",
    doc: "bytes that came over HTTP/1",
    frontend: (s) => isHttp(s) ? s.frontend.counters.total(PC.bin) : 0,
    backend: (s) => isHttp(s) ? s.backend.counters.total(PC.bout) : 0,
  },
  {
    name: "h1_bytes_out",
    doc: "bytes that went over HTTP/1",
    frontend: (s) => isHttp(s) ? s.frontend.counters.total(PC.bout) : 0,
    backend: (s) => isHttp(s) ? s.backend.counters.total(PC.bin) : 0,
  },
  zero("h1_spliced_bytes_in", "FB", "bytes moved within the kernel, which is not done"),
  zero("h1_spliced_bytes_out", "FB", "bytes moved within the kernel, which is not done"),
];

/** All columns in their order. */
export const statColumns: readonly StatColumn[] = [
  ...identity,
  ...sessions,
  ...standing,
  ...checks,
  ...http,
  ...details,
  ...modules,
];

function totalWeight(servers: readonly { readonly weight: number }[]): number {
  return servers.reduce((sum, { weight }) => sum + weight, 0);
}

function secondsSince(second: number, now: number): number {
  return Math.max(0, Math.floor(now / 1000) - second);
}

function lastSession(second: number, now: number): number {
  return second === 0 ? -1 : secondsSince(second, now);
}
