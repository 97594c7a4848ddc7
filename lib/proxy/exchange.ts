/** One attempt of a request on one connection to a server: the request goes out, the answer's head comes in. */
import type { Observation } from "../balance/server.ts";
import { findHeadEnd } from "../http1/find_end.ts";
import { parseResponse } from "../http1/parse_response.ts";
import { IoStatus, LATER } from "../net/conn.ts";
import { writeAll } from "../net/io.ts";
import type { Backend } from "./backend.ts";
import {
  badResponse,
  captureResponse,
  countResponseError,
  cutOff,
  ended,
  failure,
} from "./failure.ts";
import type { HttpSession } from "./http_session.ts";
import { FULL } from "./inbox.ts";
import type { Reply } from "./reply.ts";
import { RequestPump } from "./request_body.ts";
import { EncodedBody, sendEncoded } from "./request_coding.ts";
import { sendEdited, TOO_LARGE } from "./send_request.ts";
import type { Stream } from "./stream.ts";
import type { UpstreamConn, Waiter } from "./upstream.ts";

/** the idle connection was dead: once more, on a new one */
export const AGAIN = Symbol("again");
/** `retry-on` sends the request again */
export const RETRY = Symbol("retry");
/** more of the answer's head has to come */
const MORE = Symbol("more");

/** What came of an attempt. */
type Outcome = Reply | undefined | typeof AGAIN | typeof RETRY;

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
    const outcome = this.#look();
    if (outcome !== MORE) return this.#end(outcome);
    const promise = new Promise(take);
    this.#settle = settle;
    return promise;
  }

  /** Used by the server's connection. */
  came(count: number): void {
    try {
      const outcome = this.#took(count);
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

  /** Looks at what is here and asks for more: MORE when it waits for that. */
  #look(): Outcome | typeof MORE {
    const stream = this.#stream;
    const upstream = this.#upstream;
    if (upstream.inbox.length > 0) {
      const looked = look(stream, this.#session, this.#backend, upstream, this.#scanned);
      this.#scanned = upstream.inbox.length;
      if (looked instanceof Promise) {
        this.#lookAfter(looked);
        return MORE;
      }
      if (looked !== MORE) return looked;
    }
    upstream.watch(stream.timeoutServer);
    const r = upstream.readFor(this);
    if (r === LATER) return MORE;
    return r === FULL ? badResponse(stream, upstream) : this.#took(r);
  }

  /** What a read has answered: as `#look`. */
  #took(count: number): Outcome | typeof MORE {
    const n = this.#upstream.inbox.took(count);
    if (n > 0) return this.#look();
    return cutShort(this.#stream, this.#session, this.#backend, this.#upstream, n, this.#reused);
  }

  /** An interim answer is passed on. */
  async #lookAfter(passed: Promise<Outcome | typeof MORE>): Promise<void> {
    try {
      let outcome = await passed;
      this.#scanned = 0;
      if (outcome === MORE) outcome = this.#look();
      if (outcome !== MORE) this.#settle(this.#end(outcome));
    } catch (error) {
      this.#settle(Promise.reject(error));
    }
  }
}

/** Looks for the answer's head in what has come. */
function look(
  stream: Stream,
  session: HttpSession,
  backend: Backend,
  upstream: UpstreamConn,
  scanned: number,
): Outcome | typeof MORE | Promise<Outcome | typeof MORE> {
  const { inbox, head } = upstream;
  const { retryOn } = backend.config;
  const end = findHeadEnd(inbox.bytes, inbox.start, inbox.start + scanned, inbox.end);
  if (end < 0) return MORE;
  const { method } = stream.request!;
  const error = parseResponse(head, inbox.bytes, inbox.start, end, method, backend.parseOptions);
  if (error !== 0) {
    if (retryOn.junkResponse && mayRetry(stream, session)) return giveUpOn(upstream, "invalid");
    captureResponse(stream, session, upstream, error);
    return badResponse(stream, upstream);
  }
  inbox.start = end;
  if (stream.serverHttpMajor === 2) head.received.version = 20;
  if (head.status < 200) {
    if (head.status !== 101) {
      return passInterim(stream, session, upstream)
        .then((passed) => passed < 0 ? cutOff(stream, session, upstream) : MORE);
    }
    // Not asked for, or asked for by a request that is not complete.
    if (stream.request!.upgrade === "" || !session.body.done) return badResponse(stream, upstream);
  }
  upstream.unwatch();
  if (
    retryOn.statuses.length > 0 && retryOn.statuses.includes(head.status) &&
    mayRetry(stream, session)
  ) return giveUpOn(upstream, judge(head.status));
  stream.responseAt = session.process.now();
  stream.response = head;
  upstream.server.observer?.(judge(head.status));
  return { head, upstream, body: undefined };
}

