/**
 * A backend of `mode log` as a target of log lines (HAProxy 3.0): each line goes to one server, over UDP or TCP. A
 * line that no server can take is dropped and counted as a connection that failed (`econ`).
 */
import type { Server } from "../balance/server.ts";
import type { LogTransport } from "../config/model_log.ts";
import type { StreamView } from "../expr/context.ts";
import type { LineSink, LineSinks } from "../log/target.ts";
import { PC, SC } from "../state/traffic.ts";
import type { Backend } from "./backend.ts";

/** Where a server's lines go now: an operator or DNS may have moved it. */
export function logTransportOf(server: Server, { timeouts }: Backend["config"]): LogTransport {
  const { host, port } = server.targetFor(0) as { host: string; port: number };
  const { address, logProto } = server.config;
  if (address.type === "tcp" && address.datagrams === true) return { type: "udp", host, port };
  return {
    type: "tcp",
    host,
    port,
    octetCount: logProto === "octet-count",
    connectTimeout: timeouts.connect,
    sendTimeout: timeouts.server,
  };
}

export class LogBackend implements LineSink {
  readonly #backend: Backend;
  readonly #sinks: LineSinks;
  readonly #wall: () => number;
  /** what an algorithm sees of a line */
  readonly #view = { logLine: "" };

  constructor(backend: Backend, sinks: LineSinks, wall: () => number) {
    this.#backend = backend;
    this.#sinks = sinks;
    this.#wall = wall;
  }

  write(line: string, header = 0): void {
    const { pool, counters, config } = this.#backend;
    this.#view.logLine = header === 0 ? line : line.slice(header);
    const server = pool.assign(this.#view as unknown as StreamView, {});
    if (server === undefined || "granted" in server) {
      server?.cancel();
      counters.add(PC.econ, 1);
      return;
    }
    this.#sinks.get(logTransportOf(server, config)).write(line);
    counters.add(PC.bin, line.length);
    counters.session(this.#wall(), 1);
    server.counters.add(SC.bin, line.length);
    server.counters.session(this.#wall(), server.currentConnections);
    server.state.setLastSession(this.#wall());
    pool.release(server);
  }
}
