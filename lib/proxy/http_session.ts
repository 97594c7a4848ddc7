/**
 * HttpSession: one client connection that speaks HTTP/1. It reads a request head, lets the frontend's policy
 * find the answer, sends it, and does so again while the connection may live.
 *
 * Laws:
 * - One request at a time; what comes after it (pipelining) stays unread in the inbox.
 * - The session's one timer watches the client: waiting for a request, for its body, for it to take the answer.
 *   When it fires the connection is closed (after a 408 where the manual wants one) and whoever waits sees
 *   `expired`.
 * - After an error answer the connection lives on when the request was complete, as in HAProxy.
 */
import type { Content } from "../expr/context.ts";
import { BodyReader } from "../http1/body.ts";
import { skipEmptyLines } from "../http1/find_end.ts";
import { Head } from "../http1/head.ts";
import type { ParseOptions } from "../http1/parse_fields.ts";
import { findRequestEnd, parseRequest } from "../http1/parse_request.ts";
import type { Conn } from "../net/conn.ts";
import { Timer } from "../net/timers.ts";
import type { Variables } from "../expr/variables.ts";
import type { Backend } from "./backend.ts";
import { endedEarly, refuse, refuseError } from "./bad_request.ts";
import { ClientSession } from "./client_session.ts";
import { FULL, Inbox } from "./inbox.ts";
import type { H2Side } from "./h2_side.ts";
import { LAST_WRITE_MS, lingerAfter } from "./lingering_close.ts";
import type { Listening } from "./listening.ts";
import type { LastServer } from "./prefer_last.ts";
import { OwnUpstreams } from "./own_upstreams.ts";
import { awaitRequestBody, contentOf } from "./message_body.ts";
import { type Message, newMessage, type ProcessContext } from "./process_context.ts";
import { respond } from "./respond.ts";
import { sendInterim } from "./send_interim.ts";
import { Stream } from "./stream.ts";
import { endStream } from "./end_stream.ts";
import type { RequestPump } from "./request_body.ts";

/** What the session's timer watches. */
type Waiting = "nothing" | "idle" | "head" | "write";

export class HttpSession extends ClientSession {
  readonly http = true;
  readonly inbox: Inbox;
  /** lent while a request is read and answered: an idle connection holds none */
  head: Head = NO_HEAD;
  /** where the request's body ends */
  body: BodyReader = NO_BODY_READER;
  readonly timer: Timer;
  requestCount = 0;
  /** of the previous request (option prefer-last-server) */
  lastServer: LastServer = { backend: "", server: "" };
  /** the session's own server connections (http-reuse never) */
  readonly own: OwnUpstreams = new OwnUpstreams();
  /** the request's body on its way to the server, when it did not come whole with its head */
  pump: RequestPump | undefined = undefined;
  /** a TCP frontend chose this backend before HTTP was spoken: all requests go to it */
  pinned: Backend | undefined = undefined;
  /** variables of the TCP stream that the first request goes on with */
  inherited: Variables | undefined = undefined;
  /** the client's time was up: the connection is closed or will be */
  expired = false;
  /** one request, on a stream of HTTP/2 */
  readonly single: boolean = false;
  readonly #openH2: ((session: HttpSession) => H2Side) | undefined;
  #h2: H2Side | undefined = undefined;
  #waiting: Waiting = "nothing";
  #closed = false;
  #parseOptions: ParseOptions;

  constructor(
    conn: Conn,
    listening: Listening,
    process: ProcessContext,
    from?: ClientSession,
    openH2?: (session: HttpSession) => H2Side,
  ) {
    super(conn, listening, process, from);
    this.#openH2 = openH2;
    this.inbox = new Inbox(conn, process.buffers);
    this.timer = new Timer(process.wheel, () => this.#expire());
    this.#parseOptions = this.frontend.parseOptions;
  }

  override async run(): Promise<void> {
    try {
      let more = !this.refused;
      if (more && this.#beginsWithH2()) await this.#serveH2();
      else while (more) more = await this.#serveOne() && !this.single;
      if (this.#preface) await this.#serveH2();
    } catch (error) {
      this.process.internalError("http session", error);
      await this.#abandon();
    }
    this.timer.clear();
    this.own.close();
    this.#close();
  }

  /** HTTP/2 by ALPN, or by the bind line. */
  #beginsWithH2(): boolean {
    if (this.#openH2 === undefined) return false;
    return this.conn.tls?.alpn === "h2" || this.listening.bind.proto === "h2";
  }

  /** HTTP/2 by prior knowledge (RFC 9113 section 3.3): the first bytes say so. */
  get #mayBecomeH2(): boolean {
    return this.#openH2 !== undefined && this.requestCount === 0 &&
      !this.frontend.config.options.disableH2Upgrade && this.listening.bind.proto === undefined;
  }

  async #serveH2(): Promise<void> {
    const { inbox } = this;
    this.watch("nothing", undefined);
    const first = inbox.length > 0 ? inbox.bytes.slice(inbox.start, inbox.end) : undefined;
    inbox.consume(inbox.end);
    this.#h2 = this.#openH2!(this);
    await this.#h2.run(first);
  }
  /** the preface of HTTP/2 lies in the inbox */
  #preface = false;

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
    this.#parseOptions = now.parseOptions;
  }

