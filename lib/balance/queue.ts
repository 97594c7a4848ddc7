/** A first-in first-out queue of waiting streams; adding, taking and giving up cost O(1). */
import type { Server } from "./server.ts";

/** What a stream asks the pool; a stream may be this itself, so that asking allocates nothing. */
export interface Waiter {
  /** the server that persistence names; the caller has decided that it may be used */
  readonly preferred?: Server;
  /** a server that has just failed this stream: chosen only when there is no other */
  readonly excluded?: Server;
  /**
   * Called once when waiting ends: with a server (its slot is taken), or undefined when no server is left
   * (503). Not called when `assign` answers at once, nor after `cancel`.
   */
  onSettled(server: Server | undefined): void;
}

/** A stream that waits for a slot. Made by ServerPool.assign. */
export class Waiting {
  /** @internal neighbours in the queue */
  next: Waiting | undefined = undefined;
  previous: Waiting | undefined = undefined;
  queue: WaitQueue | undefined = undefined;
  /** Place in time among all waiting streams of the pool: the smaller is older. */
  ticket = 0;
  /** Streams that were before this one when it began to wait (`%sq` and `%bq`). */
  serverPosition = 0;
  backendPosition = 0;
  /** The answer came (a server, or none), or it was cancelled. */
  settled = false;

  constructor(
    /** the server it waits for; undefined: any server */
    public server: Server | undefined,
    /** who waits: gets the server (its slot is taken), or undefined when no server is left (503) */
    readonly waiter: Waiter,
    readonly onCancel: (waiting: Waiting) => void,
  ) {}

  /** Gives up waiting (timeout queue, client gone). `onSettled` is not called. Idempotent. */
  cancel(): void {
    if (this.settled) return;
    this.settled = true;
    this.onCancel(this);
  }
}

export class WaitQueue {
  #first: Waiting | undefined = undefined;
  #last: Waiting | undefined = undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }
  get first(): Waiting | undefined {
    return this.#first;
  }

  /** Puts it at the end. It must be in no queue. */
  add(w: Waiting): void {
    w.queue = this;
    w.previous = this.#last;
    w.next = undefined;
    if (this.#last === undefined) this.#first = w;
    else this.#last.next = w;
    this.#last = w;
    this.#length++;
  }

  /** Takes it out wherever it stands. It must be in this queue. */
  remove(w: Waiting): void {
    if (w.previous === undefined) this.#first = w.next;
    else w.previous.next = w.next;
    if (w.next === undefined) this.#last = w.previous;
    else w.next.previous = w.previous;
    w.previous = undefined;
    w.next = undefined;
    w.queue = undefined;
    this.#length--;
  }
}
