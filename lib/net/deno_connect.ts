import { createConnection } from "node:net";
import { parseIp, unixAddress } from "./address.ts";
import type { Conn, ConnectFailure, Connecting, ConnectOptions, Target } from "./conn.ts";
import { ConnError } from "./connection_errors.ts";
import { DenoConn } from "./deno_conn.ts";
import { markSocket } from "./live_socket.ts";
import { NodeConn } from "./node_conn.ts";
import { Timer, type TimerWheel } from "./timers.ts";
import { kernelPath } from "./unix_socket.ts";

function nothing(): void {}

/** Why a connect failed, from what Deno or node throws. */
export function connectFailureOf(error: unknown): ConnectFailure {
  const { code, syscall, message = String(error) } = error as Record<string, string | undefined>;
  // node says EINVAL when the source address is not the machine's own.
  if (syscall === "bind") {
    return { failed: "resource", message, error: { code: ConnError.CANT_BIND } };
  }
  // So it says that the source port is in use.
  if (code === "EINVAL" && message.includes("Local (")) {
    return { failed: "resource", message, error: { code: ConnError.CANT_BIND } };
  }
  switch (code) {
    case "ECONNREFUSED":
    case "ECONNRESET":
    case "ENOENT":
      return { failed: "refused", message };
    case "ETIMEDOUT":
      return { failed: "timeout", message };
    case "ENETUNREACH":
    case "EHOSTUNREACH":
    case "ENETDOWN":
      return { failed: "unreachable", message };
    case "EMFILE":
    case "ENFILE":
    case "EAGAIN":
    case "EADDRINUSE":
    case "EADDRNOTAVAIL":
    case "ENOBUFS":
    case "ENOMEM":
      return { failed: "resource", message };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return { failed: "resolve", message };
  }
  if (message.includes("failed to lookup address")) return { failed: "resolve", message };
  return { failed: "other", message };
}

/** What is under way, and is ended when nobody waits for it any more. */
interface UnderWay {
  drop(): void;
}

let answer: (made: Conn | ConnectFailure) => void;
const take = (resolve: (made: Conn | ConnectFailure) => void) => void (answer = resolve);

/** One attempt: the first of success, failure, timeout and cancel is its answer. */
export class Attempt implements Connecting {
  readonly promise: Promise<Conn | ConnectFailure>;
  readonly #answer: (answer: Conn | ConnectFailure) => void;
  #underWay: UnderWay | undefined;
  #timer: Timer | undefined;
  #done = false;

  constructor() {
    this.promise = new Promise(take);
    this.#answer = answer;
  }

  begin(wheel: TimerWheel, timeout: number | undefined, underWay: UnderWay | undefined): void {
    this.#underWay = underWay;
    if (timeout === undefined) return;
    this.#timer = new Timer(
      wheel,
      () => this.#abandon({ failed: "timeout", message: "timed out" }),
    );
    this.#timer.set(timeout);
  }

  /** The connection is there; it is closed when it came too late. */
  made(conn: Conn): void {
    if (this.#done) conn.close();
    else this.finish(conn);
  }

  finish(answer: Conn | ConnectFailure): void {
    if (this.#done) return;
    this.#done = true;
    this.#timer?.clear();
    this.#underWay = undefined;
    this.#answer(answer);
  }

  cancel(): void {
    this.#abandon({ failed: "aborted", message: "given up" });
  }

  #abandon(answer: ConnectFailure): void {
    if (this.#done) return;
    const underWay = this.#underWay;
    this.finish(answer);
    underWay?.drop();
  }
}

/** Controllers that were not needed: they are used again, for making one costs more than the connect's own code. */
const freeControllers: AbortController[] = [];

function newController(): AbortController {
  const controller = new AbortController();
  // Deno.connect asks the signal once more when the connection is made, and throws it away unclosed if it
  // was aborted in that moment. Answered "no", it gives the connection, which `made` then closes.
  controller.signal.throwIfAborted = nothing;
  return controller;
}

function keep(controller: AbortController): void {
  if (!controller.signal.aborted && freeControllers.length < 256) freeControllers.push(controller);
}

/** Connects by Deno.connect; the answer comes through `attempt`. */
export function connectDeno(
  attempt: Attempt,
  target: Target,
  options: ConnectOptions,
  wheel: TimerWheel,
): void {
  if (target.type === "unix") return connectUnix(attempt, target.path, options, wheel);
  const controller = freeControllers.pop() ?? newController();
  attempt.begin(wheel, options.timeout, { drop: () => controller.abort() });
  const { host: hostname, port } = target;
  const { signal } = controller;
  const autoSelectFamily = parseIp(hostname) === undefined;
  Deno.connect({ hostname, port, signal, autoSelectFamily }).then((inner) => {
    try {
      inner.setNoDelay(true);
      if (options.keepAlive === true) inner.setKeepAlive(true);
    } catch {
      // Reset already: the first read or write says so.
    }
    keep(controller);
    const conn = new DenoConn(inner);
    if (options.marks !== undefined) markSocket(conn, options.marks);
    attempt.made(conn);
  }, (error) => {
    keep(controller);
    attempt.finish(connectFailureOf(error));
  });
}

function connectUnix(
  attempt: Attempt,
  name: string,
  options: ConnectOptions,
  wheel: TimerWheel,
): void {
  const path = kernelPath(name);
  if (path === undefined) {
    return attempt.finish({
      failed: "other",
      message: `${name}: longer than a socket's path can be`,
    });
  }
  attempt.begin(wheel, options.timeout, undefined);
  // The kernel may know the file by the name that it was bound to before it was put in place.
  const remote = unixAddress(name);
  Deno.connect({ transport: "unix", path }).then(
    (inner) => attempt.made(new DenoConn(inner, undefined, remote)),
    (error) => attempt.finish(connectFailureOf(error)),
  );
}

/** Connects from a given source address, which only node:net can do. */
export function connectFrom(
  attempt: Attempt,
  target: Target & { type: "tcp" },
  source: { readonly host: string; readonly port?: number },
  options: ConnectOptions,
  wheel: TimerWheel,
): void {
  const socket = createConnection({
    host: target.host,
    port: target.port,
    localAddress: source.host,
    localPort: source.port,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: options.keepAlive === true,
  });
  attempt.begin(wheel, options.timeout, { drop: () => socket.destroy() });
  socket.on("error", (error) => attempt.finish(connectFailureOf(error)));
  socket.on("connect", () => {
    const conn = new NodeConn(socket);
    if (options.marks !== undefined) markSocket(conn, options.marks);
    attempt.made(conn);
  });
}
