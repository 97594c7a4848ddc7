/**
 * Connecting to a server, with retries and redispatch (manual `retries`, `option redispatch`).
 *
 * A failed attempt is tried again on the same server after a pause. With `option redispatch` it goes to another
 * one, without a pause, when the option's interval says so, when the server has gone down meanwhile, or, as any
 * server is as good as another, at once when neither a cookie nor a key named it: then the slot is given back and
 * a new one taken.
 */
import type { Server } from "../balance/server.ts";
import { PC, SC } from "../state/traffic.ts";
import type { Address, Conn, ConnectFailure, Target } from "../net/conn.ts";
import { Timer } from "../net/timers.ts";
import { assign } from "./assign.ts";
import type { Backend } from "./backend.ts";
import type { ProcessContext } from "./process_context.ts";
import type { Stream } from "./stream.ts";

/** ms between two attempts on one server; shorter when `timeout connect` is */
const PAUSE = 1000;

/** Connects for `stream`, whose slot is taken. Undefined: every attempt failed, and the stream knows why. */
export async function connectServer(
  stream: Stream,
  backend: Backend,
  process: ProcessContext,
  client: Address,
): Promise<Conn | undefined> {
  const { timeouts, options, retries } = backend.config;
  for (let left = retries;; left--) {
    const server = stream.slot!;
    server.counters.add(SC.connect, 1);
    backend.counters.add(PC.connect, 1);
    const connecting = process.transport.connect(targetOf(server, client), {
      timeout: timeouts.connect,
      source: server.config.source,
      keepAlive: options.srvtcpka,
    });
    stream.onGiveUp = () => connecting.cancel();
    if (stream.givenUp) connecting.cancel();
    const answer = await connecting.promise;
    stream.onGiveUp = undefined;
    if (stream.givenUp) {
      if (!("failed" in answer)) answer.close();
      return undefined;
    }
    if (!("failed" in answer)) {
      stream.connectedAt = process.now();
      server.observer?.("connected");
      return answer;
    }
    server.observer?.("connect-failed");
    if (left <= 0) {
      server.counters.add(SC.econ, 1);
      backend.counters.add(PC.econ, 1);
      failConnect(stream, answer);
      return undefined;
    }
    stream.retries++;
    if (
      options.redispatch !== false && stream.persistence?.forced !== true &&
      (!server.state.running || backend.pool.isReplaceable(server, stream) ||
        redispatches(options.redispatch, retries, left))
    ) {
      const other = await redispatch(stream, backend, process, server);
      if (other === undefined) return undefined;
      if (other !== server) continue;
    }
    server.counters.add(SC.wretr, 1);
    backend.counters.add(PC.wretr, 1);
    await pause(stream, process, Math.min(PAUSE, timeouts.connect ?? PAUSE));
    if (stream.givenUp) return undefined;
    server.counters.session(stream.wall, server.currentConnections);
  }
}

/** Manual `option redispatch`: every `interval` retries, or (-1) only on the last ones. */
function redispatches(interval: number, retries: number, left: number): boolean {
  const remaining = left - 1;
  if (interval > 0) return (retries - remaining) % interval === 0;
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

function failConnect(stream: Stream, failure: ConnectFailure): void {
  if (failure.failed === "timeout") stream.fail("s", "C");
  else if (failure.failed === "resource") stream.fail("R", "C");
  else stream.fail("S", "C");
}

function pause(stream: Stream, process: ProcessContext, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      timer.clear();
      stream.onGiveUp = undefined;
      resolve();
    };
    const timer = new Timer(process.wheel, end);
    timer.set(ms);
    stream.onGiveUp = end;
  });
}

/** A server without a port of its own is reached on the port the client came to (manual `server`). */
function targetOf(server: Server, client: Address): Target {
  return server.target.type === "tcp" && server.target.port === 0
    ? server.targetFor(client.port)
    : server.target;
}
