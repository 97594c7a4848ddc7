/** Frames for tests: written by hand, read back, and the events of a connection as text. */
import { errorName, Flag, FrameType, PREFACE } from "../../lib/http2/codes.ts";
import { H2Connection } from "../../lib/http2/connection.ts";
import type { H2Events } from "../../lib/http2/events.ts";
import { FieldList } from "../../lib/http2/field_list.ts";
import { FrameReader } from "../../lib/http2/frame_reader.ts";
import { HpackDecoder } from "../../lib/http2/hpack/decoder.ts";
import { HpackEncoder } from "../../lib/http2/hpack/encoder.ts";
import type { MessageInfo } from "../../lib/http2/message.ts";
import { Output } from "../../lib/http2/output.ts";
import { DEFAULT_LOCAL_SETTINGS, type LocalSettings } from "../../lib/http2/settings.ts";
import type { H2Stream } from "../../lib/http2/stream.ts";

export type Fields = readonly (readonly [string, string])[];

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** One frame with this payload, whatever it means. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array | readonly number[] = [],
): Uint8Array {
  const n = payload.length;
  return concat(
    Uint8Array.of(n >> 16, n >> 8, n, type, flags, stream >> 24, stream >> 16, stream >> 8, stream),
    Uint8Array.from(payload),
  );
}

export const int32 = (n: number): number[] => [n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255];

/** A header block; without the dynamic table unless an encoder is given. */
export function block(fields: Fields, encoder = new HpackEncoder(0)): Uint8Array {
  const out = new Output();
  encoder.begin(out);
  for (const [name, value] of fields) encoder.field(out, name, value);
  return out.bytes.slice(0, out.end);
}

/** HEADERS with END_HEADERS. */
export function headers(stream: number, fields: Fields, end = true): Uint8Array {
  const flags = Flag.EndHeaders | (end ? Flag.EndStream : 0);
  return frame(FrameType.Headers, flags, stream, block(fields));
}

export function data(stream: number, content: string | Uint8Array, end = false): Uint8Array {
  const payload = typeof content === "string" ? utf8(content) : content;
  return frame(FrameType.Data, end ? Flag.EndStream : 0, stream, payload);
}

export const settings = (...pairs: readonly (readonly [number, number])[]): Uint8Array =>
  frame(
    FrameType.Settings,
    0,
    0,
    pairs.flatMap(([id, value]) => [id >> 8, id & 255, ...int32(value)]),
  );

/** What every client says first. */
export const HELLO: Uint8Array = concat(PREFACE, settings());

export const GET: Fields = [
  [":method", "GET"],
  [":scheme", "http"],
  [":authority", "example.com"],
  [":path", "/"],
];
export const POST: Fields = [[":method", "POST"], ...GET.slice(1)];

/** A connection whose events are kept as text. */
export class Recorder implements H2Events<undefined> {
  readonly events: string[] = [];
  readonly connection: H2Connection<undefined>;
  /** content by stream, so that pieces do not matter */
  readonly content = new Map<number, string>();
  /** what is done with a request: by default it is left open */
  onHead: ((stream: H2Stream<undefined>, end: boolean) => void) | undefined;

  constructor(role: "client" | "server" = "server", local: Partial<LocalSettings> = {}) {
    this.connection = new H2Connection<undefined>(
      role,
      { ...DEFAULT_LOCAL_SETTINGS, ...local },
      this,
    );
  }

  head(stream: H2Stream<undefined>, list: FieldList, _info: MessageInfo, end: boolean): void {
    const fields = Array.from(
      { length: list.count },
      (_, i) => `${list.names[i]}=${list.values[i]}`,
    );
    this.events.push(`head ${stream.id} ${fields.join(" ")}${end ? " end" : ""}`);
    this.onHead?.(stream, end);
  }
  data(stream: H2Stream<undefined>, bytes: Uint8Array, from: number, to: number): void {
    const piece = new TextDecoder("latin1").decode(bytes.subarray(from, to));
    this.content.set(stream.id, (this.content.get(stream.id) ?? "") + piece);
    this.connection.consumed(stream, to - from);
  }
  trailers(stream: H2Stream<undefined>, list: FieldList): void {
    this.events.push(`trailers ${stream.id} ${list.names[0]}=${list.values[0]}`);
  }
  end(stream: H2Stream<undefined>): void {
    this.events.push(`end ${stream.id} ${this.content.get(stream.id)?.length ?? 0}`);
  }
  reset(stream: H2Stream<undefined>, code: number): void {
    this.events.push(`reset ${stream.id} ${errorName(code)}`);
    this.connection.release(stream);
  }
  goaway(last: number, code: number): void {
    this.events.push(`goaway ${last} ${errorName(code)}`);
  }
  settings(): void {
    this.events.push("settings");
  }
  window(): void {}

  /** Feeds and answers what the connection wants to send, frame by frame. */
  feed(bytes: Uint8Array, now = 0): string[] {
    this.connection.feed(bytes, 0, bytes.length, now);
    return this.sent();
  }

  sent(): string[] {
    const { out } = this.connection;
    const said = describe(out.bytes.slice(out.start, out.end), this.#decoder, this.connection.role);
    out.clear();
    return said;
  }
  readonly #decoder = new HpackDecoder(4096);
}

/** Frames as text: `RST_STREAM 1 CANCEL`. */
export function describe(
  bytes: Uint8Array,
  decoder = new HpackDecoder(4096),
  role: "client" | "server" = "server",
): string[] {
  const said: string[] = [];
  const view = (b: Uint8Array, at: number) => new DataView(b.buffer, b.byteOffset).getUint32(at);
  new FrameReader(1 << 24).feed(bytes, role === "client" ? 24 : 0, bytes.length, {
    dataStart: () => 0,
    data: () => {},
    dataEnd: (stream, flags, content) => {
      said.push(`DATA ${stream} ${content}${(flags & 1) !== 0 ? " end" : ""}`);
      return 0;
    },
    frame: (type, flags, stream, payload, from, to) => {
      switch (type) {
        case FrameType.Headers: {
          const list = new FieldList();
          decoder.decode(payload, from, to, list);
          const end = (flags & 1) !== 0 ? " end" : "";
          said.push(`HEADERS ${stream} ${list.names[0]}=${list.values[0]}${end}`);
          break;
        }
        case FrameType.RstStream:
          said.push(`RST_STREAM ${stream} ${errorName(view(payload, from))}`);
          break;
        case FrameType.Goaway:
          said.push(`GOAWAY ${errorName(view(payload, from + 4))}`);
          break;
        case FrameType.Settings:
          said.push((flags & 1) !== 0 ? "SETTINGS ack" : "SETTINGS");
          break;
        case FrameType.Ping:
          said.push((flags & 1) !== 0 ? "PING ack" : "PING");
          break;
        case FrameType.WindowUpdate:
          said.push(`WINDOW_UPDATE ${stream} ${view(payload, from)}`);
          break;
        default:
          said.push(`frame ${type}`);
      }
      return 0;
    },
  });
  return said;
}
