/** What a health check is, and the table of those there are. */
import type { ProxyConfig } from "../config/model.ts";
import type { Target, Transport } from "../net/conn.ts";
import type { Server } from "../balance/server.ts";
import type { CheckResult } from "./result.ts";
import { TcpCheck } from "./tcp_check.ts";

/** How long a check may take (manual 4.2 `timeout check`), ms from its start. */
export interface CheckLimits {
  /** until the connection stands */
  readonly connect: number;
  /** until the answer is complete, from the start, when there was no `timeout check` */
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

/** One kind of check, made once for each server. */
export interface Check {
  run(target: Target, limits: CheckLimits): RunningCheck;
}

export interface CheckContext {
  readonly transport: Transport;
  /** ms that never go back */
  now(): number;
  readonly proxy: ProxyConfig;
  readonly server: Server;
}

/** One row of the table of checks. */
export interface CheckKind {
  readonly name: ProxyConfig["options"]["checkType"];
  readonly section: string;
  readonly doc: string;
  create(context: CheckContext): Check;
}

export const checkKinds: readonly CheckKind[] = [
  {
    name: "tcp",
    section: "5.2 check",
    doc: "Passes when the server accepts a TCP connection.",
    create: (context) => new TcpCheck(context.transport, () => context.now()),
  },
];

/** Finds a kind of check by its name. */
export function checkKindNamed(name: string): CheckKind | undefined {
  return checkKinds.find((k) => k.name === name);
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
