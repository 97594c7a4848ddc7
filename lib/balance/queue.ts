/** A first-in first-out queue of waiting streams; adding, taking and giving up cost O(1). */
import type { StreamView } from "../expr/context.ts";
import type { Server } from "./server.ts";

/** A stream that waits for a slot. Made by ServerPool.assign. */
export class Waiting {
  /**
   * Answered once: with a server, whose slot is taken; or with undefined, when it was cancelled or no server
   * is left to wait for (503). Never rejects.
   */
  readonly granted: Promise<Server | undefined>;
  /** Streams that were before it when it began to wait (`%sq` with a server, else `%bq`). */
  readonly ahead: number;
  /** Used by the pool: neighbours, the queue that holds it, its place in time (the smaller is older). */
  next: Waiting | undefined = undefined;
  previous: Waiting | undefined = undefined;
  queue: WaitQueue | undefined = undefined;
  ticket: number;
  #answer!: (server: Server | undefined) => void;
  readonly #onCancel: (waiting: Waiting) => void;
  #settled = false;

  constructor(
    /** whose place in the queue it is */
    readonly stream: StreamView | undefined,
    /** the server it waits for; undefined: any server */
    public server: Server | undefined,
    /** the server not to be given unless there is no other, after a failed connection */
    readonly excluded: Server | undefined,
    /** true: it may not even wait, the queue of its server is full (`maxqueue`) */
    readonly refused: boolean,
    ahead: number,
    ticket: number,
    onCancel: (waiting: Waiting) => void,
  ) {
    this.ahead = ahead;
    this.ticket = ticket;
    this.#onCancel = onCancel;
    this.granted = new Promise((resolve) => this.#answer = resolve);
  }

  /** True once it was answered; from then on `cancel` does nothing. */
  get settled(): boolean {
    return this.#settled;
  }

  /**
   * Gives up waiting (timeout queue, client gone): `granted` answers undefined. When a server was granted in
   * the same turn, the stream gets it nevertheless and must release it.
   */
  cancel(): void {
    if (this.#settled) return;
    this.#onCancel(this);
    this.settle(undefined);
  }

  /** Used by the pool: answers, when it stands in no queue any more. */
  settle(server: Server | undefined): void {
    this.#settled = true;
    this.#answer(server);
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
