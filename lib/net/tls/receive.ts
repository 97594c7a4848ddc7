/** Reading for TLS from a connection that cannot tell of what comes inside its own event (`Conn.readBy`). */
import { type Conn, MORE } from "../conn.ts";
import { borrow, giveBack, LARGE } from "./scratch.ts";

/** bytes that a connection waits with for the next record */
const SMALL = 1536;

export class Receiver {
  readonly #inner: Conn;
  #small: Uint8Array | undefined;
  /** much came the last time */
  #bulk = false;

  constructor(inner: Conn) {
    this.#inner = inner;
  }

  /** Reads until `take`, which gets what has come (as `Intake.arrived`), answers something other than MORE. */
  async read(take: (bytes: Uint8Array, count: number) => number): Promise<number> {
    for (;;) {
      const large = this.#bulk;
      const buffer = large ? borrow() : this.#small ??= new Uint8Array(SMALL);
      const answer = this.#inner.read(buffer);
      const n = typeof answer === "number" ? answer : await answer;
      this.#bulk = n === buffer.length || (large && n > LARGE / 8);
      const told = take(buffer, n);
      if (large) giveBack(buffer);
      if (told !== MORE) return told;
    }
  }
}
