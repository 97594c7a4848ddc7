/**
 * StreamConn: an HTTP/2 stream as a Conn on which one HTTP/1 message is read and one is written. So a request of
 * HTTP/2 takes exactly the way of any other, on either side of the proxy.
 *
 * Laws, beside those of Conn:
 * - A head is written whole, by one write that begins with it.
 * - A write is answered when all of it has become frames: that is the back-pressure. Its bytes stay until then.
 * - The stream is let go exactly once, by `close` or by the end of its link; nothing touches the codec after that.
 */
import { ErrorCode } from "../http2/codes.ts";
import type { FieldList } from "../http2/field_list.ts";
import type { H2Stream } from "../http2/stream.ts";
import { type Address, type Conn, IoStatus, type TlsInfo } from "../net/conn.ts";
import type { ProxyHeader } from "../net/proxy_protocol/header.ts";
import { Incoming } from "./incoming.ts";
import type { Link } from "./link.ts";
import { Outgoing } from "./outgoing.ts";
import { putTrailers, trailerLines } from "./trailers.ts";

/** Bytes that one stream adds in its turn while others wait. */
const TURN = 16384;

export abstract class StreamConn implements Conn {
  readonly httpMajor = 2;
  /** the peer says that nothing was done with it (REFUSED_STREAM, or behind GOAWAY): it may be sent again */
  refused = false;
  protected readonly link: Link;
  /** number 0: none was opened yet */
  protected stream: H2Stream<StreamConn>;
  protected readonly incoming: Incoming;
  protected readonly outgoing: Outgoing = new Outgoing();
  /** the next write begins with a head */
  protected expectsHead = true;
  /** after the heads both ways carry bytes without form */
  protected tunnel = false;
  #open = true;
  /** the write that waits: its bytes, which range of `outgoing.ranges` is next, and who is told */
  #bytes: Uint8Array | undefined = undefined;
  #next = 0;
  #resolve: ((n: number) => void) | undefined = undefined;

