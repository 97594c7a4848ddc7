/**
 * Config: plain immutable data, what a configuration says after defaults were applied.
 * Names are the manual's keywords in camel case. Times are milliseconds, sizes are bytes.
 * `undefined` means "not set": for a timeout that is "no limit", for a limit "unlimited".
 *
 * Rules, ACLs, conditions and log formats stay words here: `lib/expr` and `lib/rules` compile them when a
 * Generation is provisioned, and report mistakes into the same Diagnostics.
 */
import type { H2Tune, HttpProto } from "./model_h2.ts";
import type { Span, Word } from "./document.ts";
import type { CacheConfig } from "./model_cache.ts";
import type { CompressionConfig } from "./model_compression.ts";
import type { BalanceConfig, HashKey, HashTypeConfig } from "./model_balance.ts";
import type { CheckPlan, ServerCheckConfig } from "./model_check.ts";
import type { CookieCapture, CookieConfig, PersistKind } from "./model_cookie.ts";
import type { GlobalVariables } from "./model_language.ts";
import type { ErrorFileConfig, HttpErrorConfig, HttpErrorsConfig } from "./model_errors.ts";
import type { ForwardOptions, LogFormatSpec, LogTarget, RingConfig } from "./model_log.ts";
import type { EmailAlertConfig, MailersConfig } from "./model_mailers.ts";
import type { ResolversConfig, ServerNameConfig } from "./model_resolvers.ts";
import type { RetryOn } from "./model_retry.ts";
import type { CpuMapEntry } from "./model_processes.ts";
import type { SendProxyConfig } from "./model_proxy_header.ts";
import type { OpenTelemetryConfig } from "./model_opentelemetry.ts";
import type { ApiConfig } from "./model_api.ts";
import type { PeersConfig } from "./model_peers.ts";
import type { SourceConfig, UpstreamProxy } from "./model_upstream.ts";
import type { StatsConfig } from "./model_stats.ts";
import type { AcmeConfig, CrtStoreConfig } from "./model_acme.ts";
import type { StickRule, StickTableConfig } from "./model_stick.ts";
import type { BindTls, GlobalTls, ServerTls } from "./model_tls.ts";
import type { UserlistConfig } from "./model_userlist.ts";

export type { BalanceConfig, BalanceSettings, HashTypeConfig } from "./model_balance.ts";
export type { ErrorFileConfig } from "./model_errors.ts";

export interface Config {
  readonly global: GlobalConfig;
  /** In the order of the file; a `listen` is one entry that is frontend and backend at once. */
  readonly proxies: readonly ProxyConfig[];
  readonly userlists: readonly UserlistConfig[];
  readonly httpErrors: readonly HttpErrorsConfig[];
  readonly caches: readonly CacheConfig[];
  readonly resolvers: readonly ResolversConfig[];
  readonly mailers: readonly MailersConfig[];
  readonly rings: readonly RingConfig[];
  /** `log-forward` sections: frontends of the mode `syslog`, which no other proxy has */
  readonly logForwards: readonly ProxyConfig[];
  readonly crtStores: readonly CrtStoreConfig[];
  readonly acmes: readonly AcmeConfig[];
  readonly peers: readonly PeersConfig[];
}

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
  /** HTTP/1.0 requests with GET, HEAD or DELETE may have a body */
  readonly h1AnyPayload: boolean;
  /** ms */
  readonly hardStopAfter?: number;
  readonly grace?: number;
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

export type ProxyKind = "frontend" | "backend" | "listen";
/** `udp` is sluice's own, `log` is HAProxy 3.0's; `log-forward` sections have `syslog`. */
export type Mode = "http" | "tcp" | "udp" | "log" | "syslog";

export interface Timeouts {
  readonly client?: number;
  readonly server?: number;
  readonly connect?: number;
  readonly httpRequest?: number;
  readonly httpKeepAlive?: number;
  readonly queue?: number;
  readonly tunnel?: number;
  readonly clientFin?: number;
  readonly serverFin?: number;
  readonly check?: number;
  readonly tarpit?: number;
}

