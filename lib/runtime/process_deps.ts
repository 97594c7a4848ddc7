/** What a process is made of, and what it gives its Generations. */
import { bestTlsEngine } from "../net/tls/best_engine.ts";
import type { Sinks } from "../log/sink_pool.ts";
import type { Mailers } from "../mail/mailer.ts";
import type { StateStore } from "../state/store.ts";
import type { LiveTraces } from "../trace/live.ts";
import type { GenerationDeps } from "./generation_deps.ts";
import { maxconnOf, type SluiceOptions } from "./process_options.ts";
import { ProcessState } from "./process_state.ts";
import { ReusePools } from "./reuse_pools.ts";
import type { Crew } from "./threads/crew.ts";
import type { KillCause } from "./threads/messages.ts";

/** Parts of the process that a Generation reaches. */
export interface ProcessHold {
  readonly store: StateStore;
  readonly state: ProcessState;
  readonly sinks: Sinks;
  readonly traces: LiveTraces;
  readonly mailers: () => Mailers;
  /** ends the streams of a server, in all threads */
  readonly kill: (backend: string, server: string, cause: KillCause) => void;
  /** the other threads, if there are any */
  readonly crew: () => Crew | undefined;
}

/** The dependencies of all Generations of this process. */
export function processDeps(options: SluiceOptions, hold: ProcessHold): GenerationDeps {
  const { store, state, kill, crew } = hold;
  const { member } = options;
  return {
    store,
    process: state,
    sinks: hold.sinks,
    reuse: new ReusePools(state),
    mailers: hold.mailers,
    compilePolicies: options.compilePolicies,
    tlsEngine: () => options.parts?.tlsEngine ?? bestTlsEngine(),
    traces: hold.traces,
    processMaxconn: (config) => maxconnOf(config, options.maxconn),
    onServerDown: (backend, server) => kill(backend, server.name, "D"),
    onBackupsIdle: (backend, servers) => {
      for (const { name } of servers) kill(backend, name, "U");
    },
    onCheck: store.threads > 1 && member === undefined
      ? (server, result, backend) =>
        crew()?.tell({ type: "checked", backend, server: server.name, result })
      : undefined,
    onSuspect: member &&
      ((backend, server, onError, info) =>
        member.say({ type: "suspect", backend, server, onError, info })),
    onServersChanged: (change) => crew()?.change(change) ?? Promise.resolve(),
  };
}

/** The state of a process of these options. */
export function processState(options: SluiceOptions, store: StateStore): ProcessState {
  const { config: { global }, parts, report } = options;
  return new ProcessState({
    store,
    tune: global.tune,
    node: global.node,
    number: options.processNumber,
    processes: global.nbproc,
    onInternalError: (where, error) => report(`internal error in ${where}: ${describe(error)}`),
    clock: parts?.clock,
    random: parts?.random,
    transport: parts?.transport,
    transportName: options.transport ?? (options.config.global.tune.epoll ? undefined : "deno"),
    buffers: parts?.buffers,
    lookup: parts?.lookup,
    openDatagrams: parts?.openDatagrams,
    openDatagram: parts?.openDatagram,
    spans: parts?.spans,
    report,
  });
}

function describe(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
