/** What the command line asks for, once read. */
import type { TransportName } from "../net/best_transport.ts";

export type Command =
  | "run"
  | "check"
  | "convert"
  | "ctl"
  | "explain"
  | "test"
  | "help"
  | "version"
  | "condition";

export interface CommandLine {
  command: Command;
  /** `-f`, what stands after `--`, and the files of `check` and `convert`, in the order written. */
  files: string[];
  /** `-C`: directory to change to before anything is read. */
  directory?: string;
  daemon: boolean;
  /** `-db`: neither background nor master-worker mode, whatever the configuration says. */
  foreground: boolean;
  masterWorker: boolean;
  /** `-Ws` */
  notify: boolean;
  quiet: boolean;
  verbose: boolean;
  /** `-dW` */
  zeroWarning: boolean;
  /** `-dD` */
  diagnostic: boolean;
  pidfile?: string;
  /** `-n` */
  maxconn?: number;
  /** `--transport`, `-de` */
  transport?: TransportName;
  /** `-N` */
  proxyMaxconn?: number;
  /** `-L` */
  localPeer?: string;
  /** `-sf`, `-st`: processes to replace, and how they are told to end. */
  replace: { readonly signal: "SIGUSR1" | "SIGTERM"; readonly pids: readonly number[] } | undefined;
  /** `-S`: where the master socket is, with its settings */
  masterSocket?: string;
  /** `--watch` */
  watch: boolean;
  /** `-cc` */
  condition?: string;
  /** `-vv` */
  everything: boolean;
  /** `convert --to` */
  to?: "yaml" | "cfg";
  /** words after `help`, `explain`, `test` */
  topic: string[];
  /** the sub-command's own options, by name: their values; none for one that takes none */
  given: Map<string, string[]>;
  /** said on standard error, then the program goes on */
  warnings: string[];
}

/** A command line that cannot be followed. */
export class UsageError {
  constructor(
    readonly message: string,
    /** the command line itself is not understood: say where all options are listed */
    readonly showUsage = false,
  ) {}
}

export function emptyCommandLine(): CommandLine {
  return {
    command: "run",
    files: [],
    daemon: false,
    foreground: false,
    masterWorker: false,
    notify: false,
    quiet: false,
    verbose: false,
    zeroWarning: false,
    diagnostic: false,
    watch: false,
    replace: undefined,
    everything: false,
    topic: [],
    given: new Map(),
    warnings: [],
  };
}
