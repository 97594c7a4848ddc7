/** The fields of a server's record in shared memory, and what the values of some of them mean. */
import { type Field, type Layout, positions } from "./layout.ts";

export const SERVER_FIELDS = [
  // What every choice looks at: within the first 64 bytes.
  { name: "op_state", doc: "0 stopped, 1 starting, 2 running, 3 stopping (srv_op_state)" },
  { name: "admin_state", doc: "mask of maintenance and drain (srv_admin_state)" },
  { name: "uweight", doc: "the weight now, as an operator set it (0 to 256)" },
  { name: "scur", doc: "connection slots in use now, in all threads" },
  { name: "qcur", doc: "streams waiting in the server's queue, in all threads" },
  { name: "maxconn", doc: "the maxconn now, as an operator or an agent set it; 0: unlimited" },
  { name: "slow_weight", doc: "sixteenths of the weight that slowstart still withholds" },
  { name: "slow_maxconn", doc: "percent of the maxconn that slowstart still withholds" },
  { name: "iweight", doc: "the weight of the configuration" },
  {
    name: "cdisabled",
    doc: "1: the configuration said `disabled` when it was last read; 2: deleted while running",
  },
  { name: "check_health", doc: "0 to rise+fall-1; up from `rise`" },
  { name: "check_result", doc: "0 unknown, 1 neutral, 2 failed, 3 passed, 4 conditionally passed" },
  { name: "check_state", doc: "1 running, 2 configured, 4 enabled, 8 paused" },
  { name: "rise", doc: "the `rise` that check_health was counted with" },
  { name: "fall", doc: "the `fall` that check_health was counted with" },
  { name: "last_change", doc: "wall second of the last change of op_state or admin_state" },
  { name: "downtime", doc: "seconds down before last_change" },
  { name: "last_session", doc: "wall second a stream was last given to the server, 0: never" },
  { name: "consecutive_errors", doc: "errors in a row that `observe` has seen" },
  { name: "agent_health", doc: "0 the agent said that the server is down, 1 up" },
  { name: "agent_state", doc: "1 running, 2 configured, 4 enabled, 16 always, of an agent" },
  { name: "imaxconn", doc: "the maxconn of the configuration" },
  { name: "open_conns", doc: "connections that are open, of a server with `strict-maxconn`" },
  { name: "conns_wanted", doc: "streams that wait for such a connection, in all threads" },
  { name: "addr_version", doc: "counts changes of the address" },
  { name: "addr_kind", doc: "0 the configuration's, 4 or 6 the one below, 1 none is known" },
  { name: "addr_0", doc: "the address, its first four bytes first" },
  { name: "addr_1", doc: "" },
  { name: "addr_2", doc: "" },
  { name: "addr_3", doc: "" },
  { name: "addr_port", doc: "the port plus one, 0: the configuration's" },
  { name: "addr_origin", doc: "stands for the address in the configuration" },
  {
    name: "load_order",
    doc: "leastconn, several threads: the backend's count when its load changed",
  },
] as const satisfies readonly Field[];

export const SERVER_STATE: Layout = { kind: "server-state", type: "shared", fields: SERVER_FIELDS };
/** Where each field stands in the record. */
export const F = positions(SERVER_FIELDS);
/** `cdisabled` */
export const DELETED = 2;

/** Operational states (management manual, `show servers state`). */
export const OpState = { Stopped: 0, Starting: 1, Running: 2, Stopping: 3 } as const;

/** Administrative flags (management manual, `show servers state`). */
export const Admin = {
  /** forced into maintenance by an operator */
  ForcedMaint: 0x01,
  InheritedMaint: 0x02,
  /** `disabled` in the configuration; together with ForcedMaint, and remembered when that is lifted */
  ConfigMaint: 0x04,
  /** forced to drain by an operator */
  ForcedDrain: 0x08,
  InheritedDrain: 0x10,
  /** its name does not resolve */
  ResolveMaint: 0x20,
  /** any of these keeps the server in maintenance */
  Maint: 0x01 | 0x02 | 0x20,
  /** its name is not the configuration's any more: an operator or SRV records gave it */
  FqdnChanged: 0x40,
  Drain: 0x08 | 0x10,
} as const;
