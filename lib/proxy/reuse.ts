/**
 * Idle connections to one server, kept for the next request (manual `http-reuse`, `pool-max-conn`,
 * `pool-purge-delay`).
 *
 * Laws:
 * - An idle connection has a read pending: when the server closes it, or says anything unasked, it leaves the
 *   pool at once and is closed. A closed connection is never handed out knowingly.
 * - The last one put in is the first one taken, so that those in excess grow old and are purged.
 * - Hardly more are kept than were lately in use at one time (HAProxy keeps one more, as here): clients that send one request each must not pile up
 *   connections. The estimate follows a rise at once and a fall by halves, each purge delay.
 */
import type { Clock } from "../net/clock.ts";
import type { ServerConfig } from "../config/model.ts";
import type { ServerState } from "../state/server.ts";
import type { ProcessContext } from "./process_context.ts";
import type { H2Pool } from "./h2_pool.ts";
import type { Keeper, UpstreamConn } from "./upstream.ts";
import { SC, type ServerCounters } from "../state/traffic.ts";

/** share of the descriptors that idle connections may have */
const MOST_IDLE = 0.25;
/** share of the descriptors in use beyond which no idle connection is kept */
const MOST_USED = 0.8;

/** HAProxy's safe ones have served at least two requests. */
function gaugeOf({ requests }: UpstreamConn): number {
  return requests >= 2 ? SC.safe_conn_cur : SC.idle_conn_cur;
}

export class ReusePool implements Keeper {
  /** the connections that speak HTTP/2, from the first one on */
  h2: H2Pool | undefined = undefined;
  readonly #idle: UpstreamConn[] = [];
  readonly #process: ProcessContext;
  readonly #clock: Clock;
  #limit: number;
  #purgeDelay: number;
  #maxReuse: number;
  #lowConn: number;
  /** in use by streams now; at most so since the last purge; the estimate of what is needed */
  #used = 0;
  #maxUsed = 0;
  #need = 0;
  #cancelPurge: (() => void) | undefined;
  /** of a server with `strict-maxconn`: no connection is kept while somebody waits to open one */
  strict: ServerState | undefined = undefined;
  #closed = false;
  /** the server's counters of idle connections: what the other threads know of this pool */
  gauge: Pick<ServerCounters, "add"> | undefined = undefined;
  /** counts the addresses that the server had */
  epoch = 0;

  constructor(config: ServerConfig, process: ProcessContext) {
    this.#process = process;
    this.#clock = process.clock;
    this.#limit = config.poolMaxConn ?? Infinity;
    this.#purgeDelay = config.poolPurgeDelay;
    this.#maxReuse = config.maxReuse ?? Infinity;
    this.#lowConn = config.poolLowConn ?? 0;
  }

