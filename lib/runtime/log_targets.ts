/** Where the log lines of one Generation go: sinks of the process, its rings, its backends of `mode log`. */
import type { Config, ProxyConfig } from "../config/model.ts";
import type { LogTransport } from "../config/model_log.ts";
import type { LineSink, LineSinks } from "../log/target.ts";
import type { Sinks } from "../log/sink_pool.ts";
import { ringBytes } from "../log/syslog/ring.ts";
import { RingSink } from "../log/syslog/ring_sink.ts";
import type { Backend } from "../proxy/backend.ts";
import { LogBackend } from "../proxy/log_backend.ts";
import type { Lease } from "../state/store.ts";

export class LogTargets implements LineSinks {
  /** by name, in the order of the file */
  readonly rings: ReadonlyMap<string, RingSink>;
  readonly #sinks: Sinks;
  readonly #backends: ReadonlyMap<string, Backend>;
  readonly #logBackends = new Map<string, LogBackend>();
  readonly #wall: () => number;

  /** `backends` may be filled later: a backend is looked for when the first line comes. */
  constructor(
    config: Config,
    lease: Lease,
    sinks: Sinks,
    backends: ReadonlyMap<string, Backend>,
    wall: () => number,
  ) {
    this.#sinks = sinks;
    this.#backends = backends;
    this.#wall = wall;
    this.rings = new Map(config.rings.map((ring) => {
      const { buffer } = lease.takeBlock(`ring ${ring.name} ${ring.size}`, ringBytes(ring.size));
      return [ring.name, new RingSink(ring, buffer, sinks)];
    }));
  }

  get(transport: LogTransport): LineSink {
    switch (transport.type) {
      case "ring":
        return this.rings.get(transport.name)!;
      case "backend":
        return { write: (line, header) => this.#backend(transport.name).write(line, header) };
      default:
        return this.#sinks.get(transport);
    }
  }

  #backend(name: string): LogBackend {
    let found = this.#logBackends.get(name);
    if (found === undefined) {
      found = new LogBackend(this.#backends.get(name)!, this.#sinks, this.#wall);
      this.#logBackends.set(name, found);
    }
    return found;
  }
}

/** Every destination that a configuration names itself, so that its sink stays open over a reload. */
export function* logTransports(config: Config): Iterable<LogTransport> {
  const proxies: readonly ProxyConfig[] = [...config.proxies, ...config.logForwards];
  for (const { transport } of config.global.logs) yield transport;
  for (const proxy of proxies) for (const { transport } of proxy.logs) yield transport;
  for (const section of config.peers) for (const { transport } of section.logs) yield transport;
  for (const ring of config.rings) for (const { transport } of ring.servers) yield transport;
}
