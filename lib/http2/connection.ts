/**
 * H2Connection: the state machine of one HTTP/2 connection (RFC 9113), in either role. Bytes in, events out; what is to
 * be sent lies in `out`. It knows no socket and no clock (`now` comes with the bytes), and it never throws on the
 * peer's bytes.
 *
 * Laws:
 * - Streams: a stream is known from its HEADERS until both sides have ended it or one has reset it. After that no event
 *   names it. `head` comes first (interim responses before the final one), then `data`, then at most one `trailers`,
 *   then `end`; `reset` may take the place of any of them and is the last.
 * - Flow control: what the peer sends counts against the connection's window and the stream's. The connection's is
 *   opened when bytes arrive, so that a stream that nobody reads stops only itself; the stream's when `consumed` says
 *   that they were read. So a connection holds at most (concurrent streams x initial window) bytes.
 * - Settings: ours hold from the beginning, as they only give more than the defaults or are enforced by refusing; the
 *   peer's hold from their SETTINGS on, a new initial window also for streams that are open.
 * - Streams that the peer has reset still count as open until their user lets them go (`release`): opening and
 *   resetting streams in a row gains nothing.
 * - A mistake of the peer is an H2Error: one of a stream ends that stream (RST_STREAM) and is a glitch; one of the
 *   connection ends it (GOAWAY), and nothing is read any more.
 * - Everything is bounded: frames, header blocks and their number of frames, lists, tables, streams, what waits to be
 *   sent (who feeds stops while `out` is long), and how often a peer may ask for work (`Meter`).
 */
import { DEFAULT_WINDOW, ErrorCode, Flag, FrameType, LARGEST_WINDOW, PREFACE } from "./codes.ts";
import { connectionError, type H2Error, streamError } from "./error.ts";
import { FieldList } from "./field_list.ts";
import { FrameReader, type FrameSink } from "./frame_reader.ts";
import { HpackDecoder } from "./hpack/decoder.ts";
import { HeaderBlock } from "./header_block.ts";
import { checkRequest, checkResponse, checkTrailers, MessageInfo } from "./message.ts";
import { Meter } from "./meter.ts";
import { Sender } from "./sender.ts";
import type { LocalSettings } from "./settings.ts";
import { H2Stream } from "./stream.ts";
import { Tallied } from "./tally.ts";
import { ReceiveWindow } from "./window.ts";

/** What a connection tells its user; each is called at once, while `feed` runs. Lists and bytes are valid only then. */
export interface H2Events<User> {
  /** A request (a new stream), an interim or the final response. */
  head(stream: H2Stream<User>, list: FieldList, info: MessageInfo, end: boolean): void;
  data(stream: H2Stream<User>, bytes: Uint8Array, from: number, to: number): void;
  trailers(stream: H2Stream<User>, list: FieldList): void;
  /** The peer has finished sending on this stream. */
  end(stream: H2Stream<User>): void;
  /** The stream is over: by the peer, or by the codec because of a mistake of the peer. */
  reset(stream: H2Stream<User>, code: number): void;
  /** No stream after `lastStream` is or will be processed; those that are open were reset with REFUSED_STREAM. */
  goaway(lastStream: number, code: number): void;
  /** The peer's SETTINGS have come. */
  settings(): void;
  /** More may be sent: on this stream, undefined: on any. */
  window(stream: H2Stream<User> | undefined): void;
}

/** Streams that were reset lately: what the peer had sent before it knew is no mistake. */
const REMEMBERED = 256;

export class H2Connection<User = unknown> extends Sender<User> implements FrameSink {
  /** mistakes and oddities of the peer (`tune.h2.*.glitches-threshold`) */
  glitches = 0;
  /** 0: no limit */
  glitchesThreshold = 0;
  /** why the connection is over */
  failed: H2Error | undefined = undefined;
  /** the peer's last GOAWAY: the last stream that it processes */
  goawayFrom: number | undefined = undefined;

  readonly #local: LocalSettings;
  readonly #events: H2Events<User>;
  readonly #reader: FrameReader;
  readonly #decoder: HpackDecoder;
  readonly #list: FieldList;
  readonly #info = new MessageInfo();
  readonly #receive = new ReceiveWindow(DEFAULT_WINDOW);
  readonly #block: HeaderBlock;
  readonly #resets = new Meter(1000, 200);
  readonly #control = new Meter(2000, 1000);
  readonly #forgotten = new Set<number>();
  #prefaceBytes = 0;
  #firstFrame = true;
  #now = 0;
  /** highest stream that the peer has opened */
  #lastPeer = 0;
  /** streams after it are not taken any more */
  #accepted = LARGEST_WINDOW;
  /** streams that count against our limit */
  #active = 0;
  #dataStream: H2Stream<User> | undefined = undefined;

