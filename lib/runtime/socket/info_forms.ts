/** `show info` in the typed and JSON forms (management manual 9.2, 9.3): HAProxy's positions and tags. */
import { jsonField } from "../stats/typed.ts";
import type { FieldTag, ValueType } from "../stats/tags.ts";
import type { InfoValue } from "./info.ts";

/** Names by tag and type; what is not here is a number counted of the process (`MGP:u32`). */
const TAGGED: Readonly<Record<string, readonly string[]>> = {
  "POS:str": ["Name", "Version", "Release_date", "Build info"],
  "CGS:u32": ["Nbthread", "Nbproc"],
  "KGP:u32": ["Process_num"],
  "SGP:u32": ["Pid"],
  "MDP:str": ["Uptime"],
  "MDP:u32": ["Uptime_sec", "Start_time_sec"],
  "CLP:u32": [
    "Memmax_MB",
    "Ulimit-n",
    "Maxsock",
    "Maxconn",
    "Hard_maxconn",
    "Maxpipes",
    "ConnRateLimit",
    "SessRateLimit",
    "SslRateLimit",
    "CompressBpsRateLim",
    "Memmax_bytes",
  ],
  "MCP:u32": [
    "PoolFailed",
    "CumConns",
    "CumReq",
    "CumSslConns",
    "SslCacheLookups",
    "SslCacheMisses",
    "CumRecvLogs",
  ],
  "MMP:u32": [
    "MaxSslConns",
    "MaxConnRate",
    "MaxSslRate",
    "SslFrontendMaxKeyRate",
    "SslBackendMaxKeyRate",
  ],
  "MRP:u32": [
    "ConnRate",
    "SessRate",
    "MaxSessRate",
    "SslRate",
    "SslBackendKeyRate",
    "CompressBpsIn",
    "CompressBpsOut",
  ],
  "MaP:u32": ["Idle_pct"],
  "COS:str": ["node", "description"],
  "MGP:u64": ["TotalBytesOut", "TotalSplicdedBytesOut", "PoolAlloc_bytes", "PoolUsed_bytes"],
  "MRP:u64": ["BytesOutRate"],
  "SGP:str": ["Tainted"],
};

const DEFAULT: FieldTag = { tag: "MGP", type: "u32" };

const tags = new Map<string, FieldTag>();
for (const [key, names] of Object.entries(TAGGED)) {
  const [tag, type] = key.split(":") as [string, ValueType];
  for (const name of names) tags.set(name, { tag, type });
}

/** The tag of a field of `show info`. */
export function infoTag(name: string): FieldTag {
  return tags.get(name) ?? DEFAULT;
}

export interface InfoForm {
  readonly typed?: boolean;
  readonly json?: boolean;
  /** what each field means, behind it */
  readonly described?: boolean;
}

/** The whole answer in this form. */
export function infoAnswer(
  values: readonly InfoValue[],
  { typed = false, json = false, described = false }: InfoForm,
): string {
  if (json) {
    const fields = values.map(({ name, position, value }) =>
      `{${jsonField(position, name, infoTag(name), valueFor(name, value))}`
    );
    return `[${fields.join(",")}]\n`;
  }
  let text = "";
  for (const { name, position, value, doc } of values) {
    const { tag, type } = infoTag(name);
    text += typed ? `${position}.${name}.1:${tag}:${type}:${value}` : `${name}: ${value}`;
    text += described ? `:"${doc}"\n` : "\n";
  }
  return text;
}

/** A text that HAProxy has as a text. */
function valueFor(name: string, value: string | number): string | number {
  return infoTag(name).type === "str" ? String(value) : value;
}
