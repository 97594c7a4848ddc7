/** One attempt of a request on one connection to a server: the request goes out, the answer's head comes in. */
import type { Observation } from "../balance/server.ts";
import { findHeadEnd } from "../http1/find_end.ts";
import { parseResponse } from "../http1/parse_response.ts";
import { IoStatus } from "../net/conn.ts";
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
import type { UpstreamConn } from "./upstream.ts";

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
 * it has to be sent once more. One promise, when the server's connection takes the request at once.
 */
export function exchange(
  stream: Stream,
  session: HttpSession,
  backend: Backend,
  upstream: UpstreamConn,
  again: SendAgain,
): Promise<unknown> {
  const reused = upstream.requests > 0;
  upstream.requests++;
  stream.serverConn = upstream.conn;
  stream.serverTls = upstream.conn.tls;
  stream.serverHttpMajor = upstream.conn.httpMajor ?? 1;
  upstream.answered = false;
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
  if (typeof status !== "number") {
    upstream.watch(stream.timeoutServer);
    return status.then((status) =>
      sent(stream, session, backend, upstream, encoded, status, reused, again)
    );
  }
  return sent(stream, session, backend, upstream, encoded, status, reused, again);
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
  const bytes = session.inbox.bytes.subarray(request.received.start, session.bodyEnd);
  stream.bytesIn = bytes.length;
  return writeAll(upstream.conn, bytes);
}

/** The request was sent, or not (`status`): what is left of its body follows, and the answer is awaited. */
async function sent(
  stream: Stream,
  session: HttpSession,
  backend: Backend,
  upstream: UpstreamConn,
  encoded: EncodedBody | undefined,
  status: number,
  reused: boolean,
  again: SendAgain,
): Promise<unknown> {
  const timeout = stream.timeoutServer;
  if (status < 0) {
    encoded?.drop();
    if (status === TOO_LARGE) {
      upstream.close();
      stream.rewriteFailed();
      stream.fail("P", "R");
      return stream.reply = failure(stream, 500);
    }
  } else if (!session.body.done) {
    session.settle();
    session.pump = new RequestPump(stream, session, upstream, timeout, encoded);
  }
  const inbox = upstream.inbox;
  let scanned = 0;
  let came: Outcome | typeof MORE;
  for (;;) {
    if (inbox.length > 0) {
      const looked = look(stream, session, backend, upstream, scanned);
      scanned = inbox.length;
      if (looked instanceof Promise) {
        came = await looked;
        scanned = 0;
        if (came === MORE) continue;
      } else came = looked;
      if (came !== MORE) break;
    }
    upstream.watch(timeout);
    const r = inbox.fill();
    if (r === FULL) {
      came = badResponse(stream, upstream);
      break;
    }
    const n = inbox.took(typeof r === "number" ? r : await r);
    if (n > 0) continue;
    came = cutShort(stream, session, backend, upstream, n, reused);
    break;
  }
  if (came === AGAIN || came === RETRY) return again(stream, session, backend, upstream, came);
  stream.reply = came;
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
