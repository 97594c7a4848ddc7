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
import { assign } from "./assign.ts";
import type { Backend } from "./backend.ts";
import { connectServer } from "./connect.ts";
import { AGAIN, exchange, RETRY } from "./exchange.ts";
import { unserved } from "./failure.ts";
import { expectsH2, h2PoolOf, openUpstream } from "./h2_pool.ts";
import type { HttpSession } from "./http_session.ts";
import { preferLast, prefersLast } from "./prefer_last.ts";
import type { ProcessContext } from "./process_context.ts";
import type { Reply } from "./reply.ts";
import { countRetry, nextAttempt } from "./retry.ts";
import type { Stream } from "./stream.ts";
import { mayShare, takeIdle } from "./take_idle.ts";
import { websocketProtocol } from "./websocket_protocol.ts";

/**
 * Sends the stream's request to a server of `backend` and reads the answer's head, which becomes the stream's reply.
 * `server`: it is chosen already, and its slot is taken.
 */
export async function forward(
  stream: Stream,
  session: HttpSession,
  backend: Backend,
  server?: Server,
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
  for (;;) {
    if (server === undefined) {
      const assigned = assign(stream, backend, process);
      server = assigned instanceof Promise ? await assigned : assigned;
      if (server === undefined) return stream.reply = unserved(stream);
    }
    const apart = websocketProtocol(stream, server) !== undefined;
    let upstream = fresh || apart ? undefined : takeIdle(stream, session, backend, server);
    const alone = apart || stream.serverMarks !== undefined;
    if (
      upstream === undefined && !fresh && !alone && expectsH2(server) &&
      mayShare(session, backend, server)
    ) {
      const coming = h2PoolOf(backend, server, process).join();
      if (coming !== undefined) {
        await coming;
        upstream = takeIdle(stream, session, backend, server);
      }
    }
    if (upstream === undefined) {
      const made = expectsH2(server) && !alone
        ? h2PoolOf(backend, server, process).begin()
        : undefined;
      const conn = await connectServer(stream, backend, process);
      if (conn !== undefined) {
        upstream = openUpstream(conn, stream, backend, process);
        upstream.proxyHeader = upstream.server.proxyHeader?.(stream);
      }
      made?.();
      if (upstream === undefined) return stream.reply = unserved(stream);
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
      if (server === undefined) return stream.reply = unserved(stream);
      // An idle connection may be found dead once for a request, and no more.
      fresh ||= server === failed;
    } else return stream.reply = reply;
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
