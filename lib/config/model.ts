/**
 * Config: plain immutable data, what a configuration says after defaults were applied.
 * Names are the manual's keywords in camel case. Times are milliseconds, sizes are bytes.
 * `undefined` means "not set": for a timeout that is "no limit", for a limit "unlimited".
 *
 * Rules, ACLs, conditions and log formats stay words here: `lib/expr` and `lib/rules` compile them when a
 * Generation is provisioned, and report mistakes into the same Diagnostics.
 */
import type { Span, Word } from "./document.ts";
import type { AcmeConfig, CrtStoreConfig } from "./model_acme.ts";
import type { BalanceConfig, HashTypeConfig } from "./model_balance.ts";
import type { BindConfig } from "./model_bind.ts";
import type { CacheConfig } from "./model_cache.ts";
import type { CheckPlan } from "./model_check.ts";
import type { CompressionConfig } from "./model_compression.ts";
import type { CookieCapture, CookieConfig, PersistKind } from "./model_cookie.ts";
import type { ErrorFileConfig, HttpErrorConfig, HttpErrorsConfig } from "./model_errors.ts";
import type { GlobalConfig } from "./model_global.ts";
import type { ForwardOptions, LogFormatSpec, LogTarget, RingConfig } from "./model_log.ts";
import type { EmailAlertConfig, MailersConfig } from "./model_mailers.ts";
import type { PeersConfig } from "./model_peers.ts";
import type { ResolversConfig } from "./model_resolvers.ts";
import type { RetryOn } from "./model_retry.ts";
import type { ServerConfig } from "./model_server.ts";
import type { StatsConfig } from "./model_stats.ts";
import type { StickRule, StickTableConfig } from "./model_stick.ts";
import type { SourceConfig } from "./model_upstream.ts";
import type { UserlistConfig } from "./model_userlist.ts";

export type { GlobalConfig, StatsSocketConfig, TuneConfig } from "./model_global.ts";
export type { BindConfig, ListenAddress } from "./model_bind.ts";
export type { ServerAddress, ServerConfig } from "./model_server.ts";
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
  /** network namespaces that clients' PROXY headers may name (`namespace_list`) */
  readonly namespaces: readonly { readonly name: string; readonly span: Span }[];
  readonly acmes: readonly AcmeConfig[];
  readonly peers: readonly PeersConfig[];
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
  /** what becomes of fields whose names have other characters than letters, digits and hyphens */
  readonly restrictNames?: "delete" | "reject";
  /** a soft stop leaves idle connections until their next request */
  readonly idleCloseOnResponse: boolean;
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

/** TCP keep-alive: seconds, and a count; undefined: the system's. */
export interface KeepAliveTimes {
  readonly keepIdle?: number;
  readonly keepInterval?: number;
  readonly keepCount?: number;
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
  /** of `option clitcpka` and `srvtcpka` */
  readonly clientKeepAlive?: KeepAliveTimes;
  readonly serverKeepAlive?: KeepAliveTimes;
  /** `max-keep-alive-queue`: streams in its queue up to which a client's last server is kept; -1: any number */
  readonly maxKeepAliveQueue?: number;
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