/** A rule or expression kept as words; `words[0]` is the action or the ACL's name. */
export interface WordsAt {
  readonly words: readonly Word[];
  readonly span: Span;
}

export interface ForwardForConfig {
  /** networks as written: `127.0.0.0/8` */
  readonly except?: string;
  /** default `X-Forwarded-For` (`X-Original-To` for originalto) */
  readonly header: string;
  readonly ifNone: boolean;
}

/** `option forwarded` (RFC 7239, manual 4.2): each part may be absent, on, or an expression. */
export interface ForwardedConfig {
  readonly proto: boolean;
  readonly host?: true | WordsAt;
  readonly by?: true | WordsAt;
  readonly byPort?: true | WordsAt;
  readonly for?: true | WordsAt;
  readonly forPort?: true | WordsAt;
}

export interface ProxyOptions {
  readonly httplog: boolean;
  /** in the common log format of web servers */
  readonly httplogClf: boolean;
  /** as one JSON object a line */
  readonly httplogJson: boolean;
  readonly tcplog: boolean;
  readonly httpslog: boolean;
  readonly dontlognull: boolean;
  readonly dontlogNormal: boolean;
  readonly logasap: boolean;
  readonly logSeparateErrors: boolean;
  readonly logHealthChecks: boolean;
  /** `option http-keep-alive | http-server-close | httpclose`, the last one written wins. */
  readonly connection: "keep-alive" | "server-close" | "close";
  readonly abortonclose: boolean;
  readonly redispatch: number | false;
  readonly allbackups: boolean;
  readonly persist: boolean;
  readonly preferLastServer: boolean;
  readonly caseAdjustClient: boolean;
  readonly caseAdjustServer: boolean;
  readonly httpBufferRequest: boolean;
  readonly httpIgnoreProbes: boolean;
  readonly httpUseProxyHeader: boolean;
  readonly disableH2Upgrade: boolean;
  readonly acceptInvalidHttpRequest: boolean;
  readonly acceptInvalidHttpResponse: boolean;
  readonly checkcache: boolean;
  readonly clitcpka: boolean;
  readonly srvtcpka: boolean;
  readonly httpNoDelay: boolean;
  readonly httpPretendKeepalive: boolean;
  readonly independentStreams: boolean;
  readonly spliceAuto: boolean;
  readonly spliceRequest: boolean;
  readonly spliceResponse: boolean;
  readonly socketStats: boolean;
  /** `option udp-quic`: clients of QUIC keep their server by its connection ids */
  readonly udpQuic: boolean;
  /** connections are reset when they are closed */
  readonly nolinger: boolean;
  readonly forwardfor?: ForwardForConfig;
  readonly originalto?: ForwardForConfig;
  readonly forwarded?: ForwardedConfig;
}

