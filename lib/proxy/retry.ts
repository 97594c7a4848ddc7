/**
 * Trying again (manual 4.2 `retries`, `retry-on`, `option redispatch`): how often, and on which server.
 *
 * A request whose connection failed and one that is sent again after a bad answer share the same `retries`. With
 * `option redispatch` the next attempt goes to another server when the option's interval says so, when the server has
 * gone down meanwhile, or, as any server is as good as another, at once when neither a cookie nor a key named it:
 * then the slot is given back and a new one taken.
 */
import type { Server } from "../balance/server.ts";
import { PC, SC } from "../state/traffic.ts";
import { assign } from "./assign.ts";
import type { Backend } from "./backend.ts";
import type { ProcessContext } from "./process_context.ts";
import type { Stream } from "./stream.ts";

/**
 * Counts a retry of `stream` after a failure on `server`, whose slot it holds, and chooses where to: `server` itself,
 * or another one whose slot is taken then, or undefined when there is none (the stream knows why). At least one retry
 * must be left.
 */
export function nextAttempt(
  stream: Stream,
  backend: Backend,
  process: ProcessContext,
  server: Server,
): Server | Promise<Server | undefined> {
  stream.retries++;
  const { redispatch: interval } = backend.config.options;
  if (
    interval === false || stream.persistence?.forced === true ||
    !(!server.state.running || backend.pool.isReplaceable(server, stream) ||
      redispatches(interval, stream.retryLimit, stream.retries))
  ) return server;
  return redispatch(stream, backend, process, server);
}

/** Counts one attempt more on the server that failed the last. */
export function countRetry(backend: Backend, server: Server): void {
  server.counters.add(SC.wretr, 1);
  backend.counters.add(PC.wretr, 1);
}

/** Manual `option redispatch`: every `interval` retries, or (-1) only on the last ones. */
function redispatches(interval: number, retries: number, done: number): boolean {
  const remaining = retries - done;
  if (interval > 0) return done % interval === 0;
  if (interval < 0) return remaining % (retries + 1 + interval) === 0;
  return remaining === 0;
}

async function redispatch(
  stream: Stream,
  backend: Backend,
  process: ProcessContext,
  failed: Server,
): Promise<Server | undefined> {
  backend.pool.release(failed);
  stream.slot = undefined;
  stream.excluded = failed;
  stream.preferred = undefined;
  const { persistence } = stream;
  const direct = persistence !== undefined && persistence.direct;
  if (direct) persistence.direct = false;
  const other = await assign(stream, backend, process);
  if (other !== undefined && other !== failed) {
    if (direct) persistence.leave();
    stream.redispatched = true;
    failed.counters.add(SC.wredis, 1);
    backend.counters.add(PC.wredis, 1);
  }
  return other;
}
