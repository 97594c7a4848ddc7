/**
 * The columns of `show stat` in HAProxy 2.6's order (management manual 9.1). What stands after the column `-` is
 * not fixed; HAProxy has the counters of its protocol modules there.
 */
import type { Server } from "../../balance/server.ts";
import type { Backend } from "../../proxy/backend.ts";
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
  totalWeight,
} from "./column.ts";
import { detailColumns } from "./detail_columns.ts";
import { withListener } from "./listener_columns.ts";
import { protocolColumns } from "./protocol_columns.ts";
import { hasAgent, isBeingChecked, isChecked, serverStatus } from "./server_status.ts";

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
    doc: "FRONTEND, BACKEND, or the name of the server or listener",
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
    frontend: ({ frontend, processMaxconn }) => frontend.maxconn ?? processMaxconn,
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
    doc:
      "OPEN, PAUSED, STOP for a frontend; what is known of a server; UP while a backend has a usable server",
    frontend: ({ frontend }) => frontend.status,
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
    server: ({ server }) => Math.ceil(server.effectiveWeight / 16),
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
    doc: "id of the server in its backend, of the listener in its frontend",
    frontend: () => 0,
    backend: () => 0,
    server: ({ server }) => server.id,
  },
  {
    name: "throttle",
    doc: "percent of its weight that a server has while it starts slowly",
    server: ({ server }) =>
      server.state.starting && server.weight > 0
        ? Math.floor((100 * server.effectiveWeight + 15) / (16 * server.weight))
        : undefined,
  },
  counter("lbtot", "BS", "times a server was chosen"),
  {
    name: "tracked",
    doc: "the server whose state it follows",
    server: ({ server, backend }) => trackedName(server, backend),
  },
  {
    name: "type",
    doc: "0 frontend, 1 backend, 2 server, 3 listener",
    frontend: () => 0,
    backend: () => 1,
    server: () => 2,
  },
  column("rate", "FBS", "sessions in the last second", (s) => countersOf(s).sessionRate(s.now)),
  {
    name: "rate_lim",
    doc: "limit of new sessions in a second",
    frontend: ({ frontend }) => frontend.config.sessionRate ?? 0,
  },
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
  {
    name: "last_agt",
    doc: "what the last agent check was told, empty while one is under way",
    server: ({ server, lastAgent }) =>
      hasAgent(server) && (server.state.agentState & 1) === 0 ? lastAgent?.info : undefined,
  },
  average("qtime", "ms in the queue, mean of the last 1024 streams"),
  average("ctime", "ms to connect, mean of the last 1024 streams"),
  average("rtime", "ms to the response, mean of the last 1024 streams"),
  average("ttime", "ms in all, mean of the last 1024 streams"),
];

/** All columns in their order. */
export const statColumns: readonly StatColumn[] = [
  ...identity,
  ...sessions,
  ...standing,
  ...checks,
  ...http,
  ...detailColumns,
  ...protocolColumns,
].map(withListener);

/** `backend/server`. */
function trackedName({ config: { track } }: Server, { name }: Backend): string | undefined {
  if (track === undefined) return undefined;
  return track.text.includes("/") ? track.text : `${name}/${track.text}`;
}

function secondsSince(second: number, now: number): number {
  return Math.max(0, Math.floor(now / 1000) - second);
}

function lastSession(second: number, now: number): number {
  return second === 0 ? -1 : secondsSince(second, now);
}
