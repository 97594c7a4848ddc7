/** What the command line is given from outside; tests give their own. */
import type { Config } from "../config/model.ts";
import type { Observer } from "../expr/observer.ts";
import type { ObservedCompiler } from "../explain/laboratory.ts";
import type { TransportName } from "../net/best_transport.ts";
import type { ProxyProcess } from "../runtime/types.ts";
import type { Output } from "./output.ts";

export interface ProcessSettings {
  readonly config: Config;
  /** `-n` */
  readonly maxconn?: number;
  /** `--transport` */
  readonly transport?: TransportName;
  /** its number among the processes of `nbproc`, from 1 */
  readonly processNumber?: number;
  /** sees conditions and rules while they are compiled, and what it puts around them runs */
  readonly observer?: Observer;
  /** what was said of the configuration */
  readonly startupLogs?: string;
  /** one sentence about something that went wrong while running */
  readonly report: (message: string) => void;
}

export interface CliHost {
  readonly env: Readonly<Record<string, string>>;
  readonly output: Output;
  /** compiles rules for whoever wants to see them run */
  readonly compilePolicies: ObservedCompiler;
  readonly createProcess: (settings: ProcessSettings) => ProxyProcess;
}
