/** What the command line and the signals need of a running proxy. `process.ts` and `group/process_group.ts` implement it. */
import type { ConfigStore } from "./config_store.ts";
import type { Worker } from "./master/worker.ts";
import type { OutsideFiles } from "./outside_files.ts";
import type { Config } from "../config/model.ts";
import type { Diagnostics } from "../config/diagnostic.ts";

/** Why nothing was started: one sentence for each listener that could not be opened. */
export interface StartFailure {
  readonly messages: readonly string[];
}

/** A proxy's life: provision, start, any number of reloads, then drain or stop. */
export interface ProxyProcess {
  /** true: it stays who it is; what it starts takes the rights and places of the configuration */
  readonly keepsIdentity?: boolean;
  /** Compiles the configuration; mistakes go to `diagnostics`. Answers whether `start` may be called. */
  provision(diagnostics: Diagnostics): boolean;
  /** Opens every listener and serves; may be tried again after a failure, which leaves nothing open. */
  start(): Promise<StartFailure | undefined>;
  /** After `start`: resolves when the other threads of the process serve as well; undefined: there are none. */
  readonly threadsReady?: Promise<void>;
  /** Takes a new configuration in place; an alert in the answer means that the running one stays. */
  reload(config: Config): Promise<Diagnostics>;
  /** From now on files that a configuration names are read by `read` (after `chroot`). */
  readFilesBy?(files: Pick<OutsideFiles, "readSync" | "listSync">): void;
  /** SIGUSR1: closes listeners, waits for streams, at most `hard-stop-after`; then `finished` resolves. */
  drain(): Promise<void>;
  /** SIGTERM: ends at once; `finished` resolves when the last log lines are sent. */
  stop(): void;
  /** SIGTTOU: listeners stop accepting; connections go on. */
  pause(): void;
  /** SIGTTIN: listeners accept again. */
  resume(): void;
  /** Writes a line to the log targets of the global section (`level`: 0 emerg to 7 debug). */
  log?(level: number, message: string): void;
  /** Paths of the files that the configuration names and that were read for it. */
  filesRead?(): Iterable<string>;
  /** Log files are opened anew: they may have been renamed. */
  reopenLogs?(): void;
  /** From now on the configuration can be read and replaced from outside (runtime socket, REST API). */
  configStore?: ConfigStore;
  /** The processes that serve, for the master socket: this one, or those that it has started. */
  workers?(): readonly Worker[];
  /** Resolves once nothing runs any more. */
  readonly finished: Promise<number>;
}
