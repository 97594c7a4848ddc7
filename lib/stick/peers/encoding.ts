/**
 * Numbers of the peers protocol (HAProxy's peers.txt, "Encoding"): 1 byte below 240, else 4 bits in the first byte
 * and 7 in each further one, each step less what the shorter forms can say.
 */

/** Most bytes of one number of 64 bits. */
const MOST_BYTES = 10;

/** Bytes that are being written. */
export class PeerWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(size = 1024) {
    this.#bytes = new Uint8Array(size);
  }

  #room(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + count));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.length++] = value;
  }

  /** 32 bits, most significant byte first. */
  uint32(value: number): void {
    this.#room(4);
    for (let shift = 24; shift >= 0; shift -= 8) this.#bytes[this.length++] = value >>> shift;
  }

  /** A whole number from 0 to 2^53. */
  number(value: number): void {
    this.#room(MOST_BYTES);
    if (value < 240) {
      this.#bytes[this.length++] = value;
      return;
    }
    this.#bytes[this.length++] = 0xf0 | (value % 16);
    let rest = Math.floor((value - 240) / 16);
    while (rest >= 128) {
      this.#bytes[this.length++] = 0x80 | (rest % 128);
      rest = Math.floor((rest - 128) / 128);
    }
    this.#bytes[this.length++] = rest;
  }

  /** Text of which a unit is a byte, without its length. */
  text(text: string): void {
    this.#room(text.length);
    for (let i = 0; i < text.length; i++) this.#bytes[this.length++] = text.charCodeAt(i);
  }

  bytes(from: Uint8Array): void {
    this.#room(from.length);
    this.#bytes.set(from, this.length);
    this.length += from.length;
  }

  /** What was written; good until more is. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length);
  }

  /** The same as bytes of its own, and the writer is empty again. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.length);
    this.length = 0;
    return taken;
  }
}

/** Reads what a PeerWriter writes; after the first thing that is not there `failed` is true, and all else is 0. */
export class PeerBytes {
  readonly #bytes: Uint8Array;
  #at = 0;
  failed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** bytes that are left */
  get left(): number {
    return this.failed ? 0 : this.#bytes.length - this.#at;
  }

  byte(): number {
    if (this.left < 1) {
      this.failed = true;
      return 0;
    }
    return this.#bytes[this.#at++];
  }

  uint32(): number {
    let value = 0;
    for (let i = 0; i < 4; i++) value = (value << 8) | this.byte();
    return value >>> 0;
  }

  /** A number; above 2^53 it is rounded, above 64 bits it fails. */
  number(): number {
    let value = this.byte();
    if (value < 240) return value;
    let weight = 16;
    for (let count = 1; count < MOST_BYTES; count++) {
      const byte = this.byte();
      if (this.failed) return 0;
      value += byte * weight;
      if (byte < 128) return value;
      weight *= 128;
    }
    this.failed = true;
    return 0;
  }

  /** So many bytes as text of which a unit is a byte. */
  text(length: number): string {
    if (length > this.left) {
      this.failed = true;
      return "";
    }
    let text = "";
    for (let i = 0; i < length; i++) text += String.fromCharCode(this.#bytes[this.#at++]);
    return text;
  }
}
