/**
 * Handshakes: what must be done on a client's connection before its session begins, in the order in which the bytes
 * come: the header of the PROXY protocol, NetScaler's header.
 *
 * Laws:
 * - All of them together have `timeout client`; whoever is slow is closed.
 * - A connection that must begin with a header and does not is closed unread, counted (`ereq`) and logged (manual
 *   8.2.5), unless nothing came and `option dontlognull` is set.
 * - What came behind a header is handed on unseen.
 */
import { localDateMs } from "../expr/log_date.ts";
import { LogLevel } from "../log/types.ts";
import type { Conn } from "../net/conn.ts";
import { Timer } from "../net/timers.ts";
import { PC } from "../state/traffic.ts";
import { ClientSession } from "./client_session.ts";
import { type HandshakeFailure, receiveCip, receiveProxyHeader } from "./receive_header.ts";
import type { Listening } from "./listening.ts";

/** True when connections of this listener may have a handshake before them. */
export function mayHandshake({ bind, frontend }: Listening): boolean {
  return bind.acceptProxy === true || bind.acceptNetscalerCip !== undefined ||
    frontend.mayExpectHeader;
}

/** A connection whose handshakes are under way: it has no session yet. */
export class Embryo extends ClientSession {
  readonly requestCount = 0;
  readonly idle = false;
  #expired = false;
  #ended = false;

  override adopt(): void {}
  override retire(): void {}
  override kill(): void {}

  override abort(): void {
    this.#ended = true;
    this.conn.close();
  }

  override async run(): Promise<void> {
    await this.shake();
  }

  /** Does what must be done; undefined: the connection is closed, counted and logged. Never rejects. */
  async shake(): Promise<Conn | undefined> {
    const { timeouts } = this.frontend.config;
    const timer = new Timer(this.process.wheel, () => {
      this.#expired = true;
      this.conn.close();
    });
    if (timeouts.client !== undefined) timer.set(timeouts.client);
    let answer: Conn | HandshakeFailure;
    try {
      answer = await this.#steps();
    } catch (error) {
      this.process.internalError("handshake", error);
      answer = { message: "Internal error", empty: true };
    }
    timer.clear();
    if (!("message" in answer)) return answer;
    this.conn.close();
    if (!this.#ended) this.#report(answer);
    return undefined;
  }

  async #steps(): Promise<Conn | HandshakeFailure> {
    const { bind } = this.listening;
    const { buffers } = this.process;
    const expired = () => this.#expired;
    let conn: Conn | HandshakeFailure = this.conn;
    if (bind.acceptProxy === true || this.expectsProxy) {
      conn = await receiveProxyHeader(conn, buffers, expired);
      if ("message" in conn) return conn;
    }
    if (bind.acceptNetscalerCip !== undefined || this.expectsCip) {
      conn = await receiveCip(conn, buffers, bind.acceptNetscalerCip ?? 0, expired);
    }
    return conn;
  }

  #report({ message, empty }: HandshakeFailure): void {
    const { frontend } = this;
    frontend.counters.add(PC.ereq, 1);
    const { dontlognull, logSeparateErrors } = frontend.config.options;
    if (!frontend.logger.enabled || (empty && dontlognull)) return;
    const { host, port } = this.conn.remote;
    frontend.logger.send(
      logSeparateErrors ? LogLevel.err : LogLevel.info,
      `${host}:${port} [${localDateMs(this.acceptDate)}] ${frontend.name}/` +
        `${this.listenerName ?? this.listenerId}: ${message}`,
    );
  }
}
