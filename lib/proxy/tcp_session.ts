/** TcpSession: one client connection of a `mode tcp` frontend; one stream, one tunnel. */
import { ClientSession } from "./client_session.ts";
import { assign } from "./assign.ts";
import { connectServer } from "./connect.ts";
import { endStream } from "./end_stream.ts";
import { noteTunnelEnd } from "./respond.ts";
import { Stream } from "./stream.ts";
import { Tunnel } from "./tunnel.ts";

export class TcpSession extends ClientSession {
  readonly requestCount = 1;
  /** a tunnel is never idle in the sense of drain: it ends when its peers end it */
  readonly idle = false;
  #tunnel: Tunnel | undefined;

  override retire(): void {}

  override adopt(): void {}

  override kill(cause: "D" | "U" = "D"): void {
    this.#end(cause);
  }

  override abort(): void {
    this.#end("K");
  }

  #end(cause: "D" | "K" | "U"): void {
    if (this.#tunnel !== undefined) this.stream?.fail(cause, "D");
    this.stream?.giveUp(cause);
    this.#tunnel?.kill();
    this.conn.close();
  }

  override async run(): Promise<void> {
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
    stream.serverRemote = upstream.remote;
    backend.serverReached?.(stream);
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
