/** Columns of `show stat` about health, addresses, connections and times, up to the end of the fixed ones. */
import { formatAddress } from "../../net/address.ts";
import { statusRow } from "../../health/result.ts";
import {
  column,
  counter,
  httpCounter,
  isHttp,
  type StatColumn,
  totalWeight,
  zero,
} from "./column.ts";
import { SC } from "../../state/traffic.ts";
import { hasAgent, isChecked } from "./server_status.ts";

export const detailColumns: readonly StatColumn[] = [
  {
    name: "agent_status",
    doc: "result of the last agent check; `* ` before it while one is under way",
    server: ({ server, lastAgent }) => {
      if (!hasAgent(server)) return undefined;
      const running = (server.state.agentState & 1) !== 0;
      return (running ? "* " : "") + (lastAgent?.status ?? "INI");
    },
  },
  {
    name: "agent_code",
    doc: "code of the last agent check",
    server: ({ server, lastAgent }) => hasAgent(server) ? lastAgent?.code : undefined,
  },
  {
    name: "agent_duration",
    doc: "ms that the last agent check took",
    server: ({ server, lastAgent }) => hasAgent(server) ? lastAgent?.durationMs : undefined,
  },
  {
    name: "check_desc",
    doc: "check_status in words",
    server: ({ server, lastCheck }) =>
      isChecked(server) ? statusRow(lastCheck?.status ?? "INI").description : undefined,
  },
  {
    name: "agent_desc",
    doc: "agent_status in words",
    server: ({ server, lastAgent }) =>
      hasAgent(server) ? statusRow(lastAgent?.status ?? "INI").description : undefined,
  },
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
  {
    name: "agent_rise",
    doc: "agent checks to pass until a server is up",
    server: ({ server }) => hasAgent(server) ? 1 : undefined,
  },
  {
    name: "agent_fall",
    doc: "agent checks to fail until a server is down",
    server: ({ server }) => hasAgent(server) ? 1 : undefined,
  },
  {
    name: "agent_health",
    doc: "standing of the agent checks",
    server: ({ server }) => hasAgent(server) ? (server.state.agentUp ? 1 : 0) : undefined,
  },
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
    doc: "value of the server's cookie; name of the backend's",
    backend: ({ backend, legends }) => legends ? backend.config.cookie?.name : undefined,
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
    server: ({ server: { counters } }) =>
      counters.total(SC.idle_conn_cur) + counters.total(SC.safe_conn_cur),
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
    server: ({ server }) => server.counters.total(SC.idle_conn_cur),
  },
  {
    name: "safe_conn_cur",
    doc: "idle connections that have served several requests",
    server: ({ server }) => server.counters.total(SC.safe_conn_cur),
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