  /** A reload changed the server's options. */
  configure(config: ServerConfig): void {
    this.#limit = config.poolMaxConn ?? Infinity;
    this.#purgeDelay = config.poolPurgeDelay;
    this.#maxReuse = config.maxReuse ?? Infinity;
    this.#lowConn = config.poolLowConn ?? 0;
    this.h2?.configure(config);
    while (this.#idle.length > this.#limit) this.#evict(this.#idle[0]);
  }

  get size(): number {
    return this.#idle.length;
  }

  /**
   * Takes an idle connection; `proven`: only one that served at least two requests (http-reuse aggressive, for
   * the first request of a client). `name`: only one that sent this name in TLS (`sni`).
   */
  take(proven: boolean, name?: string): UpstreamConn | undefined {
    const idle = this.#idle;
    if (!proven && name === undefined) {
      const last = idle.pop();
      if (last !== undefined) {
        this.#leave(last);
        this.use(last);
        last.unwatch();
      }
      return last;
    }
    for (let i = idle.length - 1; i >= 0; i--) {
      const conn = idle[i];
      if (proven && conn.requests < 2) continue;
      if (name !== undefined && conn.conn.tls?.sni !== name) continue;
      idle.splice(i, 1);
      this.#leave(conn);
      this.use(conn);
      conn.unwatch();
      return conn;
    }
    return undefined;
  }

  /** A stream begins to use one, new or taken from here. */
  use(conn: UpstreamConn): void {
    conn.used = true;
    if (++this.#used > this.#maxUsed) this.#maxUsed = this.#used;
  }

  /** Its stream has ended, or it was closed. */
  unuse(conn: UpstreamConn): void {
    if (!conn.used) return;
    conn.used = false;
    this.#used--;
  }

  /** Keeps a connection whose response is complete; closes it when there is no room. */
  put(conn: UpstreamConn): void {
    this.unuse(conn);
    if (
      this.#closed || (this.strict !== undefined && this.strict.connsWanted > 0) ||
      conn.epoch !== this.epoch || this.#purgeDelay <= 0 || !this.#needsMore() ||
      this.#idle.length >= this.#limit || conn.requests > this.#maxReuse ||
      !this.#hasRoom() || !conn.rest(this)
    ) {
      conn.close();
      return;
    }
    this.#process.shared.addIdleUpstreams(1);
    this.gauge?.add(gaugeOf(conn), 1);
    this.#idle.push(conn);
    if (this.#cancelPurge === undefined) this.#schedule();
  }

  #needsMore(): boolean {
    return this.#used + this.#idle.length <=
      Math.max(this.#maxUsed, this.#need) + this.#lowConn;
  }

  /** Idle connections take at most a quarter of the descriptors, and none that others are about to need. */
  #hasRoom(): boolean {
    const { descriptorLimit, shared: { idleUpstreams, actconn, upstreams } } = this.#process;
    return idleUpstreams < descriptorLimit * MOST_IDLE &&
      actconn + upstreams < descriptorLimit * MOST_USED;
  }

  /** The server has moved: the connections lead to where it was, and none of them is used again. */
  renew(): void {
    this.epoch++;
    this.#clear();
  }

  /** Closes the idle connection that was unused longest; false: there is none. */
  shed(): boolean {
    if (this.#idle.length === 0) return this.h2?.shed() === true;
    this.#evict(this.#idle[0]);
    return true;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Closes all; what is put in later is closed at once. */
  close(): void {
    this.#closed = true;
    this.strict?.addConnsWanted(0);
    this.#clear();
  }

  #clear(): void {
    this.h2?.close();
    this.h2 = undefined;
    this.#cancelPurge?.();
    this.#cancelPurge = undefined;
    for (const conn of this.#idle.splice(0)) {
      this.#leave(conn);
      conn.close();
    }
  }

  /** Used by an idle connection. */
  moved(conn: UpstreamConn): void {
    this.#evict(conn);
  }

  #evict(conn: UpstreamConn): void {
    const at = this.#idle.indexOf(conn);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#leave(conn);
    conn.close();
  }

  #leave(conn: UpstreamConn): void {
    conn.idle = false;
    this.#process.shared.addIdleUpstreams(-1);
    this.gauge?.add(gaugeOf(conn), -1);
  }

  #schedule(): void {
    this.#cancelPurge = this.#clock.after(this.#purgeDelay, () => this.#purge());
  }

  /** Each delay, half of those beyond the estimate are closed, the longest unused first. */
  #purge(): void {
    this.#cancelPurge = undefined;
    const max = this.#maxUsed;
    this.#need = this.#need < max ? max : Math.floor((this.#need + max) / 2);
    this.#maxUsed = this.#used;
    const excess = Math.min(
      this.#idle.length,
      this.#used + this.#idle.length - Math.max(this.#used, this.#need),
    );
    for (let n = Math.ceil(excess / 2); n > 0; n--) this.#evict(this.#idle[0]);
    if (this.#idle.length > 0) this.#schedule();
  }
}
