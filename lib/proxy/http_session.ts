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
import type { BodyReader } from "../http1/body.ts";
import type { Head } from "../http1/head.ts";
import { type Conn, LATER, type Reader } from "../net/conn.ts";
import { Timer } from "../net/timers.ts";
import type { Variables } from "../expr/variables.ts";
import type { Backend } from "./backend.ts";
import { refuse } from "./bad_request.ts";
import { ClientSession } from "./client_session.ts";
import { FULL, Inbox } from "./inbox.ts";
import type { H2Side } from "./h2_side.ts";
import { LAST_WRITE_MS, lingerAfter } from "./lingering_close.ts";
import type { Listening } from "./listening.ts";
import type { LastServer } from "./prefer_last.ts";
import { OwnUpstreams } from "./own_upstreams.ts";
import { awaitRequestBody, contentOf } from "./message_body.ts";
import { Message } from "./message.ts";
import type { ProcessContext } from "./process_context.ts";
import { beginReading, came, MORE } from "./read_head.ts";
import { respond } from "./respond.ts";
import { sendInterim } from "./send_interim.ts";
import { Stream } from "./stream.ts";
import { endStream } from "./end_stream.ts";
import type { RequestPump } from "./request_body.ts";

/** What the session's timer watches. */
type Waiting = "nothing" | "idle" | "head" | "write";

