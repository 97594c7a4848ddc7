/**
 * A ring of messages in shared memory (manual 3.9 `ring`): every thread writes into it, `show events` reads it. New
 * messages take the place of the oldest ones; nobody ever waits for room.
 *
 * A message is its length (four bytes, the lowest first) and its bytes. Messages are numbered from 0 on.
 */
import { latin1, latin1OfText } from "../../http1/bytes.ts";
import { lock, unlock } from "../../state/spin_lock.ts";

/** cells in front of the bytes: a lock, where the oldest message begins, bytes in use, the number of the oldest and
 * of the next message */
const LOCK = 0;
const TAIL = 1;
const USED = 2;
const FIRST = 3;
const NEXT = 4;
const CELLS = 8;
const LENGTH = 4;

// deno-lint-ignore no-control-regex
const WIDE = /[^\x00-\xff]/;

/** Bytes of shared memory for a ring of `size` bytes. */
export function ringBytes(size: number): number {
  return CELLS * 4 + size;
}

export class Ring {
  readonly #cells: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#cells = new Int32Array(buffer, 0, CELLS);
    this.#bytes = new Uint8Array(buffer, CELLS * 4);
  }

  /** Puts a message in (a byte a code unit); one that is larger than the ring is cut. */
  write(text: string): void {
    const message = WIDE.test(text) ? latin1OfText(text) : text;
    const bytes = this.#bytes;
    const cells = this.#cells;
    const size = Math.min(message.length, bytes.length - LENGTH);
    lock(cells, LOCK);
    while (cells[USED] + LENGTH + size > bytes.length) this.#dropOldest();
    let at = (cells[TAIL] + cells[USED]) % bytes.length;
    const put = (byte: number) => {
      bytes[at] = byte;
      at = at + 1 === bytes.length ? 0 : at + 1;
    };
    for (let i = 0; i < LENGTH; i++) put(size >>> (8 * i));
    for (let i = 0; i < size; i++) put(message.charCodeAt(i));
    cells[USED] += LENGTH + size;
    Atomics.add(cells, NEXT, 1);
    unlock(cells, LOCK);
    Atomics.notify(cells, NEXT);
  }

  #dropOldest(): void {
    const cells = this.#cells;
    const whole = LENGTH + this.#lengthAt(cells[TAIL]);
    cells[TAIL] = (cells[TAIL] + whole) % this.#bytes.length;
    cells[USED] -= whole;
    cells[FIRST]++;
  }

  #lengthAt(at: number): number {
    const bytes = this.#bytes;
    let length = 0;
    for (let i = 0; i < LENGTH; i++) length |= bytes[(at + i) % bytes.length] << (8 * i);
    return length;
  }

  /** The number that the next message will have. */
  get next(): number {
    return Atomics.load(this.#cells, NEXT);
  }

  /** All messages, and the number of the next one. */
  readAll(): { readonly messages: string[]; readonly next: number } {
    return this.read(Atomics.load(this.#cells, FIRST));
  }

  /** The messages from number `from` on that are there still, and the number of the next one. */
  read(from: number): { readonly messages: string[]; readonly next: number } {
    const cells = this.#cells;
    const bytes = this.#bytes;
    lock(cells, LOCK);
    const copy = new Uint8Array(cells[USED]);
    const first = bytes.subarray(cells[TAIL], cells[TAIL] + copy.length);
    copy.set(first);
    copy.set(bytes.subarray(0, copy.length - first.length), first.length);
    let number = cells[FIRST];
    const next = cells[NEXT];
    unlock(cells, LOCK);
    const view = new DataView(copy.buffer);
    const messages: string[] = [];
    for (let at = 0; at < copy.length; number++) {
      const length = view.getUint32(at, true);
      // Numbers wrap around: what counts is the distance.
      if (((number - from) | 0) >= 0) {
        messages.push(latin1(copy, at + LENGTH, at + LENGTH + length));
      }
      at += LENGTH + length;
    }
    return { messages, next };
  }

  /** Resolves once there is a message with the number `next` or a later one. */
  async untilWritten(next: number): Promise<void> {
    await Atomics.waitAsync(this.#cells, NEXT, next).value;
  }
}
