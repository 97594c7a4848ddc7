/**
 * What keyword rows write into while a configuration is read: the model's types without `readonly`, and
 * what only the builder needs to know. A draft of a `defaults` section is copied into each proxy that
 * takes its settings from it.
 */
import { DEFAULT_H2_TUNE } from "./model_h2.ts";
import type { Span, Statement, Word } from "./document.ts";
import type { ErrorEntry } from "./error_entries.ts";
import type {
  BindConfig,
  GlobalConfig,
  Mode,
  ProxyConfig,
  ProxyKind,
  ProxyOptions,
  ServerConfig,
  Timeouts,
  TuneConfig,
  WordsAt,
} from "./model.ts";
import { type CheckDraft, inheritCheckDraft, newCheckDraft } from "./draft_check.ts";
import type { LogTarget } from "./model_log.ts";
import { DEFAULT_RETRY_ON } from "./model_retry.ts";
import type { CpuMapEntry } from "./model_processes.ts";

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Where each keyword was last set in this section, by its name. */
export type Places = Map<string, Statement>;

export interface GlobalDraft extends
  Mutable<
    Omit<
      GlobalConfig,
      "caseAdjust" | "tune" | "logs" | "statsSockets" | "cpuMap" | "logSendHostname"
    >
  > {
  caseAdjust?: Map<string, string>;
  tune: Mutable<TuneConfig>;
  logs: LogTarget[];
  statsSockets: GlobalConfig["statsSockets"][number][];
  cpuMap: CpuMapEntry[];
  logSendHostname?: string | true;
  unixBind: UnixBindDraft;
  /** Targets whose line names no format: `log-send-hostname` gives them another default. */
  readonly implicitLogFormats: Set<LogTarget>;
  readonly places: Places;
}

/** `unix-bind`: what Unix sockets get when their own line does not say it (manual 3.1). */
export interface UnixBindDraft {
  prefix?: string;
  mode?: number;
  uid?: number;
  gid?: number;
}

/** A server line's settings without its name and address: also what `default-server` fills. */
export interface ServerDraft
  extends Mutable<Omit<ServerConfig, "name" | "id" | "address" | "span">> {
  id?: number;
}

export interface NamedServer extends ServerDraft {
  name: string;
  address: ServerConfig["address"];
  span: Span;
  /** The word of its name. */
  nameWord: Word;
  addressWord: Word;
}

export type BindDraft = Mutable<BindConfig>;

/** The lists of rules a proxy has; each keeps the order of the file. */
export const RULE_LISTS = [
  "httpRequest",
  "httpResponse",
  "httpAfterResponse",
  "tcpRequestConnection",
  "tcpRequestSession",
  "tcpRequestContent",
  "tcpResponseContent",
] as const;
export type RuleList = typeof RULE_LISTS[number];

export interface ProxyDraft extends
  Mutable<
    Omit<
      ProxyConfig,
      | "kind"
      | "id"
      | "checks"
      | "timeouts"
      | "options"
      | "binds"
      | "servers"
      | "acls"
      | "redirects"
      | "useBackends"
      | "captures"
      | "monitorFails"
      | "persistRules"
      | "useServers"
      | "stickRules"
      | "filters"
      | "errorfiles"
      | "httpErrors"
      | "logs"
      | "emailAlert"
      | RuleList
    >
  >,
  Record<RuleList, WordsAt[]> {
  kind: ProxyKind | "defaults";
  id?: number;
  timeouts: Mutable<Timeouts>;
  options: Mutable<ProxyOptions>;
  binds: BindDraft[];
  servers: NamedServer[];
  /** The same by name, and by the ids that were written. */
  serversByName: Map<string, NamedServer>;
  serversById: Map<number, NamedServer>;
  defaultServer: ServerDraft;
  checks: CheckDraft;
  source?: ServerConfig["source"];
  acls: WordsAt[];
  redirects: WordsAt[];
  useBackends: WordsAt[];
  captures: WordsAt[];
  monitorFails: WordsAt[];
  persistRules: ProxyConfig["persistRules"][number][];
  useServers: WordsAt[];
  emailAlert?: Partial<ProxyConfig["emailAlert"]>;
  stickRules: ProxyConfig["stickRules"][number][];
  filters: WordsAt[];
  /** in the order of the lines */
  errors: ErrorEntry[];
  /** `"global"` stands for the global section's targets, known only at the end. */
  logs: (LogTarget | "global")[];
  /** `mode` as written; undefined: TCP, HAProxy's default. */
  modeWord?: Word;
  readonly places: Places;
  /** True when something in this section, or in the `defaults` it came from, was refused. */
  flawed: boolean;
  /** What was set here or in the `defaults` section it came from: for warnings about the mode. */
  readonly inherited: Places;
}

