/** One attempt of a request on one connection to a server: the request goes out, the answer's head comes in. */
import type { Observation } from "../balance/server.ts";
import { findHeadEnd } from "../http1/find_end.ts";
import { parseResponse } from "../http1/parse_response.ts";
import { IoStatus } from "../net/conn.ts";
import { afterWrite, writeAll } from "../net/io.ts";
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
/** Sends the request on `upstream` and reads the answer's head; AGAIN, RETRY: it has to be sent once more. */
export async function exchange(
  stream: Stream,
  session: HttpSession,
  backend: Backend,
  upstream: UpstreamConn,
): Promise<Reply | undefined | typeof AGAIN | typeof RETRY> {
  const timeout = stream.timeoutServer;
  const { retryOn } = backend.config;
  const reused = upstream.requests > 0;
  upstream.requests++;
  stream.serverConn = upstream.conn;
  stream.serverLocal = upstream.conn.local;
  stream.serverTls = upstream.conn.tls;
  stream.serverRemote = upstream.conn.remote;
  stream.serverHttpMajor = upstream.conn.httpMajor ?? 1;
  upstream.answered = false;
  stream.onGiveUp = upstream.closer;
  if (stream.givenUp) upstream.close();
  let status: number;
  const { requestCoding } = stream;
  const encoded = requestCoding && new EncodedBody(requestCoding);
  const request = session.head;
  const { sendNameHeader } = backend.config;
  if (sendNameHeader !== undefined) {
    request.removeAll(sendNameHeader.toLowerCase());
    request.append(sendNameHeader, upstream.server.name);
  }
  if (!request.edited) {
    // Straight from where it lies, head and what has come of the body in one piece.
    const bytes = session.inbox.bytes.subarray(request.received.start, session.bodyEnd);
    stream.bytesIn = bytes.length;
    let r = upstream.conn.write(bytes);
    if (typeof r !== "number") {
      upstream.watch(timeout);
      r = await r;
    }
    const rest = afterWrite(upstream.conn, bytes, r);
    if (typeof rest === "number") status = rest;
    else {
      upstream.watch(timeout);
      status = await rest;
    }
  } else {
    const r = encoded === undefined
      ? sendEdited(stream, session, upstream)
      : sendEncoded(session, upstream, encoded);
    if (typeof r === "number") status = r;
    else {
      upstream.watch(timeout);
      status = await r;
    }
    if (status < 0) encoded?.drop();
    if (status === TOO_LARGE) {
      upstream.close();
      stream.rewriteFailed();
      stream.fail("P", "R");
      return failure(stream, 500);
    }
  }
  if (status >= 0 && !session.body.done) {
    session.settle();
    session.pump = new RequestPump(stream, session, upstream, timeout, encoded);
  }
  const inbox = upstream.inbox;
  const head = upstream.head;
  let scanned = 0;
  for (;;) {
    if (inbox.length > 0) {
      const end = findHeadEnd(inbox.bytes, inbox.start, inbox.start + scanned, inbox.end);
      scanned = inbox.length;
      if (end >= 0) {
        const error = parseResponse(
          head,
          inbox.bytes,
          inbox.start,
          end,
          stream.request!.method,
          backend.parseOptions,
        );
        if (error !== 0) {
          if (retryOn.junkResponse && mayRetry(stream, session)) {
            return giveUpOn(upstream, "invalid");
          }
          captureResponse(stream, session, upstream, error);
          return badResponse(stream, upstream);
        }
        inbox.start = end;
        if (stream.serverHttpMajor === 2) head.received.version = 20;
        if (head.status < 200) {
          if (head.status === 101) {
            // Not asked for, or asked for by a request that is not complete.
            if (stream.request!.upgrade === "" || !session.body.done) {
              return badResponse(stream, upstream);
            }
          } else {
            const passed = await passInterim(stream, session, upstream);
            if (passed < 0) return cutOff(stream, session, upstream);
            scanned = 0;
            continue;
          }
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
    }
    upstream.watch(timeout);
    const r = inbox.fill();
    if (r === FULL) return badResponse(stream, upstream);
    const n = inbox.took(typeof r === "number" ? r : await r);
    if (n > 0) continue;
    const empty = inbox.length === 0;
    upstream.close();
    if (stream.cause !== "-") return ended(stream);
    if (upstream.expired) {
      if (retryOn.responseTimeout && mayRetry(stream, session)) {
        return giveUpOn(upstream, "timeout");
      }
      stream.fail("s", "H");
      countResponseError(stream, upstream, "timeout");
      return failure(stream, 504);
    }
    if ((reused || upstream.conn.refused) && empty && !session.settled && session.body.done) {
      // What a server of HTTP/2 has refused was not begun.
      if (upstream.conn.refused || isIdempotent(stream.request!.method)) return AGAIN;
    }
    const seen = n === IoStatus.Eof ? "closed" : "read-error";
    if (
      (empty ? retryOn.emptyResponse : retryOn.junkResponse) && mayRetry(stream, session)
    ) return giveUpOn(upstream, seen);
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
