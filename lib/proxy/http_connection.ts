/**
 * HttpConnection: what a client's connection that speaks HTTP/1 has, with a request or without: what was read and not
 * used, the time that the client is given, and the message that is lent to it while it has a request.
 *
 * Laws:
 * - Its one timer watches the client: waiting for a request, for its body, for it to take the answer. When it fires the
 *   connection is closed (after a 408 where the manual wants one) and whoever waits sees `expired`.
 * - Thousands of them are idle: what belongs to a request is part of the message, what few have is no field.
 */
import type { Content } from "../expr/context.ts";
import type { Variables } from "../expr/variables.ts";
import type { BodyReader } from "../http1/body.ts";
import type { Head } from "../http1/head.ts";
import type { Conn } from "../net/conn.ts";
import { Timer } from "../net/timers.ts";
import type { Backend } from "./backend.ts";
import { ClientSession } from "./client_session.ts";
import { Inbox } from "./inbox.ts";
import { LAST_WRITE_MS } from "./lingering_close.ts";
import type { Listening } from "./listening.ts";
import { Message } from "./message.ts";
import { contentOf } from "./message_body.ts";
import { OwnUpstreams } from "./own_upstreams.ts";
import type { LastServer } from "./prefer_last.ts";
import type { ProcessContext } from "./process_context.ts";
import type { RequestPump } from "./request_body.ts";

/** What the timer watches. */
export type Waiting = "nothing" | "idle" | "head" | "write";

export abstract class HttpConnection extends ClientSession {
  readonly inbox: Inbox;
  /** an idle connection holds none */
  message: Message = NO_MESSAGE;
  readonly timer: Timer;
  requestCount = 0;
  /** clock ms at which the present request began to come; -1: nothing of it has come */
  startedAt = 0;
  /** the client's time was up: the connection is closed or will be */
  expired = false;
  waiting: Waiting = "nothing";
  /** bytes of the inbox that were looked at for a head in vain */
  scanned = 0;
  #kept: Kept | undefined = undefined;
  #closed = false;

  // Where TCP was spoken first:
  /** the backend that was chosen then: all requests go to it */
  declare pinned?: Backend | undefined;
  /** variables of the TCP stream that the first request goes on with */
  declare inherited?: Variables | undefined;

  constructor(conn: Conn, listening: Listening, process: ProcessContext, from?: ClientSession) {
    super(conn, listening, process, from);
    this.inbox = new Inbox(conn, process.buffers);
    this.timer = new Timer(process.wheel, this);
  }

  override get http(): boolean {
    return true;
  }

  /** one request, on a stream of HTTP/2 */
  get single(): boolean {
    return false;
  }

  get head(): Head {
    return this.message.head;
  }
  /** where the request's body ends */
  get body(): BodyReader {
    return this.message.body;
  }
  get pump(): RequestPump | undefined {
    return this.message.pump;
  }

  override adopt(): void {
    const now = this.listening.frontend;
    if (now === this.frontend || this.pinned !== undefined) return;
    now.lifetime.hold();
    now.state.enter();
    this.frontend.state.leave();
    const { counters } = this.listening;
    if (counters !== this.listenerCounters) {
      counters?.enter();
      this.listenerCounters?.leave();
      this.listenerCounters = counters;
    }
    this.frontend.lifetime.letGo();
    this.frontend = now;
  }

  override kill(cause: "D" | "U" = "D"): void {
    this.stream?.giveUp(cause);
  }

  /** What is there of the request's body and not forwarded yet. */
  requestContent(): Content | undefined {
    const { message } = this;
    if (message.settled || this.stream === undefined) return undefined;
    const { head, headEnd, bodyEnd } = message;
    if (message.content === undefined || message.contentEnd !== bodyEnd) {
      message.contentEnd = bodyEnd;
      message.content = contentOf(head, this.inbox.bytes, headEnd, bodyEnd);
    }
    return message.content;
  }

  /** the session's own server connections (http-reuse never) */
  get own(): OwnUpstreams {
    return this.#keep.own ??= new OwnUpstreams();
  }

  /** of the previous request (option prefer-last-server) */
  get lastServer(): LastServer {
    return this.#keep.lastServer ??= { backend: "", server: "" };
  }

  /** Closes what stayed with the connection. */
  protected letGoOfKept(): void {
    this.#kept?.own?.close();
  }

  get #keep(): Kept {
    return this.#kept ??= { own: undefined, lastServer: undefined };
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Starts watching the client's next move for `ms`; undefined: no limit. */
  watch(what: Waiting, ms: number | undefined): void {
    this.waiting = what;
    // A timer that has nothing to watch stays where it is: moving it later costs less than taking it out.
    if (ms !== undefined) this.timer.set(ms);
    else if (what !== "nothing") this.timer.clear();
  }

  /** Used by its timer. */
  expire(): void {
    if (this.waiting === "nothing") return;
    this.expired = true;
    if (this.waiting === "head") {
      const first = this.requestCount === 0 && this.inbox.length === 0;
      if (!(first && this.frontend.config.options.httpIgnoreProbes)) {
        this.#sendAndClose(this.frontend.answers.bytes(408, undefined));
        return;
      }
    }
    this.end();
  }

  /** Ends the connection. Idempotent. */
  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.conn.close();
    // A piece of the body may be on its way to the server from there.
    if (this.pump === undefined) this.inbox.release();
    else this.pump.ended.then(() => this.inbox.release());
  }

  /** Writes a last answer, without waiting for a client that does not take it. */
  #sendAndClose(bytes: Uint8Array): void {
    const r = this.conn.write(bytes);
    if (typeof r === "number") {
      this.end();
      return;
    }
    this.waiting = "write";
    this.timer.set(LAST_WRITE_MS);
    r.then(() => this.end());
  }

  giveMessageBack(): void {
    const { message } = this;
    if (message === NO_MESSAGE) return;
    this.message = NO_MESSAGE;
    message.clear();
    this.process.messages.push(message);
  }

  /** The request was sent, or never will be: its bytes leave the inbox. Idempotent for one request. */
  settle(): void {
    const { message } = this;
    if (message.settled) return;
    message.settled = true;
    this.inbox.consume(message.bodyEnd);
  }

  get settled(): boolean {
    return this.message.settled;
  }
}

/** What stays with a connection from one request to the next, where something does. */
interface Kept {
  /** the session's own server connections (http-reuse never) */
  own: OwnUpstreams | undefined;
  lastServer: LastServer | undefined;
}

const NO_MESSAGE = new Message();
NO_MESSAGE.settled = true;