/** The server's connection has answered `n` in place of (the rest of) a head. */
function cutShort(
  stream: Stream,
  session: HttpSession,
  backend: Backend,
  upstream: UpstreamConn,
  n: number,
  reused: boolean,
): Outcome {
  const { retryOn } = backend.config;
  const empty = upstream.inbox.length === 0;
  upstream.close();
  if (stream.cause !== "-") return ended(stream);
  if (upstream.expired) {
    if (retryOn.responseTimeout && mayRetry(stream, session)) return giveUpOn(upstream, "timeout");
    stream.fail("s", "H");
    countResponseError(stream, upstream, "timeout");
    return failure(stream, 504);
  }
  if ((reused || upstream.conn.refused) && empty && !session.settled && session.body.done) {
    // What a server of HTTP/2 has refused was not begun.
    if (upstream.conn.refused || isIdempotent(stream.request!.method)) return AGAIN;
  }
  const seen = n === IoStatus.Eof ? "closed" : "read-error";
  if ((empty ? retryOn.emptyResponse : retryOn.junkResponse) && mayRetry(stream, session)) {
    return giveUpOn(upstream, seen);
  }
  if (reused && empty && session.requestCount > 1 && session.conn.httpMajor !== 2) {
    // Not first on its connection: the client knows that such a connection may close, and tries again. As
    // in HAProxy it is not told, and nothing is logged.
    stream.fail("S", "H");
    stream.logLevel = -1;
    return undefined;
  }
  stream.fail("S", "H");
  countResponseError(stream, upstream, seen);
  return failure(stream, n === IoStatus.Aborted ? 503 : 502);
}

/** Whether a failure now may be mended by sending the request again (manual 4.2 `retry-on`). */
function mayRetry(stream: Stream, session: HttpSession): boolean {
  return stream.retries < stream.retryLimit && !stream.l7RetryDisabled &&
    !session.settled && session.body.done && stream.bytesOut === 0 && !stream.givenUp;
}

/** Passes a 1xx answer on (RFC 9110 section 15.2); a client of HTTP/1.0 does not know them. */
async function passInterim(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
): Promise<number> {
  if (stream.request!.received.version < 11) return 0;
  const out = session.process.buffers.full.lend();
  const end = upstream.head.write(out.bytes, 0);
  let status: number = IoStatus.Failed;
  if (end > 0) {
    upstream.unwatch();
    session.watch("write", stream.frontend.config.timeouts.client);
    const r = writeAll(session.conn, out.bytes.subarray(0, end));
    status = typeof r === "number" ? r : await r;
    session.watch("nothing", undefined);
    stream.bytesOut += end;
  }
  session.process.buffers.full.giveBack(out);
  return status;
}

/** The request will be sent again: this attempt shows its server what it shows, and counts for nothing else. */
function giveUpOn(upstream: UpstreamConn, seen: Observation): typeof RETRY {
  upstream.close();
  upstream.server.observer?.(seen);
  upstream.forget();
  return RETRY;
}

/** What a status shows of its server (manual 5.2 `observe`). */
function judge(status: number): Observation {
  return status < 500 || status === 501 || status === 505 ? "answered" : "wrong-status";
}

function isIdempotent(method: string): boolean {
  switch (method) {
    case "GET":
    case "HEAD":
    case "OPTIONS":
    case "PUT":
    case "DELETE":
    case "TRACE":
      return true;
  }
  return false;
}
