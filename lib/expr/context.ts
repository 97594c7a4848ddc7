/**
 * What a sample fetch, a condition, a rule or a log line can see of a stream. lib/proxy's Stream and Session
 * classes implement these views; lib/expr, lib/rules and lib/log know nothing else of the proxy.
 *
 * All instants are `clock.now()` milliseconds except `acceptDate`/`requestDate` (wall milliseconds);
 * an instant that has not come yet is -1.
 */
import type { Mode } from "../config/model.ts";
import type { Head } from "../http1/head.ts";
import type { Address, TlsInfo } from "../net/conn.ts";
import type { ConnectionError } from "../net/connection_errors.ts";
import type { Arriving } from "./arriving.ts";
import type { ProxyHeader } from "../net/proxy_protocol/header.ts";
import type { TrackedSlots } from "../stick/counters.ts";
import type { BodyTap, CacheUse } from "./cache_view.ts";
import type { Pacer } from "./pacer.ts";
import type { VariableLimits, Variables } from "./variables.ts";

/** What is there of a message's body. */
export interface Content {
  /** without chunk framing, one unit for each byte */
  readonly text: string;
  /** nothing more will come */
  readonly complete: boolean;
}

/** A frontend or backend as seen by samples. */
export interface ProxyView {
  readonly name: string;
  readonly id: number;
  readonly mode: Mode;
  /** current sessions (frontend) or streams (backend) */
  readonly currentConnections: number;
  // What only a running proxy has:
  /** sessions in the last second; `wall` is the wall clock in ms */
  sessionRate?(wall: number): number;
  /** requests in the last second */
  requestRate?(wall: number): number;
  /** ms; undefined: no limit */
  readonly timeouts?: {
    readonly client?: number;
    readonly server?: number;
    readonly tunnel?: number;
  };
  // Of a frontend:
  /** how long each captured value may be, by its slot */
  readonly captureLengths?: {
    readonly request: readonly number[];
    readonly response: readonly number[];
  };
  /** Fetches an object of a cache anew (lib/proxy/inner_client.ts); false: that cannot be now. */
  readonly refetch?: ((stream: StreamView, key: string, done: () => void) => boolean) | undefined;
  /** `unique-id-format` */
  readonly makeUniqueId?: ((stream: StreamView) => string) | undefined;
  /** the name of `default_backend` */
  readonly defaultBackendName?: string;
  // Of a backend:
  readonly servers?: readonly ServerView[];
  /** servers that streams may go to now: the active ones, or backups when there is none */
  readonly usableServers?: number;
  /** streams in the queues of the backend and its servers */
  readonly queued?: number;
}

export interface ServerView {
  readonly name: string;
  readonly id: number;
  readonly currentConnections: number;
  readonly usable: boolean;
  readonly address: Address;
  // What only a running server has:
  /** neither down nor in maintenance (it may be draining) */
  readonly running?: boolean;
  readonly backup?: boolean;
  /** streams in its queue */
  readonly queued?: number;
  /** 0: no limit */
  readonly maxconn?: number;
  readonly maxqueue?: number;
  /** as an operator has set it, as it counts now in sixteenths, and as the configuration says */
  readonly weight?: number;
  readonly effectiveWeight?: number;
  readonly initialWeight?: number;
  /** sessions in the last second */
  sessionRate?(wall: number): number;
}

/** What rules have packets carry. */
export interface SocketMarks {
  readonly tos?: number;
  readonly mark?: number;
}

