/**
 * HTTP/2 on a client's connection: each stream is a request on a connection of its own that speaks HTTP/1 (lib/mux), and
 * is served by a session of its own, exactly as one of HTTP/1.
 *
 * Laws:
 * - The connection is one session: it counts once, has one set of session variables, and is admitted once.
 * - A stream belongs to the Generation that is there when it begins; the connection moves on with each stream.
 * - Without streams the connection lives for `timeout http-keep-alive` (else http-request, else client), whatever other
 *   frames come. With streams, their own timeouts hold.
 */
import { Variables } from "../expr/variables.ts";
import { FrontLink } from "../mux/front_link.ts";
import type { FrontStream } from "../mux/front_stream.ts";
import { Timer } from "../net/timers.ts";
import type { H2Side } from "./h2_side.ts";
import { HttpSession } from "./http_session.ts";
import type { LastServer } from "./prefer_last.ts";
import { PC, type ProxyCounters } from "../state/traffic.ts";
import { countInto } from "./h2_counts.ts";
import { h2Settings } from "./h2_settings.ts";
import type { Stream } from "./stream.ts";

/** ms that a client gets to take a last frame */
const LAST_WRITE_MS = 1000;

/** One stream of a client's connection. */
class H2StreamSession extends HttpSession {
  override get single(): boolean {
    return true;
  }
  readonly #conn: FrontStream;
  readonly #parent: HttpSession;

  constructor(parent: HttpSession, conn: FrontStream) {
    super(conn, parent.listening, parent.process);
    this.#conn = conn;
    this.#parent = parent;
    this.requestCount = parent.requestCount - 1;
    this.variables = parent.variables;
    if (parent.admission !== undefined) this.admission = parent.admission;
    if (parent.source !== undefined) this.source = parent.source;
    if (parent.destination !== undefined) this.destination = parent.destination;
    this.tracked = parent.tracked;
    conn.onAbort = () => this.stream?.giveUp("C");
  }

  override get lastServer(): LastServer {
    return this.#parent.lastServer;
  }

  /** It stays with its Generation. */
  override adopt(): void {}

  protected override streamEnded(stream: Stream): void {
    this.#conn.clean = stream.cause === "-";
  }
}

class H2Front implements H2Side {
  readonly #session: HttpSession;
  readonly #link: FrontLink;
  readonly #streams = new Set<H2StreamSession>();
  readonly #timer: Timer;
  /** of the frontend that took the connection */
  readonly #counters: ProxyCounters;

  constructor(session: HttpSession) {
    const { process, frontend } = session;
    this.#counters = frontend.counters;
    this.#session = session;
    session.variables ??= new Variables();
    const { h2 } = frontend;
    this.#timer = new Timer(process.wheel, () => this.#expire());
    this.#link = new FrontLink(
      session.conn,
      h2Settings(h2, "frontend", process.limits.headBytes),
      h2.frontend.glitchesThreshold,
      process,
      this,
      countInto(frontend.counters),
    );
    frontend.counters.add(PC.h2_conn_tot, 1);
  }

  get idle(): boolean {
    return this.#streams.size === 0;
  }

  async run(first: Uint8Array | undefined): Promise<void> {
    this.#watch();
    await this.#link.run(first);
    await this.#empty();
    this.#counters.add(PC.h2_conn_end, 1);
    this.#timer.clear();
  }

  /** A request has come. */
  stream(conn: FrontStream): void {
    const session = this.#session;
    const { maxTotalStreams } = session.frontend.h2;
    this.#timer.clear();
    session.adopt();
    session.requestCount++;
    // Its listener may be gone: a connection that is never idle must not keep the old Generation for ever.
    if (session.requestCount === maxTotalStreams || session.listening.leaving) this.retire();
    const stream = new H2StreamSession(session, conn);
    const { counters } = stream.frontend;
    counters.add(PC.h2_stream_tot, 1);
    this.#streams.add(stream);
    stream.whenEnded = () => {
      this.#streams.delete(stream);
      counters.add(PC.h2_stream_end, 1);
      stream.frontend.lifetime.letGo();
      if (this.#streams.size > 0) return;
      this.#watch();
      this.#onEmpty?.();
      if (session.listening.leaving) this.retire();
    };
    stream.begin();
  }

  streamEnded(): void {}

  ended(): void {
    this.#timer.clear();
  }

  #onEmpty: (() => void) | undefined = undefined;

  /** Resolves when no stream is being served. */
  #empty(): Promise<void> {
    if (this.#streams.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty = resolve);
  }

  /** Nothing is being served: the client has so long to send the next request. */
  #watch(): void {
    if (this.#link.closed) return;
    const { httpKeepAlive, httpRequest, client } = this.#session.frontend.config.timeouts;
    const ms = this.#session.requestCount === 0
      ? httpRequest ?? client
      : httpKeepAlive ?? httpRequest ?? client;
    if (ms !== undefined) this.#timer.set(ms);
  }

  #expire(): void {
    if (this.#streams.size > 0) return;
    if (this.#expired) return this.#link.close();
    this.#expired = true;
    this.#link.drain();
    // One that does not take even this is not waited for.
    this.#timer.set(LAST_WRITE_MS);
  }

  #expired = false;

  retire(): void {
    this.#link.drain();
  }

  killOn(backend: string, server: string, cause: "D" | "U"): void {
    for (const stream of this.#streams) stream.killOn(backend, server, cause);
  }

  abort(): void {
    for (const stream of [...this.#streams]) stream.abort();
    this.#link.close();
  }
}

/** HTTP/2 on the connection of `session`. */
export function openH2(session: HttpSession): H2Side {
  return new H2Front(session);
}