  constructor(link: Link, stream: H2Stream<StreamConn>) {
    this.link = link;
    this.stream = stream;
    this.incoming = new Incoming((count) => this.#onRead(count));
  }

  get glitches(): number {
    return this.link.h2.glitches;
  }
  get local(): Address {
    return this.link.conn.local;
  }
  get remote(): Address {
    return this.link.conn.remote;
  }
  get tls(): TlsInfo | undefined {
    return this.link.conn.tls;
  }
  get proxyHeader(): ProxyHeader | undefined {
    return this.link.conn.proxyHeader;
  }
  get descriptor(): number | undefined {
    return this.link.conn.descriptor;
  }

  /** Writes the head that `bytes` begin with as HEADERS: the position after it, or a negative IoStatus. */
  protected abstract sendHead(bytes: Uint8Array): number | Promise<number>;

  read(into: Uint8Array): number | Promise<number> {
    return this.#open ? this.incoming.read(into) : IoStatus.Aborted;
  }

  write(from: Uint8Array): number | Promise<number> {
    if (!this.#open) return IoStatus.Aborted;
    if (this.link.closed) return IoStatus.Reset;
    if (this.stream.closed) return this.stream.localEnded ? from.length : IoStatus.Reset;
    if (!this.expectsHead) return this.#body(from, 0);
    const at = this.sendHead(from);
    if (typeof at === "number") return at < 0 ? at : this.#body(from, at);
    return at.then((n) => n < 0 ? n : this.#open ? this.#body(from, n) : IoStatus.Aborted);
  }

  #body(from: Uint8Array, at: number): number | Promise<number> {
    const { outgoing } = this;
    if (this.stream.closed || this.stream.localEnded) {
      this.link.flushSoon();
      return from.length;
    }
    if (at === from.length) {
      if (outgoing.done && !this.expectsHead) this.#endOutgoing();
      this.link.flushSoon();
      return from.length;
    }
    if (!outgoing.take(from, at, from.length)) {
      this.fail(ErrorCode.InternalError);
      return IoStatus.Failed;
    }
    this.#bytes = from;
    this.#next = 0;
    if (this.goOn()) {
      this.link.flushSoon();
      return from.length;
    }
    this.link.blocked.add(this);
    this.link.flushSoon();
    return new Promise((resolve) => this.#resolve = resolve);
  }

  /** Sends what waits as far as it may be sent; true when all of it was. The link calls it. */
  goOn(): boolean {
    const bytes = this.#bytes;
    if (bytes === undefined) return true;
    const { stream, outgoing } = this;
    const { h2, blocked } = this.link;
    const { ranges } = outgoing;
    while (this.#next < ranges.length) {
      const i = this.#next;
      const from = ranges[i];
      const to = ranges[i + 1];
      const last = i + 2 === ranges.length;
      const until = blocked.size > 0 ? Math.min(to, from + TURN) : to;
      const end = last && until === to && outgoing.done && outgoing.trailers === "";
      const n = h2.sendData(stream, bytes, from, until, end);
      if (from + n < to) {
        ranges[i] = from + n;
        if (n === 0 || until !== to) return false;
        continue;
      }
      this.#next = i + 2;
    }
    if (outgoing.done) this.#endOutgoing();
    this.#bytes = undefined;
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve?.(bytes.length);
    return true;
  }

  /** END_STREAM, when it was not sent with the last content. */
  #endOutgoing(): void {
    const { stream, outgoing } = this;
    if (stream.localEnded || stream.closed) return;
    const { h2 } = this.link;
    const { trailers } = outgoing;
    if (trailers !== "" && putTrailers(h2, trailers)) h2.endHead(stream, true);
    else h2.sendData(stream, NOTHING, 0, 0, true);
  }

  #onRead(count: number): void {
    this.link.h2.consumed(this.stream, count);
    this.link.flushSoon();
  }

  onData(bytes: Uint8Array, from: number, to: number): void {
    this.incoming.content(bytes, from, to);
  }

  onTrailers(list: FieldList): void {
    this.trailerText = trailerLines(list);
  }
  protected trailerText = "";

  onEnd(): void {
    this.incoming.finish(this.trailerText);
  }

  /** The stream is over: by the peer, by a mistake of the peer, or with its link. */
  onReset(code: number): void {
    if (code === ErrorCode.RefusedStream) this.refused = true;
    // An answer that is complete is no worse for it.
    if (!(code === ErrorCode.NoError && this.stream.remoteEnded)) {
      this.incoming.fail(IoStatus.Reset);
    }
    this.#failWrite(IoStatus.Reset);
    this.resetByPeer();
  }

  /** For who must know at once, read or write pending or not. */
  protected resetByPeer(): void {}

  #failWrite(status: number): void {
    this.link.blocked.delete(this);
    this.#bytes = undefined;
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve?.(status);
  }

  /** Ends the stream for a failure on this side. */
  protected fail(code: number): void {
    if (this.stream.id !== 0) this.link.h2.reset(this.stream, code);
    this.incoming.fail(IoStatus.Aborted);
    this.#failWrite(IoStatus.Aborted);
    this.link.flushSoon();
  }

  /** Both messages are whole. */
  protected get complete(): boolean {
    return this.stream.localEnded && this.stream.remoteEnded;
  }

  closeWrite(): void {
    if (!this.#open || this.stream.closed || this.stream.localEnded) return;
    if (this.outgoing.framing === "raw" && !this.expectsHead) {
      this.endRaw();
    }
  }

  /** What had no form ends here. */
  protected endRaw(): void {
    this.#endOutgoing();
    this.link.flushSoon();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    const { h2 } = this.link;
    const { stream } = this;
    const known = stream.id !== 0;
    if (known && !stream.closed && !this.link.closed) h2.reset(stream, this.closeCode());
    this.incoming.fail(IoStatus.Aborted);
    this.#failWrite(IoStatus.Aborted);
    if (known) h2.release(stream);
    this.link.flushSoon();
    this.link.streamEnded(this);
  }

  /** What the peer is told when the stream is closed before both messages were whole. */
  protected abstract closeCode(): number;

  abort(): void {
    this.close();
  }
}

const NOTHING = new Uint8Array(0);
