/** One sink per destination, for the whole process: sinks outlive reloads, so no waiting line is lost by one. */
import { lookup } from "node:dns/promises";
import type { LogTransport } from "../config/model_log.ts";
import { parseIp } from "../net/address.ts";
import type { Clock } from "../net/clock.ts";
import { openDenoUdpPort, openDenoUnixPort } from "./port_datagram.ts";
import { openFdPort } from "./port_fd.ts";
import { openFilePort } from "./port_file.ts";
import { openDatagramLibc, openUdpPort, openUnixPort } from "./port_libc.ts";
import { openStdPort, openTcpPort } from "./port_stream.ts";
import { createSink, type LinePort, type OpenPort, type Sink, type SinkOptions } from "./sink.ts";

export interface SinkPoolOptions extends Omit<SinkOptions, "onDrop"> {
  /** false: never use FFI for datagrams (default: where it is permitted) */
  readonly ffi?: boolean;
  /** ms between two reports of lost lines, 10 s */
  readonly reportInterval?: number;
  /**
   * Told once an interval that `12 log lines to udp 127.0.0.1:514 were dropped`; default: a line on standard
   * error, through its own sink.
   */
  readonly onDrop?: (message: string) => void;
  /** called for every line that is lost: it must be cheap */
  readonly onLost?: () => void;
}

/** What a process needs of its SinkPool. */
export type Sinks =
  & Pick<SinkPool, "get" | "flush">
  & Partial<Pick<SinkPool, "keepOnly" | "reopen">>;

export class SinkPool {
  readonly #sinks = new Map<string, Sink>();
  readonly #options: SinkPoolOptions;
  readonly #clock: Clock;
  readonly #reported = new Map<string, number>();
  #libc: ReturnType<typeof openDatagramLibc> | null = null;
  #reporting = false;
  #cancelReport: (() => void) | undefined;

  constructor(options: SinkPoolOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  /** The sink of this destination; the same one for every call until `keepOnly` forgets it. */
  get(transport: LogTransport): Sink {
    const name = sinkName(transport);
    let sink = this.#sinks.get(name);
    if (sink === undefined) {
      sink = createSink(name, this.#opener(transport), {
        ...this.#options,
        maxChars: waitingOf(transport) ?? this.#options.maxChars,
        onDrop: this.#lost,
      });
      this.#sinks.set(name, sink);
    }
    return sink;
  }

  /** All sinks there are, for statistics. */
  get sinks(): readonly Sink[] {
    return [...this.#sinks.values()];
  }

  /** Lines lost since the process started. */
  get dropped(): number {
    let sum = 0;
    for (const sink of this.#sinks.values()) sum += sink.stats.dropped;
    return sum;
  }

  /** Files are opened anew: they may have been renamed. */
  reopen(): void {
    for (const sink of this.#sinks.values()) if (sink.name.startsWith(FILE)) sink.reopen();
  }

  /** Closes the sinks of destinations that are not among these, after what waits in them was tried once more. */
  async keepOnly(transports: Iterable<LogTransport>): Promise<void> {
    const kept = new Set<string>();
    for (const transport of transports) kept.add(sinkName(transport));
    for (const [name, sink] of [...this.#sinks]) {
      if (kept.has(name)) continue;
      this.#sinks.delete(name);
      await this.#within(1_000, sink.flush());
      sink.close();
    }
  }

  /** Sends what waits, for at most `ms` milliseconds. */
  async flush(ms = 1_000): Promise<void> {
    await this.#within(ms, Promise.all(this.sinks.map((sink) => sink.flush())));
  }

  close(): void {
    this.#cancelReport?.();
    this.#reporting = true;
    for (const sink of this.#sinks.values()) sink.close();
    this.#sinks.clear();
  }

  #within(ms: number, work: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      work.finally(() => {
        cancel();
        resolve();
      });
    });
  }

