/** TLS by `node:tls` over any Conn. It costs more than OpenSSL by FFI and does less, but needs nothing installed. */
import { setImmediate } from "node:timers";
import type { TLSSocket } from "node:tls";
import type { Clock } from "../../clock.ts";
import { type Conn, IoStatus, type TlsInfo } from "../../conn.ts";
import { ConnAround } from "../../conn_around.ts";
import { NodeConn } from "../../node_conn.ts";
import type { TlsConn, TlsFailure, TlsMeter } from "../engine.ts";
import { ConnStream } from "./stream.ts";

/** cleartext that may wait for its reader, in bytes */
const MOST_UNREAD = 64 * 1024;
/** ms that the last bytes of a closed connection get */
const LAST_WRITE = 1000;

export const CLOSED: TlsFailure = {
  failed: "closed",
  code: 0,
  message: "the connection was closed",
};

/** A handshake that failed; `code`: OpenSSL's number of what is wrong with the peer's certificate. */
export function failure(message: string, code = 0): TlsFailure {
  return { failed: "handshake", code, message };
}

export abstract class NodeTlsConn extends ConnAround implements TlsConn {
  protected readonly clock: Clock;
  readonly #meter: TlsMeter | undefined;
  #open = true;
  #stream: ConnStream | undefined;
  #socket: TLSSocket | undefined;
  /** once the handshake is done */
  #conn: NodeConn | undefined;
  #info: TlsInfo | undefined;
  #sentClose = false;
  #writing: Promise<number> | undefined;
  #failWrite: ((status: number) => void) | undefined;

  constructor(inner: Conn, clock: Clock, meter: TlsMeter | undefined) {
    super(inner);
    this.clock = clock;
    this.#meter = meter;
  }

  get tls(): TlsInfo | undefined {
    return this.#info;
  }
  protected get isOpen(): boolean {
    return this.#open;
  }

  async establish(): Promise<TlsFailure | undefined> {
    const failure = await this.shake();
    if (failure !== undefined) this.close();
    return failure;
  }

  protected abstract shake(): Promise<TlsFailure | undefined>;

  /** The stream below; `first`: what was read already. */
  protected below(first?: Uint8Array<ArrayBuffer>): ConnStream {
    const isFull = () => (this.#socket?.readableLength ?? 0) >= MOST_UNREAD;
    return this.#stream = new ConnStream(this.inner, isFull, first);
  }

  /** Waits for `event` of `socket`; then `judge` says what was agreed on, or why that is not good enough. */
  protected handshake(
    socket: TLSSocket,
    event: "secure" | "secureConnect",
    isServer: boolean,
    judge: () => TlsInfo | TlsFailure,
    failed: (error: Error) => TlsFailure,
  ): Promise<TlsFailure | undefined> {
    this.#socket = socket;
    return new Promise((resolve) => {
      let last: TlsFailure = { ...CLOSED, message: "the peer closed the connection" };
      const onEnd = () => socket.destroy();
      const onClose = () => resolve(this.#open ? last : CLOSED);
      const onDone = () => {
        if (!this.#open) return resolve(CLOSED);
        const judged = judge();
        if ("failed" in judged) return resolve(judged);
        socket.off("end", onEnd);
        socket.off("close", onClose);
        this.#info = judged;
        this.#conn = new NodeConn(socket);
        this.#stream!.once("end", () => void this.#endSoon());
        this.#meter?.opened(isServer, judged.resumed);
        resolve(undefined);
      };
      socket.once(event, onDone);
      socket.on("error", (error: Error) => last = failed(error));
      socket.once("end", onEnd);
      socket.once("close", onClose);
      socket.once("close", () => this.#failWrite?.(this.#open ? IoStatus.Reset : IoStatus.Aborted));
    });
  }

  read(into: Uint8Array): number | Promise<number> {
    if (!this.#open || this.#conn === undefined) return IoStatus.Aborted;
    const answer = this.#conn.read(into);
    this.#stream!.more();
    if (typeof answer !== "number" && this.#stream!.readableEnded) this.#endSoon();
    return answer;
  }

  /**
   * `node:tls` in Deno forgets an end that comes while its reader has not taken all. Whoever waits with nothing left
   * to take, and nothing below to come, is told of it here.
   */
  async #endSoon(): Promise<void> {
    // What is decrypted already comes before.
    for (let n = 0; n < 2; n++) await new Promise((resolve) => setImmediate(resolve));
    const socket = this.#socket!;
    if (!socket.readableEnded && !socket.destroyed && socket.readableLength === 0) {
      socket.push(null);
      socket.read(0);
    }
  }

  write(from: Uint8Array): number | Promise<number> {
    if (!this.#open || this.#conn === undefined) return IoStatus.Aborted;
    if (this.#sentClose) return IoStatus.Failed;
    if (this.#stream!.destroyed) return IoStatus.Reset;
    return this.#writing = this.#write(this.#conn.write(from));
  }

  async #write(answer: number | Promise<number>): Promise<number> {
    // node:tls forgets a write that waits when the stream below it ends.
    const gone = new Promise<number>((resolve) => this.#failWrite = resolve);
    let n = await Promise.race([answer, gone]);
    if (n >= 0) {
      const flushed = this.#stream!.flushed();
      const status = typeof flushed === "number" ? flushed : await Promise.race([flushed, gone]);
      if (status < 0) n = status;
    }
    this.#failWrite = undefined;
    return this.#open ? n : IoStatus.Aborted;
  }

  /** Sends close_notify, then FIN. */
  closeWrite(): void {
    if (!this.#open || this.#sentClose) return;
    this.#sentClose = true;
    this.#notifyClose().then(() => {
      if (this.#open) this.inner.closeWrite();
    });
  }

  /** Sends close_notify, behind what is being written. `node:tls` does not end the stream below. */
  async #notifyClose(): Promise<void> {
    await this.#writing;
    this.#socket?.end();
    await new Promise((resolve) => setImmediate(resolve));
    await this.#stream?.drained();
  }

  close(): void {
    if (!this.#begin()) return;
    // What still waits for a peer that does not read is not worth waiting for.
    const busy = this.#failWrite !== undefined || this.#stream?.writableLength !== 0;
    if (this.#conn === undefined || this.#stream?.destroyed || busy) return this.#drop();
    const cancel = this.clock.after(LAST_WRITE, () => this.#drop());
    const sent = this.#sentClose ? this.#stream!.drained() : this.#notifyClose();
    Promise.resolve(sent).then(() => {
      cancel();
      this.#drop();
    });
  }

  abort(): void {
    if (!this.#begin()) return;
    this.inner.abort();
    this.#drop();
  }

  /** False: it was closed before. Whoever waits is answered. */
  #begin(): boolean {
    if (!this.#open) return false;
    this.#open = false;
    this.#failWrite?.(IoStatus.Aborted);
    if (this.#info !== undefined) this.#meter?.closed();
    return true;
  }

  #drop(): void {
    this.#conn?.close();
    this.#socket?.destroy();
    if (this.#stream === undefined) this.inner.close();
    else this.#stream.destroy();
  }
}
