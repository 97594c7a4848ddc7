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
import type { Server } from "../balance/server.ts";
import { PC, SC } from "../state/traffic.ts";
import { AbortWatch } from "./abort_watch.ts";
import { AGAIN, RETRY } from "./answer_head.ts";
import { assign } from "./assign.ts";
import type { Backend } from "./backend.ts";
import { connectServer } from "./connect.ts";
import { exchange } from "./exchange.ts";
import { unserved } from "./failure.ts";
import { expectsH2, h2PoolOf, openUpstream } from "./h2_pool.ts";
import type { HttpSession } from "./http_session.ts";
import { preferLast, prefersLast } from "./prefer_last.ts";
import type { ProcessContext } from "./process_context.ts";
import { countRetry, nextAttempt } from "./retry.ts";
import type { Stream } from "./stream.ts";
import { mayShare, takeIdle } from "./take_idle.ts";
import type { UpstreamConn } from "./upstream.ts";
import { websocketProtocol } from "./websocket_protocol.ts";

/**
 * Sends the stream's request to a server of `backend` and reads the answer's head, which becomes the stream's reply.
 * `server`: it is chosen already, and its slot is taken. Where neither a slot nor a connection has to be waited for, the
 * wait for the answer is the only one.
 */
export function forward(
  stream: Stream,
  session: HttpSession,
  backend: Backend,
  server?: Server,
): Promise<unknown> | undefined {
  if (prefersLast(backend)) preferLast(stream, backend, session.lastServer);
  if (
    session.body.done &&
    (backend.config.options.abortonclose || stream.frontend.config.options.abortonclose) &&
    // A stream of HTTP/2 that is given up is reset, which is seen without looking.
    session.conn.httpMajor !== 2
  ) stream.watch = new AbortWatch(session.inbox, stream);
  if (server !== undefined) return sendTo(stream, session, backend, server);
  const assigned = assign(stream, backend, session.process);
  return assigned instanceof Promise
    ? assigned.then((server) => sendTo(stream, session, backend, server))
    : sendTo(stream, session, backend, assigned);
}

/** Sends it to this server, on an idle connection where there is one; undefined: there is no server. */
function sendTo(
  stream: Stream,
  session: HttpSession,
  backend: Backend,
  server: Server | undefined,
): Promise<unknown> | undefined {
  if (server === undefined) {
    stream.reply = unserved(stream);
    return undefined;
  }
  const apart = stream.freshOnly || websocketProtocol(stream, server) !== undefined;
  const idle = apart ? undefined : takeIdle(stream, session, backend, server);
  return idle === undefined
    ? sendOnNew(stream, session, backend, server)
    : sendOnIdle(stream, session, backend, server, idle);
}

function sendOnIdle(
  stream: Stream,
  session: HttpSession,
  backend: Backend,
  server: Server,
  idle: UpstreamConn,
): Promise<unknown> | undefined {
  idle.server = server;
  stream.connectedAt = stream.queuedAt;
  server.counters.add(SC.reuse, 1);
  backend.counters.add(PC.reuse, 1);
  if (prefersLast(backend)) noteLast(session, backend, idle);
  return exchange(stream, session, backend, idle, sendAgain);
}

/** Sends it to this server on a connection that has to be made, or that others are making (HTTP/2). */
async function sendOnNew(
  stream: Stream,
  session: HttpSession,
  backend: Backend,
  server: Server,
): Promise<unknown> {
  const { process } = session;
  const alone = stream.serverMarks !== undefined ||
    websocketProtocol(stream, server) !== undefined;
  const h2 = !alone && expectsH2(server) ? h2PoolOf(backend, server, process) : undefined;
  if (h2 !== undefined && !stream.freshOnly && mayShare(session, backend, server)) {
    const coming = h2.join();
    if (coming !== undefined) {
      await coming;
      const idle = takeIdle(stream, session, backend, server);
      if (idle !== undefined) return sendOnIdle(stream, session, backend, server, idle);
    }
  }
  const made = h2?.begin();
  const conn = await connectServer(stream, backend, process);
  let upstream: UpstreamConn | undefined;
  if (conn !== undefined) {
    upstream = openUpstream(conn, stream, backend, process);
    upstream.proxyHeader = upstream.server.proxyHeader?.(stream);
  }
  made?.();
  if (upstream === undefined) return stream.reply = unserved(stream);
  if (prefersLast(backend)) noteLast(session, backend, upstream);
  return exchange(stream, session, backend, upstream, sendAgain);
}

function noteLast({ lastServer }: HttpSession, backend: Backend, { server }: UpstreamConn): void {
  lastServer.backend = backend.name;
  lastServer.server = server.name;
}

async function sendAgain(
  stream: Stream,
  session: HttpSession,
  backend: Backend,
  upstream: UpstreamConn,
  why: typeof AGAIN | typeof RETRY,
): Promise<unknown> {
  const { process } = session;
  if (why === AGAIN) {
    backend.pool.release(stream.slot!);
    stream.slot = undefined;
    stream.freshOnly = true;
    return sendTo(stream, session, backend, await assign(stream, backend, process));
  }
  const failed = upstream.server;
  const server = await retry(stream, backend, process, failed);
  // An idle connection may be found dead once for a request, and no more.
  stream.freshOnly ||= server === failed;
  return sendTo(stream, session, backend, server);
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
