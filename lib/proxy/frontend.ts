/** Frontend: the side of a proxy that clients see, compiled for running; one for each Generation. */
import type { H2Tune } from "../config/model_h2.ts";
import type { Mode, ProxyConfig, Timeouts } from "../config/model.ts";
import type { ProxyView, StreamView } from "../expr/context.ts";
import type { SyslogForwarder } from "../log/syslog/forwarder.ts";
import type { Logger } from "../log/types.ts";
import type { ParseOptions } from "../http1/parse_fields.ts";
import type { ListenerCounters } from "../state/listener.ts";
import type { FrontendState } from "../state/proxy.ts";
import type { ProxyCounters } from "../state/traffic.ts";
import type { Answers } from "./answers.ts";
import type { Backend } from "./backend.ts";
import type { ContentRules } from "./inspect.ts";
import type { Lifetime } from "./lifetime.ts";
import type { Stream, StreamOwner } from "./stream.ts";

/**
 * Finds the answer to a request and puts it into `stream.reply`; when it leaves that undefined, nothing is to be
 * sent and the client is closed. Done when it returns, or when its promise is settled: after a rejection, which is a bug
 * of ours, Frontend.handleError finds the answer.
 */
export type Handler = (stream: Stream) => Promise<unknown> | undefined;

/** One listening address that counts for itself (`option socket-stats`). */
export interface SocketStats {
  /** its number in the frontend */
  readonly id: number;
  /** what its `bind` line says, or `sock-<id>` */
  readonly name: string;
  /** as statistics show it */
  readonly address: string;
  /** of its `bind` line; 0: no limit */
  readonly maxconn: number;
  readonly counters: ListenerCounters;
}

/** What a Frontend is made of. */
export interface FrontendParts {
  readonly config: ProxyConfig;
  readonly counters: ProxyCounters;
  readonly state: FrontendState;
  readonly answers: Answers;
  readonly logger: Logger;
  /** tune.http.maxhdr */
  readonly maxhdr: number;
  /** h1-accept-payload-with-any-method */
  readonly anyPayload: boolean;
  /** tune.h2.* */
  readonly h2: H2Tune;
  readonly lifetime: Lifetime;
  readonly sockets: ReadonlyMap<number, SocketStats> | undefined;
}

export class Frontend implements ProxyView {
  readonly config: ProxyConfig;
  readonly name: string;
  readonly id: number;
  readonly mode: Mode;
  readonly counters: ProxyCounters;
  readonly state: FrontendState;
  readonly answers: Answers;
  readonly logger: Logger;
  readonly parseOptions: ParseOptions;
  readonly h2: H2Tune;
  /** of the Generation it belongs to */
  readonly lifetime: Lifetime;
  /** `option socket-stats`: its listeners by number */
  readonly sockets: ReadonlyMap<number, SocketStats> | undefined;
  /** whether it accepts: an operator may have paused it, or closed its listeners */
  status: "OPEN" | "PAUSED" | "STOP" = "OPEN";
  /** most client connections; undefined: those of the process (`set maxconn frontend`) */
  maxconn: number | undefined;

  // Set once while the Generation is provisioned:
  /** a `log-forward` section: what takes its messages */
  syslog: SyslogForwarder | undefined = undefined;
  /** mode http: the answer to a request (routes/policy) */
  handle!: Handler;
  /** what a client is answered when `handle` was at fault */
  handleError!: (stream: Stream, error: unknown) => void;
  /** mode tcp: rules that look at what comes first */
  content: ContentRules | undefined = undefined;
  /** mode tcp: which backend; undefined: none, close */
  selectBackend!: (stream: Stream) => Backend | undefined;
  /** false: `tcp-request connection` rejects it */
  admitConnection: ((session: StreamOwner) => boolean) | undefined = undefined;
  /** false: `tcp-request session` rejects it */
  admitSession: ((session: StreamOwner) => boolean) | undefined = undefined;
  /** a `tcp-request connection` rule may want a header of the PROXY protocol or of NetScaler */
  mayExpectHeader = false;
  /** builds a stream's log line; undefined: streams are not logged */
  logLine: ((stream: Stream) => string) | undefined = undefined;
  /** the line of a stream that went wrong; undefined: `logLine` */
  errorLogLine: ((stream: Stream) => string) | undefined = undefined;
  /** the structured data of RFC 5424 lines; undefined: none */
  structuredData: ((stream: Stream) => string) | undefined = undefined;
  captureLengths: ProxyView["captureLengths"] = undefined;
  /** `unique-id-format`; undefined: streams have no identifier */
  /** where there are caches that want it: fetches an object anew */
  refetch: ProxyView["refetch"] = undefined;
  makeUniqueId: ((stream: StreamView) => string) | undefined = undefined;
  /** with a log but no format, a connection is logged when it is accepted (manual `log`) */
  logsConnections = false;

  constructor(parts: FrontendParts) {
    this.config = parts.config;
    this.name = parts.config.name;
    this.id = parts.config.id;
    this.mode = parts.config.mode;
    this.counters = parts.counters;
    this.state = parts.state;
    this.answers = parts.answers;
    this.logger = parts.logger;
    this.lifetime = parts.lifetime;
    this.sockets = parts.sockets;
    this.maxconn = parts.config.maxconn;
    this.h2 = parts.h2;
    this.parseOptions = {
      maxhdr: parts.maxhdr,
      anyPayload: parts.anyPayload,
      acceptInvalid: parts.config.options.acceptInvalidHttpRequest,
    };
  }

  /** Writes a line about a stream, which went wrong or as it should. */
  log(stream: Stream, level: number, wrong: boolean): void {
    const line = (wrong ? this.errorLogLine : undefined) ?? this.logLine;
    if (line !== undefined) this.logger.send(level, line(stream), this.structuredData?.(stream));
  }

  get currentConnections(): number {
    return this.state.current;
  }
  get timeouts(): Timeouts {
    return this.config.timeouts;
  }
  get defaultBackendName(): string | undefined {
    return this.config.defaultBackend?.text;
  }
  sessionRate(wall: number): number {
    return this.counters.sessionRate(wall);
  }
  requestRate(wall: number): number {
    return this.counters.requestRate(wall);
  }
}
