/**
 * TcpSession: one client connection of a `mode tcp` frontend; one stream, one tunnel. Rules may look at what comes
 * first, and may find that it is HTTP: then an HttpSession goes on with the connection.
 */
import { Arriving } from "../expr/arriving.ts";
import { IoStatus } from "../net/conn.ts";
import type { Conn } from "../net/conn.ts";
import { LC } from "../state/listener.ts";
import { PC, SC } from "../state/traffic.ts";
import type { Backend } from "./backend.ts";
import { ClientSession } from "./client_session.ts";
import { assign } from "./assign.ts";
import { connectServer } from "./connect.ts";
import { endStream } from "./end_stream.ts";
import { HttpSession } from "./http_session.ts";
import { Inbox } from "./inbox.ts";
import { InboxConn } from "./inbox_conn.ts";
import { type ContentRules, inspect } from "./inspect.ts";
import { httpPeeker } from "./peek_http.ts";
import { noteTunnelEnd } from "./respond_tunnel.ts";
import { splicingOf } from "./splicing.ts";
import { Stream } from "./stream.ts";
import { Tunnel } from "./tunnel.ts";

export class TcpSession extends ClientSession {
  readonly http = false;
  readonly requestCount = 1;
  /** a tunnel is never idle in the sense of drain: it ends when its peers end it */
  readonly idle = false;
  #tunnel: Tunnel | undefined;
  /** what rules have seen of the client, until it is handed on */
  #inbox: Inbox | undefined;

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

  /** Answers the session that goes on with the connection, if there is one. */
  override async run(): Promise<HttpSession | undefined> {
    const process = this.process;
    if (this.refused) {
      this.conn.close();
      return undefined;
    }
    const stream = new Stream(this, this.frontend, process, process.nextStreamId(), this.acceptAt);
    this.stream = stream;
    stream.requestStartAt = stream.requestAt = this.acceptAt;
    stream.requestDate = stream.wall = this.acceptDate;
    try {
      const next = await this.#serve(stream);
      if (next !== undefined) return next;
    } catch (error) {
      process.internalError("tcp session", error);
    }
    this.conn.close();
    this.#inbox?.release();
    endStream(stream, process);
    return undefined;
  }

  async #serve(stream: Stream): Promise<HttpSession | undefined> {
    const process = this.process;
    const { content } = this.frontend;
    if (content !== undefined) {
      const go = await this.#inspect(stream, content);
      if (go === "http") return this.#becomeHttp(stream);
      if (!go) return;
    }
    const backend = this.frontend.selectBackend(stream);
    if (backend === undefined) {
      stream.fail("S", "C");
      return;
    }
    if (backend.mode === "http") return this.#becomeHttp(stream, backend);
    backend.enter(stream);
    if (backend.content !== undefined && !await this.#inspect(stream, backend.content)) return;
    backend.chooseServer?.(stream);
    const assigned = assign(stream, backend, process);
    const server = assigned instanceof Promise ? await assigned : assigned;
    if (server === undefined) return;
    const made = await connectServer(stream, backend, process);
    if (made === undefined) return;
    stream.serverConn = made;
    stream.serverTls = made.tls;
    if (backend.answerContent === undefined) backend.serverReached?.(stream);
    stream.arriving = undefined;
    const upstream = backend.answerContent === undefined
      ? made
      : this.#gated(stream, backend, backend.answerContent, made);
    await this.#relay(stream, backend, this.#handOn(), upstream);
  }

  async #relay(stream: Stream, backend: Backend, client: Conn, upstream: Conn): Promise<void> {
    const { buffers, wheel } = this.process;
    const front = this.frontend.config.timeouts;
    const back = backend.config.timeouts;
    const tunnel = new Tunnel(
      client,
      upstream,
      buffers,
      wheel,
      {
        client: front.client,
        server: back.server,
        tunnel: back.tunnel,
        clientFin: front.clientFin,
        serverFin: back.serverFin,
        independent: backend.config.options.independentStreams,
      },
      stream,
      splicingOf(this.frontend.config.options, backend.config.options, this.process),
    );
    this.#tunnel = tunnel;
    noteTunnelEnd(stream, await tunnel.run());
    upstream.close();
    client.close();
  }

  /** The client's connection with what rules have seen of it before it. */
  #handOn(): Conn {
    const inbox = this.#inbox;
    if (inbox === undefined) return this.conn;
    this.#inbox = undefined;
    return new InboxConn(this.conn, inbox);
  }

  /** False: the connection is to be closed, and the stream knows why. */
  async #inspect(stream: Stream, { run, delay }: ContentRules): Promise<boolean | "http"> {
    const { process, frontend } = this;
    const inbox = this.#inbox ??= new Inbox(this.conn, process.buffers);
    const arriving = stream.arriving ??= new Arriving(
      process.buffers.full.size,
      httpPeeker(frontend.parseOptions, (head) => stream.request = head),
    );
    const seen = await inspect(inbox, arriving, () => run(stream), delay, {
      wheel: process.wheel,
      silence: frontend.config.timeouts.client,
    });
    // What chooses a backend and a server looks once more, and does not wait.
    arriving.final = true;
    if (seen === "gone" || seen === "silent") {
      stream.fail(seen === "gone" ? "C" : "c", "R");
      return false;
    }
    if (seen?.type === "http") return "http";
    if (seen === undefined || seen.type === "allow") return true;
    stream.fail("P", "R");
    frontend.counters.add(PC.dreq, 1);
    this.listenerCounters?.add(LC.dreq, 1);
    return false;
  }

  /** A connection to a server whose first bytes wait for what rules say of them. */
  #gated(stream: Stream, backend: Backend, { run, delay }: ContentRules, conn: Conn): Conn {
    const { process } = this;
    const inbox = new Inbox(conn, process.buffers);
    return new InboxConn(conn, inbox, async () => {
      stream.answering = new Arriving(process.buffers.full.size);
      const seen = await inspect(inbox, stream.answering, () => run(stream), delay, {
        wheel: process.wheel,
        silence: undefined,
      });
      stream.answering.final = true;
      backend.serverReached?.(stream);
      stream.answering = undefined;
      if (seen === undefined || seen === "silent") return 0;
      if (seen === "gone") return IoStatus.Reset;
      if (seen.type === "allow") return 0;
      if (seen.type === "close") {
        // What has come is still passed on.
        conn.close();
        return 0;
      }
      stream.fail("P", "D");
      this.frontend.counters.add(PC.dresp, 1);
      backend.counters.add(PC.dresp, 1);
      stream.lastServer?.counters.add(SC.dresp, 1);
      this.listenerCounters?.add(LC.dresp, 1);
      return IoStatus.Aborted;
    });
  }

  #becomeHttp(stream: Stream, pinned?: Backend): HttpSession {
    const session = new HttpSession(this.#handOn(), this.listening, this.process, this);
    if (pinned !== undefined) session.pinned = pinned;
    if (stream.variables !== undefined) session.inherited = stream.variables;
    return session;
  }
}
