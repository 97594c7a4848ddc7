/** Frontend: the side of a proxy that clients see, compiled for running; one for each Generation. */
import type { ProxyConfig } from "../config/model.ts";
import type { ProxyView } from "../expr/context.ts";
import type { Logger } from "../log/types.ts";
import type { ParseOptions } from "../http1/parse_fields.ts";
import type { FrontendState } from "../state/proxy.ts";
import type { ProxyCounters } from "../state/traffic.ts";
import type { Answers } from "./answers.ts";
import type { Backend } from "./backend.ts";
import type { Reply } from "./reply.ts";
import type { Stream, StreamOwner } from "./stream.ts";

/** What a policy does with a request; undefined: nothing more is to be sent, the client is to be closed. */
export type Handler = (stream: Stream) => Reply | undefined | Promise<Reply | undefined>;

export class Frontend implements ProxyView {
  readonly config: ProxyConfig;
  readonly name: string;
  readonly id: number;
  readonly mode: "http" | "tcp";
  readonly counters: ProxyCounters;
  readonly answers: Answers;
  readonly logger: Logger;
  /** builds a log line; undefined: nothing is logged */
  readonly logLine: ((stream: Stream) => string) | undefined;
  /** set once when the Generation is provisioned: the Hono application of routes/policy.ts */
  handle!: Handler;
  /** mode tcp: which backend; undefined: none, close */
  selectBackend!: (stream: Stream) => Backend | undefined;
  /** false: `tcp-request connection` rejects it */
  admit: ((session: StreamOwner) => boolean) | undefined = undefined;
  readonly state: FrontendState;
  readonly parseOptions: ParseOptions;

  constructor(
    config: ProxyConfig,
    counters: ProxyCounters,
    state: FrontendState,
    answers: Answers,
    logger: Logger,
    logLine: ((stream: Stream) => string) | undefined,
    maxhdr: number,
  ) {
    this.config = config;
    this.name = config.name;
    this.id = config.id;
    this.mode = config.mode;
    this.counters = counters;
    this.state = state;
    this.parseOptions = {
      maxhdr,
      acceptInvalid: config.options.acceptInvalidHttpRequest,
    };
    this.answers = answers;
    this.logger = logger;
    this.logLine = logger.enabled ? logLine : undefined;
  }

  get currentConnections(): number {
    return this.state.current;
  }
}