export interface ProxyConfig {
  readonly name: string;
  readonly kind: ProxyKind;
  /** The section's header line. */
  readonly span: Span;
  readonly id: number;
  /** true: the configuration says the id */
  readonly idForced?: boolean;
  readonly mode: Mode;
  readonly disabled: boolean;
  readonly description?: string;
  readonly timeouts: Timeouts;
  readonly options: ProxyOptions;
  readonly binds: readonly BindConfig[];
  /** `bind-process`: the numbers of the processes that serve it; undefined: all */
  readonly bindProcess?: readonly number[];
  /** frontend side; undefined: the process's own limit */
  readonly maxconn?: number;
  readonly backlog?: number;
  /** of `option clitcpka`: seconds, and a count */
  readonly clientKeepAlive?: {
    readonly keepIdle?: number;
    readonly keepInterval?: number;
    readonly keepCount?: number;
  };
  /** idle server connections that one client session may own; undefined: 5 */
  readonly maxSessionSrvConns?: number;
  /** new sessions in a second; undefined: any number */
  readonly sessionRate?: number;
  /** words: name, criterion …; those of a `defaults` section are named `defaults:SECTION:NAME` */
  readonly acls: readonly WordsAt[];
  readonly httpRequest: readonly WordsAt[];
  readonly httpResponse: readonly WordsAt[];
  readonly httpAfterResponse: readonly WordsAt[];
  readonly tcpRequestConnection: readonly WordsAt[];
  readonly tcpRequestSession: readonly WordsAt[];
  readonly tcpRequestContent: readonly WordsAt[];
  readonly tcpResponseContent: readonly WordsAt[];
  /** ms that content rules may wait for more (manual 4.2 `tcp-request inspect-delay`) */
  readonly inspectDelay?: number;
  readonly responseInspectDelay?: number;
  /** the name of RDP's cookie that names the server */
  readonly persistRdpCookie?: string;
  readonly redirects: readonly WordsAt[];
  /** words: name, then optionally `if`/`unless` and the condition */
  readonly useBackends: readonly WordsAt[];
  readonly defaultBackend?: Word;
  readonly errorfiles: readonly ErrorFileConfig[];
  /** a status is in one of both lists at most */
  readonly httpErrors: readonly HttpErrorConfig[];
  readonly logs: readonly LogTarget[];
  /** of a `log-forward` section */
  readonly forward?: ForwardOptions;
  /** the same: where messages come by UDP */
  readonly datagramBinds?: readonly BindConfig[];
  readonly logFormat?: LogFormatSpec;
  /** of lines about streams that went wrong; undefined: `logFormat` */
  readonly errorLogFormat?: LogFormatSpec;
  /** the structured data of RFC 5424 lines */
  readonly logFormatSd?: LogFormatSpec;
  readonly uniqueIdFormat?: LogFormatSpec;
  readonly uniqueIdHeader?: string;
  readonly logTag?: string;
  /** words: `request`|`response`, `header`, the header's name, `len`, the length */
  readonly captures: readonly WordsAt[];
  readonly cookieCapture?: CookieCapture;
  readonly monitorUri?: string;
  readonly compression?: CompressionConfig;
  /** words: the condition, from `if` or `unless` on; any of them is enough */
  readonly monitorFails: readonly WordsAt[];
  /** `filter` lines: words from the filter's kind on */
  readonly filters: readonly WordsAt[];
  /** the table that is named as the proxy */
  readonly stickTable?: StickTableConfig;
  // backend side
  readonly balance: BalanceConfig;
  /** undefined: map-based with sdbm */
  readonly hashType?: HashTypeConfig;
  /** percent of the average load that a server may have with consistent hashing; undefined: any load */
  readonly hashBalanceFactor?: number;
  /** of connections to servers whose lines have none */
  readonly source?: SourceConfig;
  /** when a key leaves the server that it leads to; undefined: never */
  readonly hashPreserveAffinity?: "maxconn" | "maxqueue";
  readonly servers: readonly ServerConfig[];
  /** how servers that say `check` are checked */
  readonly checks: CheckPlan;
  readonly retries: number;
  readonly retryOn: RetryOn;
  /** undefined: no file is read; `local`: the backend has a file of its own */
  readonly serverStateFrom?: "global" | "local";
  /** undefined: the name of the backend */
  readonly serverStateFileName?: string;
  readonly emailAlert?: EmailAlertConfig;
  readonly fullconn?: number;
  readonly httpReuse: "never" | "safe" | "aggressive" | "always";
  /** undefined also in a frontend and in TCP mode */
  /** the field that tells the server its name */
  readonly sendNameHeader?: string;
  readonly cookie?: CookieConfig;
  readonly dynamicCookieKey?: string;
  /** words: the condition, from `if` or `unless` on; the first that applies holds */
  readonly persistRules: readonly (WordsAt & { readonly kind: PersistKind })[];
  /** words: the server, or a format that makes its name; then the condition */
  readonly useServers: readonly WordsAt[];
  /** undefined: no statistics page */
  readonly stats?: StatsConfig;
  readonly stickRules: readonly StickRule[];
}

