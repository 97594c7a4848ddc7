/**
 * Connecting to a server, with retries and redispatch (manual `retries`, `option redispatch`). A failed attempt is
 * tried again on the same server after a pause, or on another one at once: see retry.ts.
 */
import type { Server } from "../balance/server.ts";
import { destinationOf } from "../expr/addresses.ts";
import { PC, SC } from "../state/traffic.ts";
import type { Conn, ConnectFailure, Connecting, Target } from "../net/conn.ts";
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
  const { timeouts, retryOn } = backend.config;
  for (;;) {
    const server = stream.slot!;
    server.counters.add(SC.connect, 1);
    backend.counters.add(PC.connect, 1);
    const startedAt = process.now();
    const { strictMaxconn: strict, tcpUt, through } = server.config;
    let answer: Conn | ConnectFailure;
    if (strict === true && !await hasRoom(stream, server, backend, process)) answer = NO_ROOM;
    else {
      answer = await begin(stream, server, backend, process).promise;
      if (strict === true) answer = counted(answer, server);
      if (tcpUt !== undefined && !("failed" in answer)) setUserTimeout(answer, tcpUt);
    }
    if (
      (through !== undefined || server.proxyHeader !== undefined || speaksTls(server)) &&
      !("failed" in answer)
    ) answer = await shake(answer, stream, server, backend, process, startedAt);
    stream.onGiveUp = undefined;
    if (stream.givenUp) {
      if (!("failed" in answer)) answer.close();
      return undefined;
    }
    if (!("failed" in answer)) {
      stream.connectedAt = process.now();
      if (stream.serverError !== undefined) stream.serverError = undefined;
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

/** Begins to connect to `server`, or to the proxy before it. */
function begin(
  stream: Stream,
  server: Server,
  { config: { timeouts, options } }: Backend,
  process: ProcessContext,
): Connecting {
  const { through } = server.config;
  const first: Target = through === undefined
    ? targetOf(server, stream)
    : { ...through, type: "tcp" };
  const { source, socket } = outgoingFor(server, stream, first);
  const connecting = connectFromRange(process.transport, first, {
    timeout: timeouts.connect,
    socket,
    keepAlive: options.srvtcpka,
    marks: stream.serverMarks,
    source,
  });
  stream.onGiveUp = () => connecting.cancel();
  if (stream.givenUp) connecting.cancel();
  return connecting;
}

function speaksTls(server: Server): boolean {
  return server.tls?.config.ssl === true && !server.plain;
}

/** What comes before the first byte of the stream: a proxy on the way, the header of the PROXY protocol, TLS. */
async function shake(
  made: Conn,
  stream: Stream,
  server: Server,
  backend: Backend,
  process: ProcessContext,
  startedAt: number,
): Promise<Conn | ConnectFailure> {
  const { connect } = backend.config.timeouts;
  const left = () => connect && connect - (process.now() - startedAt);
  const { through } = server.config;
  let answer: Conn | ConnectFailure = made;
  if (through !== undefined && !stream.givenUp) {
    stream.onGiveUp = () => made.close();
    const target = targetOf(server, stream);
    if (target.type === "tcp") {
      const { host, port } = target;
      answer = await throughProxy(made, through, host, port, process.wheel, left());
    }
  }
  if (!("failed" in answer) && server.proxyHeader !== undefined && !stream.givenUp) {
    const connected = answer;
    stream.onGiveUp = () => connected.close();
    answer = await sendProxyHeader(connected, server, stream);
  }
  if (speaksTls(server) && !("failed" in answer) && !stream.givenUp) {
    answer = await speakTls(answer, server, backend, stream, process, left());
  }
  return answer;
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
function targetOf(server: Server, stream: Stream): Target {
  const { target } = server;
  if (target.type !== "tcp" || (target.port !== 0 && !server.toDestination)) return target;
  const destination = destinationOf(stream);
  const { host, port } = server.targetFor(destination.port) as typeof target;
  return { type: "tcp", host: server.toDestination ? destination.host : host, port };
}
