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
import type { H2Events } from "./events.ts";
import { FieldList } from "./field_list.ts";
import { FrameReader, type FrameSink } from "./frame_reader.ts";
import { HpackDecoder } from "./hpack/decoder.ts";
import { HeaderBlock } from "./header_block.ts";
import { checkRequest, checkResponse, checkTrailers, MessageInfo } from "./message.ts";
import { Guarded } from "./guarded.ts";
import {
  BAD_SIZE,
  BAD_SIZE_END,
  LENGTH_DIFFERS,
  protocol,
  protocolEnd,
  REFUSED,
  STREAM_CLOSED,
  WINDOW_EXCEEDED,
} from "./mistakes.ts";
import type { LocalSettings } from "./settings.ts";
import { H2Stream } from "./stream.ts";
import { Tallied } from "./tally.ts";
import { ReceiveWindow } from "./window.ts";

export class H2Connection<User = unknown> extends Guarded<User> implements FrameSink {
  /** the peer's last GOAWAY: the last stream that it processes */
  goawayFrom: number | undefined = undefined;

  readonly #local: LocalSettings;
  readonly #reader: FrameReader;
  readonly #decoder: HpackDecoder;
  readonly #list: FieldList;
  readonly #info = new MessageInfo();
  readonly #receive = new ReceiveWindow(DEFAULT_WINDOW);
  readonly #block: HeaderBlock;
  #prefaceBytes = 0;
  #firstFrame = true;
  #dataStream: H2Stream<User> | undefined = undefined;

  constructor(role: "client" | "server", local: LocalSettings, events: H2Events<User>) {
    super(role, local, events);
    this.#local = local;
    this.#reader = new FrameReader(local.maxFrameSize);
    this.#decoder = new HpackDecoder(local.headerTableSize);
    this.#list = new FieldList(local.maxHeaderListSize);
    this.#block = new HeaderBlock(local.maxHeaderListSize);
    this.start(this.#receive.enlarge(local.connectionWindow));
  }

  /** Takes `bytes[from..to]`, which came at `now` (ms): 0, or why the connection is over; GOAWAY is in `out` then. */
  feed(bytes: Uint8Array, from: number, to: number, now: number): 0 | H2Error {
    if (this.failed !== undefined) return this.failed;
    this.now = now;
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

  /** The user has read `count` bytes of content. */
  consumed(stream: H2Stream<User>, count: number): void {
    if (stream.closed || stream.remoteEnded) return;
    const increment = stream.receive.consume(count);
    if (increment > 0) this.writeWindowUpdate(stream.id, increment);
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
    if (stream === undefined) return this.onUnknown(id, "DATA");
    if (stream.remoteEnded) return this.streamMistake(id, stream, STREAM_CLOSED);
    if (!stream.headReceived) {
      return this.streamMistake(id, stream, protocol("DATA before HEADERS"));
    }
    if (!stream.receive.take(length)) return this.streamMistake(id, stream, WINDOW_EXCEEDED);
    this.#dataStream = stream;
    return 0;
  }

  data(_id: number, bytes: Uint8Array, from: number, to: number): void {
    const stream = this.#dataStream;
    if (stream === undefined || stream.closed) return;
    if (stream.expected >= 0) {
      stream.expected -= to - from;
      if (stream.expected < 0) {
        this.streamMistake(stream.id, stream, LENGTH_DIFFERS);
        return;
      }
    }
    this.events.data(stream, bytes, from, to);
  }

  dataEnd(_id: number, flags: number, content: number, length: number): 0 | H2Error {
    const increment = this.#receive.consume(length);
    if (increment > 0) this.writeWindowUpdate(0, increment);
    const end = (flags & Flag.EndStream) !== 0;
    if (content === 0 && !end) {
      const enough = this.ask(5, "empty DATA frames");
      if (enough !== 0) return enough;
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
        if (to - from !== 5) return this.streamMistake(id, this.streams.get(id), BAD_SIZE);
        return this.ask(1);
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
          return this.ask(1);
        }
        this.writePing(true, bytes, from);
        return this.ask(1);
      case FrameType.Goaway:
        return this.#onGoaway(bytes, from, to);
      case FrameType.WindowUpdate:
        return this.#onWindowUpdate(id, bytes, from, to);
    }
    // Section 4.1: unknown types are ignored.
    return this.ask(1);
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
    if (this.role === "client" || !this.isIdle(id) || (id & 1) === 0) {
      if (this.forgotten.has(id) || id > this.accepted) return 0;
      if (this.isIdle(id)) return protocolEnd("HEADERS on a stream that it cannot open");
      return connectionError(ErrorCode.StreamClosed, "HEADERS on a stream that has ended");
    }
    this.lastPeer = id;
    if (id > this.accepted) return this.ask(1);
    return this.#onRequest(id, list, end);
  }

  #onRequest(id: number, list: FieldList, end: boolean): 0 | H2Error {
    if (list.tooLarge) {
      this.glitch();
      // RFC 6585 section 5
      this.writeRefusal(id, "431", end);
      this.forgotten.add(id);
      return this.checkResets(1);
    }
    if (this.activeStreams >= this.#local.maxConcurrentStreams) {
      return this.streamMistake(id, undefined, REFUSED);
    }
    const info = this.#info;
    const wrong = checkRequest(list, info);
    if (wrong !== 0) return this.streamMistake(id, undefined, wrong);
    if (info.protocol !== "" && !this.#local.enableConnectProtocol) {
      return this.streamMistake(id, undefined, protocol(":protocol, which was not offered"));
    }
    if (end && info.contentLength > 0) return this.streamMistake(id, undefined, LENGTH_DIFFERS);
    const stream = new H2Stream<User>(
      id,
      this.peer.initialWindowSize,
      this.#local.initialWindowSize,
    );
    this.streams.set(id, stream);
    this.activeStreams++;
    stream.headReceived = true;
    stream.expected = info.contentLength;
    stream.remoteEnded = end;
    this.events.head(stream, list, info, end);
    return 0;
  }

