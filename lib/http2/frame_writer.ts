/** Writing frames into an Output (RFC 9113 section 6). */
import { Flag, FRAME_HEADER, FrameType } from "./codes.ts";
import type { Output } from "./output.ts";

/** Writes a frame's header at `at`. */
export function putFrameHeader(
  out: Uint8Array,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): void {
  out[at] = length >>> 16;
  out[at + 1] = length >>> 8;
  out[at + 2] = length;
  out[at + 3] = type;
  out[at + 4] = flags;
  put32(out, at + 5, stream);
}

function put32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

/** A frame's header and room for its payload; answers where the payload goes. */
function begin(
  out: Output,
  length: number,
  type: number,
  flags: number,
  stream: number,
): number {
  out.reserve(FRAME_HEADER + length);
  const at = out.end;
  putFrameHeader(out.bytes, at, length, type, flags, stream);
  out.end = at + FRAME_HEADER + length;
  return at + FRAME_HEADER;
}

/** SETTINGS with pairs of identifier and value. */
export function writeSettings(
  out: Output,
  settings: readonly (readonly [number, number])[],
): void {
  let at = begin(out, settings.length * 6, FrameType.Settings, 0, 0);
  for (const [id, value] of settings) {
    out.bytes[at] = id >>> 8;
    out.bytes[at + 1] = id;
    put32(out.bytes, at + 2, value);
    at += 6;
  }
}

export function writeSettingsAck(out: Output): void {
  begin(out, 0, FrameType.Settings, Flag.Ack, 0);
}

/** PING with the 8 bytes from `payload[from]` on. */
export function writePing(out: Output, ack: boolean, payload: Uint8Array, from: number): void {
  const at = begin(out, 8, FrameType.Ping, ack ? Flag.Ack : 0, 0);
  for (let i = 0; i < 8; i++) out.bytes[at + i] = payload[from + i];
}

export function writeGoaway(out: Output, lastStream: number, code: number): void {
  const at = begin(out, 8, FrameType.Goaway, 0, 0);
  put32(out.bytes, at, lastStream);
  put32(out.bytes, at + 4, code);
}

export function writeReset(out: Output, stream: number, code: number): void {
  const at = begin(out, 4, FrameType.RstStream, 0, stream);
  put32(out.bytes, at, code);
}

export function writeWindowUpdate(out: Output, stream: number, increment: number): void {
  const at = begin(out, 4, FrameType.WindowUpdate, 0, stream);
  put32(out.bytes, at, increment);
}

/** DATA with `bytes[from..to]`. */
export function writeData(
  out: Output,
  stream: number,
  bytes: Uint8Array,
  from: number,
  to: number,
  end: boolean,
): void {
  out.reserve(FRAME_HEADER + to - from);
  putFrameHeader(
    out.bytes,
    out.end,
    to - from,
    FrameType.Data,
    end ? Flag.EndStream : 0,
    stream,
  );
  out.end += FRAME_HEADER;
  out.put(bytes, from, to);
}

/**
 * Puts frame headers around the header block that lies in `out` from `start + 9` to its end: HEADERS, and
 * CONTINUATION when it is larger than the peer's frames may be.
 */
export function frameBlock(
  out: Output,
  start: number,
  stream: number,
  endStream: boolean,
  maxFrameSize: number,
): void {
  const length = out.end - start - FRAME_HEADER;
  const first = Math.min(length, maxFrameSize);
  const flags = (endStream ? Flag.EndStream : 0) | (first === length ? Flag.EndHeaders : 0);
  putFrameHeader(out.bytes, start, first, FrameType.Headers, flags, stream);
  if (first === length) return;
  const rest = out.bytes.slice(start + FRAME_HEADER + first, out.end);
  out.end = start + FRAME_HEADER + first;
  for (let at = 0; at < rest.length; at += maxFrameSize) {
    const size = Math.min(maxFrameSize, rest.length - at);
    const last = at + size === rest.length;
    const to = begin(out, size, FrameType.Continuation, last ? Flag.EndHeaders : 0, stream);
    out.bytes.set(rest.subarray(at, at + size), to);
  }
}
