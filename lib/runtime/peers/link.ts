/**
 * PeerLink: the socket under a PeerSession.
 *
 * Laws:
 * - One read and one write at a time. Who does not take what is sent is not read from any more.
 * - It ends once, and tells why.
 */
import type { Clock } from "../../net/clock.ts";
import type { Conn } from "../../net/conn.ts";
import { writeAll } from "../../net/io.ts";
import type { PeerSession } from "../../stick/peers/session.ts";

/** Bytes that may wait for a peer before it is read from again. */
const MOST_WAITING = 65_536;

export class PeerLink {
  readonly conn: Conn;
  readonly session: PeerSession;
  /** it was called by this node */
  readonly outgoing: boolean;
  readonly #clock: Clock;
  #busy = false;
  #writing: Promise<void> | undefined;
  #ended: string | undefined;

  constructor(conn: Conn, session: PeerSession, outgoing: boolean, clock: Clock) {
    this.conn = conn;
    this.session = session;
    this.outgoing = outgoing;
    this.#clock = clock;
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Exchanges until it ends; answers why. `rest`: what came behind the handshake. Never rejects. */
  async run(rest: Uint8Array): Promise<string> {
    if (rest.length > 0) this.session.receive(rest);
    this.flush();
    const into = new Uint8Array(16_384);
    while (this.#ended === undefined) {
      const read = this.conn.read(into);
      const count = typeof read === "number" ? read : await read;
      if (count <= 0) {
        this.close(count === 0 ? "the peer has closed it" : "the connection broke");
        break;
      }
      this.session.receive(into.subarray(0, count));
      this.flush();
      if (this.session.waiting > MOST_WAITING) await this.#writing;
    }
    return this.#ended!;
  }

  /** Sends what there is to send. */
  flush(): void {
    if (!this.#busy && this.#ended === undefined) this.#writing = this.#send();
  }

  async #send(): Promise<void> {
    this.#busy = true;
    for (;;) {
      const bytes = this.session.produce();
      if (bytes === undefined) break;
      if (await writeAll(this.conn, bytes) < 0) {
        this.close("the connection broke");
        break;
      }
      // Large tables: others have their turn.
      await new Promise<void>((go) => this.#clock.after(0, go));
      if (this.#ended !== undefined) break;
    }
    this.#busy = false;
    if (this.session.ended !== undefined) this.close(this.session.ended);
  }

  close(why: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = why;
    this.conn.close();
  }
}
