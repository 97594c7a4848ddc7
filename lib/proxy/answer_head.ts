/** What a server's connection has brought in answer to a request: the head of an answer, or what was in its place. */
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
import type { Reply } from "./reply.ts";
import type { Stream } from "./stream.ts";
import type { UpstreamConn } from "./upstream.ts";

/** the idle connection was dead: once more, on a new one */
export const AGAIN = Symbol("again");
/** `retry-on` sends the request again */
export const RETRY = Symbol("retry");
/** more of the answer's head has to come */
export const MORE = Symbol("more");

/** What came of an attempt. */
export type Outcome = Reply | undefined | typeof AGAIN | typeof RETRY;

/** Looks for the answer's head in what has come. */
export function lookForAnswer(
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
export function cutShort(
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
