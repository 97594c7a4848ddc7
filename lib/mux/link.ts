/**
 * Link: an HTTP/2 connection with its socket: reads, feeds the codec, sends what the codec has written.
 *
 * Laws:
 * - At most one read and one write of the socket are pending. What is written meanwhile leaves together.
 * - Back-pressure: while `out` is long nothing more is read, so a peer that does not read cannot make us write. A
 *   stream whose bytes do not fit waits in `blocked`; those that wait take turns.
 * - An idle link holds a small buffer only.
 */
import { ErrorCode } from "../http2/codes.ts";
import { H2Connection } from "../http2/connection.ts";
import type { H2Events } from "../http2/events.ts";
import type { FieldList } from "../http2/field_list.ts";
import type { MessageInfo } from "../http2/message.ts";
import { Output } from "../http2/output.ts";
import { MOST_OUT } from "../http2/sender.ts";
import type { LocalSettings } from "../http2/settings.ts";
import type { H2Stream } from "../http2/stream.ts";
import type { BufferPool, IoBuffer, SlabPool } from "../net/buffers.ts";
import type { Conn } from "../net/conn.ts";
import type { StreamConn } from "./stream_conn.ts";

/** What links share. */
export interface LinkParts {
  readonly buffers: { readonly wait: SlabPool; readonly bulk: BufferPool };
  /** ms */
  now(): number;
  internalError(where: string, error: unknown): void;
}

/** Who counts: by position in TALLY_NAMES. */
export type Count = (position: number, count: number) => void;

/** Bytes of `out` beyond which nothing is read. */
const MOST_WAITING = 4 * MOST_OUT;
/** Memory that the outputs of an idle link keep. */
const KEPT = 4096;

export abstract class Link implements H2Events<StreamConn> {
  readonly conn: Conn;
  readonly h2: H2Connection<StreamConn>;
  readonly parts: LinkParts;
  readonly #count: Count | undefined;
  /** streams with bytes that wait for a window or for room in `out` */
  readonly blocked: Set<StreamConn> = new Set();
  closed = false;
  #spare: Output = new Output();
  #writing = false;
  #feeding = false;
  #flushAsked = false;
  /** the reader waits until `out` is shorter */
  #resume: (() => void) | undefined = undefined;
  /** when everything was sent the socket is closed */
  #closing = false;

  constructor(
    role: "client" | "server",
    conn: Conn,
    settings: LocalSettings,
    glitchesThreshold: number,
    parts: LinkParts,
    count: Count | undefined,
  ) {
    this.#count = count;
    this.conn = conn;
    this.parts = parts;
    this.h2 = new H2Connection<StreamConn>(role, settings, this);
    this.h2.glitchesThreshold = glitchesThreshold;
  }

  abstract head(
    stream: H2Stream<StreamConn>,
    list: FieldList,
    info: MessageInfo,
    end: boolean,
  ): void;
  abstract goaway(lastStream: number, code: number): void;
  abstract settings(): void;
  /** The socket is closed, or will be at once: nobody opens a stream any more. */
  protected abstract ended(): void;
  /** A stream was let go. */
  abstract streamEnded(stream: StreamConn): void;

  data(stream: H2Stream<StreamConn>, bytes: Uint8Array, from: number, to: number): void {
    stream.user?.onData(bytes, from, to);
  }

  trailers(stream: H2Stream<StreamConn>, list: FieldList): void {
    stream.user?.onTrailers(list);
  }

  end(stream: H2Stream<StreamConn>): void {
    stream.user?.onEnd();
  }

  reset(stream: H2Stream<StreamConn>, code: number): void {
    stream.user?.onReset(code);
  }

  window(): void {
    // Those that are blocked are looked at when everything that came was read.
  }