  override retire(): void {
    if (this.#h2 !== undefined) this.#h2.retire();
    else if (this.#waiting === "idle" && !this.frontend.config.options.idleCloseOnResponse) {
      this.#close();
    }
  }

  override kill(cause: "D" | "U" = "D"): void {
    this.stream?.giveUp(cause);
  }

  override killOn(backend: string, server: string, cause: "D" | "U"): void {
    if (this.#h2 === undefined) super.killOn(backend, server, cause);
    else this.#h2.killOn(backend, server, cause);
  }

  override abort(): void {
    this.#h2?.abort();
    this.stream?.giveUp("K");
    this.#close();
  }

  /** Ends the connection. */
  end(): void {
    this.#close();
  }

  /** After a bug of ours: what the request holds is given back. */
  async #abandon(): Promise<void> {
    const stream = this.stream;
    if (stream === undefined) return;
    this.stream = undefined;
    stream.giveUp("I");
    this.#close();
    await this.#pumpEnded();
    endStream(stream, this.process);
  }

  /** What is there of the request's body and not forwarded yet. */
  requestContent(): Content | undefined {
    if (this.#settled || this.stream === undefined) return undefined;
    if (this.#content === undefined || this.#contentEnd !== this.bodyEnd) {
      this.#contentEnd = this.bodyEnd;
      this.#content = contentOf(this.head, this.inbox.bytes, this.headEnd, this.bodyEnd);
    }
    return this.#content;
  }

  /** Writes an answer 1xx: `sendInterim` in send_interim.ts. */
  sendInterim(
    stream: Stream,
    status: number,
    fields: readonly (readonly [name: string, value: string])[],
  ): Promise<number> | 0 {
    return sendInterim(stream, this, status, fields);
  }

  /** Reads more of the request's body: `awaitRequestBody` in message_body.ts. */
  awaitRequestBody(stream: Stream, ms: number, atLeast: number): Promise<number> {
    return awaitRequestBody(stream, this, ms, atLeast);
  }

  #pumpEnded(): Promise<void> | undefined {
    return this.pump?.ended;
  }

  get closed(): boolean {
    return this.#closed;
  }

  override get idle(): boolean {
    return this.#h2?.idle ?? this.#waiting === "idle";
  }

  /** Starts watching the client's next move for `ms`; undefined: no limit. */
  watch(what: Waiting, ms: number | undefined): void {
    this.#waiting = what;
    // A timer that has nothing to watch stays where it is: moving it later costs less than taking it out.
    if (ms !== undefined) this.timer.set(ms);
    else if (what !== "nothing") this.timer.clear();
  }

  #expire(): void {
    if (this.#waiting === "nothing") return;
    this.expired = true;
    if (this.#waiting === "head") {
      const first = this.requestCount === 0 && this.inbox.length === 0;
      if (!(first && this.frontend.config.options.httpIgnoreProbes)) {
        this.#sendAndClose(this.frontend.answers.bytes(408, undefined));
        return;
      }
    }
    this.#close();
  }

  #close(): void {
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
      this.#close();
      return;
    }
    this.#waiting = "write";
    this.timer.set(LAST_WRITE_MS);
    r.then(() => this.#close());
  }

