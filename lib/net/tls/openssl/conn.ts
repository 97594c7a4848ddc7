/**
 * A TLS connection over any Conn, by OpenSSL on memory buffers: OpenSSL sees bytes, this file moves them.
 *
 * Where the inner connection can, what comes is decrypted at the moment that it comes (`Intake`): all connections of
 * the thread receive into the same memory, who waits holds none, and one promise serves both connections.
 *
 * Laws:
 * - One read of the inner connection at most is out, and one write: the Outlet is the only writer.
 * - A write is answered when the inner connection has its bytes, so that back-pressure goes through.
 * - After `close`, OpenSSL's object is freed and not touched again; close_notify is sent if it can be at once.
 * - A peer that ends without close_notify has ended: framing of what it sent is the upper layer's business
 *   (HAProxy does the same).
 */
import type { Clock } from "../../clock.ts";
import { type Conn, type Intake, IoStatus, type Lender, MORE, type Reader } from "../../conn.ts";
import { ConnAround } from "../../conn_around.ts";
import { tellLater } from "../../io.ts";
import type { TlsConn, TlsFailure, TlsMeter } from "../engine.ts";
import { RecordCount } from "../record_count.ts";
import { Receiver } from "../receive.ts";
import { RECEIVED, RECEIVED_RECORD } from "../scratch.ts";
import { type CallbackOwner, setCurrent } from "./callbacks.ts";
import { type OpenSsl, Ssl, takeError } from "./library.ts";
import { OpenSslInfo } from "./info.ts";
import { Outlet } from "./outlet.ts";
import { type RecordLimits, recordSizes } from "../record_sizes.ts";

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

export abstract class OpenSslConn extends ConnAround implements TlsConn, CallbackOwner, Intake {
  readonly lib: OpenSsl;
  readonly #clock: Clock;
  readonly #meter: TlsMeter | undefined;
  #ssl: Deno.PointerValue = null;
  #in: Deno.PointerValue = null;
  #outlet: Outlet | undefined;
  #open = true;
  #isServer = false;
  #established = false;
  /** what every read answers from now on */
  #end = 1;
  #sentClose = false;
  #receiver: Receiver | undefined;
  /** the last read of ciphertext filled its buffer: more is likely to come at once */
  #bulk = false;
  readonly #records = new RecordCount();
  /** where the pending read wants its cleartext, or who gives it memory for it */
  #into: Uint8Array | undefined;
  #lender: Lender | undefined;
  /** bytes that came in the handshake */
  #received = 0;
  /** most bytes of the next record; undefined: records are as long as they may be */
  #mostOf: (() => number) | undefined;
  #failure: TlsFailure | undefined;
  /** a bug of ours in the handshake: its caller is to see it */
  #thrown: { readonly error: unknown } | undefined;
  #info: OpenSslInfo | undefined;
  caError = 0;
  caErrorDepth = 0;
  crtError = 0;

