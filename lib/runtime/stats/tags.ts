/**
 * What the typed forms say of each field (management manual 9.2): three letters for origin, nature and scope, and
 * the type of the value. HAProxy's, as tools read them.
 */
import type { Subject } from "./column.ts";

export type ValueType = "s32" | "u32" | "u64" | "str";

export interface FieldTag {
  /** origin, nature, scope: `MCP` */
  readonly tag: string;
  readonly type: ValueType;
}

/** Letter to word, as the JSON form writes them. */
export const ORIGINS: Readonly<Record<string, string>> = {
  M: "Metric",
  S: "Status",
  K: "Key",
  C: "Config",
  P: "Product",
};
export const NATURES: Readonly<Record<string, string>> = {
  A: "Age",
  a: "Avg",
  C: "Counter",
  D: "Duration",
  G: "Gauge",
  L: "Limit",
  M: "Max",
  m: "Min",
  N: "Name",
  O: "Output",
  R: "Rate",
  T: "Time",
};
export const SCOPES: Readonly<Record<string, string>> = {
  C: "Cluster",
  P: "Process",
  S: "Service",
  s: "System",
};

const COUNTER: FieldTag = { tag: "MCP", type: "u64" };

/** Fields that are no counters, by tag and type; `name@F`: only for frontends (B: backends, S: servers). */
const TAGGED: Readonly<Record<string, string>> = {
  "KNS:str": "pxname svname",
  "MGP:u32": `qcur scur act bck rate@B rate_max@B srv_icur idle_conn_cur safe_conn_cur used_conn_cur
    need_conn_est agg_server_status agg_server_check_status agg_check_status`,
  "MMP:u32": `qmax smax rate_max req_rate_max conn_rate_max qtime_max ctime_max rtime_max
    ttime_max`,
  "CLP:u32": "slim rate_lim src_ilim",
  "SGP:str": "status",
  "SGP:u32": "act@S bck@S",
  "MaP:u32": "weight uweight throttle qtime ctime rtime ttime",
  "MAP:u32": "lastchg",
  "MAP:s32": "lastsess",
  "MCP:u32": "downtime",
  "CGS:u32": `qlimit type check_rise check_fall check_health agent_rise agent_fall agent_health`,
  "CGS:str": "addr mode algo",
  "KGP:u32": "pid",
  "KGS:u32": "iid sid",
  "CNS:str": "tracked cookie",
  "MRP:u32": "rate req_rate conn_rate",
  "MOP:str": "check_status last_chk last_agt agent_status check_desc agent_desc",
  "MOP:u32": "check_code agent_code",
  "MDP:u64": "check_duration agent_duration",
  "MGP:u64": "h2_open_connections h2_backend_open_streams h1_open_connections h1_open_streams",
};

const tags = new Map<string, FieldTag>();
for (const [key, names] of Object.entries(TAGGED)) {
  const [tag, type] = key.split(":") as [string, ValueType];
  for (const name of names.split(/\s+/)) tags.set(name, { tag, type });
}

const LETTER = { frontend: "F", listener: "L", backend: "B", server: "S" } as const;

export type StatLetter = typeof LETTER[keyof typeof LETTER];

/** The letter of a subject's type in the typed form. */
export function letterOf(subject: Subject): StatLetter {
  return LETTER[subject.kind];
}

/** The tag of a column for a type of subject; what is not told otherwise is a counter. */
export function tagOf(name: string, letter: StatLetter): FieldTag {
  return tags.get(`${name}@${letter}`) ?? tags.get(name) ?? COUNTER;
}
