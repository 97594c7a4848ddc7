/** TcpSession: one client connection of a `mode tcp` frontend; one stream, one tunnel. */
import type { Variables } from "../expr/variables.ts";
import type { Address, Conn, TlsInfo } from "../net/conn.ts";
import { assign } from "./assign.ts";
import { connectServer } from "./connect.ts";
import { endStream } from "./end_stream.ts";
import type { Frontend } from "./frontend.ts";
import type { Listening } from "./listening.ts";
import { noteTunnelEnd } from "./respond.ts";
import type { ProcessContext } from "./process_context.ts";
import { Stream, type StreamOwner } from "./stream.ts";
import { Tunnel } from "./tunnel.ts";

export class TcpSession implements StreamOwner {
  readonly conn: Conn;
  readonly process: ProcessContext;
  readonly listening: Listening;
  readonly frontend: Frontend;
  readonly acceptDate: number;
  readonly acceptAt: number;
  readonly requestCount = 1;
  variables: Variables | undefined = undefined;
  /** `tcp-request connection` does not want it: it is closed without a word */
  refused = false;
  /** a tunnel is never idle in the sense of drain: it ends when its peers end it */
  readonly idle = false;
  stream: Stream | undefined = undefined;
  #tunnel: Tunnel | undefined;

  constructor(conn: Conn, listening: Listening, process: ProcessContext) {
    this.conn = conn;
    this.listening = listening;
    this.process = process;
    this.frontend = listening.frontend;
    this.frontend.lifetime.hold();
    this.acceptAt = process.now();
    this.acceptDate = process.wall();
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
  get listenerName(): string | undefined {
    return this.listening.name;
  }
  get listenerId(): number {
    return this.listening.id;
  }

  retire(): void {}

  adopt(): void {}

  /** Ends the session from outside. */
  kill(): void {
    this.#end("D");
  }

  abort(): void {
    this.#end("K");
  }

  #end(cause: "D" | "K"): void {
    if (this.#tunnel !== undefined) this.stream?.fail(cause, "D");
    this.stream?.giveUp(cause);
    this.#tunnel?.kill();
    this.conn.close();
  }

  /** Serves the connection until it ends. Never rejects. */
  async run(): Promise<void> {
    const process = this.process;
    if (this.refused) {
      this.conn.close();
      return;
    }
    const stream = new Stream(this, this.frontend, process, process.nextStreamId(), this.acceptAt);
    this.stream = stream;
    stream.requestStartAt = stream.requestAt = this.acceptAt;
    stream.requestDate = stream.wall = this.acceptDate;
    try {
      await this.#serve(stream);
    } catch (error) {
      process.internalError("tcp session", error);
    }
    this.conn.close();
    endStream(stream, process);
  }

  async #serve(stream: Stream): Promise<void> {
    const process = this.process;
    const backend = this.frontend.selectBackend(stream);
    if (backend === undefined) {
      stream.fail("S", "C");
      return;
    }
    backend.enter(stream);
    backend.chooseServer?.(stream);
    const assigned = assign(stream, backend, process);
    const server = assigned instanceof Promise ? await assigned : assigned;
    if (server === undefined) return;
    const upstream = await connectServer(stream, backend, process, this.conn.local);
    if (upstream === undefined) return;
    stream.serverLocal = upstream.local;
    const client = this.frontend.config.timeouts;
    const back = backend.config.timeouts;
    const tunnel = new Tunnel(this.conn, upstream, process.buffers, process.wheel, {
      client: client.client,
      server: back.server,
      tunnel: back.tunnel,
      clientFin: client.clientFin,
      serverFin: back.serverFin,
      independent: backend.config.options.independentStreams,
    }, stream);
    this.#tunnel = tunnel;
    noteTunnelEnd(stream, await tunnel.run());
    upstream.close();
  }
}
