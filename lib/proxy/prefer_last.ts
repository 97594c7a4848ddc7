/** `option prefer-last-server` (manual 4.2): the requests of one client connection stay on one server. */
import type { Backend } from "./backend.ts";
import type { Stream } from "./stream.ts";

/** The server of a client connection's previous request. */
export interface LastServer {
  backend: string;
  server: string;
}

/** Algorithms that choose by a key: the key says more than the last request does. */
const KEYED: ReadonlySet<string> = new Set([
  "source",
  "uri",
  "url_param",
  "hdr",
  "hash",
  "rdp-cookie",
]);

/** Whether `backend` has the option and an algorithm that it makes sense with. */
export function prefersLast(backend: Backend): boolean {
  return backend.config.options.preferLastServer && !KEYED.has(backend.config.balance.algorithm);
}

/**
 * Prefers the server that `last` names when it is usable and has a slot free at once: without
 * `max-keep-alive-queue`, a stream never waits for a server only because of the request before it. Persistence, which
 * has chosen already, is not touched.
 */
export function preferLast(stream: Stream, backend: Backend, last: LastServer): void {
  if (stream.preferred !== undefined || last.backend !== backend.name) return;
  // By name: a reload may have put other objects in their place.
  const server = backend.pool.server(last.server);
  if (server === undefined || !server.usable) return;
  const limit = backend.pool.limitOf(server);
  const most = backend.config.maxKeepAliveQueue ?? 0;
  if (
    limit === 0 || (server.queued === 0 && server.currentConnections < limit) ||
    most < 0 || server.queued < most
  ) stream.preferred = server;
}
