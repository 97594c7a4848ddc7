/** Backend: the side of a proxy that talks to servers, compiled for running; one for each Generation. */
import type { H2Tune } from "../config/model_h2.ts";
import type { ServerPool } from "../balance/pool.ts";
import type { Server } from "../balance/server.ts";
import type { Diagnostics } from "../config/diagnostic.ts";
import type { Mode, ProxyConfig, Timeouts } from "../config/model.ts";
import type { ProxyView } from "../expr/context.ts";
import type { Logger } from "../log/types.ts";
import type { ParseOptions } from "../http1/parse_fields.ts";
import type { BackendState } from "../state/proxy.ts";
import type { ProxyCounters } from "../state/traffic.ts";
import type { Answers } from "./answers.ts";
import type { LatencyBook } from "./latency.ts";
import type { CookieValues } from "./cookie_values.ts";
import type { Handler } from "./frontend.ts";
import type { ContentRules } from "./inspect.ts";
import type { Stream } from "./stream.ts";
import type { ReusePool } from "./reuse.ts";

/** What a Backend is made of. */
export interface BackendParts {
  readonly config: ProxyConfig;
  readonly counters: ProxyCounters;
  readonly state: BackendState;
  readonly answers: Answers;
  readonly logger: Logger;
  readonly pool: ServerPool;
  /** idle connections by server; they outlive a Generation when the server's address stays */
  readonly reuse: Map<Server, ReusePool>;
  /** tune.http.maxhdr */
  readonly maxhdr: number;
  /** tune.h2.* */
  readonly h2: H2Tune;
}

export class Backend implements ProxyView {
  readonly config: ProxyConfig;
  readonly name: string;
  readonly id: number;
  readonly mode: Mode;
  readonly counters: ProxyCounters;
  readonly state: BackendState;
  readonly answers: Answers;
  readonly logger: Logger;
  readonly pool: ServerPool;
  readonly reuse: Map<Server, ReusePool>;
  readonly parseOptions: ParseOptions;
  readonly h2: H2Tune;
  /** mode http: the answer to a request (routes/policy); set once while the Generation is provisioned */
  handle!: Handler;
  /** Compiles what a server's settings say, of one that is added while running; set as `handle` is. */
  compileServer: ((server: Server, diagnostics: Diagnostics) => void) | undefined = undefined;
  /** while an exporter is configured: histograms of times */
  latency: LatencyBook | undefined = undefined;
  /** values of the persistence cookie, which an operator may change; undefined: there is no cookie */
  cookieValues: CookieValues | undefined = undefined;
  /** mode tcp: rules that look at what a client, and what a server sends first */
  content: ContentRules | undefined = undefined;
  answerContent: ContentRules | undefined = undefined;
  /** mode tcp: persist rules and `use-server`; undefined: there are none */
  chooseServer: ((stream: Stream) => void) | undefined = undefined;
  /** mode tcp: what is written of the server once it has taken the connection */
  serverReached: ((stream: Stream) => void) | undefined = undefined;

  constructor(parts: BackendParts) {
    this.config = parts.config;
    this.name = parts.config.name;
    this.id = parts.config.id;
    this.mode = parts.config.mode;
    this.counters = parts.counters;
    this.state = parts.state;
    this.answers = parts.answers;
    this.logger = parts.logger;
    this.pool = parts.pool;
    this.reuse = parts.reuse;
    this.h2 = parts.h2;
    this.parseOptions = {
      maxhdr: parts.maxhdr,
      acceptInvalid: parts.config.options.acceptInvalidHttpResponse,
    };
  }

  get currentConnections(): number {
    return this.state.current;
  }
  get timeouts(): Timeouts {
    return this.config.timeouts;
  }
  get servers(): readonly Server[] {
    return this.pool.servers;
  }
  get usableServers(): number {
    let active = 0;
    let backups = 0;
    for (const server of this.pool.servers) {
      if (!server.usable) continue;
      if (server.backup) backups++;
      else active++;
    }
    if (active > 0) return active;
    return this.config.options.allbackups ? backups : Math.min(1, backups);
  }
  /** Streams that wait for any server or for one of them. */
  get queued(): number {
    return this.state.waiting;
  }
  sessionRate(wall: number): number {
    return this.counters.sessionRate(wall);
  }
  requestRate(wall: number): number {
    return this.counters.requestRate(wall);
  }

  /** A stream comes to this backend: it is counted until `leave`. */
  enter(stream: Stream): void {
    stream.backend = this;
    const { wall } = stream;
    this.counters.session(wall, this.state.enter());
    this.state.setLastSession(wall);
    if (this.mode === "http") this.counters.request(wall);
  }

  leave(): void {
    this.state.leave();
  }
}