/** The client's connection. */
export interface SessionView {
  readonly remote: Address;
  readonly local: Address;
  readonly tls?: TlsInfo;
  /** the header of the PROXY protocol that the connection began with */
  readonly proxyHeader?: ProxyHeader;
  /** `tcp-request connection` rules: a header must come first */
  expectsProxy?: boolean;
  expectsCip?: boolean;
  readonly frontend: ProxyView;
  /** `name` of the bind line's listener, or undefined (`%ft` needs only tls, `fe` the frontend) */
  readonly listenerName?: string;
  readonly listenerId: number;
  /** the network namespace that the connection was accepted in; undefined: the process's own */
  readonly namespace?: string | undefined;
  /** sluice itself is the client: the key of the object that it fetches anew, if that is what for */
  readonly inner?: { readonly refreshes?: string } | undefined;
  /** the system's descriptor of its socket, as long as it is open: see Conn */
  readonly descriptor?: number | undefined;
  /** `set-tos`, `set-mark`: what packets to the client carry now */
  marks?: SocketMarks | undefined;
  /** Ends the connection at once, without a word to the client: see `vanish` of lib/net/live_socket.ts. */
  vanish?(ttl: number | undefined): void;
  /** why it never had a stream; undefined: all went well */
  readonly error?: ConnectionError | undefined;
  /** client connections of the listener */
  readonly listenerConnections?: number;
  /** what `tcp-request connection` or `session` rules made of `remote` and `local` */
  source?: Address | undefined;
  destination?: Address | undefined;
  /** wall ms */
  readonly acceptDate: number;
  /** requests read on this connection so far, this one included */
  readonly requestCount: number;
  /** the major version of HTTP that its client speaks; absent: 1 */
  readonly httpMajor?: 1 | 2;
  /** mistakes and oddities of the client on its connection of HTTP/2 */
  readonly glitches?: number;
  /** `sess.` variables, from the first that is set */
  variables?: Variables;
  /** sticky counters, from the first that is tracked */
  tracked?: TrackedSlots | undefined;
}

export interface StreamView {
  /** it is no stream: a message that a backend of `mode log` gets, without its header */
  readonly logLine?: string;
  readonly session: SessionView;
  /** undefined in TCP mode and before a head was read */
  readonly request: Head | undefined;
  readonly response: Head | undefined;
  /** mode tcp: what the client, and what the server has sent, while rules look at it */
  readonly arriving?: Arriving | undefined;
  readonly answering?: Arriving | undefined;
  /** of a health check: what the server has sent, or the body of its HTTP answer (latin1) */
  readonly answer?: string;
  readonly frontend: ProxyView;
  backend: ProxyView | undefined;
  server: ServerView | undefined;
  /** ssl to the server? `%b/%s` etc. need only names */
  readonly process: ProcessView;
  /** Unique in the process, counts from 1 (`%rt`). */
  readonly streamId: number;

  // instants (clock ms; -1 = did not happen), see manual 8.4
  readonly acceptAt: number;
  /** first byte of the request came; idle time ends (`%Ti`) */
  readonly requestStartAt: number;
  /** head complete (`%TR`) */
  readonly requestAt: number;
  /** left the queue (`%Tw`) */
  readonly queuedAt: number;
  /** connection to the server made (`%Tc`) */
  readonly connectedAt: number;
  /** the major version of HTTP that the server speaks; absent: 1 */
  readonly serverHttpMajor?: 1 | 2;
  readonly serverGlitches?: number;
  /** response head complete (`%Tr`) */
  readonly responseAt: number;
  /** all bytes sent, or aborted (`%Tt`, `%Ta`) */
  readonly endedAt: number;
  /** wall ms of the request's first byte (`%tr`) */
  readonly requestDate: number;

