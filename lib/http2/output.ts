/** Output: bytes that are to be sent, `bytes[start..end)`; it grows as it must. */

const SMALLEST = 1024;

export class Output {
  bytes: Uint8Array = NOTHING;
  start = 0;
  end = 0;

  get length(): number {
    return this.end - this.start;
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.bytes.length - this.end >= count) return;
    const length = this.end - this.start;
    let size = Math.max(this.bytes.length, SMALLEST);
    while (size < length + count) size *= 2;
    const into = size === this.bytes.length ? this.bytes : new Uint8Array(size);
    if (into === this.bytes) into.copyWithin(0, this.start, this.end);
    else into.set(this.bytes.subarray(this.start, this.end));
    this.bytes = into;
    this.start = 0;
    this.end = length;
  }

  /** Adds `from[start..end]`. */
  put(from: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    if (end - start < 64) {
      for (let i = start; i < end; i++) this.bytes[this.end++] = from[i];
    } else {
      this.bytes.set(from.subarray(start, end), this.end);
      this.end += end - start;
    }
  }

  /** All of it was sent. Memory of more than `keep` bytes is let go. */
  clear(keep = Infinity): void {
    this.start = this.end = 0;
    if (this.bytes.length > keep) this.bytes = NOTHING;
  }
}

const NOTHING = new Uint8Array(0);
