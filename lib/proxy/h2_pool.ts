/**
 * H2Pool: the HTTP/2 connections to one server; requests of many clients are streams of one (manual `http-reuse`,
 * `pool-purge-delay`, `pool-max-conn`, `max-reuse`).
 *
 * Laws:
 * - A stream is opened on a connection that has room; one whose server said GOAWAY, or that has failed, has none.
 * - While a connection is being made, as many requests as it will carry wait for it instead of making their own.
 * - A connection without streams is closed after the purge delay, at once when it may not be shared.
 */
import type { Server } from "../balance/server.ts";
import type { ServerConfig } from "../config/model.ts";
import type { H2Tune } from "../config/model_h2.ts";
import { BackLink } from "../mux/back_link.ts";
import type { BackStream } from "../mux/back_stream.ts";
import type { Conn } from "../net/conn.ts";
import type { Backend } from "./backend.ts";
import { PC, type ProxyCounters } from "../state/traffic.ts";
import { countInto } from "./h2_counts.ts";
import { h2Settings } from "./h2_settings.ts";
import type { ProcessContext } from "./process_context.ts";
import type { Stream } from "./stream.ts";
import { UpstreamConn } from "./upstream.ts";
import { websocketProtocol } from "./websocket_protocol.ts";

/** A connection that is being made. */
interface Pending {
  readonly done: Promise<void>;
  readonly finish: () => void;
  /** requests that may still wait for it */
  room: number;
}

export class H2Pool {
  readonly #process: ProcessContext;
  readonly #tune: H2Tune;
  /** what ends the wait of an idle link; undefined: it carries streams */
  readonly #links = new Map<BackLink, (() => void) | undefined>();
  readonly #pending = new Set<Pending>();
  #config: ServerConfig;
  #closed = false;

  constructor(config: ServerConfig, tune: H2Tune, process: ProcessContext) {
    this.#config = config;
    this.#tune = tune;
    this.#process = process;
  }

  /** A reload changed the server's options. */
  configure(config: ServerConfig): void {
    this.#config = config;
  }

  /** Connections now. */
  get size(): number {
    return this.#links.size;
  }

  /**
   * A stream on a connection that is there; `proven`: that has carried two requests at least; `name`: on which this
   * name was sent in TLS (`sni`).
   */
  take(counters: ProxyCounters, proven = false, name?: string): BackStream | undefined {
    const { maxReuse } = this.#config;
    for (const link of this.#links.keys()) {
      if (!link.hasRoom || (proven && link.requests < 2)) continue;
      if (name !== undefined && link.conn.tls?.sni !== name) continue;
      if (maxReuse !== undefined && link.requests > maxReuse) {
        link.leave();
        continue;
      }
      counters.add(PC.h2_stream_tot, 1);
      return this.#open(link);
    }
    return undefined;
  }

  /** A new connection, and its first stream. */
  add(conn: Conn, shared: boolean, counters: ProxyCounters): BackStream {
    const process = this.#process;
    const link = new BackLink(
      conn,
      h2Settings(this.#tune, "backend", process.limits.headBytes),
      this.#tune.backend.glitchesThreshold,
      process,
      {
        idle: (which, left) => {
          counters.add(PC.h2_stream_end, 1);
          if (left === 0) this.#idle(which, shared);
        },
        ended: (which) => {
          const cancel = this.#links.get(which);
          if (cancel !== undefined) this.#awake(which, cancel);
          if (!this.#links.delete(which)) return;
          process.shared.addUpstreams(-1);
          counters.add(PC.h2_conn_end, 1);
        },
      },
      countInto(counters),
    );
    counters.add(PC.h2_conn_tot, 1);
    process.shared.addUpstreams(1);
    this.#links.set(link, undefined);
    const stream = this.#open(link);
    counters.add(PC.h2_stream_tot, 1);
    link.run();
    if (!shared || this.#closed) link.leave();
    return stream;
  }

  #open(link: BackLink): BackStream {
    const cancel = this.#links.get(link);
    if (cancel !== undefined) this.#awake(link, cancel);
    return link.open();
  }

  #idle(link: BackLink, shared: boolean): void {
    if (!this.#links.has(link)) return;
    const { poolPurgeDelay, poolMaxConn } = this.#config;
    let idle = 0;
    for (const waits of this.#links.values()) if (waits !== undefined) idle++;
    if (!shared || this.#closed || poolPurgeDelay <= 0 || idle >= (poolMaxConn ?? Infinity)) {
      link.leave();
      return;
    }
    this.#process.shared.addIdleUpstreams(1);
    this.#links.set(link, this.#process.clock.after(poolPurgeDelay, () => link.leave()));
  }

  #awake(link: BackLink, cancel: () => void): void {
    cancel();
    this.#links.set(link, undefined);
    this.#process.shared.addIdleUpstreams(-1);
  }

  /** A connection is about to be made; what it answers must be called when that has ended, either way. */
  begin(): () => void {
    let resolve = () => {};
    const done = new Promise<void>((r) => resolve = r);
    const room = this.#tune.backend.maxConcurrentStreams ?? this.#tune.maxConcurrentStreams;
    const pending: Pending = {
      done,
      room: room - 1,
      finish: () => {
        this.#pending.delete(pending);
        resolve();
      },
    };
    this.#pending.add(pending);
    return pending.finish;
  }

  /** The end of an attempt that this request may wait for. */
  join(): Promise<void> | undefined {
    for (const pending of this.#pending) {
      if (pending.room <= 0) continue;
      pending.room--;
      return pending.done;
    }
    return undefined;
  }

  /** Takes no more streams; connections close with their last one. */
  /** Closes a connection that carries nothing; false: there is none. */
  shed(): boolean {
    for (const [link, idle] of this.#links) {
      if (idle === undefined) continue;
      link.leave();
      return true;
    }
    return false;
  }

  close(): void {
    this.#closed = true;
    for (const link of [...this.#links.keys()]) link.leave();
  }
}

/** Will this server be spoken HTTP/2 to, as far as the configuration says? */
export function expectsH2(server: Server): boolean {
  return server.config.proto === "h2";
}

/** The pool of HTTP/2 connections to `server`, made when it is first needed. */
export function h2PoolOf(backend: Backend, server: Server, process: ProcessContext): H2Pool {
  const reuse = backend.reuse.get(server);
  if (reuse === undefined) return new H2Pool(server.config, backend.h2, process);
  return reuse.h2 ??= new H2Pool(server.config, backend.h2, process);
}

/**
 * What the stream's request is sent on: the connection itself, or a stream on it when HTTP/2 is spoken there. No other
 * request may ever be sent on it when its packets are marked, or it is a WebSocket's own (`ws`).
 */
export function openUpstream(
  conn: Conn,
  stream: Stream,
  backend: Backend,
  process: ProcessContext,
): UpstreamConn {
  const server = stream.slot!;
  const websocket = websocketProtocol(stream, server);
  const alone = websocket !== undefined || stream.serverMarks !== undefined;
  const h2 = websocket === undefined
    ? expectsH2(server) || conn.tls?.alpn === "h2"
    : websocket === "h2";
  if (!h2) {
    const pool = alone ? undefined : backend.reuse.get(server);
    return new UpstreamConn(conn, server, pool, process, alone);
  }
  const shared = !alone && backend.config.httpReuse !== "never" && !server.isPrivate &&
    backend.reuse.has(server);
  const carried = h2PoolOf(backend, server, process).add(conn, shared, backend.counters);
  return new UpstreamConn(carried, server, undefined, process, alone);
}
