/**
 * HttpSession: one client connection that speaks HTTP/1. It reads a request head, lets the frontend's policy
 * find the answer, sends it, and does so again while the connection may live.
 *
 * Laws:
 * - One request at a time; what comes after it (pipelining) stays unread in the inbox.
 * - It goes on when it is called: by its connection, which tells what a read has brought, and by the promises of what
 *   takes time. So nothing but the session itself waits with an idle connection.
 * - It ends once, whatever throws: `whenEnded` is told when nothing of it is left.
 * - After an error answer the connection lives on when the request was complete, as in HAProxy.
 */
import { type Conn, LATER, type Reader } from "../net/conn.ts";
import { refuse } from "./bad_request.ts";
import type { ClientSession } from "./client_session.ts";
import { endStream } from "./end_stream.ts";
import type { H2Side } from "./h2_side.ts";
import { HttpConnection } from "./http_connection.ts";
import { FULL } from "./inbox.ts";
import { lingerAfter } from "./lingering_close.ts";
import type { Listening } from "./listening.ts";
import { awaitRequestBody } from "./message_body.ts";
import type { ProcessContext } from "./process_context.ts";
import { beginReading, came, MORE } from "./read_head.ts";
import { respond } from "./respond.ts";
import { sendInterim } from "./send_interim.ts";
import { Stream } from "./stream.ts";

export class HttpSession extends HttpConnection implements Reader {
  /** is told of its end */
  whenEnded: ((session: HttpSession) => void) | undefined = undefined;
  readonly #openH2: ((session: HttpSession) => H2Side) | undefined;
  #h2: H2Side | undefined = undefined;
  /** the preface of HTTP/2 lies in the inbox */
  preface = false;

  constructor(
    conn: Conn,
    listening: Listening,
    process: ProcessContext,
    from?: ClientSession,
    openH2?: (session: HttpSession) => H2Side,
  ) {
    super(conn, listening, process, from);
    this.#openH2 = openH2;
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
    this.letGoOfKept();
    this.end();
    whenEnded?.(this);
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

  override retire(): void {
    if (this.#h2 !== undefined) this.#h2.retire();
    else if (this.waiting === "idle" && !this.frontend.config.options.idleCloseOnResponse) {
      this.end();
    }
  }

  override killOn(backend: string, server: string, cause: "D" | "U"): void {
    if (this.#h2 === undefined) super.killOn(backend, server, cause);
    else this.#h2.killOn(backend, server, cause);
  }

  override abort(): void {
    this.#h2?.abort();
    this.stream?.giveUp("K");
    this.end();
  }

  /** After a bug of ours: what the request holds is given back. */
  async #abandon(): Promise<void> {
    const stream = this.stream;
    if (stream === undefined) return;
    this.stream = undefined;
    stream.giveUp("I");
    this.end();
    await this.pump?.ended;
    endStream(stream, this.process);
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

  override get idle(): boolean {
    return this.#h2?.idle ?? this.waiting === "idle";
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
    if (answered && !this.closed && (!this.body.done || this.inbox.length > 0)) {
      return lingerAfter(this).then(() => this.#partNow());
    }
    return this.#partNow();
  }

  #partNow(): Promise<void> | undefined {
    this.end();
    return this.pump?.ended;
  }

  /** A request was answered, or not; nothing of it was closed yet. */
  protected streamEnded(_stream: Stream): void {}
}