  readonly #lost = () => {
    this.#options.onLost?.();
    if (this.#reporting) return;
    this.#reporting = true;
    this.#cancelReport = this.#clock.after(this.#options.reportInterval ?? 10_000, () => {
      this.#reporting = false;
      for (const sink of [...this.#sinks.values()]) this.#reportOf(sink);
    });
  };

  #reportOf(sink: Sink): void {
    const dropped = sink.stats.dropped;
    const lost = dropped - (this.#reported.get(sink.name) ?? 0);
    if (lost === 0) return;
    this.#reported.set(sink.name, dropped);
    const text = `${lost} log line${lost === 1 ? "" : "s"} to ${sink.name} ${
      lost === 1 ? "was" : "were"
    } dropped`;
    if (this.#options.onDrop !== undefined) this.#options.onDrop(text);
    else if (sink.name !== "stderr") this.get({ type: "stderr" }).write(`[WARNING] ${text}`);
  }

  #opener(transport: LogTransport): OpenPort {
    switch (transport.type) {
      case "udp":
        return () => this.#openUdp(transport.host, transport.port);
      case "unix":
        return () => {
          const libc = this.#datagramLibc();
          return libc === undefined
            ? openDenoUnixPort(transport.path)
            : openUnixPort(libc, transport.path);
        };
      case "tcp":
        return () => openTcpPort(transport);
      case "fd":
        return earlyOpener(() => openFdPort(transport.fd));
      case "file":
        return earlyOpener(() => openFilePort(transport.path), (error) => {
          const reason = error instanceof Error ? error.message : String(error);
          this.#options.onDrop?.(`the log file cannot be opened: ${reason}`);
        });
      case "ring":
      case "backend":
        throw new Error(`no sink of its own: ${transport.type} ${transport.name}`);
      default:
        return () => openStdPort(transport.type);
    }
  }

  #openUdp(host: string, port: number): LinePort | Promise<LinePort> {
    const open = (ip: string) => {
      const libc = this.#datagramLibc();
      return libc === undefined ? openDenoUdpPort(ip, port) : openUdpPort(libc, ip, port);
    };
    if (parseIp(host) !== undefined) return open(host);
    return lookup(host).then(({ address }) => open(address));
  }

  #datagramLibc(): ReturnType<typeof openDatagramLibc> {
    if (this.#libc === null) {
      this.#libc = this.#options.ffi === false ? undefined : openDatagramLibc();
    }
    return this.#libc;
  }
}

/** Opened at once: a process that has changed its user or its root directory could not do it later. */
function earlyOpener(open: () => LinePort, onFailure?: (error: unknown) => void): OpenPort {
  let first: LinePort | undefined;
  try {
    first = open();
  } catch (error) {
    // Tried again with the first line, and reported as dropped lines then.
    onFailure?.(error);
  }
  return () => {
    const port = first ?? open();
    first = undefined;
    return port;
  };
}

const FILE = "file ";

function waitingOf(transport: LogTransport): number | undefined {
  return transport.type === "tcp" ? transport.waiting : undefined;
}

/** `udp 127.0.0.1:514`, `unix /dev/log`, `file /var/log/access.log`, `stdout`. */
export function sinkName(transport: LogTransport): string {
  switch (transport.type) {
    case "udp":
    case "tcp": {
      const host = transport.host.includes(":") ? `[${transport.host}]` : transport.host;
      const name = `${transport.type} ${host}:${transport.port}`;
      if (transport.type === "udp") return name;
      // One connection for each ring or backend: their settings differ.
      const { type: _type, host: _host, port: _port, ...settings } = transport;
      const own = Object.entries(settings).filter(([, value]) => value !== undefined);
      return own.length === 0 ? name : `${name} (${own.join(" ")})`;
    }
    case "ring":
    case "backend":
      return `${transport.type}@${transport.name}`;
    case "unix":
      return `unix ${transport.path}`;
    case "file":
      return FILE + transport.path;
    case "fd":
      return transport.fd === 1 ? "stdout" : transport.fd === 2 ? "stderr" : `fd@${transport.fd}`;
    default:
      return transport.type;
  }
}
