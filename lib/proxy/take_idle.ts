/** Which of a server's idle connections a request may go on with. */
import type { Server } from "../balance/server.ts";
import type { Backend } from "./backend.ts";
import type { HttpSession } from "./http_session.ts";
import type { Stream } from "./stream.ts";
import { UpstreamConn } from "./upstream.ts";

/** Manual `http-reuse`: which idle connection this request may use. */
export function takeIdle(
  stream: Stream,
  session: HttpSession,
  backend: Backend,
  server: Server,
): UpstreamConn | undefined {
  const mode = backend.config.httpReuse;
  // Another request may go elsewhere, or its packets carry other marks.
  if (server.toDestination || stream.serverMarks !== undefined) return undefined;
  const name = server.tlsName?.(stream);
  if (mode === "never" || server.isPrivate) {
    const own = session.own.take(backend.reuse.get(server), name, server.proxyHeader?.(stream));
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
export function mayShare(session: HttpSession, backend: Backend, server: Server): boolean {
  const { httpReuse } = backend.config;
  return httpReuse !== "never" && !server.isPrivate &&
    (httpReuse !== "safe" || session.requestCount > 1);
}
