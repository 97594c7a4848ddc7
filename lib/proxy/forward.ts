/**
 * Forwarding one request to a server: the innermost step of a backend's policy.
 *
 * Laws:
 * - A request goes to at most one server at a time, and a second time only when no byte of an answer came and
 *   either the connection could not be made, or it was an idle one that the server had closed and the request is
 *   idempotent and still whole in the inbox (RFC 9110 section 9.2.2, RFC 9112 section 9.3.1); or when `retry-on`
 *   permits it, the request is still whole in the inbox and the client has got nothing yet.
 * - 1xx answers are passed on as they come; the first other one is the Reply.
 * - Each failure becomes the answer that the manual (section 8.5) gives for it.
 */
import type { Observation, Server } from "../balance/server.ts";
import { findHeadEnd } from "../http1/find_end.ts";
import { parseResponse } from "../http1/parse_response.ts";
import { IoStatus } from "../net/conn.ts";
import { afterWrite, writeAll } from "../net/io.ts";
import { PC, SC } from "../state/traffic.ts";
import { AbortWatch } from "./abort_watch.ts";
import { assign } from "./assign.ts";
import type { Backend } from "./backend.ts";
import { connectServer } from "./connect.ts";
import type { Http1Error } from "../http1/error.ts";
import { expectsH2, h2PoolOf, openUpstream } from "./h2_pool.ts";
import type { HttpSession } from "./http_session.ts";
import { FULL } from "./inbox.ts";
import { preferLast, prefersLast } from "./prefer_last.ts";
import type { ProcessContext } from "./process_context.ts";
import type { Reply } from "./reply.ts";
import { RequestPump } from "./request_body.ts";
import { countRetry, nextAttempt } from "./retry.ts";
import type { Stream } from "./stream.ts";
import { UpstreamConn } from "./upstream.ts";

/** the idle connection was dead: once more, on a new one */
const AGAIN = Symbol("again");
/** `retry-on` sends the request again */
const RETRY = Symbol("retry");
/** rules made a head larger than a buffer */
const TOO_LARGE = -101;

/** Sends the stream's request to a server of `backend` and reads the answer's head. */
export async function forward(
  stream: Stream,
  session: HttpSession,
  backend: Backend,
): Promise<Reply | undefined> {
  const process = session.process;
  let fresh = false;
  const last = prefersLast(backend) ? session.lastServer : undefined;
  if (last !== undefined) preferLast(stream, backend, last);
  if (
    session.body.done &&
    (backend.config.options.abortonclose || stream.frontend.config.options.abortonclose) &&
    // A stream of HTTP/2 that is given up is reset, which is seen without looking.
    session.conn.httpMajor !== 2
  ) stream.watch = new AbortWatch(session.inbox, stream);
  let server: Server | undefined;
  for (;;) {
    if (server === undefined) {
      const assigned = assign(stream, backend, process);
      server = assigned instanceof Promise ? await assigned : assigned;
      if (server === undefined) return unserved(stream);
    }
    let upstream = fresh ? undefined : takeIdle(stream, session, backend, server);
    if (
      upstream === undefined && !fresh && expectsH2(server) && mayShare(session, backend, server)
    ) {
      const coming = h2PoolOf(backend, server, process).join();
      if (coming !== undefined) {
        await coming;
        upstream = takeIdle(stream, session, backend, server);
      }
    }
    if (upstream === undefined) {
      const made = expectsH2(server) ? h2PoolOf(backend, server, process).begin() : undefined;
      const conn = await connectServer(stream, backend, process);
      if (conn !== undefined) upstream = openUpstream(conn, backend, stream.slot!, process);
      made?.();
      if (upstream === undefined) return unserved(stream);
    } else {
      upstream.server = server;
      stream.connectedAt = fresh ? process.now() : stream.queuedAt;
      server.counters.add(SC.reuse, 1);
      backend.counters.add(PC.reuse, 1);
    }
    if (last !== undefined) {
      last.backend = backend.name;
      last.server = upstream.server.name;
    }
    const reply = await exchange(stream, session, backend, upstream);
    if (reply === AGAIN) {
      backend.pool.release(stream.slot!);
      stream.slot = undefined;
      server = undefined;
      fresh = true;
    } else if (reply === RETRY) {
      const failed: Server = upstream.server;
      server = await retry(stream, backend, process, failed);
      if (server === undefined) return unserved(stream);
      // An idle connection may be found dead once for a request, and no more.
      fresh ||= server === failed;
    } else return reply;
  }
}

