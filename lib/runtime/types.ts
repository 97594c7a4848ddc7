/** What the command line needs of a running proxy. */
import type { Diagnostics } from "../config/diagnostic.ts";
import type { Config } from "../config/model.ts";

/** Why nothing was started: one sentence for each listener that could not be opened. */
export interface StartFailure {
  readonly messages: readonly string[];
}

export interface ProxyProcess {
  /** Opens every listener and begins to serve; on a failure nothing stays open. */
  start(): Promise<StartFailure | undefined>;
  /** Takes another configuration; alerts in the answer mean that the running one stays. */
  reload(config: Config): Promise<Diagnostics>;
  /** SIGUSR1: closes the listeners and waits for the streams, at most `hard-stop-after`. */
  drain(): Promise<void>;
  /** SIGTERM: ends at once. */
  stop(): void;
  /** SIGTTOU and SIGTTIN: stops and goes on accepting. */
  pause(): void;
  resume(): void;
  /** The exit code, once it is over. */
  readonly finished: Promise<number>;
}
