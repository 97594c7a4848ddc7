/** The plain check: can a connection be made? It is reset at once, so that it costs the server little. */
import type { ConnectFailure, Target, Transport } from "../net/conn.ts";
import type { Check, CheckLimits, RunningCheck } from "./check.ts";
import { type CheckResult, checkResult } from "./result.ts";

export class TcpCheck implements Check {
  constructor(readonly transport: Transport, readonly now: () => number) {}

  run(target: Target, limits: CheckLimits): RunningCheck {
    const start = this.now();
    const connecting = this.transport.connect(target, { timeout: limits.connect });
    const promise = connecting.promise.then((answer) => {
      const took = this.now() - start;
      if ("failed" in answer) return connectResult(answer, took);
      answer.abort();
      return checkResult("L4OK", took);
    });
    return { promise, cancel: () => connecting.cancel() };
  }
}

/** The result of a connection that could not be made; undefined when it was given up. */
export function connectResult(failure: ConnectFailure, tookMs: number): CheckResult | undefined {
  const info = failure.message.replace(/ \(os error \d+\)$/, "");
  switch (failure.failed) {
    case "aborted":
      return undefined;
    case "timeout":
      return checkResult("L4TOUT", tookMs);
    case "refused":
      return checkResult("L4CON", tookMs, info);
    case "unreachable":
    case "resolve":
      return checkResult("L4CON", tookMs, `General socket error (${info})`);
    default:
      return checkResult("SOCKERR", tookMs, info);
  }
}
