/**
 * The part of the model that describes health checks (manual 4.2 `option httpchk`, `option tcp-check` and their
 * rules). Log formats and expressions stay words: lib/health compiles them when a Generation is provisioned.
 */
import type { Span, Word } from "./document.ts";

/** How the servers of a backend are checked: the option that says so, or `tcp` when there is none. */
export type CheckKindName =
  | "tcp"
  | "httpchk"
  | "tcp-check"
  | "mysql-check"
  | "pgsql-check"
  | "redis-check"
  | "smtpchk"
  | "ldap-check"
  | "ssl-hello-chk"
  | "external-check"
  | "icmp-check"
  | "dns-check"
  | "udp-check";

export interface CheckPlan {
  readonly kind: CheckKindName;
  /** of the option that says so */
  readonly span?: Span;
  /** `httpchk` and `tcp-check`: what is done, in order, the steps that need not be written included */
  readonly rules: readonly CheckRule[];
  /** `http-check disable-on-404` */
  readonly disableOn404: boolean;
  /** `http-check send-state` */
  readonly sendState: boolean;
  /** `option mysql-check`; without a user only the server's greeting is read */
  readonly mysql?: { readonly user: string; readonly version: "post-41" | "pre-41" };
  /** `option pgsql-check` */
  readonly pgsqlUser?: string;
  /** `option smtpchk` */
  readonly smtp?: { readonly hello: "HELO" | "EHLO"; readonly domain: string };
  /** `option dns-check`: the name that is asked for */
  readonly dnsName?: string;
  /** `option udp-check` */
  readonly udp?: { readonly send?: string; readonly expect?: string };
  /** `external-check command`, `external-check path` */
  readonly externalCommand?: Word;
  readonly externalPath?: string;
}

/** A text that is sent or looked for: as it stands, or a log format. */
export type CheckText = { readonly text: string } | { readonly format: Word };

interface RuleBase {
  /** position among the rules as written, from 1; 0: a connection that is made without a rule */
  readonly step: number;
  /** `comment`, of the rule itself or of the comment line before it */
  readonly comment?: string;
  readonly span: Span;
}

export interface CheckConnect extends RuleBase {
  readonly type: "connect";
  /** undefined: the server's; a word: an expression */
  readonly port?: number | Word;
  /** undefined: the server's */
  readonly addr?: string;
  readonly sendProxy: boolean;
  /** `default`: the settings of checks on the server's line hold besides */
  readonly asServer: boolean;
  /** the connection is ended by FIN, not by a reset */
  readonly linger: boolean;
  /** through the proxy of the server's line */
  readonly viaSocks?: boolean;
  /** over TLS, by the settings of the server's line */
  readonly ssl?: boolean;
  /** undefined: with `default` that of checks of the server's line, else none */
  readonly sni?: string;
  /** undefined: with `default` those of checks of the server's line, else those of its streams */
  readonly alpn?: readonly string[];
  /** undefined: what ALPN says, and with `default` the server's line */
  readonly proto?: "h1" | "h2" | "none";
}

export interface CheckSend extends RuleBase {
  readonly type: "send";
  readonly data: CheckText;
  /** bytes: a text is latin1 already, a format gives hexadecimal digits */
  readonly hex: boolean;
}

export interface CheckHttpSend extends RuleBase {
  readonly type: "http-send";
  readonly method?: string;
  readonly uri?: CheckText;
  /** `HTTP/1.0` when undefined */
  readonly version?: string;
  /** values are log formats */
  readonly headers: readonly { readonly name: string; readonly value: Word }[];
  readonly body?: CheckText;
}

export type OkStatus = "L7OK" | "L7OKC" | "L6OK" | "L4OK";
export type ErrorStatus = "L7OKC" | "L7RSP" | "L7STS" | "L6RSP" | "L4CON";
export type TimeoutStatus = "L7TOUT" | "L6TOUT" | "L4TOUT";

export interface CheckExpect extends RuleBase {
  readonly type: "expect";
  /** `!`: what matches is a failure */
  readonly inverse: boolean;
  readonly match: CheckMatch;
  /** bytes; undefined: wait for a match, 0: judge what has come */
  readonly minRecv?: number;
  readonly okStatus?: OkStatus;
  readonly errorStatus?: ErrorStatus;
  readonly timeoutStatus?: TimeoutStatus;
  /** log formats, and an expression */
  readonly onSuccess?: Word;
  readonly onError?: Word;
  readonly statusCode?: Word;
}

export type HeaderMethod = "str" | "beg" | "end" | "sub" | "reg";

export interface HeaderPattern {
  readonly method: HeaderMethod;
  /** the text, the format, or with `reg` the regular expression */
  readonly pattern: Word;
  readonly format: boolean;
}

export type CheckMatch =
  /** hexadecimal digits of `binary` are bytes already (latin1) */
  | { readonly kind: "string" | "binary"; readonly pattern: string }
  | { readonly kind: "string-lf" | "binary-lf"; readonly pattern: Word }
  | { readonly kind: "rstring" | "rbinary" | "rstatus"; readonly pattern: Word }
  | { readonly kind: "status"; readonly ranges: readonly (readonly [number, number])[] }
  | {
    readonly kind: "hdr" | "fhdr";
    readonly name: HeaderPattern;
    readonly value?: HeaderPattern;
  };

/** `set-var`, `set-var-fmt`, `unset-var`: words are the call and, but for the last, the expression or format. */
export interface CheckVariable extends RuleBase {
  readonly type: "variable";
  readonly words: readonly Word[];
}

export type CheckRule = CheckConnect | CheckSend | CheckHttpSend | CheckExpect | CheckVariable;

/** What a server's line says about checks besides `check`, `inter`, `rise`, `fall` (manual 5.2). */
export interface ServerCheckConfig {
  readonly checkSendProxy?: boolean;
  readonly agentCheck?: boolean;
  readonly agentPort?: number;
  /** undefined: the address that checks go to */
  readonly agentAddr?: string;
  /** ms, 2000 */
  readonly agentInter?: number;
  /** sent to the agent when the connection stands */
  readonly agentSend?: string;
  /** which live traffic counts */
  readonly observe?: "layer4" | "layer7";
  /** errors in a row, 10 */
  readonly errorLimit?: number;
  /** `fail-check` when undefined */
  readonly onError?: OnError;
  readonly onMarkedUp?: "shutdown-backup-sessions";
  /** the server whose state is followed: `[proxy/]server` */
  readonly track?: Word;
  /** `up` when undefined */
  readonly initState?: InitState;
}

export type OnError = "fastinter" | "fail-check" | "sudden-death" | "mark-down";
export type InitState = "fully-up" | "up" | "down" | "fully-down";
