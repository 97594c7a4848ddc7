/** What a health check is. */
import type { ProxyConfig } from "../config/model.ts";
import type { CheckKindName } from "../config/model_check.ts";
import type { ServerPool } from "../balance/pool.ts";
import type { Server } from "../balance/server.ts";
import type { ProcessView } from "../expr/context.ts";
import type { CompileContext } from "../expr/context_compile.ts";
import type { Target, Transport } from "../net/conn.ts";
import type { TimerWheel } from "../net/timers.ts";
import type { CheckResult } from "./result.ts";

/** How long a check may take (manual 4.2 `timeout check`), ms from its start. */
export interface CheckLimits {
  /** until a connection stands, from its start */
  readonly connect: number;
  /** until the answer is complete, from the connection's start, when there was no `timeout check` */
  readonly total: number;
  /** until the answer is complete, from the connection on; undefined: `total` bounds it */
  readonly read?: number;
}

/** A check under way. */
export interface RunningCheck {
  /** Never rejects. Undefined when it was cancelled. */
  readonly promise: Promise<CheckResult | undefined>;
  cancel(): void;
}

/** One kind of check, made once for each server. It runs once at a time. */
export interface Check {
  run(target: Target, limits: CheckLimits): RunningCheck;
}

/** What the checks of one server are given. */
export interface CheckContext {
  readonly transport: Transport;
  readonly wheel: TimerWheel;
  readonly process: ProcessView;
  readonly proxy: ProxyConfig;
  readonly pool: ServerPool;
  readonly server: Server;
  /** most bytes of an answer that are looked at (`tune.bufsize`) */
  readonly bufsize: number;
}

/** Makes the check of one server. */
export type CheckMaker = (context: CheckContext) => Check;

/** One row of the table of checks. */
export interface CheckKind {
  readonly name: CheckKindName;
  readonly section: string;
  readonly doc: string;
  /**
   * Compiles what a backend says of its checks, once for all its servers. Mistakes go to the context's diagnostics,
   * then the answer is undefined.
   */
  compile(proxy: ProxyConfig, context: CompileContext): CheckMaker | undefined;
}

/**
 * The limits of a server's check: without `timeout check` it has `inter` for everything; with it, the
 * smaller of `timeout connect` and `inter` to connect, then `timeout check` to answer.
 */
export function limitsOf(proxy: ProxyConfig, inter: number): CheckLimits {
  const { check, connect } = proxy.timeouts;
  if (check === undefined) return { connect: inter, total: inter };
  return { connect: Math.min(connect ?? inter, inter), total: inter, read: check };
}