/** Chooses where the request is sent again, without a pause; undefined: nowhere. */
async function retry(
  stream: Stream,
  backend: Backend,
  process: ProcessContext,
  failed: Server,
): Promise<Server | undefined> {
  stream.connectedAt = -1;
  countRetry(backend, failed);
  const server = await nextAttempt(stream, backend, process, failed);
  if (server === failed) server.counters.session(stream.wall, server.currentConnections);
  return server;
}

/** Whether a failure now may be mended by sending the request again (manual 4.2 `retry-on`). */
function mayRetry(stream: Stream, session: HttpSession): boolean {
  return stream.retries < stream.retryLimit && !stream.l7RetryDisabled &&
    !session.settled && session.body.done && stream.bytesOut === 0 && !stream.givenUp;
}

/** Manual `http-reuse`: which idle connection this request may use. */
function takeIdle(
  stream: Stream,
  session: HttpSession,
  backend: Backend,
  server: Server,
): UpstreamConn | undefined {
  const mode = backend.config.httpReuse;
  // Another request may go elsewhere.
  if (server.toDestination) return undefined;
  const name = server.tlsName?.(stream);
  if (mode === "never" || server.isPrivate) {
    const own = session.own.take(backend.reuse.get(server), name);
    if (own !== undefined) own.server = server;
    return own;
  }
  if (!mayShare(session, backend, server)) return undefined;
  const proven = session.requestCount === 1 && mode === "aggressive";
  const pool = backend.reuse.get(server);
  const h2 = pool?.h2?.take(backend.counters, proven, name);
  if (h2 !== undefined) return new UpstreamConn(h2, server, undefined, session.process);
  return pool?.take(proven, name);
}

/** May the request go where others went before, or go at the same time? */
function mayShare(session: HttpSession, backend: Backend, server: Server): boolean {
  const { httpReuse } = backend.config;
  return httpReuse !== "never" && !server.isPrivate &&
    (httpReuse !== "safe" || session.requestCount > 1);
}

