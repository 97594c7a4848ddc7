/**
 * Handshakes: what must be done on a client's connection before its session begins, in the order in which the bytes
 * come: the header of the PROXY protocol, NetScaler's header, TLS.
 *
 * Laws:
 * - All of them together have `timeout client`; whoever is slow is closed.
 * - A connection that must begin with a header and does not is closed unread, counted (`ereq`) and logged (manual
 *   8.2.5), unless nothing came and `option dontlognull` is set. TLS that fails is logged and not counted there, as
 *   in HAProxy.
 * - What came behind a header is handed on unseen.
 */
import { localDateMs } from "../expr/log_date.ts";
import { LogLevel } from "../log/types.ts";
import type { Conn } from "../net/conn.ts";
import { CONNECTION_ERRORS, ConnError } from "../net/connection_errors.ts";
import type { TlsFailure } from "../net/tls/engine.ts";
import type { ClientHello } from "../net/tls/client_hello.ts";
import { Alert } from "../net/tls/hello_reader.ts";
import { Timer } from "../net/timers.ts";
import { ClientSession } from "./client_session.ts";
import { type HandshakeFailure, receiveCip, receiveProxyHeader } from "./receive_header.ts";
import type { Listening } from "./listening.ts";
import { Stream } from "./stream.ts";

/** True when connections of this listener may have a handshake before them. */
export function mayHandshake({ bind, frontend, tls }: Listening): boolean {
  return tls !== undefined || bind.acceptProxy === true || bind.acceptNetscalerCip !== undefined ||
    frontend.mayExpectHeader;
}

/** A connection whose handshakes are under way: it has no session yet. */
export class Embryo extends ClientSession {
  readonly http = false;
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
      answer = { error: { code: ConnError.SOCKET }, empty: true };
    }
    timer.clear();
    if (!("error" in answer)) return answer;
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
      if ("error" in conn) return conn;
    }
    if (bind.acceptNetscalerCip !== undefined || this.expectsCip) {
      conn = await receiveCip(conn, buffers, bind.acceptNetscalerCip ?? 0, expired);
      if ("error" in conn) return conn;
    }
    return this.listening.tls === undefined ? conn : await this.#secure(conn);
  }

  /** The certificate is chosen by the listener's present configuration: a reload may have come meanwhile. */
  async #secure(conn: Conn): Promise<Conn | HandshakeFailure> {
    const { listening, process } = this;
    let sni: string | undefined;
    const choose = (hello: ClientHello) => {
      sni = hello.sni;
      return listening.tls?.choose(hello) ?? Alert.INTERNAL_ERROR;
    };
    const secure = listening.tls!.engine.accept(conn, {
      choose,
      clock: process.clock,
      meter: process.tlsMeter,
    });
    const failure = await secure.establish();
    if (failure === undefined) return secure;
    const empty = (this.#expired || failure.failed === "closed") && failure.silent === true;
    const code = this.#expired ? ConnError.TLS_TIMEOUT : codeOf(failure);
    const tls = failure.error ?? { code: 0 };
    return { error: { code, sni, tls }, empty };
  }

  #report({ error, empty }: HandshakeFailure): void {
    const { frontend } = this;
    const { dontlognull, logSeparateErrors } = frontend.config.options;
    if (!frontend.logger.enabled || (empty && dontlognull)) return;
    const level = logSeparateErrors ? LogLevel.err : LogLevel.info;
    if (frontend.errorLogLine !== undefined) {
      this.error = error;
      frontend.log(this.#failed(), level, true);
      return;
    }
    const { host, port } = this.conn.remote;
    frontend.logger.send(
      level,
      `${host}:${port} [${localDateMs(this.acceptDate)}] ${frontend.name}/` +
        `${this.listenerName ?? this.listenerId}: ${CONNECTION_ERRORS[error.code]}`,
    );
  }

  /** What `error-log-format` is given: there was no request. */
  #failed(): Stream {
    const { frontend, process, acceptAt, acceptDate } = this;
    const stream = new Stream(this, frontend, process, process.nextStreamId(), acceptAt);
    stream.requestDate = stream.wall = acceptDate;
    stream.status = 0;
    stream.actconn = process.actconn;
    stream.endedAt = process.now();
    stream.fail("P", "R");
    return stream;
  }
}

/** HAProxy's number for a TLS handshake that failed. */
function codeOf({ failed, error }: TlsFailure): number {
  if (failed === "closed") return ConnError.TLS_CLOSED;
  if (error === undefined || error.code !== CERTIFICATE_VERIFY_FAILED) {
    return ConnError.TLS_HANDSHAKE;
  }
  return error.crtError ? ConnError.TLS_CRT : ConnError.TLS_CA;
}

/** OpenSSL's SSL_R_CERTIFICATE_VERIFY_FAILED, as it packs it. */
const CERTIFICATE_VERIFY_FAILED = 0x0a000086;
