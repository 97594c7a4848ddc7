/**
 * A connection together with what an Inbox has read of it: rules have looked at its beginning, and now it is read as
 * if nobody had. The inbox is given back as soon as it is empty.
 */
import type { Conn, TlsInfo } from "../net/conn.ts";
import { ConnAround } from "../net/conn_around.ts";
import type { Inbox } from "./inbox.ts";

export class InboxConn extends ConnAround implements Conn {
  #inbox: Inbox | undefined;
  #gate: (() => Promise<number>) | undefined;

  /** `gate` runs before the first read is answered; a negative IoStatus is that read's answer. */
  constructor(inner: Conn, inbox: Inbox, gate?: () => Promise<number>) {
    super(inner);
    this.#inbox = inbox;
    this.#gate = gate;
  }

  get tls(): TlsInfo | undefined {
    return this.inner.tls;
  }

  get under(): Conn | undefined {
    return this.#inbox === undefined && this.#gate === undefined ? this.inner : undefined;
  }

  read(into: Uint8Array): number | Promise<number> {
    const gate = this.#gate;
    if (gate !== undefined) {
      this.#gate = undefined;
      return gate().then((status) => status < 0 ? status : this.read(into));
    }
    const inbox = this.#inbox;
    if (inbox === undefined) return this.inner.read(into);
    if (inbox.length > 0) return this.#take(inbox, into);
    const { pending } = inbox;
    if (pending === undefined) {
      this.#release();
      return this.inner.read(into);
    }
    const done = (n: number): number => {
      if (inbox.took(n) > 0) return this.#take(inbox, into);
      this.#release();
      return n;
    };
    return typeof pending === "number" ? done(pending) : pending.then(done);
  }

  #take(inbox: Inbox, into: Uint8Array): number {
    const count = Math.min(inbox.length, into.length);
    into.set(inbox.bytes.subarray(inbox.start, inbox.start + count));
    inbox.consume(inbox.start + count);
    if (inbox.length === 0 && inbox.pending === undefined) this.#release();
    return count;
  }

  #release(): void {
    this.#inbox?.release();
    this.#inbox = undefined;
  }

  write(from: Uint8Array): number | Promise<number> {
    return this.inner.write(from);
  }

  closeWrite(): void {
    this.inner.closeWrite();
  }

  close(): void {
    this.inner.close();
    this.#release();
  }

  abort(): void {
    this.inner.abort();
    this.#release();
  }
}
