/** What every client connection has, whatever is spoken on it: where it came from, and when. */
import type { TrackedSlots } from "../stick/counters.ts";
import type { SocketMarks } from "../expr/context.ts";
import type { Variables } from "../expr/variables.ts";
import type { Address, Conn, TlsInfo } from "../net/conn.ts";
import type { ConnectionError } from "../net/connection_errors.ts";
import { vanish } from "../net/live_socket.ts";
import type { ProxyHeader } from "../net/proxy_protocol/header.ts";
import type { ListenerCounters } from "../state/listener.ts";
import type { Frontend } from "./frontend.ts";
import type { InnerRequest } from "./inner_request.ts";
import type { Listening } from "./listening.ts";
import type { ProcessContext } from "./process_context.ts";
import type { Stream, StreamOwner } from "./stream.ts";

export abstract class ClientSession implements StreamOwner {
  readonly conn: Conn;
  readonly process: ProcessContext;
  readonly listening: Listening;
  /** clock ms and wall ms */
  readonly acceptAt: number;
  readonly acceptDate: number;
  /** of the Generation that the current request belongs to */
  frontend: Frontend;
  /** `option socket-stats`: those of the listener that it is counted by */
  listenerCounters: ListenerCounters | undefined;
  variables: Variables | undefined = undefined;
  tracked: TrackedSlots | undefined = undefined;
  /** `tcp-request connection` does not want it: it is closed without a word */
  refused = false;
  /** what is being served */
  stream: Stream | undefined = undefined;

  // What few connections have takes room in those only:
  /** what rules made of `remote` and `local` */
  declare source?: Address | undefined;
  declare destination?: Address | undefined;
  /** a rule wants a header of these protocols before anything else (`expect-proxy`, `expect-netscaler-cip`) */
  declare expectsProxy?: boolean;
  declare expectsCip?: boolean;
  /** sluice itself is the client: what for */
  declare inner?: InnerRequest | undefined;
  /** why it has no session */
  declare error?: ConnectionError | undefined;
  declare marks?: SocketMarks | undefined;
  declare admission?: readonly object[] | undefined;

  /** it speaks HTTP */
  abstract get http(): boolean;
  abstract readonly requestCount: number;
  /** nothing is being served: a drain may end it */
  abstract readonly idle: boolean;

  /** `from`: the same connection while its handshakes were under way. */
  constructor(
    conn: Conn,
    listening: Listening,
    process: ProcessContext,
    from?: ClientSession,
  ) {
    this.conn = conn;
    this.listening = listening;
    this.process = process;
    this.frontend = from?.frontend ?? listening.frontend;
    this.frontend.lifetime.hold();
    this.listenerCounters = from === undefined ? listening.counters : from.listenerCounters;
    this.acceptAt = from?.acceptAt ?? process.now();
    this.acceptDate = from?.acceptDate ?? process.wall();
    if (from === undefined) return;
    this.variables = from.variables;
    this.tracked = from.tracked;
    if (from.admission !== undefined) this.admission = from.admission;
    if (from.marks !== undefined) this.marks = from.marks;
  }

  /** the major version of HTTP that its client speaks */
  get glitches(): number {
    return this.conn.glitches ?? 0;
  }
  get httpMajor(): 1 | 2 {
    return this.conn.httpMajor ?? 1;
  }
  get remote(): Address {
    return this.conn.remote;
  }
  get local(): Address {
    return this.conn.local;
  }
  get tls(): TlsInfo | undefined {
    return this.conn.tls;
  }
  get proxyHeader(): ProxyHeader | undefined {
    return this.conn.proxyHeader;
  }
  get descriptor(): number | undefined {
    return this.conn.descriptor;
  }
  vanish(ttl: number | undefined): void {
    const fd = this.conn.descriptor;
    if (fd !== undefined) vanish(fd, ttl);
    this.conn.abort();
  }
  get listenerName(): string | undefined {
    return this.listening.name;
  }
  get listenerId(): number {
    return this.listening.id;
  }
  get namespace(): string | undefined {
    return this.listening.bind.namespace;
  }
  get listenerConnections(): number {
    return this.listening.connections;
  }

  /** Serves the connection until it ends, or another session goes on with it. Never rejects. */
  abstract run(): Promise<ClientSession | undefined | void>;
  /** Moves to the frontend that its listener has now, between two requests. */
  abstract adopt(): void;
  /** Ends it when it is idle (drain): a request that runs is finished first. */
  abstract retire(): void;
  /** Ends what is being served: its server is gone (D), or a better one is there (U). */
  abstract kill(cause?: "D" | "U"): void;
  /** Ends what `server` of `backend` serves of it. */
  killOn(backend: string, server: string, cause: "D" | "U"): void {
    const { stream } = this;
    if (stream?.slot?.name === server && stream.backend?.name === backend) this.kill(cause);
  }
  /** Ends the connection and what is served on it at once. */
  abstract abort(): void;
}