  abstract readonly alpn: readonly string[] | undefined;
  /** What limits the records that this side sends. */
  protected abstract readonly limits: RecordLimits | undefined;
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
    const out = lib.BIO_new(method);
    this.#outlet = new Outlet(lib, this.inner, out);
    // Empty is "not yet", not the end.
    lib.BIO_ctrl(this.#in, Ssl.BIO_C_SET_BUF_MEM_EOF_RETURN, -1n, null);
    lib.SSL_set_bio(ssl, this.#in, out);
    this.#isServer = isServer;
    if (isServer) lib.SSL_set_accept_state(ssl);
    else lib.SSL_set_connect_state(ssl);
  }

  /** Ciphertext that has come: the first `length` of `bytes`. */
  protected feed(bytes: Uint8Array, length: number): void {
    this.#records.add(bytes, length);
    this.lib.BIO_write(this.#in, bytes as Uint8Array<ArrayBuffer>, length);
  }

  /** What TLS agreed on; asked for once, when it has. */
  protected abstract makeInfo(): OpenSslInfo;

  /** What came before OpenSSL's object was made. Answers as `arrived`. */
  protected abstract greeted(bytes: Uint8Array, length: number): number;

  /** Waits until the handshake is done, which has `begun` so far: undefined, or why it is not. */
  protected async shaken(begun = MORE): Promise<TlsFailure | undefined> {
    if (begun === MORE) {
      const answer = this.#wait();
      if (typeof answer !== "number") await answer;
    }
    if (this.#thrown !== undefined) throw this.#thrown.error;
    if (this.#established && this.#open) return undefined;
    if (this.#failure !== undefined) return this.#failure;
    return this.#open ? { ...CLOSED, message: "the peer closed the connection" } : CLOSED;
  }

  /** Goes on with the handshake: 1 when it is done, MORE, or a negative status. */
  protected shake(): number {
    const { lib } = this;
    setCurrent(this);
    const done = lib.SSL_do_handshake(this.#ssl);
    const error = done === 1 ? 0 : lib.SSL_get_error(this.#ssl, done);
    setCurrent(undefined);
    const failure = error === 0 || error === Ssl.ERROR_WANT_READ ? undefined : takeError(lib);
    const flushed = this.#flush();
    if (failure !== undefined) {
      return this.fail({
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
      });
    }
    if (typeof flushed === "number" && flushed < 0) {
      return this.fail({ ...CLOSED, message: "the peer is gone" });
    }
    if (error !== 0) {
      if (this.#received <= MOST_HANDSHAKE) return MORE;
      return this.fail({
        failed: "handshake",
        code: 0,
        message: "the peer's messages are too long",
      });
    }
    this.#established = true;
    this.#mostOf = recordSizes(this.limits, this.#clock);
    // Those that have come so far were the handshake's, unless something is left of them.
    if (lib.BIO_ctrl_pending(this.#in) === 0) this.#records.empty();
    this.#info = this.makeInfo();
    this.#meter?.opened(this.#isServer, this.#info.resumed);
    return 1;
  }

  protected fail(failure: TlsFailure): number {
    this.#failure = failure;
    return IoStatus.Failed;
  }

  /** Used by the connection below. */
  room(): Uint8Array {
    return this.#bulk ? RECEIVED : RECEIVED_RECORD;
  }

  /** Used by the connection below. */
  arrived(count: number): number {
    this.#bulk = count > RECEIVED_RECORD.length / 2;
    return this.#accept(RECEIVED, count);
  }

  #accept(bytes: Uint8Array, count: number): number {
    if (!this.#open) return IoStatus.Aborted;
    if (count <= 0) {
      this.#into = this.#lender = undefined;
      return this.#end = count;
    }
    if (!this.#established) {
      this.#received += count;
      try {
        if (this.#ssl === null) return this.greeted(bytes, count);
        this.feed(bytes, count);
        return this.shake();
      } catch (error) {
        this.#thrown = { error };
        return IoStatus.Failed;
      }
    }
    this.feed(bytes, count);
    if (this.#records.ready === 0) return MORE;
    const n = this.#take(this.#into ??= this.#lender!.room());
    if (n !== MORE) this.#into = this.#lender = undefined;
    return n;
  }

  read(into: Uint8Array): number | Promise<number> {
    if (!this.#open) return IoStatus.Aborted;
    if (this.#end <= 0) return this.#end;
    if (this.#records.ready > 0) {
      const n = this.#take(into);
      if (n !== MORE) return n;
    }
    this.#into = into;
    return this.#wait();
  }

  readLent(lender: Lender): number | Promise<number> {
    if (!this.#open || this.#end <= 0 || this.#records.ready > 0) return this.read(lender.room());
    this.#lender = lender;
    return this.#wait();
  }

  readFor(reader: Reader): number {
    if (!this.#open) return IoStatus.Aborted;
    if (this.#end <= 0) return this.#end;
    this.#lender = reader;
    if (this.#records.ready > 0) {
      const n = this.#take(this.#into = reader.room());
      if (n !== MORE) {
        this.#into = this.#lender = undefined;
        return n;
      }
    }
    const source = this.#source;
    return source === undefined ? tellLater(reader, this.#receive()) : source.readBy!(this, reader);
  }

  #wait(): number | Promise<number> {
    const source = this.#source;
    return source === undefined ? this.#receive() : source.readBy!(this);
  }

  /** The connection below, where it can give what comes at once; undefined: it cannot. */
  get #source(): Conn | undefined {
    const { inner } = this;
    // What stood around the connection for its first bytes only is passed by.
    const source = inner.readBy === undefined ? inner.under : inner;
    return source?.readBy === undefined ? undefined : source;
  }

  /** What `readBy` does, over a connection that has none. */
  #receive(): Promise<number> {
    const receiver = this.#receiver ??= new Receiver(this.inner);
    return receiver.read((bytes, count) => this.#accept(bytes, count));
  }

  /** Cleartext that OpenSSL has, MORE when it needs more ciphertext, or the end. */
  #take(into: Uint8Array): number {
    const { lib } = this;
    const n = lib.SSL_read(this.#ssl, into as Uint8Array<ArrayBuffer>, into.length);
    if (n > 0) {
      if (n < into.length) this.#records.read();
      return n;
    }
    const error = lib.SSL_get_error(this.#ssl, n);
    // An answer to what was read: a key update, an alert.
    this.#flush();
    if (error === Ssl.ERROR_WANT_READ) {
      this.#records.empty();
      return MORE;
    }
    if (error === Ssl.ERROR_ZERO_RETURN) return this.#end = IoStatus.Eof;
    takeError(lib);
    return this.#end = IoStatus.Reset;
  }

  write(from: Uint8Array): number | Promise<number> {
    if (!this.#open) return IoStatus.Aborted;
    if (this.#sentClose) return IoStatus.Failed;
    const most = this.#mostOf === undefined ? MOST : this.#mostOf();
    const part = from.length > most ? from.subarray(0, most) : from;
    const { lib } = this;
    const n = lib.SSL_write(this.#ssl, part as Uint8Array<ArrayBuffer>, part.length);
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
    return this.#outlet?.flush() ?? IoStatus.Aborted;
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
    const flushed = this.#outlet?.busy ? 0 : this.#flush();
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
    this.#ssl = this.#in = null;
    this.#outlet?.close();
    if (this.#info === undefined) return;
    this.#info.letGo();
    this.#meter?.closed();
  }
}
