/** What a command of the runtime socket is: a row of a table. */
import type { AcmeManager } from "../../acme/manager.ts";
import type { Server } from "../../balance/server.ts";
import type { BackendStatus } from "../../health/status.ts";
import type { Acceptor } from "../../proxy/acceptor.ts";
import type { Backend } from "../../proxy/backend.ts";
import type { Listening } from "../../proxy/listening.ts";
import type { LiveTraces, TraceWish } from "../../trace/live.ts";
import type { ConfigStore } from "../config_store.ts";
import type { Generation } from "../generation.ts";
import type { Peers } from "../peers/peers.ts";
import type { ProcessState } from "../process_state.ts";
import type { Level } from "./level.ts";

/** The running process as commands see it. */
export interface RuntimeHost {
  readonly state: ProcessState;
  readonly acceptor: Acceptor;
  /** the one that new streams belong to */
  readonly generation: Generation;
  readonly listenings: Iterable<Listening>;
  /** wall ms */
  readonly startedAt: number;
  /** log lines that could not be sent */
  readonly droppedLogs: number;
  /** undefined: there are none */
  readonly otherThreads?: OtherThreads;
  /** what was said when the configuration was read */
  readonly startupLogs: string;
  /** undefined: the configuration is not one file */
  readonly configStore?: ConfigStore;
  /** Ends what a server serves, in all threads. */
  killStreams(backend: string, server: string): void;
  /** Log files are opened anew, in all threads. */
  reopenLogs(): void;
  /** Closes the listeners of a frontend for good, until a reload opens them again. */
  shutFrontend(name: string): void;
  readonly traces: LiveTraces;
  /** certificates from an authority; undefined: there are none */
  readonly acme?: AcmeManager;
  /** the `peers` sections */
  readonly peers: Peers;
  /** Traces requests in all threads, or (undefined) no more. A sentence says why that cannot be. */
  trace(wish: TraceWish | undefined): string | undefined;
}

/** A runtime socket, for `show cli sockets`. */
export interface SocketView {
  /** `unix@/run/sluice.sock`, `ipv4@127.0.0.1:9999` */
  readonly name: string;
  readonly level: Level;
}

/** One connection, as far as commands change it. */
export interface CliSession {
  level: Level;
  /** ms without a command after which it is closed */
  timeout: number;
  /** true: a prompt follows each answer, and the connection stays */
  interactive: boolean;
  /** true: the prompt says how long the process has been running */
  timed: boolean;
  /** `expert-mode on` */
  expert: boolean;
  /** what waits for something must end: the client has gone, or sent something */
  readonly interrupted: Promise<void>;
  /** true: nothing more is read, answered or executed */
  quitting: boolean;
}

export interface CommandContext {
  readonly host: RuntimeHost;
  readonly session: CliSession;
  readonly sockets: readonly SocketView[];
  /** the lines behind `<<`, without the empty one; undefined: there are none */
  readonly payload?: string;
}

/**
 * Text in whole lines; an empty line is put after it. A long answer comes in pieces, so that traffic is served
 * while it is made and sent.
 */
export type Answer = string | Iterable<string> | AsyncIterable<string>;

/**
 * With `nbthread`: what a command concerns beside the first thread, which answers on the sockets. `all`: what it
 * changes is each thread's own, and every one changes it; `join`: every thread knows a part of the answer; `other`:
 * one of the others knows it, the rest say less; a number: that thread alone.
 */
export type CommandScope = "all" | "join" | "other" | number;

/** The other threads of the process, for commands. */
export interface OtherThreads {
  /** Has them (or the one of this number) execute a command; their answers. */
  execute(words: readonly string[], payload?: string, only?: number): Promise<string[]>;
}

export interface CommandRow {
  /** the words that call it: `["show", "stat"]` */
  readonly words: readonly string[];
  /** the arguments as help shows them */
  readonly args: string;
  /** what a connection must be allowed at least */
  readonly level: Level;
  /** one line */
  readonly doc: string;
  /** true: it takes lines behind `<<` */
  readonly payload?: boolean;
  /** it concerns the connection alone: the master answers it whatever process is meant */
  readonly own?: true;
  /** section of the management manual */
  readonly section: string;
  /** absent: the first thread answers, and what it changes is State that all share */
  scope?(args: readonly string[], host: RuntimeHost): CommandScope | undefined;
  /** `args`: the words after its own */
  run(args: readonly string[], context: CommandContext): Answer;
}

/** `backend/server`, each as a name or `#id`; the answer is a sentence for the person when there is none. */
export function findServer(
  text: string | undefined,
  generation: Generation,
): { readonly server: Server; readonly status: BackendStatus; readonly backend: Backend } | string {
  const slash = text?.indexOf("/") ?? -1;
  if (text === undefined || slash < 0 || slash === text.length - 1) {
    return "Require 'backend/server'.\n";
  }
  const backend = findBackend(text.slice(0, slash), generation);
  const status = backend && generation.statuses.get(backend.name);
  if (backend === undefined || status === undefined) return "No such backend.\n";
  const name = text.slice(slash + 1);
  const server = backend.pool.server(name) ??
    backend.pool.servers.find(({ id }) => name === `#${id}`);
  return server === undefined ? "No such server.\n" : { server, status, backend };
}

/** A backend by its name or `#id`. */
export function findBackend(text: string, generation: Generation): Backend | undefined {
  const named = generation.backends.get(text);
  if (named !== undefined || !text.startsWith("#")) return named;
  for (const backend of generation.backends.values()) {
    if (text === `#${backend.id}`) return backend;
  }
  return undefined;
}
