/**
 * Acceptor: from an accepted connection to a running session, within the limits of the process, the frontend
 * and the bind line (manual `maxconn`, `rate-limit sessions`).
 *
 * Laws:
 * - A connection beyond a limit is not refused: its listener is paused and it waits in the kernel's backlog.
 *   One that was accepted before the pause took effect is parked here, unread, until there is room.
 * - A session is counted from its start to its end, whatever happens in between.
 */
import type { GlobalConfig } from "../config/model.ts";
import { LogLevel } from "../log/types.ts";
import { GC, PC } from "../state/traffic.ts";
import type { Conn } from "../net/conn.ts";
import { Embryo, mayHandshake } from "./handshake.ts";
import { openH2 } from "./h2_front.ts";
import { HttpSession } from "./http_session.ts";
import type { Listening } from "./listening.ts";
import type { ProcessContext } from "./process_context.ts";
import { SyslogSession } from "./syslog/syslog_session.ts";
import { TcpSession } from "./tcp_session.ts";
import { sessionAccepted, sessionEnded } from "./sticky_counters.ts";

/** ms after which a limit that was reached is looked at again */
const RATE_LOOK = 20;

export type Session = HttpSession | TcpSession | SyslogSession | Embryo;

export class Acceptor {
  readonly sessions = new Set<Session>();
  readonly #process: ProcessContext;
  readonly #listenings: () => Iterable<Listening>;
  readonly #parked: { readonly conn: Conn; readonly listening: Listening }[] = [];
  /** what the configuration and the system allow */
  hardMaxconn: number;
  /** most connections and sessions of the process in a second, 0: no limit (`set rate-limit`) */
  connectionRate = 0;
  sessionRate = 0;
  /** the same for those that begin with TLS, counted before their handshake */
  tlsRate = 0;
  #onEmpty: (() => void) | undefined;
  /** ends the timer that looks at the limits again */
  #cancelLook: (() => void) | undefined;

  constructor(process: ProcessContext, maxconn: number, listenings: () => Iterable<Listening>) {
    this.#process = process;
    this.maxconn = this.hardMaxconn = maxconn;
    this.#listenings = listenings;
  }

  /** `maxconnrate`, `maxsessrate`, `maxsslrate` */
  limitRates({ maxConnRate, maxSessRate, maxSslRate }: GlobalConfig): void {
    this.connectionRate = maxConnRate;
    this.sessionRate = maxSessRate;
    this.tlsRate = maxSslRate;
  }

  /** most client connections of the process, in all threads */
  get maxconn(): number {
    return this.#process.shared.maxconn;
  }
  set maxconn(limit: number) {
    this.#process.shared.maxconn = limit;
  }

  /** A connection was accepted. */
  accept(conn: Conn, listening: Listening): void {
    if (this.#full(listening)) {
      this.#parked.push({ conn, listening });
      listening.pause();
      return;
    }
    this.#begin(conn, listening);
  }

  #full(listening: Listening): boolean {
    const { frontend, bind } = listening;
    const { shared, counters, wall } = this.#process;
    const limited = shared.actconn >= shared.maxconn ||
      (frontend.maxconn !== undefined && frontend.state.current >= frontend.maxconn);
    // What all threads count together may fall while nothing ends in this one.
    if (limited && this.#process.threads > 1) this.#lookSoon(1);
    return limited ||
      (bind.maxconn !== undefined && listening.connections >= bind.maxconn) ||
      (frontend.config.sessionRate !== undefined &&
        this.#isTooFast(frontend.counters.sessionRate(wall()), frontend.config.sessionRate)) ||
      (this.connectionRate > 0 &&
        this.#isTooFast(counters.rate(GC.conn_rate_tick, wall()), this.connectionRate)) ||
      (this.sessionRate > 0 &&
        this.#isTooFast(counters.rate(GC.sess_rate_tick, wall()), this.sessionRate)) ||
      (this.tlsRate > 0 && listening.tls !== undefined &&
        this.#isTooFast(counters.rate(GC.ssl_rate_tick, wall()), this.tlsRate));
  }

  /** The rate falls while nothing happens: somebody has to look at it again. */
  #isTooFast(rate: number, limit: number): boolean {
    if (rate < limit) return false;
    this.#lookSoon(limit);
    return true;
  }

  #lookSoon(limit: number): void {
    const wait = Math.max(1, Math.min(RATE_LOOK, 1000 / limit));
    this.#cancelLook ??= this.#process.clock.after(wait, () => {
      this.#cancelLook = undefined;
      this.admitWaiting();
    });
  }

  #begin(conn: Conn, listening: Listening): void {
    const process = this.#process;
    const frontend = listening.frontend;
    const wall = process.wall();
    const connections = process.shared.addConnections(1);
    listening.connections++;
    process.counters.connection(wall, connections);
    if (listening.tls !== undefined) process.counters.tlsBegun(wall);
    frontend.counters.connection(wall);
    listening.counters?.accepted();
    const current = frontend.state.enter();
    if (mayHandshake(listening)) this.#shake(new Embryo(conn, listening, process), listening);
    else this.#serve(conn, listening, current);
    if (this.#full(listening)) listening.pause();
  }

