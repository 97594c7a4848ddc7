/**
 * A TLS connection over any Conn, by OpenSSL on memory buffers: OpenSSL sees bytes, this file moves them.
 *
 * Laws:
 * - One read of the inner connection at most is out, and one write: `#flush` is the only writer.
 * - A write is answered when the inner connection has its bytes, so that back-pressure goes through.
 * - After `close`, OpenSSL's object is freed and not touched again; close_notify is sent if it can be at once.
 * - A peer that ends without close_notify has ended: framing of what it sent is the upper layer's business
 *   (HAProxy does the same).
 */
import type { Clock } from "../../clock.ts";
import { type Conn, IoStatus } from "../../conn.ts";
import { ConnAround } from "../../conn_around.ts";
import type { TlsConn, TlsFailure, TlsMeter } from "../engine.ts";
import { borrow, giveBack, LARGE } from "../scratch.ts";
import { type CallbackOwner, setCurrent } from "./callbacks.ts";
import { type OpenSsl, Ssl, takeError } from "./library.ts";
import { OpenSslInfo } from "./info.ts";

/** bytes that a connection waits with for the next record */
const SMALL = 1536;
/** most cleartext that is encrypted before its ciphertext is written */
const MOST = 48 * 1024;
/** ms that the last bytes of a closed connection get */
const LAST_WRITE = 1000;
/** a server's handshake: whole messages of the peer that are believed before it is given up, in bytes */
const MOST_HANDSHAKE = 256 * 1024;

const CLOSED: TlsFailure = { failed: "closed", code: 0, message: "the connection was closed" };

export interface OpenSslConnParts {
  readonly lib: OpenSsl;
  readonly inner: Conn;
  readonly clock: Clock;
  readonly meter?: TlsMeter;
}

export abstract class OpenSslConn extends ConnAround implements TlsConn, CallbackOwner {
  readonly lib: OpenSsl;
  readonly #clock: Clock;
  readonly #meter: TlsMeter | undefined;
  #ssl: Deno.PointerValue = null;
  #in: Deno.PointerValue = null;
  #out: Deno.PointerValue = null;
  #open = true;
  #isServer = false;
  #established = false;
  /** what every read answers from now on */
  #end = 1;
  #sentClose = false;
  #flushing: Promise<number> | undefined;
  #small: Uint8Array | undefined;
  /** the last read of ciphertext filled its buffer: more is likely to come at once */
  #bulk = false;
  #info: OpenSslInfo | undefined;
  caError = 0;
  caErrorDepth = 0;
  crtError = 0;

  abstract readonly alpn: readonly string[] | undefined;
  abstract readonly ocsp: Uint8Array<ArrayBuffer> | undefined;
  abstract readonly ticketKeys: readonly Uint8Array<ArrayBuffer>[] | undefined;

  constructor({ lib, inner, clock, meter }: OpenSslConnParts) {
    super(inner);
    this.lib = lib;
    this.#clock = clock;
    this.#meter = meter;
  }

  get tls(): OpenSslInfo | undefined {
    return this.#info;
  }
  protected get ssl(): Deno.PointerValue {
    return this.#ssl;
  }
  protected get isOpen(): boolean {
    return this.#open;
  }

  abstract establish(): Promise<TlsFailure | undefined>;
  abstract ignores(code: number, depth: number): boolean;

  noteVerifyError(code: number, depth: number): boolean {
    if (depth > 0) {
      if (this.caError === 0) {
        this.caError = code;
        this.caErrorDepth = depth;
      }
    } else if (this.crtError === 0) this.crtError = code;
    return this.ignores(code, depth);
  }

