/**
 * Messages of the peers protocol 2.1 as bytes (HAProxy's peers.txt, "Messages"): a class, a type, and from type 128 on
 * a length and a body. No I/O.
 */
import { PeerBytes, type PeerWriter } from "./encoding.ts";

export const CLASS = { control: 0, error: 1, table: 10 } as const;
export const CONTROL = {
  resyncRequest: 0,
  resyncFinished: 1,
  resyncPartial: 2,
  resyncConfirm: 3,
  heartbeat: 4,
} as const;
export const PROBLEM = { protocol: 0, size: 1 } as const;
export const TABLE = {
  update: 0x80,
  incremental: 0x81,
  definition: 0x82,
  switch: 0x83,
  ack: 0x84,
  timedUpdate: 0x85,
  timedIncremental: 0x86,
} as const;

/** Types from here on have a length and a body. */
const WITH_BODY = 128;
/** Longest body: an update with 100 elements of all three arrays stays below it. */
export const MAX_BODY = 65_536;

export interface PeerMessage {
  readonly class: number;
  readonly type: number;
  /** undefined: it has none. Good until the next `push`. */
  readonly body?: Uint8Array;
}

/** Cuts a stream of bytes into messages. */
export class MessageReader {
  #bytes: Uint8Array = new Uint8Array(4096);
  #start = 0;
  #end = 0;

  /** Takes more bytes, which may be overwritten afterwards. */
  push(bytes: Uint8Array): void {
    const held = this.#bytes.subarray(this.#start, this.#end);
    if (this.#end + bytes.length > this.#bytes.length) {
      const size = held.length + bytes.length;
      // What is held is moved to the front, in twice the room when that is too small.
      const into = size * 2 > this.#bytes.length ? new Uint8Array(size * 2) : this.#bytes;
      if (into === this.#bytes) into.copyWithin(0, this.#start, this.#end);
      else into.set(held);
      this.#bytes = into;
      this.#start = 0;
      this.#end = held.length;
    }
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The next message; undefined: it is not all there yet; `too-large`: it never will be. */
  next(): PeerMessage | undefined | "too-large" {
    const held = this.#bytes.subarray(this.#start, this.#end);
    if (held.length < 2) return undefined;
    const [kind, type] = held;
    if (type < WITH_BODY) {
      this.#start += 2;
      return { class: kind, type };
    }
    const reader = new PeerBytes(held.subarray(2));
    const length = reader.number();
    // A length of five bytes or more is beyond every limit, also when its end has not come.
    if (reader.failed) return held.length > 2 + 10 ? "too-large" : undefined;
    if (length > MAX_BODY) return "too-large";
    if (reader.left < length) return undefined;
    const start = held.length - reader.left;
    this.#start += start + length;
    return { class: kind, type, body: held.subarray(start, start + length) };
  }
}

export function writeControl(into: PeerWriter, type: number): void {
  into.byte(CLASS.control);
  into.byte(type);
}

export function writeProblem(into: PeerWriter, type: number): void {
  into.byte(CLASS.error);
  into.byte(type);
}

/** A message about tables with this body. */
export function writeTableMessage(into: PeerWriter, type: number, body: Uint8Array): void {
  into.byte(CLASS.table);
  into.byte(type);
  into.number(body.length);
  into.bytes(body);
}
