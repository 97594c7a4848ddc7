/** All health checks of a Generation: who is checked, and when each begins. */
import type { GlobalConfig, ProxyConfig } from "../config/model.ts";
import type { Server } from "../balance/server.ts";
import type { ProcessView } from "../expr/context.ts";
import type { Target, Transport } from "../net/conn.ts";
import type { TimerWheel } from "../net/timers.ts";
import type { Lease } from "../state/store.ts";
import { type CheckMaker, limitsOf } from "./check.ts";
import { type CheckMemory, HealthChecker } from "./checker.ts";
import type { CheckResult } from "./result.ts";
import type { BackendStatus, StatusEvent } from "./status.ts";

/** Intervals below this do not count when the starts are spread (ms). */
const SPREAD_THRESHOLD = 1000;

export interface CheckedBackend {
  readonly config: ProxyConfig;
  readonly status: BackendStatus;
}

export interface HealthOptions {
  readonly backends: readonly CheckedBackend[];
  /** by the backend's name, from `compileChecks` */
  readonly makers: ReadonlyMap<string, CheckMaker>;
  readonly global: Pick<GlobalConfig, "spreadChecks">;
  readonly transport: Transport;
  readonly process: ProcessView;
  /** most bytes of an answer that are looked at (`tune.bufsize`) */
  readonly bufsize: number;
  readonly wheel: TimerWheel;
  /** the Generation's lease: what is remembered of the checks goes with the last that knows the server */
  readonly lease: Lease;
  /** 0 <= x < 1 */
  random(): number;
  onEvent(event: StatusEvent, backend: string): void;
  onResult?(server: Server, result: CheckResult): void;
}

export class HealthChecks {
  readonly checkers: readonly HealthChecker[];
  readonly #lease: Lease;
  readonly #byServer: ReadonlyMap<Server, HealthChecker>;

  /** Throws when a checked backend has no maker. */
  constructor(options: HealthOptions) {
    const checkers: HealthChecker[] = [];
    for (const { config, status } of options.backends) {
      const make = options.makers.get(config.name);
      for (const server of status.pool.servers) {
        if (!server.config.check) continue;
        const target = checkTarget(server);
        const name = `${config.name}/${server.name}`;
        if (make === undefined) throw new Error(`the checks of ${config.name} are not compiled`);
        checkers.push(
          new HealthChecker({
            server,
            target,
            status,
            check: make({
              transport: options.transport,
              wheel: options.wheel,
              process: options.process,
              proxy: config,
              pool: status.pool,
              server,
              bufsize: options.bufsize,
            }),
            limits: limitsOf(config, server.config.inter),
            memory: memoryOf(options.lease, `check of ${name}`),
            wheel: options.wheel,
            backend: config.name,
            logAll: config.options.logHealthChecks,
            spread: options.global.spreadChecks,
            random: options.random,
            onEvent: (event) => options.onEvent(event, config.name),
            onResult: options.onResult,
          }),
        );
      }
    }
    this.#lease = options.lease;
    this.checkers = checkers;
    this.#byServer = new Map(checkers.map((c) => [c.server, c]));
  }

  /**
   * Commits the lease, as checks count on the state that this Generation's configuration asks for, and starts
   * all, spread over the smallest interval, so that a machine with many servers is not hammered.
   */
  start(): void {
    this.#lease.commit();
    let least = 0;
    for (const c of this.checkers) {
      const i = c.interval();
      if (i >= SPREAD_THRESHOLD && (least === 0 || i < least)) least = i;
    }
    this.checkers.forEach((c, position) => {
      c.start(Math.max(least, c.interval()) * position / this.checkers.length);
    });
  }

  /** Ends all. Call it before the next Generation's checks are started. */
  stop(): void {
    for (const c of this.checkers) c.stop();
  }

  /** The last result of a server's check. */
  lastOf(server: Server): CheckResult | undefined {
    return this.#byServer.get(server)?.last;
  }
}

function memoryOf(lease: Lease, key: string): CheckMemory {
  const { store } = lease;
  const memory = store.local<CheckMemory>(
    key,
    () => ({ last: undefined, nextAt: undefined, holders: 0 }),
  );
  memory.holders++;
  lease.onEnd(() => {
    if (--memory.holders === 0) store.dropLocal(key);
  });
  return memory;
}

/**
 * What is checked: `addr` and `port` of the server line, else the server itself. Port 0 when neither says one: then
 * the check does, or it needs none.
 */
export function checkTarget(server: Server): Target {
  const { target, config } = server;
  if (target.type === "unix") {
    if (config.checkAddr === undefined || config.checkPort === undefined) return target;
    return { type: "tcp", host: config.checkAddr, port: config.checkPort };
  }
  const port = config.checkPort ?? target.port;
  return { type: "tcp", host: config.checkAddr ?? target.host, port };
}