/** One `bind` line; one line may name several addresses and port ranges. */
export interface BindConfig {
  readonly addresses: readonly ListenAddress[];
  /** the numbers of the threads that listen; undefined: all */
  readonly threads?: readonly number[];
  /** the numbers of the processes that listen; undefined: those of the proxy */
  readonly processes?: readonly number[];
  readonly name?: string;
  readonly id?: number;
  readonly maxconn?: number;
  readonly backlog?: number;
  readonly interface?: string;
  /** file mode, owner of a Unix socket; names are numbers here */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly v4v6: boolean;
  readonly v6only: boolean;
  readonly deferAccept: boolean;
  readonly acceptProxy?: boolean;
  /** the magic number */
  readonly acceptNetscalerCip?: number;
  /** undefined: the line has no TLS setting */
  readonly tls?: BindTls;
  /** what clients speak from their first byte; undefined: HTTP/1, unless they or TLS say HTTP/2 */
  readonly proto?: HttpProto;
  /** ms */
  readonly tcpUt?: number;
  /** the address need not be this machine's */
  readonly transparent?: boolean;
  /** bytes */
  readonly mss?: number;
  /** TCP Fast Open */
  readonly tfo?: boolean;
  readonly span: Span;
}

/** Where to listen (manual section 11, `bind`): one port each, ranges are expanded. */
export type ListenAddress =
  | { readonly type: "tcp"; readonly host: string; readonly port: number }
  | { readonly type: "unix"; readonly path: string }
  | { readonly type: "abstract"; readonly name: string }
  | { readonly type: "fd"; readonly fd: number };

/** Where a server is. `port` undefined: the port the client came in on; `portOffset`: `+n`/`-n`. */
export type ServerAddress =
  | {
    readonly type: "tcp";
    readonly host: string;
    readonly port?: number;
    readonly portOffset?: number;
    /** `udp@`: in `mode log` and `mode udp` */
    readonly datagrams?: boolean;
  }
  | { readonly type: "unix"; readonly path: string }
  | { readonly type: "abstract"; readonly name: string };

export interface ServerConfig extends ServerCheckConfig, ServerNameConfig {
  readonly name: string;
  readonly id: number;
  /** true: the configuration says the id */
  readonly idForced?: boolean;
  readonly address: ServerAddress;
  readonly span: Span;
  /** 0 to 256 */
  readonly weight: number;
  readonly backup: boolean;
  readonly disabled: boolean;
  readonly cookie?: string;
  /** `stick` rules write nothing of it */
  readonly nonStick?: boolean;
  readonly maxconn?: number;
  readonly minconn?: number;
  readonly maxqueue?: number;
  /** `maxconn` holds for open connections, idle ones among them */
  readonly strictMaxconn?: boolean;
  /** GET and HEAD requests are redirected to this and their path */
  readonly redir?: string;
  /** what its places of consistent hashing are reckoned from; undefined: `id` */
  readonly hashKey?: HashKey;
  readonly check: boolean;
  /** ms, 2000 */
  readonly inter: number;
  readonly fastinter?: number;
  readonly downinter?: number;
  /** 3 */
  readonly fall: number;
  /** 2 */
  readonly rise: number;
  readonly checkPort?: number;
  readonly checkAddr?: string;
  /** what HTTP checks speak; undefined: what `proto` says */
  readonly checkProto?: HttpProto;
  readonly poolMaxConn?: number;
  /** ms, 5000 */
  readonly poolPurgeDelay: number;
  readonly poolLowConn?: number;
  /** what is spoken to it; undefined: HTTP/1, unless TLS says HTTP/2 */
  readonly proto?: HttpProto;
  /** what WebSocket streams go by; undefined: auto */
  readonly ws?: HttpProto | "auto";
  readonly maxReuse?: number;
  /** ms that sent data may stay unacknowledged */
  readonly tcpUt?: number;
  /** where connections leave from */
  readonly source?: SourceConfig;
  /** TCP Fast Open */
  readonly tfo?: boolean;
  /** a proxy that connections to the server go through, and checks when they are to */
  readonly through?: UpstreamProxy;
  readonly checkThrough?: boolean;
  /** the header of the PROXY protocol before everything else */
  readonly sendProxy?: SendProxyConfig;
  readonly onMarkedDown?: "shutdown-sessions";
  /** framing of log lines (RFC 6587) over TCP; undefined: a line feed behind each */
  readonly logProto?: "legacy" | "octet-count";
  readonly tls?: ServerTls;
  /** ms over which a server that comes up gets its share; undefined: at once */
  readonly slowstart?: number;
}
