/** What the `global` section says (manual 3). */
import type { Span } from "./document.ts";
import type { ApiConfig } from "./model_api.ts";
import type { H2Tune } from "./model_h2.ts";
import type { GlobalVariables } from "./model_language.ts";
import type { LogTarget } from "./model_log.ts";
import type { OpenTelemetryConfig } from "./model_opentelemetry.ts";
import type { CpuMapEntry } from "./model_processes.ts";
import type { GlobalTls } from "./model_tls.ts";

export interface GlobalConfig {
  readonly tls: GlobalTls;
  readonly maxconn?: number;
  readonly nbthread?: number;
  readonly nbproc?: number;
  readonly cpuMap: readonly CpuMapEntry[];
  /** the name of this instance among peers */
  readonly localPeer?: string;
  readonly daemon: boolean;
  readonly masterWorker: boolean;
  readonly pidfile?: string;
  readonly chroot?: string;
  readonly user?: string;
  readonly group?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly ulimitN?: number;
  readonly node?: string;
  readonly description?: string;
  readonly quiet: boolean;
  readonly zeroWarning: boolean;
  /** most connections and sessions of the process in a second, 0: no limit */
  readonly maxConnRate: number;
  readonly maxSessRate: number;
  readonly maxSslRate: number;
  /** HTTP/1.0 requests with GET, HEAD or DELETE may have a body */
  readonly h1AnyPayload: boolean;
  /** ms */
  readonly hardStopAfter?: number;
  readonly grace?: number;
  /** ms over which connections are closed when the process drains; Infinity: none is; undefined: all at once */
  readonly closeSpreadTime?: number;
  readonly logs: readonly LogTarget[];
  readonly logTag?: string;
  /** requests with this header and secret are traced */
  readonly traceHeader?: { readonly name: string; readonly secret: string };
  readonly logSendHostname?: string | true;
  readonly spreadChecks: number;
  /** ms */
  readonly maxSpreadChecks?: number;
  /** checks by programs are permitted */
  readonly externalCheck?: boolean;
  /** the REST API; undefined: there is none */
  readonly api?: ApiConfig;
  readonly openTelemetry?: OpenTelemetryConfig;
  readonly statsSockets: readonly StatsSocketConfig[];
  /** ms; manual `stats timeout`, 10 s. */
  readonly statsTimeout: number;
  /** connections to runtime sockets at the same time; undefined: 10 */
  readonly statsMaxconn?: number;
  /** bytes a second; undefined or 0: any number */
  readonly maxcomprate?: number;
  /** percent; undefined: any use */
  readonly maxcompcpuusage?: number;
  readonly tune: TuneConfig;
  readonly variables?: GlobalVariables;
  /** `h1-case-adjust`: names in lower case, and how they are to be written */
  readonly caseAdjust?: ReadonlyMap<string, string>;
  /** directory and file with the state of servers from before the start */
  readonly serverStateBase?: string;
  readonly serverStateFile?: string;
}

export interface TuneConfig {
  /** bytes, 16384 */
  readonly bufsize: number;
  /** bytes, 1024 */
  readonly maxrewrite: number;
  /** headers in one head, 101 */
  readonly httpMaxhdr: number;
  readonly h2: H2Tune;
  /** connections in the reuse pools of the process; undefined: no limit of its own */
  readonly poolHighFdRatio?: number;
  /** slots of sticky counters that a connection and a stream have; 3 */
  readonly stickCounters: number;
  /** updates that a peer is sent at once; undefined: 200 */
  readonly peersMaxUpdates?: number;
  /** 1 to 9; 1 */
  readonly compressionLevel: number;
  /** false: sockets are served by Deno's own calls (`noepoll`) */
  readonly epoll: boolean;
  /** false: nothing is moved inside the kernel (`nosplice`) */
  readonly splice: boolean;
  /** pipes of a thread for that, at one time; undefined: an eighth of the descriptors */
  readonly maxPipes?: number;
  /** bytes of each; undefined: 256 KiB */
  readonly pipeSize?: number;
}

export interface StatsSocketConfig {
  readonly address: string;
  /** file mode, owner of a Unix socket */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly level: "user" | "operator" | "admin";
  /** the numbers of the processes that answer; undefined: not said */
  readonly processes?: readonly number[];
  readonly span: Span;
}
