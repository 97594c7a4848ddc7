/** What a process is made with. */
import type { AcmeHost } from "../acme/manager.ts";
import type { Config } from "../config/model.ts";
import type { TransportName } from "../net/best_transport.ts";
import type { TlsEngine } from "../net/tls/engine.ts";
import type { StateStore } from "../state/store.ts";
import type { Sinks } from "../log/sink_pool.ts";
import type { SendMail } from "../mail/mailer.ts";
import type { GenerationDeps } from "./generation_deps.ts";
import type { ProcessOptions } from "./process_state.ts";
import type { ApiServer } from "./api_server.ts";
import type { RuntimeHost } from "./socket/command.ts";
import type { FromThread } from "./threads/messages.ts";
import type { ThreadPort } from "./threads/thread.ts";
import { defaultMaxconn } from "./file_limit.ts";

export interface SluiceOptions {
  readonly config: Config;
  /** `-n`: overrides `maxconn` of the global section */
  readonly maxconn?: number;
  /** `--transport`; undefined: the best of this machine */
  readonly transport?: TransportName;
  /** its number among the processes of `nbproc`, from 1 (default) */
  readonly processNumber?: number;
  /** compiles rules (routes/policies.ts) */
  readonly compilePolicies: GenerationDeps["compilePolicies"];
  /** where internal errors and start-up trouble are told */
  readonly report: (message: string) => void;
  /** what was said of the configuration */
  readonly startupLogs?: string;
  /** makes the REST API (routes/api); undefined: there is none */
  readonly createApi?: (host: RuntimeHost, report: (message: string) => void) => ApiServer;
  /** opens one more thread of this program (`nbthread`); undefined: there is one thread */
  readonly openThread?: () => ThreadPort;
  /** in a thread beside the first: the State that it shares, and how it speaks to the first */
  readonly member?: {
    readonly store: StateStore;
    readonly say: (message: FromThread) => void;
  };
  /** in place of the machine's own: tests move the clock and have a network in memory */
  readonly parts?: ProcessParts;
}

export interface ProcessParts extends
  Pick<
    ProcessOptions,
    "clock" | "random" | "transport" | "lookup" | "openDatagrams" | "openDatagram" | "spans"
  > {
  /** instead of the best one of this machine */
  readonly tlsEngine?: TlsEngine;
  readonly buffers?: ProcessOptions["buffers"];
  readonly sinks?: Sinks;
  readonly sendMail?: SendMail;
  /** how authorities are reached */
  readonly acmeConnect?: AcmeHost["connect"];
}

/** The threads that the process has; without the means to open one it has one. */
export function countThreads({ config, openThread }: SluiceOptions): number {
  return openThread === undefined ? 1 : config.global.nbthread ?? 1;
}

/** Most client connections of a process; `override` is `-n`. */
export function maxconnOf(config: Config, override: number | undefined): number {
  return override ?? config.global.maxconn ?? defaultMaxconn();
}
