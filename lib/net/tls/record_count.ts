/**
 * Counts the records of TLS (RFC 8446 5.1) that have come whole, so that OpenSSL is asked when it has something to
 * say, and not after each piece. Pure. Where a header comes in two pieces the bounds are lost; then each piece counts.
 */

const HEADER = 5;
/** longest content of a record, with what encryption adds (RFC 5246 6.2.3) */
const MOST = 16384 + 2048;

export class RecordCount {
  /** records that came whole and may be unread: not less than there are */
  ready = 0;
  /** bytes of the last record that are to come */
  #left = 0;
  #lost = false;

  /** What a record held was read to its end. */
  read(): void {
    if (!this.#lost) this.ready--;
  }

  /** Nothing is to be had until more comes. */
  empty(): void {
    this.ready = 0;
  }

  /** The next `length` bytes of the connection are the first ones of `bytes`. */
  add(bytes: Uint8Array, length: number): void {
    let at = this.#left;
    if (at > 0 && at <= length) this.ready++;
    while (at < length && !this.#lost) {
      const size = at + HEADER > length ? MOST + 1 : bytes[at + 3] * 256 + bytes[at + 4];
      this.#lost = size > MOST;
      at += HEADER + size;
      if (at <= length) this.ready++;
    }
    this.#left = at - length;
    if (this.#lost) this.ready = 1;
  }
}
