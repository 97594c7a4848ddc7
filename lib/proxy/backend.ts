/** Backend: the side of a proxy that talks to servers, compiled for running; one for each Generation. */
import type { ServerPool } from "../balance/pool.ts";
import type { Server } from "../balance/server.ts";
import type { ProxyConfig } from "../config/model.ts";
import type { ProxyView } from "../expr/context.ts";
import type { Logger } from "../log/types.ts";
import type { ParseOptions } from "../http1/parse_fields.ts";
import type { BackendState } from "../state/proxy.ts";
import type { ProxyCounters } from "../state/traffic.ts";
import type { Answers } from "./answers.ts";
import type { Handler } from "./frontend.ts";
import type { ProcessContext } from "./process_context.ts";
import type { Stream } from "./stream.ts";
import type { ReusePool } from "./reuse.ts";

export class Backend implements ProxyView {
  readonly config: ProxyConfig;
  readonly name: string;
  readonly id: number;
  readonly mode: "http" | "tcp";
  readonly counters: ProxyCounters;
  readonly state: BackendState;
  readonly answers: Answers;
  readonly parseOptions: ParseOptions;
  readonly logger: Logger;
  readonly pool: ServerPool;
  /** idle connections by server; they outlive a Generation when the server's address stays */
  readonly reuse: ReadonlyMap<Server, ReusePool>;
  /** set once when the Generation is provisioned */
  handle!: Handler;

  constructor(
    config: ProxyConfig,
    counters: ProxyCounters,
    state: BackendState,
    answers: Answers,
    logger: Logger,
    pool: ServerPool,
    reuse: ReadonlyMap<Server, ReusePool>,
    maxhdr: number,
  ) {
    this.config = config;
    this.name = config.name;
    this.id = config.id;
    this.mode = config.mode;
    this.counters = counters;
    this.state = state;
    this.parseOptions = { maxhdr, acceptInvalid: config.options.acceptInvalidHttpResponse };
    this.answers = answers;
    this.logger = logger;
    this.pool = pool;
    this.reuse = reuse;
  }

  get currentConnections(): number {
    return this.state.current;
  }

  /** A stream comes to this backend: it is counted until `leave`. */
  enter(stream: Stream, process: ProcessContext): void {
    stream.backend = this;
    const wall = process.wall();
    this.counters.session(wall, this.state.enter());
    this.state.setLastSession(wall);
    if (this.mode === "http") this.counters.request(wall);
  }

  leave(): void {
    this.state.leave();
  }
}
