/** What a Generation is given that outlives it. */
import type { Server } from "../balance/server.ts";
import type { Diagnostics } from "../config/diagnostic.ts";
import type { Config } from "../config/model.ts";
import type { Observer } from "../expr/observer.ts";
import type { LiveTraces } from "../trace/live.ts";
import type { HealthOptions } from "../health/health.ts";
import type { Mailers } from "../mail/mailer.ts";
import type { Sinks } from "../log/sink_pool.ts";
import type { StateStore } from "../state/store.ts";
import type { ServerChange } from "./threads/messages.ts";
import type { TlsEngine } from "../net/tls/engine.ts";
import type { ProcessState } from "./process_state.ts";
import type { ReusePools } from "./reuse_pools.ts";
import type { Built } from "./builder.ts";

/** What outlives Generations. */
export interface GenerationDeps {
  readonly store: StateStore;
  readonly process: ProcessState;
  readonly sinks: Sinks;
  readonly reuse: ReusePools;
  /** made when it is first asked for */
  readonly mailers: () => Mailers;
  /** a server was added or deleted: resolves when all threads know it */
  readonly onServersChanged: (change: ServerChange) => Promise<void>;
  /** Compiles the rules into the frontends and backends (routes/policies.ts). */
  /** Answers what is to be done when the Generation becomes the running one. */
  readonly compilePolicies: (
    built: Built,
    process: ProcessState,
    diagnostics: Diagnostics,
    observer?: Observer,
  ) => () => void;
  /** asked only when a configuration has TLS; undefined: there is none */
  readonly tlsEngine: () => TlsEngine;
  /** traces of live requests, whatever Generation they were of */
  readonly traces: LiveTraces;
  /** most client connections of a process with this configuration */
  readonly processMaxconn: (config: Config) => number;
  /** `on-marked-down shutdown-sessions` */
  readonly onServerDown: (backend: string, server: Server) => void;
  /** `on-marked-up shutdown-backup-sessions`: these backup servers shall serve no more */
  readonly onBackupsIdle: (backend: string, servers: readonly Server[]) => void;
  /** in a thread that does not check: tells the one that does what `observe` has seen */
  readonly onSuspect?: HealthOptions["onSuspect"];
  /** with several threads, in the one that checks */
  readonly onCheck?: HealthOptions["onResult"];
}