  /** Rules of connections see the connection as it came, those of sessions as its header tells it. */
  async #shake(embryo: Embryo, listening: Listening): Promise<void> {
    const { conn, frontend } = embryo;
    this.sessions.add(embryo);
    if (frontend.admitConnection?.(embryo) === false) conn.close();
    else {
      const made = await embryo.shake();
      if (made !== undefined) {
        this.#serve(made, listening, frontend.state.current, embryo);
        this.sessions.delete(embryo);
        frontend.lifetime.letGo();
        return;
      }
    }
    this.#end(embryo, listening);
  }

  /** Begins the session of a connection that is counted already. */
  #serve(conn: Conn, listening: Listening, current: number, embryo?: Embryo): void {
    const process = this.#process;
    const frontend = embryo?.frontend ?? listening.frontend;
    const wall = process.wall();
    const session = frontend.mode === "http"
      ? new HttpSession(conn, listening, process, embryo, openH2)
      : frontend.mode === "syslog"
      ? new SyslogSession(conn, listening, process, embryo)
      : new TcpSession(conn, listening, process, embryo);
    if (
      (embryo === undefined && frontend.admitConnection?.(session) === false) ||
      frontend.admitSession?.(session) === false
    ) session.refused = true;
    else sessionAccepted(session);
    if (session.refused) frontend.counters.raise(PC.smax, current);
    else frontend.counters.session(wall, current);
    frontend.state.setLastSession(wall);
    process.counters.session(wall);
    if (frontend.logsConnections) logConnection(session);
    this.sessions.add(session);
    if (session instanceof HttpSession) {
      session.whenEnded = this.#ended;
      session.begin();
    } else this.#run(session, listening);
  }

  /** Nobody waits for a session of HTTP, which says itself when it has ended: a frame less for each idle connection. */
  readonly #ended = (session: HttpSession): void => this.#end(session, session.listening);

  async #run(session: Session, listening: Listening): Promise<void> {
    const next = await session.run();
    if (next === undefined) return this.#end(session, listening);
    // The connection goes on, and stays counted.
    this.sessions.add(next as Session);
    this.sessions.delete(session);
    session.frontend.lifetime.letGo();
    this.#run(next as Session, listening);
  }

  #end(session: Session, listening: Listening): void {
    this.sessions.delete(session);
    this.#process.shared.addConnections(-1);
    listening.connections--;
    // The frontend that it belongs to by now: a reload may have moved it. Only then may a Generation end.
    session.frontend.state.leave();
    session.listenerCounters?.leave();
    session.frontend.lifetime.letGo();
    this.#process.variableLimits.endSession(session);
    sessionEnded(session);
    this.admitWaiting();
    if (this.sessions.size === 0) this.#onEmpty?.();
  }

  /** There may be room: after a session's end, and after a reload that changed limits. */
  admitWaiting(): void {
    for (let i = 0; i < this.#parked.length; i++) {
      const { conn, listening } = this.#parked[i];
      if (!listening.closed && this.#full(listening)) continue;
      this.#parked.splice(i--, 1);
      // As what waits in the kernel's backlog when a listener is closed.
      if (listening.closed) conn.close();
      else this.#begin(conn, listening);
    }
    for (const listening of this.#listenings()) {
      if (listening.paused && !listening.closed && !this.#full(listening)) listening.resume();
    }
  }

  /** Resolves when no session is left. */
  empty(): Promise<void> {
    if (this.sessions.size === 0 && this.#parked.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty = resolve);
  }

  /** After a reload: idle sessions move to the new Generation, or go when their listener has gone. */
  adoptAll(): void {
    for (const session of this.sessions) {
      if (!session.idle) continue;
      if (session.listening.closed) session.retire();
      else session.adopt();
    }
  }

  /** Ends the streams that `server` of `backend` serves (`on-marked-down`, `on-marked-up`). */
  killStreams(backend: string, server: string, cause: "D" | "U" = "D"): void {
    for (const session of this.sessions) session.killOn(backend, server, cause);
  }

  /**
   * Lets idle connections go; those with a request finish it. Each at a time of its own within `spread` ms; with
   * Infinity they end as if nothing were.
   */
  retireAll(spread = 0): void {
    if (spread === Infinity) return;
    if (spread === 0) {
      for (const session of this.sessions) session.retire();
      return;
    }
    const { clock, random } = this.#process;
    for (const session of this.sessions) {
      clock.after(random() * spread, () => this.sessions.has(session) && session.retire());
    }
    // Those that have become another session meanwhile.
    clock.after(spread, () => this.retireAll());
  }

  /** Ends every session at once. */
  closeAll(): void {
    this.#cancelLook?.();
    for (const { conn } of this.#parked.splice(0)) conn.close();
    for (const session of this.sessions) session.abort();
  }
}

/** The line of a frontend that has a log but no format (manual `log`). */
function logConnection({ remote, local, frontend }: Session): void {
  frontend.logger.send(
    LogLevel.info,
    `Connect from ${remote.host}:${remote.port} to ${local.host}:${local.port} ` +
      `(${frontend.name}/${frontend.mode === "http" ? "HTTP" : "TCP"})`,
  );
}