  constructor(role: "client" | "server", local: LocalSettings, events: H2Events<User>) {
    super(role, local);
    this.#local = local;
    this.#events = events;
    this.#reader = new FrameReader(local.maxFrameSize);
    this.#decoder = new HpackDecoder(local.headerTableSize);
    this.#list = new FieldList(local.maxHeaderListSize);
    this.#block = new HeaderBlock(local.maxHeaderListSize);
    this.start(this.#receive.enlarge(local.connectionWindow));
  }

  /** Streams that count as open. */
  get active(): number {
    return this.#active;
  }
  get lastPeerStream(): number {
    return this.#lastPeer;
  }

  /** Takes `bytes[from..to]`, which came at `now` (ms): 0, or why the connection is over; GOAWAY is in `out` then. */
  feed(bytes: Uint8Array, from: number, to: number, now: number): 0 | H2Error {
    if (this.failed !== undefined) return this.failed;
    this.#now = now;
    let at = from;
    while (this.role === "server" && this.#prefaceBytes < PREFACE.length && at < to) {
      if (bytes[at] !== PREFACE[this.#prefaceBytes]) {
        return this.fail(connectionError(ErrorCode.ProtocolError, "not the preface of HTTP/2"));
      }
      at++;
      this.#prefaceBytes++;
    }
    const error = this.#reader.feed(bytes, at, to, this);
    return error === 0 ? 0 : this.fail(error);
  }

  /** Ends the connection: GOAWAY with the error's code. */
  fail(error: H2Error): H2Error {
    if (this.failed !== undefined) return this.failed;
    this.failed = error;
    this.tally.add(Tallied.ConnectionErrors);
    this.writeGoaway(this.#lastPeer, error.code);
    return error;
  }

  /** The first step of a graceful end: no more streams, please. Those that are under way already are taken. */
  drain(): void {
    this.writeGoaway(LARGEST_WINDOW, ErrorCode.NoError);
  }

  /** The second step: streams that come from now on are not taken, and the peer knows. */
  refuseNew(): void {
    if (this.#accepted !== LARGEST_WINDOW) return;
    this.#accepted = this.#lastPeer;
    this.writeGoaway(this.#lastPeer, ErrorCode.NoError);
  }

  /** The user has read `count` bytes of content. */
  consumed(stream: H2Stream<User>, count: number): void {
    if (stream.closed || stream.remoteEnded) return;
    const increment = stream.receive.consume(count);
    if (increment > 0) this.writeWindowUpdate(stream.id, increment);
  }

  /** The user of a stream is done with it; once for each stream whose `head` came or that was opened. */
  release(stream: H2Stream<User>): void {
    if (!stream.closed) this.reset(stream, ErrorCode.Cancel);
    stream.user = undefined;
    if (!(stream.localEnded && stream.remoteEnded)) this.#active--;
  }

  protected override opened(): void {
    this.#active++;
  }

  /** A stream has ended on both sides, or was reset. */
  protected override closed(stream: H2Stream<User>): void {
    if (stream.localEnded && stream.remoteEnded) this.#active--;
    else {
      this.#forgotten.add(stream.id);
      if (this.#forgotten.size > REMEMBERED) {
        for (const oldest of this.#forgotten) {
          this.#forgotten.delete(oldest);
          break;
        }
      }
    }
  }

  // What the frame reader says:

  dataStart(id: number, _flags: number, length: number): 0 | H2Error {
    this.#dataStream = undefined;
    this.tally.add(Tallied.Data);
    const order = this.#checkOrder(FrameType.Data, id);
    if (order !== 0) return order;
    if (!this.#receive.take(length)) {
      return connectionError(ErrorCode.FlowControlError, "more than the connection's window");
    }
    const stream = this.streams.get(id);
    if (stream === undefined) return this.#onUnknown(id, "DATA");
    if (stream.remoteEnded) return this.#streamMistake(id, stream, STREAM_CLOSED);
    if (!stream.headReceived) {
      return this.#streamMistake(id, stream, protocol("DATA before HEADERS"));
    }
    if (!stream.receive.take(length)) return this.#streamMistake(id, stream, WINDOW_EXCEEDED);
    this.#dataStream = stream;
    return 0;
  }

  data(_id: number, bytes: Uint8Array, from: number, to: number): void {
    const stream = this.#dataStream;
    if (stream === undefined || stream.closed) return;
    if (stream.expected >= 0) {
      stream.expected -= to - from;
      if (stream.expected < 0) {
        this.#streamMistake(stream.id, stream, LENGTH_DIFFERS);
        return;
      }
    }
    this.#events.data(stream, bytes, from, to);
  }

  dataEnd(_id: number, flags: number, content: number, length: number): 0 | H2Error {
    const increment = this.#receive.consume(length);
    if (increment > 0) this.writeWindowUpdate(0, increment);
    const end = (flags & Flag.EndStream) !== 0;
    if (content === 0 && !end && !this.#control.count(5, this.#now)) {
      return calm("empty DATA frames");
    }
    const stream = this.#dataStream;
    if (stream === undefined || stream.closed) return 0;
    if (length > content) this.consumed(stream, length - content);
    if (end) this.#remoteEnd(stream);
    return 0;
  }

  frame(
    type: number,
    flags: number,
    id: number,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): 0 | H2Error {
    const order = this.#checkOrder(type, id);
    if (order !== 0) return order;
    switch (type) {
      case FrameType.Headers:
      case FrameType.Continuation: {
        const whole = this.#block.take(type, flags, id, bytes, from, to);
        if (whole === undefined) return 0;
        return "code" in whole ? whole : this.#onBlock(whole, id);
      }
      case FrameType.Priority:
        if (to - from !== 5) return this.#streamMistake(id, this.streams.get(id), BAD_SIZE);
        return this.#ask(1);
      case FrameType.RstStream:
        return this.#onReset(id, bytes, from, to);
      case FrameType.Settings:
        return this.#onSettings(flags, bytes, from, to);
      case FrameType.PushPromise:
        return protocolEnd("PUSH_PROMISE, which nobody asked for");
      case FrameType.Ping:
        if (to - from !== 8) return BAD_SIZE_END;
        if ((flags & Flag.Ack) !== 0) {
          this.onPingAck();
          return this.#ask(1);
        }
        this.writePing(true, bytes, from);
        return this.#ask(1);
      case FrameType.Goaway:
        return this.#onGoaway(bytes, from, to);
      case FrameType.WindowUpdate:
        return this.#onWindowUpdate(id, bytes, from, to);
    }
    // Section 4.1: unknown types are ignored.
    return this.#ask(1);
  }

  /** What every frame must keep: SETTINGS first, header blocks unbroken, stream 0 or not. */
  #checkOrder(type: number, id: number): 0 | H2Error {
    if (this.#firstFrame) {
      if (type !== FrameType.Settings) return protocolEnd("the first frame is not SETTINGS");
      this.#firstFrame = false;
    }
    if (this.#block.stream !== 0) {
      return type === FrameType.Continuation && id === this.#block.stream
        ? 0
        : protocolEnd("another frame inside a header block");
    }
    switch (type) {
      case FrameType.Settings:
      case FrameType.Ping:
      case FrameType.Goaway:
        return id === 0 ? 0 : protocolEnd("a frame of the connection on a stream");
      case FrameType.Continuation:
        return protocolEnd("CONTINUATION without HEADERS");
      case FrameType.Data:
      case FrameType.Headers:
      case FrameType.Priority:
      case FrameType.RstStream:
        return id !== 0 ? 0 : protocolEnd("a frame of a stream on the connection");
    }
    return 0;
  }

  /** A frame that asks for an answer or has no use: too many of them end the connection. */
  #ask(cost: number): 0 | H2Error {
    return this.#control.count(cost, this.#now) ? 0 : calm("control frames");
  }

  /** Has the stream never been opened? */
  #isIdle(id: number): boolean {
    const peers = (id & 1) === (this.role === "server" ? 1 : 0);
    return peers ? id > this.#lastPeer : id > this.lastOpened;
  }

  /** A frame for a stream that is not known: one that was reset, has ended, or never was. */
  #onUnknown(id: number, what: string): 0 | H2Error {
    if (this.#isIdle(id)) return protocolEnd(`${what} on a stream that was never opened`);
    if (this.#forgotten.has(id) || id > this.#accepted) return 0;
    return this.#streamMistake(id, undefined, STREAM_CLOSED);
  }

  #onBlock(block: HeaderBlock, id: number): 0 | H2Error {
    const list = this.#list;
    list.clear();
    this.tally.add(Tallied.Headers);
    const error = this.#decoder.decode(block.bytes, block.from, block.to, list);
    block.done();
    if (error !== 0) return error;
    const end = block.endStream;
    const stream = this.streams.get(id);
    if (stream !== undefined) return this.#onMoreHeaders(stream, list, end);
    if (this.role === "client" || !this.#isIdle(id) || (id & 1) === 0) {
      if (this.#forgotten.has(id) || id > this.#accepted) return 0;
      if (this.#isIdle(id)) return protocolEnd("HEADERS on a stream that it cannot open");
      return connectionError(ErrorCode.StreamClosed, "HEADERS on a stream that has ended");
    }
    this.#lastPeer = id;
    if (id > this.#accepted) return this.#ask(1);
    return this.#onRequest(id, list, end);
  }

  #onRequest(id: number, list: FieldList, end: boolean): 0 | H2Error {
    if (list.tooLarge) {
      this.glitch();
      // RFC 6585 section 5
      this.writeRefusal(id, "431", end);
      this.#forgotten.add(id);
      return this.#checkResets(1);
    }
    if (this.#active >= this.#local.maxConcurrentStreams) {
      return this.#streamMistake(id, undefined, REFUSED);
    }
    const info = this.#info;
    const wrong = checkRequest(list, info);
    if (wrong !== 0) return this.#streamMistake(id, undefined, wrong);
    if (info.protocol !== "" && !this.#local.enableConnectProtocol) {
      return this.#streamMistake(id, undefined, protocol(":protocol, which was not offered"));
    }
    if (end && info.contentLength > 0) return this.#streamMistake(id, undefined, LENGTH_DIFFERS);
    const stream = new H2Stream<User>(
      id,
      this.peer.initialWindowSize,
      this.#local.initialWindowSize,
    );
    this.streams.set(id, stream);
    this.#active++;
    stream.headReceived = true;
    stream.expected = info.contentLength;
    stream.remoteEnded = end;
    this.#events.head(stream, list, info, end);
    return 0;
  }

  /** HEADERS on a stream that is open: a response, or trailers. */
  #onMoreHeaders(stream: H2Stream<User>, list: FieldList, end: boolean): 0 | H2Error {
    if (stream.remoteEnded) return this.#streamMistake(stream.id, stream, STREAM_CLOSED);
    if (list.tooLarge) {
      const error = streamError(ErrorCode.EnhanceYourCalm, "a header list that is too large");
      return this.#streamMistake(stream.id, stream, error);
    }
    if (!stream.headReceived) {
      const info = this.#info;
      const wrong = checkResponse(list, info);
      if (wrong !== 0) return this.#streamMistake(stream.id, stream, wrong);
      if (info.status >= 200) {
        stream.headReceived = true;
        if (info.status === 204 || info.status === 304) stream.bodiless = true;
        stream.expected = stream.bodiless ? -1 : info.contentLength;
        if (end && stream.expected > 0) {
          return this.#streamMistake(stream.id, stream, LENGTH_DIFFERS);
        }
      } else if (end) {
        return this.#streamMistake(stream.id, stream, protocol("an interim response that ends"));
      }
      if (end) stream.remoteEnded = true;
      this.#events.head(stream, list, info, end);
      if (end) this.settle(stream);
      return 0;
    }
    const wrong = end ? checkTrailers(list) : protocol("trailers that do not end the stream");
    if (wrong !== 0) return this.#streamMistake(stream.id, stream, wrong);
    if (stream.expected > 0) return this.#streamMistake(stream.id, stream, LENGTH_DIFFERS);
    this.#events.trailers(stream, list);
    if (!stream.closed) this.#remoteEnd(stream);
    return 0;
  }

  #remoteEnd(stream: H2Stream<User>): void {
    if (stream.expected > 0) {
      this.#streamMistake(stream.id, stream, LENGTH_DIFFERS);
      return;
    }
    stream.remoteEnded = true;
    this.#events.end(stream);
    this.settle(stream);
  }

  #onReset(id: number, bytes: Uint8Array, from: number, to: number): 0 | H2Error {
    if (to - from !== 4) return BAD_SIZE_END;
    this.tally.add(Tallied.Resets);
    const stream = this.streams.get(id);
    if (stream === undefined) {
      if (this.#isIdle(id)) return protocolEnd("RST_STREAM on a stream that was never opened");
      return this.#ask(1);
    }
    const early = this.role === "server" && !stream.headSent;
    this.drop(stream);
    this.#events.reset(stream, read32(bytes, from));
    if (!early) return 0;
    this.glitch();
    return this.#checkResets(1);
  }

  #onSettings(flags: number, bytes: Uint8Array, from: number, to: number): 0 | H2Error {
    if ((flags & Flag.Ack) !== 0) return to === from ? this.#ask(1) : BAD_SIZE_END;
    if ((to - from) % 6 !== 0) return BAD_SIZE_END;
    this.tally.add(Tallied.Settings);
    const first = !this.peer.received;
    const before = this.peer.initialWindowSize;
    const error = this.peer.apply(bytes, from, to, this.role === "server" ? "client" : "server");
    if (error !== 0) return error;
    this.encoder.setTableSize(this.peer.headerTableSize);
    const change = this.peer.initialWindowSize - before;
    if (change !== 0) {
      for (const stream of this.streams.values()) {
        if (!stream.send.grow(change)) {
          return connectionError(ErrorCode.FlowControlError, "a window beyond 2^31-1");
        }
      }
    }
    this.writeSettingsAck();
    this.#events.settings();
    if (change > 0) this.#events.window(undefined);
    return first ? 0 : this.#ask(20 + (to - from) / 6);
  }

  #onGoaway(bytes: Uint8Array, from: number, to: number): 0 | H2Error {
    if (to - from < 8) return BAD_SIZE_END;
    this.tally.add(Tallied.Goaways);
    const last = read32(bytes, from) & LARGEST_WINDOW;
    const code = read32(bytes, from + 4);
    if (this.goawayFrom !== undefined && last > this.goawayFrom) {
      return protocolEnd("a GOAWAY that takes more streams than the one before");
    }
    this.goawayFrom = last;
    if (this.role === "client") {
      for (const stream of [...this.streams.values()]) {
        if (stream.id <= last || stream.closed) continue;
        this.drop(stream);
        this.#events.reset(stream, ErrorCode.RefusedStream);
      }
    }
    this.#events.goaway(last, code);
    return this.#ask(10);
  }

