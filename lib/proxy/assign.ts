/** Getting a slot on a server, waiting in the queue when all are taken (manual `maxconn`, `timeout queue`). */
import type { Waiting } from "../balance/queue.ts";
import type { Server } from "../balance/server.ts";
import { Timer } from "../net/timers.ts";
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
  return take(stream, assigned, process);
}

function take(stream: Stream, server: Server, process: ProcessContext): Server {
  stream.slot = server;
  stream.server = server;
  stream.lastServer = server;
  stream.queuedAt = process.now();
  const wall = process.wall();
  server.counters.session(wall, server.currentConnections);
  server.state.setLastSession(wall);
  return server;
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
  if (server !== undefined) return take(stream, server, process);
  stream.queuedAt = process.now();
  if (expired) stream.fail("s", "Q");
  else stream.fail("S", waiting.refused ? "Q" : "C");
  return undefined;
}
