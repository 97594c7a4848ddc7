/**
 * Connecting to a server, with retries and redispatch (manual `retries`, `option redispatch`). A failed attempt is
 * tried again on the same server after a pause, or on another one at once: see retry.ts.
 */
import type { Server } from "../balance/server.ts";
import { destinationOf } from "../expr/addresses.ts";
import { PC, SC } from "../state/traffic.ts";
import type { Address, Conn, ConnectFailure, Target } from "../net/conn.ts";
import { setUserTimeout } from "../net/live_socket.ts";
import { connectFromRange } from "../net/source_ports.ts";
import { throughProxy } from "../net/through_proxy.ts";
import { Timer } from "../net/timers.ts";
import type { Backend } from "./backend.ts";
import { sendProxyHeader, speakTls } from "./prologue.ts";
import { outgoingFor } from "./server_socket.ts";
import type { ProcessContext } from "./process_context.ts";
import { countRetry, nextAttempt } from "./retry.ts";
import type { Stream } from "./stream.ts";
import { counted, reserve } from "./strict_maxconn.ts";

/** ms between two attempts on one server; shorter when `timeout connect` is */
const PAUSE = 1000;

/** Connects for `stream`, whose slot is taken. Undefined: every attempt failed, and the stream knows why. */
export async function connectServer(
  stream: Stream,
  backend: Backend,
  process: ProcessContext,
): Promise<Conn | undefined> {
  const { timeouts, options, retryOn } = backend.config;
  for (;;) {
    const server = stream.slot!;
    server.counters.add(SC.connect, 1);
    backend.counters.add(PC.connect, 1);
    const startedAt = process.now();
    const target = targetOf(server, destinationOf(stream));
    const { strictMaxconn: strict, tcpUt, through } = server.config;
    const first: Target = through === undefined ? target : { ...through, type: "tcp" };
    let answer: Conn | ConnectFailure;
    if (strict === true && !await hasRoom(stream, server, backend, process)) answer = NO_ROOM;
    else {
      const { source, socket } = outgoingFor(server, stream, first);
      const connecting = connectFromRange(process.transport, first, {
        timeout: timeouts.connect,
        socket,
        keepAlive: options.srvtcpka,
        marks: stream.serverMarks,
      }, source);
      stream.onGiveUp = () => connecting.cancel();
      if (stream.givenUp) connecting.cancel();
      answer = await connecting.promise;
      if (strict === true) answer = counted(answer, server);
      if (tcpUt !== undefined && !("failed" in answer)) setUserTimeout(answer, tcpUt);
    }
    if (!("failed" in answer) && through !== undefined && !stream.givenUp) {
      const made = answer;
      stream.onGiveUp = () => made.close();
      const left = timeouts.connect && timeouts.connect - (process.now() - startedAt);
      answer = target.type === "tcp"
        ? await throughProxy(made, through, target.host, target.port, process.wheel, left)
        : made;
    }
    if (!("failed" in answer) && server.proxyHeader !== undefined && !stream.givenUp) {
      const made = answer;
      stream.onGiveUp = () => made.close();
      answer = await sendProxyHeader(made, server, stream);
    }
    if (
      server.tls?.config.ssl === true && !server.plain && !("failed" in answer) && !stream.givenUp
    ) {
      const left = timeouts.connect && timeouts.connect - (process.now() - startedAt);
      answer = await speakTls(answer, server, backend, stream, process, left);
    }
    stream.onGiveUp = undefined;
    if (stream.givenUp) {
      if (!("failed" in answer)) answer.close();
      return undefined;
    }
    if (!("failed" in answer)) {
      stream.connectedAt = process.now();
      stream.serverError = undefined;
      server.observer?.("connected");
      return answer;
    }
    server.observer?.("connect-failed");
    stream.serverError = answer.error;
    if (stream.retries >= stream.retryLimit || !retryOn.connFailure) {
      server.counters.add(SC.econ, 1);
      backend.counters.add(PC.econ, 1);
      failConnect(stream, answer);
      return undefined;
    }
    const next = nextAttempt(stream, backend, process, server);
    const other = next instanceof Promise ? await next : next;
    if (other === undefined) return undefined;
    if (other !== server) continue;
    countRetry(backend, server);
    await pause(stream, process, Math.min(PAUSE, timeouts.connect ?? PAUSE));
    if (stream.givenUp) return undefined;
    server.counters.session(stream.wall, server.currentConnections);
  }
}

const NO_ROOM: ConnectFailure = {
  failed: "resource",
  message: "as many connections are open as maxconn permits",
};

function hasRoom(
  stream: Stream,
  server: Server,
  { config, reuse }: Backend,
  process: ProcessContext,
): Promise<boolean> {
  const ms = config.timeouts.connect ?? PAUSE;
  return reserve(server, reuse.get(server), () => process.now(), ms, () => stream.givenUp);
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

/**
 * A server without a port of its own is reached on the port the client came to, one at 0.0.0.0 or [::] at the address
 * the client came to (manual `server`), or what `set-dst` and `set-dst-port` made of them.
 */
function targetOf(server: Server, destination: Address): Target {
  const { target } = server;
  if (target.type !== "tcp" || (target.port !== 0 && !server.toDestination)) return target;
  const { host, port } = server.targetFor(destination.port) as typeof target;
  return { type: "tcp", host: server.toDestination ? destination.host : host, port };
}