  /** Reads until the connection ends; `first`: what was read of it already. Never rejects. */
  async run(first?: Uint8Array): Promise<void> {
    const { wait, bulk } = this.parts.buffers;
    let buffer: IoBuffer = wait.lend();
    let large = false;
    try {
      this.flush();
      let going = first === undefined || this.#feed(first, first.length);
      while (going) {
        if (this.h2.out.length > MOST_WAITING) {
          await new Promise<void>((resolve) => this.#resume = resolve);
        }
        if (this.closed) break;
        const r = this.conn.read(buffer.bytes);
        const n = typeof r === "number" ? r : await r;
        if (n <= 0 || this.closed) break;
        going = this.#feed(buffer.bytes, n);
        if (!large && n === wait.size) {
          wait.giveBack(buffer);
          buffer = bulk.lend();
          large = true;
        } else if (large && n <= wait.size) {
          bulk.giveBack(buffer);
          buffer = wait.lend();
          large = false;
        }
      }
    } catch (error) {
      this.parts.internalError("http/2 connection", error);
      this.close();
    }
    (large ? bulk : wait).giveBack(buffer);
    if (this.h2.failed !== undefined) this.closeSoon();
    else this.close();
  }

  /** Gives the codec what came. False: the connection is over. */
  #feed(bytes: Uint8Array, count: number): boolean {
    this.#feeding = true;
    const error = this.h2.feed(bytes, 0, count, this.parts.now());
    this.#feeding = false;
    this.#unblock();
    this.flush();
    if (this.#count !== undefined) this.h2.tally.take(this.#count);
    return error === 0 && !this.closed;
  }

  /** Something was written by a stream: it leaves at the end of this turn, with what others write until then. */
  flushSoon(): void {
    if (this.#feeding || this.#writing || this.#flushAsked) return;
    this.#flushAsked = true;
    queueMicrotask(this.#flushNow);
  }

  readonly #flushNow = (): void => {
    this.#flushAsked = false;
    this.flush();
  };

  /** Sends what is in `out`, unless a write is pending, which goes on with it by itself. */
  flush(): void {
    while (!this.#writing && !this.closed && this.h2.out.length > 0) {
      const out = this.h2.out;
      this.h2.out = this.#spare;
      this.#spare = out;
      const r = this.conn.write(out.bytes.subarray(out.start, out.end));
      if (typeof r !== "number") {
        this.#writing = true;
        r.then(this.#wrote);
        return;
      }
      if (!this.#sent(r)) return;
    }
    if (this.#closing && !this.#writing) this.close();
  }

  readonly #wrote = (n: number): void => {
    this.#writing = false;
    try {
      if (this.#sent(n)) this.flush();
    } catch (error) {
      this.parts.internalError("http/2 connection", error);
      this.close();
    }
  };

  /** `n` bytes of what was handed over were taken. False: the connection is gone. */
  #sent(n: number): boolean {
    if (this.closed) return false;
    if (n <= 0) {
      this.close();
      return false;
    }
    const out = this.#spare;
    out.start += n;
    if (out.length > 0) {
      // The rest goes first: it is put before what was written meanwhile.
      const later = this.h2.out;
      out.put(later.bytes, later.start, later.end);
      later.clear(this.#kept);
      this.#spare = later;
      this.h2.out = out;
    } else out.clear(this.#kept);
    this.#unblock();
    const resume = this.#resume;
    if (resume !== undefined && this.h2.out.length <= MOST_WAITING / 2) {
      this.#resume = undefined;
      resume();
    }
    return true;
  }

  get #kept(): number {
    return this.h2.active > 0 ? MOST_WAITING : KEPT;
  }

  /** Lets those that wait write, in turns. */
  #unblock(): void {
    if (this.blocked.size === 0 || this.closed) return;
    for (const stream of [...this.blocked]) {
      if (this.h2.out.length >= MOST_OUT) return;
      this.blocked.delete(stream);
      if (!stream.goOn()) this.blocked.add(stream);
    }
  }

  /** Closes the socket when everything was sent. */
  closeSoon(): void {
    this.#closing = true;
    this.flush();
  }

  /** Closes the socket; streams that are open fail. Idempotent. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.conn.close();
    for (const stream of [...this.h2.streams.values()]) stream.user?.onReset(ErrorCode.Cancel);
    this.blocked.clear();
    if (this.#count !== undefined) this.h2.tally.take(this.#count);
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
    this.ended();
  }
}