export class HttpSession extends ClientSession implements Reader {
  readonly inbox: Inbox;
  /** lent while a request is read and answered: an idle connection holds none */
  message: Message = NO_MESSAGE;
  readonly timer: Timer;
  requestCount = 0;
  #kept: Kept | undefined = undefined;
  /** is told of its end */
  whenEnded: ((session: HttpSession) => void) | undefined = undefined;
  // Where TCP was spoken first:
  /** the backend that was chosen then: all requests go to it */
  declare pinned?: Backend | undefined;
  /** variables of the TCP stream that the first request goes on with */
  declare inherited?: Variables | undefined;
  /** the client's time was up: the connection is closed or will be */
  expired = false;
  readonly #openH2: ((session: HttpSession) => H2Side) | undefined;
  #h2: H2Side | undefined = undefined;
  waiting: Waiting = "nothing";
  /** bytes of the inbox that were looked at for a head in vain */
  scanned = 0;
  #closed = false;

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
    this.timer = new Timer(process.wheel, this);
  }

  override run(): Promise<void> {
    return new Promise((resolve) => {
      this.whenEnded = () => resolve();
      this.begin();
    });
  }

  /** As `run`, without a promise: `whenEnded` is told of the end. */
  begin(): void {
    try {
      if (this.refused) this.#ended();
      else if (this.#beginsWithH2()) this.#endAfter(this.#serveH2());
      else this.#goOn(beginReading(this));
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Looks for a head, serves it, looks for the next, and returns when somebody is waited for: who waits with an idle
   * connection is the session itself, no function. `found`: what `beginReading` or `came` has answered.
   */
  #goOn(found: ReturnType<typeof came>): void {
    for (;;) {
      while (found === MORE) {
        const r = this.inbox.fillFor(this);
        if (r === LATER) return;
        found = r === FULL ? refuse(this, 400, "P") : came(this, r);
      }
      if (typeof found !== "number") {
        if (found === undefined && !this.preface) this.#ended();
        else this.#endAfter(found);
        return;
      }
      const handled = this.#beginRequest(found);
      if (handled !== undefined) {
        handled.then(() => this.#handled(), (error) => this.#handled({ error }));
        return;
      }
      const more = this.#answer();
      if (more === undefined) return;
      if (!more) {
        this.#ended();
        return;
      }
      found = beginReading(this);
    }
  }

  /** Used by the inbox's connection. */
  room(): Uint8Array {
    return this.inbox.room();
  }
  answered(count: number): void {
    try {
      this.#goOn(came(this, count));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The policy has found the answer after a while, or was at fault. */
  #handled(bug?: { readonly error: unknown }): void {
    try {
      if (bug !== undefined) this.frontend.handleError(this.stream!, bug.error);
      this.#next(this.#answer());
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Goes on with `step` when `work` is done. */
  #then<T>(work: Promise<T>, step: (value: T) => boolean | undefined): void {
    work.then((value) => this.#next(step(value))).catch((error) => this.#fail(error));
  }

  /** undefined: it goes on when something is done that was begun. */
  #next(more: boolean | undefined): void {
    if (more === true) this.#goOn(beginReading(this));
    else if (more === false) this.#ended();
  }

  /** What the connection does before it ends; then HTTP/2, if the client wants that. */
  async #endAfter(work: Promise<unknown> | undefined): Promise<void> {
    try {
      await work;
      if (this.preface) await this.#serveH2();
    } catch (error) {
      return this.#fail(error);
    }
    this.#ended();
  }

  /** After a bug of ours. */
  async #fail(error: unknown): Promise<void> {
    this.process.internalError("http session", error);
    try {
      await this.#abandon();
    } finally {
      this.#ended();
    }
  }

  #ended(): void {
    const { whenEnded } = this;
    this.whenEnded = undefined;
    this.timer.clear();
    this.#kept?.own?.close();
    this.#close();
    whenEnded?.(this);
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

  /** HTTP/2 by ALPN, or by the bind line. */
  #beginsWithH2(): boolean {
    if (this.#openH2 === undefined) return false;
    return this.conn.tls?.alpn === "h2" || this.listening.bind.proto === "h2";
  }

  /** HTTP/2 by prior knowledge (RFC 9113 section 3.3): the first bytes say so. */
  get mayBecomeH2(): boolean {
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
  preface = false;

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

  override retire(): void {
    if (this.#h2 !== undefined) this.#h2.retire();
    else if (this.waiting === "idle" && !this.frontend.config.options.idleCloseOnResponse) {
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
    await this.pump?.ended;
    endStream(stream, this.process);
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

  /** the session's own server connections (http-reuse never) */
  get own(): OwnUpstreams {
    return this.#keep.own ??= new OwnUpstreams();
  }

  /** of the previous request (option prefer-last-server) */
  get lastServer(): LastServer {
    return this.#keep.lastServer ??= { backend: "", server: "" };
  }

  get #keep(): Kept {
    return this.#kept ??= { own: undefined, lastServer: undefined };
  }

  get closed(): boolean {
    return this.#closed;
  }

  override get idle(): boolean {
    return this.#h2?.idle ?? this.waiting === "idle";
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
    this.waiting = "write";
    this.timer.set(LAST_WRITE_MS);
    r.then(() => this.#close());
  }

  /** The head, which ends at `found`, has come: its stream begins, and the policy looks for the answer. */
  #beginRequest(found: number): Promise<unknown> | undefined {
    const { process, inbox, message } = this;
    const { head, body } = message;
    message.begin(found);
    body.begin(head);
    message.bodyEnd = body.consume(inbox.bytes, found, inbox.end);
    if (message.bodyEnd < 0) return refuse(this, 400, "P");
    const now = process.now();
    const stream = new Stream(this, this.frontend, process, process.nextStreamId(), this.acceptAt);
    if (this.requestCount++ === 0 && this.inherited !== undefined) {
      stream.variables = this.inherited;
    }
    this.waiting = "nothing";
    stream.requestStartAt = this.startedAt;
    stream.requestAt = now;
    stream.request = head;
    this.stream = stream;
    const wall = process.wall();
    stream.wall = wall;
    this.frontend.counters.request(wall);
    // The request's bytes stay unconsumed in the inbox until it can not be sent again.
    stream.requestDate = wall - (now - this.startedAt);
    return this.frontend.handle(stream);
  }

  /** Sends the answer that was found: true when another request may follow, undefined when it has to be waited for. */
  #answer(): boolean | undefined {
    const { stream } = this;
    const sent = stream?.reply !== undefined && respond(stream, this, stream.reply);
    if (typeof sent === "boolean") return this.#complete(sent);
    this.#then(sent, (again) => this.#complete(again));
    return undefined;
  }

  #complete(again: boolean): boolean | undefined {
    const parting = this.#endRequest(again);
    if (parting === undefined) return this.#over(again);
    this.#then(parting, () => this.#over(again));
    return undefined;
  }

  #over(again: boolean): boolean {
    this.giveMessageBack();
    return again && !this.single;
  }

  /** The request was answered, or never will be; `again`: another one may follow, else the connection ends. */
  #endRequest(again: boolean): Promise<void> | undefined {
    const { stream } = this;
    // Its body was none: it was refused.
    if (stream === undefined) return undefined;
    const { reply } = stream;
    stream.watch?.stop();
    this.settle();
    this.stream = undefined;
    endStream(stream, this.process);
    this.streamEnded(stream);
    reply?.upstream?.forget();
    reply?.done?.();
    return again ? undefined : this.#part(reply !== undefined);
  }

  #part(answered: boolean): Promise<void> | undefined {
    // What the client still sends must not destroy the answer it has not read yet.
    if (answered && !this.#closed && (!this.body.done || this.inbox.length > 0)) {
      return lingerAfter(this).then(() => this.#partNow());
    }
    return this.#partNow();
  }

  #partNow(): Promise<void> | undefined {
    this.#close();
    return this.pump?.ended;
  }

  /** A request was answered, or not; nothing of it was closed yet. */
  protected streamEnded(_stream: Stream): void {}

  giveMessageBack(): void {
    const { message } = this;
    if (message === NO_MESSAGE) return;
    this.message = NO_MESSAGE;
    message.clear();
    this.process.messages.push(message);
  }

  startedAt = 0;

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
