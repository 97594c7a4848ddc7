/** The line that `option log-health-checks` writes for a check. */
import type { Server } from "../balance/server.ts";
import { LogLevel } from "../log/types.ts";
import { type CheckResult, reasonOf, statusRow } from "./result.ts";
import type { StatusEvent } from "./status.ts";

/** How far a server is from changing its state by checks. */
export interface Standing {
  readonly health: number;
  readonly rise: number;
  readonly fall: number;
}

/** `Health check for server b/s failed, reason: …, status: 2/3 UP.` */
export function reportCheck(
  kind: "Health" | "Agent",
  server: Server,
  backend: string,
  result: CheckResult,
  { health, rise, fall }: Standing,
): StatusEvent {
  const verdict = statusRow(result.status).result === "conditional"
    ? "conditionally succeeded"
    : result.ok
    ? "succeeded"
    : "failed";
  const standing = health >= rise
    ? `${health - rise + 1}/${fall} ${server.weight > 0 ? "UP" : "DRAIN"}`
    : `${health}/${rise} DOWN`;
  const message = `${kind} check for ${server.backup ? "backup " : ""}server ` +
    `${backend}/${server.name} ${verdict}${reasonOf(result)}, status: ${standing}.`;
  return { level: LogLevel.notice, message, server, mail: LogLevel.info };
}