  /** Makes OpenSSL's object. */
  protected begin(ctx: Deno.PointerValue, isServer: boolean): void {
    const { lib } = this;
    const ssl = this.#ssl = lib.SSL_new(ctx);
    const method = lib.BIO_s_mem();
    this.#in = lib.BIO_new(method);
    this.#out = lib.BIO_new(method);
    // Empty is "not yet", not the end.
    lib.BIO_ctrl(this.#in, Ssl.BIO_C_SET_BUF_MEM_EOF_RETURN, -1n, null);
    lib.SSL_set_bio(ssl, this.#in, this.#out);
    this.#isServer = isServer;
    if (isServer) lib.SSL_set_accept_state(ssl);
    else lib.SSL_set_connect_state(ssl);
  }

  /** Ciphertext that was read from the inner connection already. */
  protected feed(bytes: Uint8Array): void {
    this.lib.BIO_write(this.#in, bytes as Uint8Array<ArrayBuffer>, bytes.length);
  }

  /** Does the handshake: undefined when it is done. */
  protected async handshake(makeInfo: () => OpenSslInfo): Promise<TlsFailure | undefined> {
    let received = 0;
    for (;;) {
      if (!this.#open) return CLOSED;
      const { lib } = this;
      setCurrent(this);
      const done = lib.SSL_do_handshake(this.#ssl);
      const error = done === 1 ? 0 : lib.SSL_get_error(this.#ssl, done);
      setCurrent(undefined);
      const failure = error === 0 || error === Ssl.ERROR_WANT_READ ? undefined : takeError(lib);
      const flushed = this.#flush();
      const status = typeof flushed === "number" ? flushed : await flushed;
      if (!this.#open) return CLOSED;
      if (failure !== undefined) {
        return {
          failed: "handshake",
          code: failure.code,
          message: failure.reason === "" ? "the peer broke off" : failure.reason,
          error: {
            code: failure.code,
            text: failure.text,
            caError: this.caError,
            caErrorDepth: this.caErrorDepth,
            crtError: this.crtError,
          },
        };
      }
      if (status < 0) return { ...CLOSED, message: "the peer is gone" };
      if (error === 0) {
        this.#established = true;
        this.#info = makeInfo();
        this.#meter?.opened(this.#isServer, this.#info.resumed);
        return undefined;
      }
      const n = await this.#receive();
      if (!this.#open) return CLOSED;
      if (n <= 0) return { ...CLOSED, message: "the peer closed the connection" };
      received += n;
      if (received > MOST_HANDSHAKE) {
        return { failed: "handshake", code: 0, message: "the peer's messages are too long" };
      }
    }
  }

  /** Reads ciphertext and gives it to OpenSSL: how much, or why not. */
  async #receive(): Promise<number> {
    const large = this.#bulk;
    const buffer = large ? borrow() : this.#small ??= new Uint8Array(SMALL);
    const answer = this.inner.read(buffer);
    const n = typeof answer === "number" ? answer : await answer;
    if (n > 0 && this.#open) this.feed(n === buffer.length ? buffer : buffer.subarray(0, n));
    if (large) giveBack(buffer);
    this.#bulk = n === buffer.length || (large && n > LARGE / 8);
    return n;
  }

  read(into: Uint8Array): number | Promise<number> {
    if (!this.#open) return IoStatus.Aborted;
    if (this.#end <= 0) return this.#end;
    const n = this.#take(into);
    return n === WANT ? this.#readMore(into) : n;
  }

  async #readMore(into: Uint8Array): Promise<number> {
    for (;;) {
      const received = await this.#receive();
      if (!this.#open) return IoStatus.Aborted;
      if (received <= 0) return this.#end = received;
      const n = this.#take(into);
      if (n !== WANT) return n;
    }
  }

  /** Cleartext that OpenSSL has, or WANT, or the end. */
  #take(into: Uint8Array): number {
    const { lib } = this;
    setCurrent(this);
    const n = lib.SSL_read(this.#ssl, into as Uint8Array<ArrayBuffer>, into.length);
    if (n > 0) {
      setCurrent(undefined);
      return n;
    }
    const error = lib.SSL_get_error(this.#ssl, n);
    setCurrent(undefined);
    // An answer to what was read: a key update, an alert.
    this.#flush();
    if (error === Ssl.ERROR_WANT_READ) return WANT;
    if (error === Ssl.ERROR_ZERO_RETURN) return this.#end = IoStatus.Eof;
    takeError(lib);
    return this.#end = IoStatus.Reset;
  }

  write(from: Uint8Array): number | Promise<number> {
    if (!this.#open) return IoStatus.Aborted;
    if (this.#sentClose) return IoStatus.Failed;
    const part = from.length > MOST ? from.subarray(0, MOST) : from;
    const { lib } = this;
    setCurrent(this);
    const n = lib.SSL_write(this.#ssl, part as Uint8Array<ArrayBuffer>, part.length);
    setCurrent(undefined);
    if (n <= 0) {
      takeError(lib);
      return IoStatus.Reset;
    }
    const flushed = this.#flush();
    if (typeof flushed === "number") return flushed < 0 ? flushed : n;
    return flushed.then((status) => status < 0 ? status : n);
  }

  /** Writes what OpenSSL has for the peer: 0 when all of it is written. */
  #flush(): number | Promise<number> {
    if (this.#flushing !== undefined) return this.#flushing;
    if (this.#ssl === null) return IoStatus.Aborted;
    const buffer = borrow();
    const n = this.lib.BIO_read(this.#out, buffer, buffer.length);
    if (n <= 0) {
      giveBack(buffer);
      return 0;
    }
    const written = this.inner.write(buffer.subarray(0, n));
    if (written === n && n < buffer.length) {
      giveBack(buffer);
      return 0;
    }
    return this.#flushing = this.#flushRest(buffer, n, written);
  }

  async #flushRest(
    buffer: Uint8Array<ArrayBuffer>,
    length: number,
    first: number | Promise<number>,
  ): Promise<number> {
    let answer: number | Promise<number> = first;
    let at = 0;
    for (;;) {
      const n = typeof answer === "number" ? answer : await answer;
      if (n < 0) {
        giveBack(buffer);
        this.#flushing = undefined;
        return n;
      }
      at += n;
      if (at >= length) {
        at = 0;
        length = this.#ssl === null ? 0 : this.lib.BIO_read(this.#out, buffer, buffer.length);
        if (length <= 0) break;
      }
      answer = this.inner.write(buffer.subarray(at, length));
    }
    giveBack(buffer);
    this.#flushing = undefined;
    return 0;
  }

  /** Sends close_notify, then FIN. */
  closeWrite(): void {
    if (!this.#open || this.#sentClose) return;
    this.#notifyClose();
    const flushed = this.#flush();
    const finish = () => {
      if (this.#open) this.inner.closeWrite();
    };
    if (typeof flushed === "number") finish();
    else flushed.then(finish);
  }

  #notifyClose(): void {
    this.#sentClose = true;
    if (!this.#established || this.#end < 0) return;
    if (this.lib.SSL_shutdown(this.#ssl) < 0) takeError(this.lib);
  }

  close(): void {
    if (!this.#open) return;
    if (this.#ssl === null) {
      this.#open = false;
      return this.inner.close();
    }
    this.beforeFree();
    if (!this.#sentClose) this.#notifyClose();
    // What still waits for a peer that does not read is not worth waiting for.
    const busy = this.#flushing !== undefined;
    const flushed = busy ? 0 : this.#flush();
    this.#open = false;
    this.#free();
    if (typeof flushed === "number") return this.inner.close();
    const cancel = this.#clock.after(LAST_WRITE, () => this.inner.close());
    flushed.then(() => {
      cancel();
      this.inner.close();
    });
  }

  abort(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#free();
    this.inner.abort();
  }

  /** The last moment at which OpenSSL can be asked. */
  protected beforeFree(): void {}

  #free(): void {
    this.lib.SSL_free(this.#ssl);
    this.#ssl = this.#in = this.#out = null;
    if (this.#info === undefined) return;
    this.#info.letGo();
    this.#meter?.closed();
  }
}

/** OpenSSL needs more ciphertext. */
const WANT = -1000;
