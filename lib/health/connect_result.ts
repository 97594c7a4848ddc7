/** What a connection that could not be made says of the server. */
import type { ConnectFailure } from "../net/conn.ts";
import { type CheckResult, checkResult } from "./result.ts";

/** Undefined when the attempt was given up. `where` is put behind the system's words. */
export function connectResult(
  failure: ConnectFailure,
  tookMs: number,
  where = "",
): CheckResult | undefined {
  const info = failure.message.replace(/ \(os error \d+\)$/, "");
  switch (failure.failed) {
    case "aborted":
      return undefined;
    case "timeout":
      return checkResult("L4TOUT", tookMs, where);
    case "refused":
      return checkResult("L4CON", tookMs, info + where);
    case "unreachable":
    case "resolve":
      return checkResult("L4CON", tookMs, `General socket error (${info})${where}`);
    default:
      return checkResult("SOCKERR", tookMs, info + where);
  }
}
