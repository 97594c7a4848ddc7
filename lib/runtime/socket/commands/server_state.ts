/** `show servers state`, `show servers conn`, `show backend` (management manual 9.3). */
import { isIP } from "node:net";
import type { Server } from "../../../balance/server.ts";
import { isSrvName, nameOf } from "../../../config/validate_names.ts";
import { statusRow } from "../../../health/result.ts";
import type { Backend } from "../../../proxy/backend.ts";
import { SC } from "../../../state/traffic.ts";
import type { Generation } from "../../generation.ts";
import { isBeingChecked } from "../../stats/server_status.ts";
import { type Answer, type CommandRow, findBackend } from "../command.ts";

const section = "9.3";
/** bit of `srv_agent_state`: it is an agent's */
const AGENT = 16;
const UNKNOWN = "Can't find backend.\n";

interface ServerLine {
  readonly backend: Backend;
  readonly server: Server;
  readonly generation: Generation;
  /** wall ms */
  readonly now: number;
}

type Column = readonly [name: string, value: (line: ServerLine) => string | number];

/** The file format of version 1: 25 columns. */
const stateColumns: readonly Column[] = [
  ["be_id", ({ backend }) => backend.id],
  ["be_name", ({ backend }) => backend.name],
  ["srv_id", ({ server }) => server.id],
  ["srv_name", ({ server }) => server.name],
  ["srv_addr", ({ server }) => ipOf(server)],
  ["srv_op_state", ({ server: { state } }) => state.starting && state.op === 2 ? 1 : state.op],
  ["srv_admin_state", ({ server }) => server.state.admin],
  ["srv_uweight", ({ server }) => server.state.weight],
  ["srv_iweight", ({ server }) => server.state.initialWeight],
  [
    "srv_time_since_last_change",
    ({ server, now }) => Math.max(0, Math.floor(now / 1000) - server.state.lastChange),
  ],
  [
    "srv_check_status",
    ({ server, generation }) => statusRow(generation.lastCheck(server)?.status ?? "INI").code,
  ],
  // Unknown while a check is under way.
  [
    "srv_check_result",
    ({ server }) => isBeingChecked(server) ? 0 : server.state.checkResult,
  ],
  ["srv_check_health", ({ server }) => server.state.health],
  ["srv_check_state", ({ server }) => server.state.checkState],
  [
    "srv_agent_state",
    ({ server: { state, config } }) => config.agentCheck ? state.agentState | AGENT : 0,
  ],
  ["bk_f_forced_id", ({ backend }) => backend.config.idForced === true ? 1 : 0],
  ["srv_f_forced_id", ({ server }) => server.config.idForced === true ? 1 : 0],
  ["srv_fqdn", ({ server }) => fqdnOf(server)],
  ["srv_port", ({ server }) => portOf(server)],
  ["srvrecord", ({ server }) => srvRecordOf(server)],
  ["srv_use_ssl", ({ server: { tls, plain } }) => tls?.config.ssl === true && !plain ? 1 : 0],
  ["srv_check_port", ({ server }) => server.probe.checkPort ?? 0],
  ["srv_check_addr", ({ server }) => server.probe.checkAddr ?? "-"],
  // `addr` and `port` of a server line are its agent's too.
  ["srv_agent_addr", ({ server: { probe } }) => probe.agentAddr ?? probe.checkAddr ?? "-"],
  ["srv_agent_port", ({ server: { probe } }) => probe.agentPort ?? probe.checkPort ?? 0],
];

const perThread = (line: ServerLine) => idle(line).join(" ");

const connColumns: readonly Column[] = [
  ["bkname/svname", ({ backend, server }) => `${backend.name}/${server.name}`],
  ["bkid/svid", ({ backend, server }) => `${backend.id}/${server.id}`],
  ["addr", ({ server }) => ipOf(server)],
  ["port", ({ server }) => portOf(server)],
  ["-", () => "-"],
  ["purge_delay", ({ server }) => server.config.poolPurgeDelay],
  ["used_cur", ({ server }) => server.state.current],
  ["used_max", ({ server }) => server.counters.total(SC.smax)],
  ["need_est", ({ server }) => server.state.current],
  ["unsafe_nb", ({ server }) => server.counters.total(SC.idle_conn_cur)],
  ["safe_nb", ({ server }) => server.counters.total(SC.safe_conn_cur)],
  ["idle_lim", ({ server }) => server.config.poolMaxConn ?? -1],
  ["idle_cur", (line) => idle(line).reduce((a, b) => a + b)],
];

/** Idle connections, a number for each thread. */
function idle({ server: { counters } }: ServerLine): number[] {
  const safe = counters.each(SC.safe_conn_cur);
  return counters.each(SC.idle_conn_cur).map((unsafe, thread) => unsafe + safe[thread]);
}

/** `-` while no address of its name is known, or none is kept because it is looked up at each connection. */
function ipOf(server: Server): string {
  const { host } = server.address;
  return server.hasAddress && isIP(host) !== 0 ? host : "-";
}

function fqdnOf({ fqdn }: Server): string {
  return fqdn === undefined || isSrvName(fqdn) ? "-" : fqdn;
}

function srvRecordOf({ config }: Server): string {
  const name = nameOf(config);
  return name !== undefined && isSrvName(name) ? name : "-";
}

function portOf({ config, state, address }: Server): number {
  if (state.port !== undefined || state.address instanceof Uint8Array) return address.port;
  return config.address.type === "tcp" ? config.address.port ?? config.address.portOffset ?? 0 : 0;
}

function* table(
  columns: readonly Column[],
  backends: Iterable<Backend>,
  generation: Generation,
  now: number,
): Iterable<string> {
  yield `# ${columns.map(([name]) => name).join(" ")}\n`;
  for (const backend of backends) {
    for (const server of backend.pool.servers) {
      const line = { backend, server, generation, now };
      yield columns.map(([, value]) => value(line)).join(" ") + "\n";
    }
  }
}

function* before(text: string, rest: Iterable<string>): Iterable<string> {
  yield text;
  yield* rest;
}

/** The table for one backend, or all. */
function serverTable(columns: readonly Column[], head: string): CommandRow["run"] {
  return ([name], { host }): Answer => {
    const { generation, state } = host;
    let backends: Iterable<Backend> = generation.backends.values();
    if (name !== undefined) {
      const backend = findBackend(name, generation);
      if (backend === undefined) return UNKNOWN;
      backends = [backend];
    }
    return before(head, table(columns, backends, generation, state.wall()));
  };
}

export const serverStateCommands: readonly CommandRow[] = [
  {
    words: ["show", "backend"],
    args: "",
    level: "user",
    doc: "names of the backends",
    section,
    run: (_args, { host }) =>
      "# name\n" + [...host.generation.backends.keys()].map((name) => `${name}\n`).join(""),
  },
  {
    words: ["show", "servers", "conn"],
    args: "[<backend>]",
    level: "user",
    doc: "connections to the servers, in use and idle",
    section,
    run: (args, context) => {
      const { threads } = context.host.state;
      const columns = [...connColumns, [`idle_per_thr[${threads}]`, perThread] as const];
      return serverTable(columns, "")(args, context);
    },
  },
  {
    words: ["show", "servers", "state"],
    args: "[<backend>]",
    level: "user",
    doc: "state of the servers, as a file of server states has it",
    section,
    run: serverTable(stateColumns, "1\n"),
  },
];