/** The process's settings when nothing is written (manual 3). */
export function newGlobalDraft(): GlobalDraft {
  return {
    cpuMap: [],
    daemon: false,
    masterWorker: false,
    quiet: false,
    zeroWarning: false,
    maxConnRate: 0,
    maxSessRate: 0,
    maxSslRate: 0,
    h1AnyPayload: false,
    logs: [],
    spreadChecks: 0,
    statsSockets: [],
    statsTimeout: 10_000,
    tune: {
      bufsize: 16384,
      maxrewrite: 1024,
      httpMaxhdr: 101,
      stickCounters: 3,
      h2: DEFAULT_H2_TUNE,
      compressionLevel: 1,
      epoll: true,
      splice: true,
    },
    unixBind: {},
    tls: {
      bind: {},
      server: {},
      extraFiles: new Set(["bundle", "sctl", "ocsp", "issuer", "key"]),
      generatedCache: 1000,
    },
    implicitLogFormats: new Set(),
    places: new Map(),
  };
}

/** A server's settings when nothing is written (manual 5.2). */
export function newServerDraft(): ServerDraft {
  return {
    weight: 1,
    backup: false,
    disabled: false,
    check: false,
    inter: 2000,
    fall: 3,
    rise: 2,
    poolPurgeDelay: 5000,
  };
}

/** What holds for options that no `defaults` section touches (manual 4.2). */
export const DEFAULT_OPTIONS: ProxyOptions = {
  httplog: false,
  httplogClf: false,
  httplogJson: false,
  tcplog: false,
  httpslog: false,
  dontlognull: false,
  dontlogNormal: false,
  logasap: false,
  logSeparateErrors: false,
  logHealthChecks: false,
  connection: "keep-alive",
  abortonclose: false,
  redispatch: false,
  allbackups: false,
  persist: false,
  preferLastServer: false,
  caseAdjustClient: false,
  caseAdjustServer: false,
  httpBufferRequest: false,
  httpIgnoreProbes: false,
  idleCloseOnResponse: false,
  httpUseProxyHeader: false,
  disableH2Upgrade: false,
  acceptInvalidHttpRequest: false,
  acceptInvalidHttpResponse: false,
  checkcache: false,
  clitcpka: false,
  srvtcpka: false,
  httpNoDelay: false,
  httpPretendKeepalive: false,
  independentStreams: false,
  spliceAuto: false,
  spliceRequest: false,
  spliceResponse: false,
  socketStats: false,
  udpQuic: false,
  nolinger: false,
};

/** HAProxy's default mode is TCP (manual 4.2 `mode`). */
export const DEFAULT_MODE: Mode = "tcp";

/** A proxy that takes nothing from anywhere. */
export function newProxyDraft(kind: ProxyDraft["kind"], name: string, span: Span): ProxyDraft {
  return {
    kind,
    name,
    span,
    mode: DEFAULT_MODE,
    disabled: false,
    timeouts: {},
    options: { ...DEFAULT_OPTIONS },
    binds: [],
    servers: [],
    serversByName: new Map(),
    serversById: new Map(),
    defaultServer: newServerDraft(),
    checks: newCheckDraft(),
    acls: [],
    httpRequest: [],
    httpResponse: [],
    httpAfterResponse: [],
    tcpRequestConnection: [],
    tcpRequestSession: [],
    tcpRequestContent: [],
    tcpResponseContent: [],
    redirects: [],
    useBackends: [],
    captures: [],
    monitorFails: [],
    persistRules: [],
    useServers: [],
    stickRules: [],
    filters: [],
    errors: [],
    logs: [],
    balance: { algorithm: "roundrobin", args: [] },
    retries: 3,
    retryOn: DEFAULT_RETRY_ON,
    httpReuse: "safe",
    places: new Map(),
    inherited: new Map(),
    flawed: false,
  };
}

/** A proxy, or another `defaults` section, that starts from what a `defaults` section says (manual 4). */
export function inheritProxyDraft(
  from: ProxyDraft,
  kind: ProxyDraft["kind"],
  name: string,
  span: Span,
): ProxyDraft {
  const draft: ProxyDraft = {
    ...from,
    kind,
    name,
    span,
    timeouts: { ...from.timeouts },
    options: { ...from.options },
    defaultServer: { ...from.defaultServer },
    checks: inheritCheckDraft(from.checks),
    binds: [],
    servers: [],
    serversByName: new Map(),
    serversById: new Map(),
    acls: [...from.acls],
    redirects: [],
    useBackends: [],
    captures: [],
    monitorFails: [],
    persistRules: [],
    useServers: [],
    stickRules: [],
    filters: [],
    errors: [...from.errors],
    logs: [...from.logs],
    places: new Map(),
    inherited: new Map([...from.inherited, ...from.places]),
  };
  for (const list of RULE_LISTS) draft[list] = [...from[list]];
  return draft;
}
