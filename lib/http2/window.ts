/** Flow-control windows (RFC 9113 section 5.2, 6.9). */
import { LARGEST_WINDOW } from "./codes.ts";

/** What we may still send. A change of SETTINGS can make a stream's negative. */
export class SendWindow {
  available: number;

  constructor(available: number) {
    this.available = available;
  }

  /** False: beyond 2^31-1, an error of the peer. */
  grow(by: number): boolean {
    this.available += by;
    return this.available <= LARGEST_WINDOW;
  }
}

/**
 * What the peer may still send. `consume` says when it is worth telling the peer to go on: when half of the window
 * was used, so that there is one WINDOW_UPDATE for many frames.
 */
export class ReceiveWindow {
  #available: number;
  #size: number;
  /** consumed, and the peer does not know yet */
  #owed = 0;

  constructor(size: number) {
    this.#available = this.#size = size;
  }

  get available(): number {
    return this.#available;
  }

  /** The peer sends `count` bytes; false: more than it may. */
  take(count: number): boolean {
    this.#available -= count;
    return this.#available >= 0;
  }

  /** `count` bytes were consumed: the increment to send now, 0: none yet. */
  consume(count: number): number {
    this.#owed += count;
    if (this.#owed * 2 < this.#size) return 0;
    const increment = this.#owed;
    this.#owed = 0;
    this.#available += increment;
    return increment;
  }

  /** Makes it larger: the increment to send. */
  enlarge(size: number): number {
    const increment = size - this.#size;
    if (increment <= 0) return 0;
    this.#size = size;
    this.#available += increment;
    return increment;
  }
}
