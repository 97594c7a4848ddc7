/** The check of a server, compiled from the text of a backend. */
import { Diagnostics } from "../../lib/config/diagnostic.ts";
import type { ProxyConfig } from "../../lib/config/model.ts";
import type { ProcessView } from "../../lib/expr/context.ts";
import { VariableLimits, Variables } from "../../lib/expr/variables.ts";
import type { Check, CheckMaker } from "../../lib/health/check.ts";
import { compileChecks } from "../../lib/health/compile_checks.ts";
import type { Clock } from "../../lib/net/clock.ts";
import type { Transport } from "../../lib/net/conn.ts";
import { TimerWheel } from "../../lib/net/timers.ts";
import { provisionPool } from "../../lib/balance/provision.ts";
import { StateStore } from "../../lib/state/store.ts";
import { proxy, valid } from "../config/support.ts";

/** A process as formats see it. */
export function processView(clock: Clock): ProcessView {
  return {
    pid: 1,
    hostname: "here",
    stopping: false,
    actconn: 0,
    wall: () => clock.wall(),
    now: () => clock.now(),
    random: () => 0.5,
    variables: new Variables(),
    variableLimits: new VariableLimits(),
  } as ProcessView;
}

/** The makers of these backends' checks; throws when they have mistakes. */
export function makersOf(backends: readonly ProxyConfig[]): Map<string, CheckMaker> {
  const diagnostics = new Diagnostics();
  const makers = compileChecks(
    backends,
    ({ mode }) => ({ diagnostics, side: "backend", mode: mode === "http" ? "http" : "tcp" }),
  );
  if (diagnostics.failed) throw new Error(diagnostics.list.map((d) => d.message).join("\n"));
  return makers;
}

/** The check of `server s 10.0.0.1:80 check` in a backend with these lines. */
export function checkOf(
  lines: string,
  clock: Clock,
  transport: Transport,
  bufsize = 16384,
): { readonly check: Check; readonly config: ProxyConfig } {
  const text = `backend b\n    timeout connect 5s\n    timeout server 5s\n    ${lines}\n` +
    "    server s 10.0.0.1:80 check\n";
  const config = proxy(valid(text), "b");
  const { pool, servers } = provisionPool(config, {
    lease: new StateStore().lease(),
    wallMs: 0,
    defaultFullconn: 0,
  });
  const check = makersOf([config]).get("b")!({
    transport,
    wheel: new TimerWheel(clock),
    process: processView(clock),
    proxy: config,
    pool,
    server: servers[0],
    bufsize,
  });
  return { check, config };
}
