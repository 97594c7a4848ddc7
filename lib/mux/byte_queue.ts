/**
 * ByteQueue: bytes in, the same bytes out. It grows as it must; the window of its stream bounds it. Most hold a head for
 * a moment: memory of the smallest size is kept for the next one.
 */

const SMALLEST = 512;
const NOTHING = new Uint8Array(0);
const MOST_FREE = 1024;
const free: Uint8Array[] = [];

export class ByteQueue {
  #bytes: Uint8Array = NOTHING;
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  append(from: Uint8Array, start: number, end: number): void {
    const count = end - start;
    if (count === 0) return;
    const length = this.length;
    if (this.#bytes.length - this.#end < count) {
      let size = Math.max(SMALLEST, this.#bytes.length);
      while (size < length + count) size *= 2;
      const into = size === this.#bytes.length
        ? this.#bytes
        : size === SMALLEST
        ? free.pop() ?? new Uint8Array(SMALLEST)
        : new Uint8Array(size);
      if (into === this.#bytes) into.copyWithin(0, this.#start, this.#end);
      else into.set(this.#bytes.subarray(this.#start, this.#end));
      if (into !== this.#bytes) this.#giveBack();
      this.#bytes = into;
      this.#start = 0;
      this.#end = length;
    }
    this.#bytes.set(from.subarray(start, end), this.#end);
    this.#end += count;
  }

  /** Moves up to `most` bytes to `into` at `at`; answers how many. An empty queue keeps no memory. */
  take(into: Uint8Array, at: number, most: number): number {
    const count = Math.min(this.length, most);
    if (count === 0) return 0;
    into.set(this.#bytes.subarray(this.#start, this.#start + count), at);
    this.#start += count;
    if (this.#start === this.#end) this.clear();
    return count;
  }

  clear(): void {
    this.#giveBack();
    this.#bytes = NOTHING;
    this.#start = this.#end = 0;
  }

  #giveBack(): void {
    if (this.#bytes.length === SMALLEST && free.length < MOST_FREE) free.push(this.#bytes);
  }
}
