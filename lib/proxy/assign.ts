/** Getting a slot on a server, waiting in the queue when all are taken (manual `maxconn`, `timeout queue`). */
import type { Waiting } from "../balance/queue.ts";
import type { Server } from "../balance/server.ts";
import { Timer } from "../net/timers.ts";
import { PC, SC } from "../state/traffic.ts";
import type { Backend } from "./backend.ts";
import type { ProcessContext } from "./process_context.ts";
import type { Stream } from "./stream.ts";

/**
 * Takes a slot for `stream` on a server of `backend`; answers undefined after noting the failure on the stream
 * (no server: SC, queue full or queue timeout: sQ). `stream.excluded` is avoided when there is another.
 */
export function assign(
  stream: Stream,
  backend: Backend,
  process: ProcessContext,
): Server | undefined | Promise<Server | undefined> {
  const assigned = backend.pool.assign(stream, stream);
  if (assigned === undefined) {
    stream.fail("S", "C");
    return undefined;
  }
  if ("granted" in assigned) return wait(stream, backend, process, assigned);
  // The first choice is made in the turn in which the request became complete.
  const now = stream.queuedAt < 0 ? stream.requestAt : process.now();
  return take(stream, assigned, backend, now);
}

function take(
  stream: Stream,
  server: Server,
  backend: Backend,
  now: number,
): Server {
  const { preferred } = stream;
  if (preferred !== undefined && preferred !== server) leavePreferred(stream, preferred, backend);
  stream.slot = server;
  stream.server = server;
  stream.lastServer = server;
  stream.queuedAt = now;
  server.counters.session(stream.wall, server.currentConnections);
  server.state.setLastSession(stream.wall);
  return server;
}

/** The server that persistence chose was full or went down while the stream waited for it. */
function leavePreferred(stream: Stream, preferred: Server, backend: Backend): void {
  stream.preferred = undefined;
  if (stream.persistence?.direct !== true) return;
  stream.persistence.leave();
  stream.redispatched = true;
  preferred.counters.add(SC.wredis, 1);
  backend.counters.add(PC.wredis, 1);
}

async function wait(
  stream: Stream,
  backend: Backend,
  process: ProcessContext,
  waiting: Waiting,
): Promise<Server | undefined> {
  if (waiting.server === undefined) stream.backendQueue = waiting.ahead;
  else stream.srvQueue = waiting.ahead;
  let expired = false;
  const ms = backend.config.timeouts.queue ?? backend.config.timeouts.connect;
  const timer = new Timer(process.wheel, () => {
    expired = true;
    waiting.cancel();
  });
  if (ms !== undefined) timer.set(ms);
  stream.onGiveUp = () => waiting.cancel();
  if (stream.givenUp) waiting.cancel();
  const server = await waiting.granted;
  timer.clear();
  stream.onGiveUp = undefined;
  const now = process.now();
  if (server !== undefined) return take(stream, server, backend, now);
  stream.queuedAt = now;
  if (expired) stream.fail("s", "Q");
  else stream.fail("S", waiting.refused ? "Q" : "C");
  return undefined;
}
