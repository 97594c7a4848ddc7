/**
 * SharedCell: a process variable in memory that all threads share (`nbthread`), so that what one sets another reads.
 *
 * Laws:
 * - The version is even while the cell is at rest, odd while somebody writes: who writes makes it odd first, who
 *   reads believes only what has the same even version before and after.
 * - A thread that ends in the middle of a write does not stop the others: after a while they write over it.
 */
import { bytesOfLatin1, latin1 } from "../http1/bytes.ts";
import { formatIp, type Ip, parseIp } from "./ip.ts";
import { type FixedType, toSint, Typed, type Value } from "./sample.ts";

const VERSION = 0;
const TYPE = 1;
const LENGTH = 2;
/** bytes before the value */
const HEADER = 16;
/** turns that a writer waits for another, who needs a few of them */
const PATIENCE = 1_000_000;

const TYPES: readonly FixedType[] = ["bool", "sint", "ip", "str", "bin", "meth"];

/** Bytes of shared memory for values of up to `most` bytes. */
export function cellBytes(most: number): number {
  return HEADER + most;
}

export class SharedCell {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  /** what was read last, and of which version it is */
  #seen = -1;
  #value: Typed | undefined;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, HEADER / 4);
    this.#bytes = new Uint8Array(buffer, HEADER);
  }

  read(): Typed | undefined {
    const words = this.#words;
    for (let turn = 0;; turn++) {
      const version = Atomics.load(words, VERSION);
      if (version === this.#seen) return this.#value;
      if ((version & 1) === 1) {
        // Whoever writes is soon done, or never.
        if (turn > PATIENCE) return this.#value;
        continue;
      }
      const type = TYPES[words[TYPE] - 1];
      const length = Math.min(words[LENGTH], this.#bytes.length);
      // The bytes are copied: a view would change under the reader.
      const text = latin1(this.#bytes.slice(0, length), 0, length);
      if (Atomics.load(words, VERSION) !== version) continue;
      this.#value = type === undefined ? undefined : new Typed(type, valueOf(type, text));
      this.#seen = version;
      return this.#value;
    }
  }

  /** Sets it, or with undefined takes it away. False when the value is too long: then nothing changes. */
  write(typed: Typed | undefined): boolean {
    const bytes = typed === undefined ? undefined : bytesOfLatin1(textOf(typed));
    if (bytes !== undefined && bytes.length > this.#bytes.length) return false;
    const words = this.#words;
    const version = this.#begin();
    words[TYPE] = typed === undefined ? 0 : TYPES.indexOf(typed.type) + 1;
    words[LENGTH] = bytes?.length ?? 0;
    if (bytes !== undefined) this.#bytes.set(bytes);
    Atomics.store(words, VERSION, (version + 1) | 0);
    return true;
  }

  /** Makes the version odd, and answers it. */
  #begin(): number {
    const words = this.#words;
    for (let turn = 0;; turn++) {
      const version = Atomics.load(words, VERSION);
      const isFree = (version & 1) === 0;
      if (!isFree && turn < PATIENCE) continue;
      const next = (isFree ? version + 1 : version + 2) | 0;
      if (Atomics.compareExchange(words, VERSION, version, next) === version) return next;
    }
  }
}

function textOf({ type, value }: Typed): string {
  switch (type) {
    case "bool":
      return value === true ? "1" : "0";
    case "sint":
      return String(value);
    case "ip":
      return formatIp(value as Ip);
  }
  return value as string;
}

function valueOf(type: FixedType, text: string): Value {
  switch (type) {
    case "bool":
      return text === "1";
    case "sint":
      return toSint(BigInt(text));
    case "ip":
      return parseIp(text)!;
  }
  return text;
}