  /** HEADERS on a stream that is open: a response, or trailers. */
  #onMoreHeaders(stream: H2Stream<User>, list: FieldList, end: boolean): 0 | H2Error {
    if (stream.remoteEnded) return this.streamMistake(stream.id, stream, STREAM_CLOSED);
    if (list.tooLarge) {
      const error = streamError(ErrorCode.EnhanceYourCalm, "a header list that is too large");
      return this.streamMistake(stream.id, stream, error);
    }
    if (!stream.headReceived) {
      const info = this.#info;
      const wrong = checkResponse(list, info);
      if (wrong !== 0) return this.streamMistake(stream.id, stream, wrong);
      if (info.status >= 200) {
        stream.headReceived = true;
        if (info.status === 204 || info.status === 304) stream.bodiless = true;
        stream.expected = stream.bodiless ? -1 : info.contentLength;
        if (end && stream.expected > 0) {
          return this.streamMistake(stream.id, stream, LENGTH_DIFFERS);
        }
      } else if (end) {
        return this.streamMistake(stream.id, stream, protocol("an interim response that ends"));
      }
      if (end) stream.remoteEnded = true;
      this.events.head(stream, list, info, end);
      if (end) this.settle(stream);
      return 0;
    }
    const wrong = end ? checkTrailers(list) : protocol("trailers that do not end the stream");
    if (wrong !== 0) return this.streamMistake(stream.id, stream, wrong);
    if (stream.expected > 0) return this.streamMistake(stream.id, stream, LENGTH_DIFFERS);
    this.events.trailers(stream, list);
    if (!stream.closed) this.#remoteEnd(stream);
    return 0;
  }

  #remoteEnd(stream: H2Stream<User>): void {
    if (stream.expected > 0) {
      this.streamMistake(stream.id, stream, LENGTH_DIFFERS);
      return;
    }
    stream.remoteEnded = true;
    this.events.end(stream);
    this.settle(stream);
  }

  #onReset(id: number, bytes: Uint8Array, from: number, to: number): 0 | H2Error {
    if (to - from !== 4) return BAD_SIZE_END;
    this.tally.add(Tallied.Resets);
    const stream = this.streams.get(id);
    if (stream === undefined) {
      if (this.isIdle(id)) return protocolEnd("RST_STREAM on a stream that was never opened");
      return this.ask(1);
    }
    const early = this.role === "server" && !stream.headSent;
    this.drop(stream);
    this.events.reset(stream, read32(bytes, from));
    if (!early) return 0;
    this.glitch();
    return this.checkResets(1);
  }

  #onSettings(flags: number, bytes: Uint8Array, from: number, to: number): 0 | H2Error {
    if ((flags & Flag.Ack) !== 0) return to === from ? this.ask(1) : BAD_SIZE_END;
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
    this.events.settings();
    if (change > 0) this.events.window(undefined);
    return first ? 0 : this.ask(20 + (to - from) / 6);
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
        this.events.reset(stream, ErrorCode.RefusedStream);
      }
    }
    this.events.goaway(last, code);
    return this.ask(10);
  }

  #onWindowUpdate(id: number, bytes: Uint8Array, from: number, to: number): 0 | H2Error {
    if (to - from !== 4) return BAD_SIZE_END;
    const increment = read32(bytes, from) & LARGEST_WINDOW;
    if (id === 0) {
      if (increment === 0) return protocolEnd("WINDOW_UPDATE of 0");
      if (!this.sendWindow.grow(increment)) {
        return connectionError(ErrorCode.FlowControlError, "a window beyond 2^31-1");
      }
      this.events.window(undefined);
      return 0;
    }
    const stream = this.streams.get(id);
    if (stream === undefined) {
      // It may have been sent before the peer knew that the stream is over.
      return this.isIdle(id)
        ? protocolEnd("WINDOW_UPDATE on a stream that was never opened")
        : this.ask(0.1);
    }
    if (increment === 0) {
      return this.streamMistake(id, stream, protocol("WINDOW_UPDATE of 0"));
    }
    if (!stream.send.grow(increment)) {
      const error = streamError(ErrorCode.FlowControlError, "a window beyond 2^31-1");
      return this.streamMistake(id, stream, error);
    }
    this.events.window(stream);
    return 0;
  }
}

function read32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}