  /** Reads and answers one request; false when the connection is to end. */
  async #serveOne(): Promise<boolean> {
    const inbox = this.inbox;
    inbox.shrink();
    this.adopt();
    const found = await this.#readHead();
    if (found === undefined) return false;
    this.body.begin(this.head);
    this.bodyEnd = this.body.consume(inbox.bytes, found, inbox.end);
    if (this.bodyEnd < 0) return await refuse(this, 400, "P") ?? false;
    const process = this.process;
    const now = process.now();
    const stream = new Stream(this, this.frontend, process, process.nextStreamId(), this.acceptAt);
    if (this.requestCount++ === 0) stream.variables = this.inherited;
    this.#waiting = "nothing";
    stream.requestStartAt = this.startedAt;
    stream.requestAt = now;
    stream.request = this.head;
    this.stream = stream;
    this.#settled = false;
    this.#content = undefined;
    this.pump = undefined;
    const wall = process.wall();
    stream.wall = wall;
    this.frontend.counters.request(wall);
    this.watch("nothing", undefined);
    // The request's bytes stay unconsumed in the inbox until it can not be sent again.
    this.headEnd = found;
    stream.requestDate = wall - (now - this.startedAt);
    const handled = this.frontend.handle(stream);
    if (handled !== undefined) await handled;
    const reply = stream.reply;
    let again = false;
    if (reply !== undefined) {
      const sent = respond(stream, this, reply);
      again = typeof sent === "boolean" ? sent : await sent;
    }
    stream.watch?.stop();
    this.settle();
    this.stream = undefined;
    endStream(stream, this.process);
    this.streamEnded(stream);
    reply?.upstream?.forget();
    reply?.done?.();
    if (!again) {
      if (reply !== undefined && !this.#closed) {
        // What the client still sends must not destroy the answer it has not read yet.
        if (!this.body.done || inbox.length > 0) await lingerAfter(this);
      }
      this.#close();
      await this.#pumpEnded();
    }
    this.#giveMessageBack();
    return again;
  }

  /** A request was answered, or not; nothing of it was closed yet. */
  protected streamEnded(_stream: Stream): void {}

  #giveMessageBack(): void {
    const message = this.#message;
    if (message === undefined) return;
    this.#message = undefined;
    this.head = NO_HEAD;
    this.body = NO_BODY_READER;
    message.head.clear();
    this.process.messages.push(message);
  }

  startedAt = 0;
  /** position in the inbox after the head, and after the part of the body that came with it */
  headEnd = 0;
  bodyEnd = 0;
  #settled = false;
  /** what `requestContent` answered last, for a body up to this position */
  #content: Content | undefined = undefined;
  #contentEnd = -1;
  #message: Message | undefined = undefined;

  /** The request was sent, or never will be: its bytes leave the inbox. Idempotent for one request. */
  settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.inbox.consume(this.bodyEnd);
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** Reads one request head: the position after it, or undefined when the connection is to end. */
  async #readHead(): Promise<number | undefined> {
    const inbox = this.inbox;
    const timeouts = this.frontend.config.timeouts;
    const first = this.requestCount === 0 || this.single;
    const headTimeout = timeouts.httpRequest ?? timeouts.client;
    let started = first;
    this.startedAt = first ? this.acceptAt : -1;
    if (first) this.watch("head", headTimeout);
    let scanned = 0;
    for (;;) {
      if (inbox.length > 0) {
        if (!started) {
          started = true;
          this.startedAt = this.process.now();
          if (this.#waiting === "idle") this.watch("head", headTimeout);
        }
        const start = skipEmptyLines(inbox.bytes, inbox.start, inbox.end);
        if (start !== inbox.start) {
          inbox.consume(start);
          scanned = 0;
        }
        if (inbox.length > 0) {
          const end = findRequestEnd(
            inbox.bytes,
            inbox.start,
            inbox.start + scanned,
            inbox.end,
            this.#parseOptions,
          );
          scanned = inbox.length;
          if (end >= 0) {
            if (end - inbox.start > this.process.limits.headBytes) return refuse(this, 400, "P");
            const { messages } = this.process;
            const message = messages.pop() ?? newMessage();
            this.#message = message;
            this.body = message.body;
            const head = this.head = message.head;
            const error = parseRequest(head, inbox.bytes, inbox.start, end, this.#parseOptions);
            if (error === 0) {
              if (this.single) head.received.version = 20;
              return end;
            }
            if (error.code === "h2-preface" && this.#mayBecomeH2) {
              this.#giveMessageBack();
              this.#preface = true;
              return undefined;
            }
            return refuseError(this, error);
          }
          if (inbox.length > this.process.limits.headBytes) return refuse(this, 400, "P");
        }
      }
      if (!started && this.#waiting !== "idle") {
        // Nobody will let this connection go later.
        if (this.listening.leaving) return undefined;
        this.watch("idle", timeouts.httpKeepAlive ?? timeouts.httpRequest ?? timeouts.client);
      } else if (started && this.#waiting !== "head") this.watch("head", headTimeout);
      const r = inbox.fill();
      if (r === FULL) return refuse(this, 400, "P");
      const n = inbox.took(typeof r === "number" ? r : await r);
      if (n <= 0 || this.expired) return endedEarly(this, started, first, n);
    }
  }
}

const NO_HEAD = new Head();
const NO_BODY_READER = new BodyReader();
