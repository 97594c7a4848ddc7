import { Buffer } from "node:buffer";

/** What node's Buffer has beyond its type: text to and from bytes, one character a byte, in native code. */
export interface Latin1 {
  latin1Slice(start?: number, end?: number): string;
  latin1Write(text: string, offset?: number, length?: number): number;
}

/** A lent buffer: the same memory as bytes and as node's Buffer (whose latin1Slice is the fast way to text). */
export class IoBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Used by the pool that it belongs to. */
  readonly owner: object;
  /** Used by the pool. */
  lent = false;
  #view: (Buffer & Latin1) | undefined;

  constructor(bytes: Uint8Array<ArrayBuffer>, owner: object) {
    this.bytes = bytes;
    this.owner = owner;
  }

  /** Made when it is first asked for: a buffer in which an idle connection waits needs none. */
  get view(): Buffer & Latin1 {
    return this.#view ??= viewOf(this.bytes);
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): Buffer & Latin1 {
  return Buffer.from(buffer, byteOffset, byteLength) as Buffer & Latin1;
}

/** Two owners would write into a buffer that is given back twice. */
function take(buffer: IoBuffer, pool: object): void {
  if (buffer.owner !== pool) throw new Error("buffer given back to another pool");
  if (!buffer.lent) throw new Error("buffer given back twice");
  buffer.lent = false;
}

/** What a pool holds. */
export interface PoolStats {
  /** buffers given out */
  readonly lent: number;
  /** buffers ready to be given out */
  readonly free: number;
}

/** Lends buffers of one size and keeps at most `maxFree` of those that came back. */
export class BufferPool {
  readonly size: number;
  readonly #maxFree: number;
  readonly #free: IoBuffer[] = [];
  #lent = 0;

  constructor(size = 16384, maxFree = 1024) {
    this.size = size;
    this.#maxFree = maxFree;
  }

  /** The content is whatever was in it before. */
  lend(): IoBuffer {
    const buffer = this.#free.pop() ?? new IoBuffer(new Uint8Array(this.size), this);
    buffer.lent = true;
    this.#lent++;
    return buffer;
  }

  /** Throws when the buffer is another pool's or was given back before. */
  giveBack(buffer: IoBuffer): void {
    take(buffer, this);
    this.#lent--;
    if (this.#free.length < this.#maxFree) this.#free.push(buffer);
  }

  /** Drops the free buffers. */
  trim(): void {
    this.#free.length = 0;
  }

  get stats(): PoolStats {
    return { lent: this.#lent, free: this.#free.length };
  }
}

/**
 * Lends small buffers cut from slabs, in which idle connections wait for their first bytes. A slab is never
 * given up: the memory is that of the largest number lent at one time.
 */
export class SlabPool {
  readonly size: number;
  readonly #slabSize: number;
  readonly #free: IoBuffer[] = [];
  #lent = 0;
  #slabs = 0;

  constructor(size = 1024, slabSize = 262144) {
    this.size = size;
    this.#slabSize = Math.max(slabSize, size);
  }

  /** The content is whatever was in it before. */
  lend(): IoBuffer {
    if (this.#free.length === 0) this.#grow();
    const buffer = this.#free.pop() as IoBuffer;
    buffer.lent = true;
    this.#lent++;
    return buffer;
  }

  /** Throws when the buffer is another pool's or was given back before. */
  giveBack(buffer: IoBuffer): void {
    take(buffer, this);
    this.#lent--;
    this.#free.push(buffer);
  }

  #grow(): void {
    const slab = new ArrayBuffer(this.#slabSize);
    this.#slabs++;
    for (let offset = 0; offset + this.size <= slab.byteLength; offset += this.size) {
      this.#free.push(new IoBuffer(new Uint8Array(slab, offset, this.size), this));
    }
  }

  get stats(): PoolStats & { readonly slabs: number } {
    return { lent: this.#lent, free: this.#free.length, slabs: this.#slabs };
  }
}