async function exchange(
  stream: Stream,
  session: HttpSession,
  backend: Backend,
  upstream: UpstreamConn,
): Promise<Reply | undefined | typeof AGAIN | typeof RETRY> {
  const timeout = stream.timeoutServer;
  const { retryOn } = backend.config;
  const reused = upstream.requests > 0;
  upstream.requests++;
  stream.serverLocal = upstream.conn.local;
  stream.serverTls = upstream.conn.tls;
  stream.serverRemote = upstream.conn.remote;
  stream.serverHttpMajor = upstream.conn.httpMajor ?? 1;
  upstream.answered = false;
  stream.onGiveUp = upstream.closer;
  if (stream.givenUp) upstream.close();
  let status: number;
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
    const r = sendEdited(stream, session, upstream);
    if (r === TOO_LARGE) {
      upstream.close();
      stream.fail("P", "R");
      return failure(stream, 500);
    }
    if (typeof r === "number") status = r;
    else {
      upstream.watch(timeout);
      status = await r;
    }
  }
  if (status >= 0 && !session.body.done) {
    session.settle();
    session.pump = new RequestPump(stream, session, upstream, timeout);
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

/** Writes a head with edits, and what has come of the body, in one write when they fit. */
function sendEdited(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
): number | Promise<number> {
  const { head, inbox } = session;
  const bodyBytes = session.bodyEnd - session.headEnd;
  const out = session.process.buffers.full.lend();
  const end = head.write(out.bytes, 0);
  if (end < 0) {
    session.process.buffers.full.giveBack(out);
    return TOO_LARGE;
  }
  stream.bytesIn = end + bodyBytes;
  const body = inbox.bytes.subarray(session.headEnd, session.bodyEnd);
  if (end + bodyBytes <= out.bytes.length) {
    out.bytes.set(body, end);
    const r = writeAll(upstream.conn, out.bytes.subarray(0, end + bodyBytes));
    if (typeof r !== "number") return giveBackAfter(r, session, out);
    session.process.buffers.full.giveBack(out);
    return r;
  }
  return writeBoth(session, upstream, out, end, body);
}

type Lent = ReturnType<HttpSession["process"]["buffers"]["full"]["lend"]>;

async function giveBackAfter(
  r: Promise<number>,
  session: HttpSession,
  out: Lent,
): Promise<number> {
  const status = await r;
  session.process.buffers.full.giveBack(out);
  return status;
}

async function writeBoth(
  session: HttpSession,
  upstream: UpstreamConn,
  out: Lent,
  end: number,
  body: Uint8Array,
): Promise<number> {
  const status = await writeAll(upstream.conn, out.bytes.subarray(0, end));
  session.process.buffers.full.giveBack(out);
  return status < 0 ? status : await writeAll(upstream.conn, body);
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

function countResponseError(stream: Stream, upstream: UpstreamConn, seen?: Observation): void {
  upstream.server.counters.add(SC.eresp, 1);
  stream.backend!.counters.add(PC.eresp, 1);
  if (seen !== undefined) upstream.server.observer?.(seen);
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

/** The answer is no HTTP, or the wrong one (502), or has become too large for a buffer (500). */
export function badResponse(stream: Stream, upstream: UpstreamConn, status = 502): Reply {
  upstream.close();
  stream.fail("P", "H");
  stream.responseAt = -1;
  stream.response = undefined;
  countResponseError(stream, upstream, status === 502 ? "invalid" : undefined);
  return failure(stream, status);
}

/** The client does not take what is sent to it. */
function cutOff(stream: Stream, session: HttpSession, upstream: UpstreamConn): undefined {
  upstream.close();
  stream.fail(session.expired ? "c" : "C", "D");
  return undefined;
}

/** No server was got or reached. */
function unserved(stream: Stream): Reply | undefined {
  return stream.cause === "C" ? undefined : failure(stream, 503);
}

/** The wait for the answer was ended by something other than the server. */
function ended(stream: Stream): Reply | undefined {
  switch (stream.cause) {
    case "c":
      return failure(stream, 408);
    case "C":
      if (stream.phase === "D") return undefined;
      // `option abortonclose`: it has finished sending, but may still read.
      stream.closeClient = true;
      return failure(stream, 400);
    case "P":
      return failure(stream, 400);
  }
  return failure(stream, 502);
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

/** The answer for a failed stream: the backend's error file, else the frontend's, else the built-in page. */
export function failure(stream: Stream, status: number): Reply {
  const own = stream.backend?.answers;
  if (own?.has(status) === true) return own.reply(status, stream);
  return stream.frontend.answers.reply(status, stream);
}

/** Keeps what the server sent, for `show errors`. */
function captureResponse(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
  error: Http1Error,
): void {
  const { inbox, server } = upstream;
  const backend = stream.backend!;
  session.process.captures.add({
    kind: "response",
    at: session.process.wall(),
    proxy: backend.name,
    proxyId: backend.id,
    frontend: stream.frontend.name,
    backend: backend.name,
    server: server.name,
    source: session.remote,
    error,
    bytes: inbox.bytes.subarray(inbox.start, inbox.end),
  });
}
