/** One attempt of a request on one connection to a server: the request goes out, the answer's head comes in. */
import { LATER } from "../net/conn.ts";
import { writeAll } from "../net/io.ts";
import { AGAIN, cutShort, lookForAnswer, MORE, type Outcome, RETRY } from "./answer_head.ts";
import type { Backend } from "./backend.ts";
import { badResponse, failure } from "./failure.ts";
import type { HttpSession } from "./http_session.ts";
import { FULL } from "./inbox.ts";
import { RequestPump } from "./request_body.ts";
import { EncodedBody, sendEncoded } from "./request_coding.ts";
import { sendEdited, TOO_LARGE } from "./send_request.ts";
import type { Stream } from "./stream.ts";
import type { UpstreamConn, Waiter } from "./upstream.ts";

/** Sends the request once more, on another connection. */
export type SendAgain = (
  stream: Stream,
  session: HttpSession,
  backend: Backend,
  upstream: UpstreamConn,
  why: typeof AGAIN | typeof RETRY,
) => Promise<unknown>;

/**
 * Sends the request on `upstream` and reads the answer's head, which becomes the stream's reply. `again` is called when
 * it has to be sent once more. One promise, when the answer has to be waited for; it rejects after a bug of ours.
 */
export function exchange(
  stream: Stream,
  session: HttpSession,
  backend: Backend,
  upstream: UpstreamConn,
  again: SendAgain,
): Promise<unknown> | undefined {
  const reused = upstream.requests > 0;
  upstream.requests++;
  stream.serverConn = upstream.conn;
  stream.serverTls = upstream.conn.tls;
  stream.serverHttpMajor = upstream.conn.httpMajor ?? 1;
  upstream.complete = false;
  stream.onGiveUp = upstream.closer;
  if (stream.givenUp) upstream.close();
  const { requestCoding } = stream;
  const encoded = requestCoding && new EncodedBody(requestCoding);
  const { sendNameHeader } = backend.config;
  if (sendNameHeader !== undefined) {
    const request = session.head;
    request.removeAll(sendNameHeader.toLowerCase());
    request.append(sendNameHeader, upstream.server.name);
  }
  const status = send(stream, session, upstream, encoded);
  const attempt = new Attempt(stream, session, backend, upstream, again, reused);
  if (typeof status === "number") return attempt.sent(status, encoded);
  upstream.watch(stream.timeoutServer);
  return status.then((status) => attempt.sent(status, encoded));
}

/** Sends the head with what is here of the body: 0, or the status that stopped it. */
function send(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
  encoded: EncodedBody | undefined,
): number | Promise<number> {
  const request = session.head;
  if (request.edited) {
    return encoded === undefined
      ? sendEdited(stream, session, upstream)
      : sendEncoded(session, upstream, encoded);
  }
  // Straight from where it lies, head and what has come of the body in one piece.
  const bytes = session.inbox.bytes.subarray(request.received.start, session.message.bodyEnd);
  stream.bytesIn = bytes.length;
  return writeAll(upstream.conn, bytes);
}

/** Whoever waits for an attempt: one promise at a time is made. */
let settle: (value: unknown) => void;
const take = (resolve: (value: unknown) => void) => void (settle = resolve);

/** An attempt whose request is on its way, or sent. */
class Attempt implements Waiter {
  readonly #stream: Stream;
  readonly #session: HttpSession;
  readonly #backend: Backend;
  readonly #upstream: UpstreamConn;
  readonly #again: SendAgain;
  /** others were sent on its connection before */
  readonly #reused: boolean;
  /** bytes of the inbox that were looked at in vain */
  #scanned = 0;
  #settle!: (value: unknown) => void;

  constructor(
    stream: Stream,
    session: HttpSession,
    backend: Backend,
    upstream: UpstreamConn,
    again: SendAgain,
    reused: boolean,
  ) {
    this.#stream = stream;
    this.#session = session;
    this.#backend = backend;
    this.#upstream = upstream;
    this.#again = again;
    this.#reused = reused;
  }

  /** The request was sent, or not (`status`): what is left of its body follows, and the answer is awaited. */
  sent(status: number, encoded: EncodedBody | undefined): Promise<unknown> | undefined {
    const stream = this.#stream;
    const session = this.#session;
    const upstream = this.#upstream;
    if (status < 0) {
      encoded?.drop();
      if (status === TOO_LARGE) {
        upstream.close();
        stream.rewriteFailed();
        stream.fail("P", "R");
        stream.reply = failure(stream, 500);
        return undefined;
      }
    } else if (!session.body.done) {
      session.settle();
      session.message.pump = new RequestPump(
        stream,
        session,
        upstream,
        stream.timeoutServer,
        encoded,
      );
    }
    const outcome = this.#go();
    if (outcome !== MORE) return this.#end(outcome);
    const promise = new Promise(take);
    this.#settle = settle;
    return promise;
  }

  /** Used by the server's connection. */
  came(count: number): void {
    try {
      const outcome = this.#go(count);
      if (outcome !== MORE) this.#settle(this.#end(outcome));
    } catch (error) {
      this.#settle(Promise.reject(error));
    }
  }

  #end(outcome: Outcome): Promise<unknown> | undefined {
    if (outcome === AGAIN || outcome === RETRY) {
      return this.#again(this.#stream, this.#session, this.#backend, this.#upstream, outcome);
    }
    this.#stream.reply = outcome;
    return undefined;
  }

  /**
   * Looks at what is here and asks for more, until it has to wait (MORE); `count`: what a read has answered that was
   * waited for.
   */
  #go(count?: number): Outcome | typeof MORE {
    const stream = this.#stream;
    const session = this.#session;
    const backend = this.#backend;
    const upstream = this.#upstream;
    const { inbox } = upstream;
    for (let r = count;;) {
      const n = r === undefined ? 1 : inbox.took(r);
      if (n <= 0) return cutShort(stream, session, backend, upstream, n, this.#reused);
      if (inbox.length > 0) {
        const looked = lookForAnswer(stream, session, backend, upstream, this.#scanned);
        this.#scanned = inbox.length;
        if (looked instanceof Promise) {
          this.#goAfter(looked);
          return MORE;
        }
        if (looked !== MORE) return looked;
      }
      upstream.watch(stream.timeoutServer);
      r = upstream.readFor(this);
      if (r === LATER) return MORE;
      if (r === FULL) return badResponse(stream, upstream);
    }
  }

  /** An interim answer is passed on. */
  async #goAfter(passed: Promise<Outcome | typeof MORE>): Promise<void> {
    try {
      let outcome = await passed;
      this.#scanned = 0;
      if (outcome === MORE) outcome = this.#go();
      if (outcome !== MORE) this.#settle(this.#end(outcome));
    } catch (error) {
      this.#settle(Promise.reject(error));
    }
  }
}
