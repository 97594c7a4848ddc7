/**
 * Sender: the half of a connection that writes. H2Connection adds the half that reads.
 *
 * Laws:
 * - Nothing is sent on a stream after its END_STREAM or reset.
 * - DATA is written only as far as both windows and MOST_OUT allow; the caller keeps the rest and is told by the event
 *   `window`, or by whoever empties `out`, when to go on.
 */
import {
  DEFAULT_TABLE_SIZE,
  DEFAULT_WINDOW,
  ErrorCode,
  FRAME_HEADER,
  LARGEST_WINDOW,
  PREFACE,
} from "./codes.ts";
import { H2Misuse } from "./error.ts";
import {
  frameBlock,
  writeData,
  writeGoaway,
  writePing,
  writeReset,
  writeSettings,
  writeSettingsAck,
  writeWindowUpdate,
} from "./frame_writer.ts";
import { HpackEncoder } from "./hpack/encoder.ts";
import { Output } from "./output.ts";
import { type LocalSettings, PeerSettings, settingPairs } from "./settings.ts";
import { H2Stream } from "./stream.ts";
import { Tallied, Tally } from "./tally.ts";
import { SendWindow } from "./window.ts";

/** Bytes of `out` beyond which no DATA is added. */
export const MOST_OUT = 65536;
/** DATA frames are no larger, whatever the peer would take: streams take turns. */
const LARGEST_DATA = 16384;

export abstract class Sender<User> {
  readonly role: "client" | "server";
  /** what was seen and sent */
  readonly tally: Tally = new Tally();
  /** what is to be sent */
  out: Output = new Output();
  readonly streams: Map<number, H2Stream<User>> = new Map();
  readonly peer: PeerSettings = new PeerSettings();
  readonly sendWindow: SendWindow = new SendWindow(DEFAULT_WINDOW);
  /** the last stream that this side has opened; 0: none */
  lastOpened = 0;
  protected readonly encoder: HpackEncoder = new HpackEncoder(DEFAULT_TABLE_SIZE);
  readonly #local: LocalSettings;
  /** where the block that is being written begins in `out`, -1: none is */
  #blockAt = -1;
  #onPing: (() => void) | undefined = undefined;

  constructor(role: "client" | "server", local: LocalSettings) {
    this.role = role;
    this.#local = local;
  }

  /** A stream counts from now on. */
  protected abstract opened(): void;
  /** A stream is over: both sides have ended it, or it was reset. */
  protected abstract closed(stream: H2Stream<User>): void;