  #onWindowUpdate(id: number, bytes: Uint8Array, from: number, to: number): 0 | H2Error {
    if (to - from !== 4) return BAD_SIZE_END;
    const increment = read32(bytes, from) & LARGEST_WINDOW;
    if (id === 0) {
      if (increment === 0) return protocolEnd("WINDOW_UPDATE of 0");
      if (!this.sendWindow.grow(increment)) {
        return connectionError(ErrorCode.FlowControlError, "a window beyond 2^31-1");
      }
      this.#events.window(undefined);
      return 0;
    }
    const stream = this.streams.get(id);
    if (stream === undefined) {
      // It may have been sent before the peer knew that the stream is over.
      return this.#isIdle(id)
        ? protocolEnd("WINDOW_UPDATE on a stream that was never opened")
        : this.#ask(0.1);
    }
    if (increment === 0) {
      return this.#streamMistake(id, stream, protocol("WINDOW_UPDATE of 0"));
    }
    if (!stream.send.grow(increment)) {
      const error = streamError(ErrorCode.FlowControlError, "a window beyond 2^31-1");
      return this.#streamMistake(id, stream, error);
    }
    this.#events.window(stream);
    return 0;
  }

  /** A mistake that ends one stream. */
  #streamMistake(id: number, stream: H2Stream<User> | undefined, error: H2Error): 0 | H2Error {
    if (error.scope === "connection") return error;
    this.writeReset(id, error.code);
    if (stream === undefined) this.#forgotten.add(id);
    else {
      this.drop(stream);
      this.#events.reset(stream, error.code);
    }
    if (error === REFUSED) return this.#checkResets(1);
    this.tally.add(Tallied.StreamErrors);
    this.glitch();
    return this.failed ?? this.#ask(10);
  }

  #checkResets(cost: number): 0 | H2Error {
    if (this.failed !== undefined) return this.failed;
    return this.#resets.count(cost, this.#now) ? 0 : calm("streams that are opened for nothing");
  }

  /** Counts an oddity of the peer. Beyond the threshold the connection ends. */
  glitch(): void {
    this.glitches++;
    if (this.glitchesThreshold > 0 && this.glitches >= this.glitchesThreshold) {
      this.fail(calm("glitches"));
    }
  }
}

function protocol(message: string): H2Error {
  return streamError(ErrorCode.ProtocolError, message);
}

function protocolEnd(message: string): H2Error {
  return connectionError(ErrorCode.ProtocolError, message);
}

function calm(what: string): H2Error {
  return connectionError(ErrorCode.EnhanceYourCalm, `too many ${what}`);
}

function read32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

const STREAM_CLOSED = streamError(ErrorCode.StreamClosed, "a frame behind a stream's end");
const WINDOW_EXCEEDED = streamError(ErrorCode.FlowControlError, "more than the stream's window");
const LENGTH_DIFFERS = streamError(ErrorCode.ProtocolError, "a body unlike its content-length");
const REFUSED = streamError(ErrorCode.RefusedStream, "more streams than were allowed");
const BAD_SIZE = streamError(ErrorCode.FrameSizeError, "a size that this frame cannot have");
const BAD_SIZE_END = connectionError(
  ErrorCode.FrameSizeError,
  "a size that this frame cannot have",
);