  /** status sent to the client; -1: none */
  readonly status: number;
  /** bytes from the client to the server, `%U`; and to the client, `%B` (heads counted) */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** four characters, manual 8.5 (`----`); TCP logs print the first two */
  readonly termination: string;
  readonly retries: number;
  /** a `+` stands before the retries in the log when the stream was redispatched */
  readonly redispatched: boolean;
  /** connections when the line is made: process, frontend, backend, server (`%ac/%fc/%bc/%sc`) */
  readonly actconn: number;
  /** requests that were before this one in the server's and the backend's queue */
  readonly srvQueue: number;
  readonly backendQueue: number;
  /** what of the proxy itself answers (`%s`): `<STATS>` */
  readonly applet?: string | undefined;
  /** source address of the connection to the server (`%bi`, `%bp`), if there is one */
  readonly serverLocal: Address | undefined;
  /** what TLS to the server agreed on */
  readonly serverTls?: TlsInfo | undefined;
  /** the descriptor of the connection to the server, as long as it is open */
  readonly serverDescriptor?: number | undefined;
  /** `set-bc-tos`, `set-bc-mark`: what packets to the server are to carry */
  /** why there is no connection to the server */
  readonly serverError?: ConnectionError | undefined;
  serverMarks?: SocketMarks | undefined;
  /** `set-priority-class`, -2047 to 2047, and `set-priority-offset`, ms: its place in queues; 0 when not set */
  priorityClass?: number;
  priorityOffset?: number;
  /** the server's end of that connection */
  readonly serverRemote?: Address | undefined;
  /** what later rules made of the session's addresses: see addresses.ts */
  source?: Address | undefined;
  destination?: Address | undefined;
  /** made when it is first asked for */
  uniqueId?: string | undefined;
  /** where the rule stands that ended a rule set last */
  lastRule?: { readonly file: string; readonly line: number } | undefined;
  /** `set-timeout`, in ms: instead of the backend's */
  serverTimeout?: number | undefined;
  tunnelTimeout?: number | undefined;
  /** `set-retries`: instead of the backend's */
  maxRetries?: number | undefined;
  /** `disable-l7-retry` */
  l7RetryDisabled?: boolean;
  /** `option http-use-proxy-header`: a request for a proxy, which has fields of its own for what concerns it */
  readonly proxied?: boolean;
  /** `strict-mode off`: rewrites that do not fit are left out */
  lenient?: boolean;
  /** Counts a rewrite that did not fit. */
  rewriteFailed?(): void;
  /** fields of an answer 103 that is being put together */
  earlyHints?: (readonly [name: string, value: string])[] | undefined;
  /** Sends an interim answer to a client that knows them: 0, or a promise while it is on its way. */
  sendInterim?(
    status: number,
    fields: readonly (readonly [name: string, value: string])[],
  ): Promise<number> | 0;
  /** Writes a log line now. */
  log?(): void;
  /** what is there of the bodies now; undefined: there is no such message */
  requestBody?(): Content | undefined;
  responseBody?(): Content | undefined;
  /** Lets a body have so many bytes of content at most; true: it has more, which is known already. */
  limitBody?(side: "request" | "response", bytes: number): boolean;
  /**
   * Waits for more of a body: until it is whole, `atLeast` bytes are there (0: all), the buffer is full, or `ms` have
   * passed. 0: go on; else the status that the stream ends with, and the stream knows why.
   */
  awaitRequestBody?(ms: number, atLeast: number): Promise<number> | 0;
  awaitResponseBody?(ms: number, atLeast: number): Promise<number> | 0;
  /** Lets `ms` pass. */
  pause?(ms: number): Promise<void>;
  /** `set-log-level`: undefined = as usual, -1 = silent, else the level of the stream's log line */
  logLevel: number | undefined;
  capturedRequestHeaders: readonly (string | undefined)[];
  capturedResponseHeaders: readonly (string | undefined)[];
  /** `capture cookie`, as `name=value` (`%CC`, `%CS`) */
  readonly requestCookie?: string;
  readonly responseCookie?: string;
  /** `txn.`, `req.`, `res.` and `check.` variables, from the first that is set */
  variables?: Variables;
  /** sticky counters, from the first that is tracked */
  tracked?: TrackedSlots | undefined;
  /** what a cache has to do with it (`cache-use`), and the cache that the answer came from */
  cacheUse?: CacheUse | undefined;
  cacheHit?: string | undefined;
  /** Lets the body of the request (in) or of the answer (out) go no faster than `pacer` says. */
  pace?(direction: "in" | "out", pacer: Pacer): void;
  /** Lets `tap` see the content of the server's answer as it passes. */
  tapResponse?(tap: BodyTap): void;
  /** what the answer was compressed by */
  compressed?: string | undefined;
  /** this is no stream but a health check: only here are `check.` variables */
  readonly isCheck?: true;
}

export interface ProcessView {
  readonly pid: number;
  /** among the processes of `nbproc`, from 1 */
  readonly number?: number;
  /** `nbproc` */
  readonly processes?: number;
  readonly hostname: string;
  /** `node`, or the host's name */
  readonly node: string;
  readonly stopping: boolean;
  /** the number of this thread, from 0 */
  readonly thread?: number;
  /** established client connections of the process */
  readonly actconn: number;
  /** wall ms, and clock ms */
  wall(): number;
  now(): number;
  /** 0 <= x < 1 */
  random(): number;
  /** `proc.` variables */
  readonly variables: Variables;
  readonly variableLimits: VariableLimits;
}