  /** The first bytes of this side. */
  protected start(windowIncrement: number): void {
    if (this.role === "client") this.out.put(PREFACE, 0, PREFACE.length);
    writeSettings(this.out, settingPairs(this.#local, this.role));
    if (windowIncrement > 0) writeWindowUpdate(this.out, 0, windowIncrement);
  }

  /** May this side (a client) open another stream: as to the peer's limit and the numbers that are left. */
  get mayOpen(): boolean {
    return this.streams.size < this.peer.maxConcurrentStreams &&
      this.lastOpened < LARGEST_WINDOW - 2;
  }

  /** Opens a stream (client); its request's head is to follow at once. */
  open(): H2Stream<User> {
    if (this.role !== "client") throw new H2Misuse("a server opens no streams");
    this.lastOpened += this.lastOpened === 0 ? 1 : 2;
    const stream = new H2Stream<User>(
      this.lastOpened,
      this.peer.initialWindowSize,
      this.#local.initialWindowSize,
    );
    this.streams.set(stream.id, stream);
    this.opened();
    return stream;
  }

  /** Begins a header block: `field` for each field, then `endHead` or `endTrailers`. */
  beginHead(): void {
    if (this.#blockAt >= 0) throw new H2Misuse("a header block inside another");
    this.out.reserve(FRAME_HEADER);
    this.#blockAt = this.out.end;
    this.out.end += FRAME_HEADER;
    this.encoder.begin(this.out);
  }

  /** `name` in lower case; both latin1. */
  field(name: string, value: string): void {
    // The block may move when `out` grows: its place counts from `out.start`.
    const offset = this.#blockAt - this.out.start;
    this.encoder.field(this.out, name, value);
    this.#blockAt = this.out.start + offset;
  }

  /** Ends the block: it goes out as HEADERS of `stream`. */
  endHead(stream: H2Stream<User>, end: boolean): void {
    const at = this.#blockAt;
    this.#blockAt = -1;
    if (at < 0 || stream.localEnded || stream.closed) throw new H2Misuse("HEADERS out of place");
    frameBlock(this.out, at, stream.id, end, Math.min(this.peer.maxFrameSize, LARGEST_DATA));
    stream.headSent = true;
    if (end) this.#end(stream);
  }

  /** Sends of `bytes[from..to]` what may be sent now, with END_STREAM behind the last byte: the number of bytes. */
  sendData(
    stream: H2Stream<User>,
    bytes: Uint8Array,
    from: number,
    to: number,
    end: boolean,
  ): number {
    if (stream.localEnded || stream.closed) throw new H2Misuse("DATA behind the end");
    let at = from;
    do {
      const left = to - at;
      const size = Math.min(
        left,
        stream.send.available,
        this.sendWindow.available,
        LARGEST_DATA,
        MOST_OUT - this.out.length,
      );
      if (size <= 0 && left > 0) break;
      const last = end && size === left;
      writeData(this.out, stream.id, bytes, at, at + size, last);
      at += size;
      stream.send.available -= size;
      this.sendWindow.available -= size;
      if (last) this.#end(stream);
    } while (at < to);
    return at - from;
  }

  /** Ends a stream at once with RST_STREAM. Idempotent. */
  reset(stream: H2Stream<User>, code: number): void {
    if (stream.closed) return;
    this.writeReset(stream.id, code);
    this.drop(stream);
  }

  /** PING; `onAnswer` when its answer comes. One at a time. */
  ping(onAnswer: () => void): void {
    this.#onPing = onAnswer;
    writePing(this.out, false, PING_PAYLOAD, 0);
  }

  protected onPingAck(): void {
    const onPing = this.#onPing;
    this.#onPing = undefined;
    onPing?.();
  }

  /** The stream is over for both sides without more ado. */
  protected drop(stream: H2Stream<User>): void {
    stream.closed = true;
    this.streams.delete(stream.id);
    this.closed(stream);
  }

  #end(stream: H2Stream<User>): void {
    stream.localEnded = true;
    this.settle(stream);
  }

  /** A stream that both sides have ended is over. */
  protected settle(stream: H2Stream<User>): void {
    if (stream.localEnded && stream.remoteEnded && !stream.closed) this.drop(stream);
  }

  /** An answer without a body to a request that is not taken. */
  protected writeRefusal(id: number, status: string, ended: boolean): void {
    this.beginHead();
    this.field(":status", status);
    this.field("content-length", "0");
    const at = this.#blockAt;
    this.#blockAt = -1;
    frameBlock(this.out, at, id, true, this.peer.maxFrameSize);
    if (!ended) this.writeReset(id, ErrorCode.NoError);
  }

  protected writeReset(id: number, code: number): void {
    this.tally.add(Tallied.ResetsSent);
    writeReset(this.out, id, code);
  }
  protected writeGoaway(last: number, code: number): void {
    this.tally.add(Tallied.GoawaysSent);
    writeGoaway(this.out, last, code);
  }
  protected writeSettingsAck(): void {
    writeSettingsAck(this.out);
  }
  protected writePing(ack: boolean, payload: Uint8Array, from: number): void {
    writePing(this.out, ack, payload, from);
  }
  protected writeWindowUpdate(id: number, increment: number): void {
    writeWindowUpdate(this.out, id, increment);
  }
}

const PING_PAYLOAD = new TextEncoder().encode("sluice!\n");
