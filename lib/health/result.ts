/** What a health check answers (management manual 9.1, `check_status`). */

/** One row of the table of check results. */
export interface StatusRow {
  readonly name: string;
  /** the number in `show servers state` (srv_check_status) */
  readonly code: number;
  readonly result: "unknown" | "neutral" | "passed" | "conditional" | "failed";
  /** as it stands in log lines and in `check_desc` */
  readonly description: string;
  /** it comes with a code of the server's protocol or of a program */
  readonly coded?: boolean;
}

export const statuses = [
  { name: "UNK", code: 0, result: "unknown", description: "Unknown" },
  { name: "INI", code: 1, result: "unknown", description: "Initializing" },
  { name: "HANA", code: 4, result: "failed", description: "Health analyze" },
  { name: "SOCKERR", code: 5, result: "failed", description: "Socket error" },
  { name: "L4OK", code: 6, result: "passed", description: "Layer4 check passed" },
  { name: "L4TOUT", code: 7, result: "failed", description: "Layer4 timeout" },
  { name: "L4CON", code: 8, result: "failed", description: "Layer4 connection problem" },
  { name: "L6OK", code: 9, result: "passed", description: "Layer6 check passed" },
  { name: "L6TOUT", code: 10, result: "failed", description: "Layer6 timeout" },
  { name: "L6RSP", code: 11, result: "failed", description: "Layer6 invalid response" },
  { name: "L7TOUT", code: 12, result: "failed", description: "Layer7 timeout" },
  { name: "L7RSP", code: 13, result: "failed", description: "Layer7 invalid response" },
  {
    name: "L7OK",
    code: 15,
    result: "passed",
    description: "Layer7 check passed",
    coded: true,
  },
  {
    name: "L7OKC",
    code: 16,
    result: "conditional",
    description: "Layer7 check conditionally passed",
    coded: true,
  },
  { name: "L7STS", code: 17, result: "failed", description: "Layer7 wrong status", coded: true },
  {
    name: "PROCERR",
    code: 18,
    result: "failed",
    description: "External check error",
    coded: true,
  },
  {
    name: "PROCTOUT",
    code: 19,
    result: "failed",
    description: "External check timeout",
    coded: true,
  },
  {
    name: "PROCOK",
    code: 20,
    result: "passed",
    description: "External check passed",
    coded: true,
  },
] as const satisfies readonly StatusRow[];

export type CheckStatus = typeof statuses[number]["name"];

const byName = new Map<string, StatusRow>(statuses.map((s) => [s.name, s]));

/** The row of a status. */
export function statusRow(status: CheckStatus): StatusRow {
  return byName.get(status)!;
}

export interface CheckResult {
  readonly status: CheckStatus;
  /** false: the server failed the check */
  readonly ok: boolean;
  /** code of layer 5 to 7, such as an HTTP status; undefined where the status has none */
  readonly code?: number;
  /** what the server or the system said, or "" (latin1) */
  readonly info: string;
  /** whole ms the check took; negative: it was none, but what live traffic shows */
  readonly durationMs: number;
}

/** Characters of `info` that are kept. */
const INFO_LENGTH = 127;

/** Makes a result; whether it passed follows from the status. */
export function checkResult(
  status: CheckStatus,
  durationMs: number,
  info = "",
  code?: number,
): CheckResult {
  const { result, coded } = statusRow(status);
  return {
    status,
    ok: result === "passed" || result === "conditional",
    code: coded ? code ?? 0 : undefined,
    info: info.length > INFO_LENGTH ? info.slice(0, INFO_LENGTH) : info,
    durationMs: Math.round(durationMs),
  };
}

/** The reason of a change of state, as HAProxy's log lines put it: `, reason: Layer4 …, check duration: 0ms`. */
export function reasonOf(r: CheckResult): string {
  const code = r.code === undefined ? "" : `, code: ${r.code}`;
  const info = r.info === "" ? "" : `, info: "${quotable(r.info)}"`;
  const { description } = statusRow(r.status);
  const took = r.durationMs < 0 ? "" : `, check duration: ${r.durationMs}ms`;
  return `, reason: ${description}${code}${info}${took}`;
}

/** Bytes that would end the quotes or the line are written `<0A>`: a server says what it likes. */
function quotable(info: string): string {
  return info.replace(
    /[^ !#-;=?-~]/g,
    (c) => `<${(c.charCodeAt(0) & 255).toString(16).toUpperCase().padStart(2, "0")}>`,
  );
}
