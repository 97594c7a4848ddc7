/** Queues of waiting streams: by priority, then first in, first out. Adding, taking and giving up cost O(log n). */
import type { StreamView } from "../expr/context.ts";
import { Heap, HeapNode } from "./heap.ts";
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
  /** Used by the pool: its place in the heap, the queue that holds it, its rank in line (the smaller comes first). */
  readonly node: HeapNode<Waiting> = new HeapNode<Waiting>(this);
  queue: WaitQueue | undefined = undefined;
  rank: number;
  /** among equal ranks the smaller is older */
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
    rank: number,
    ticket: number,
    onCancel: (waiting: Waiting) => void,
  ) {
    this.ahead = ahead;
    this.rank = rank;
    this.ticket = ticket;
    this.#onCancel = onCancel;
    this.granted = new Promise((resolve) => this.#answer = resolve);
  }

  /** Whether it is to be served before `other`. */
  isBefore(other: Waiting): boolean {
    return this.rank < other.rank || (this.rank === other.rank && this.ticket < other.ticket);
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

/**
 * Where a stream that begins to wait `now` (clock ms) stands in line: first by its priority class, then by the time,
 * moved by its offset in ms; the smaller is served first (manual 4.2 `set-priority-class`, `set-priority-offset`).
 */
export function rankOf(stream: StreamView | undefined, now: number): number {
  const at = Math.round(now * FRACTIONS);
  if (stream === undefined) return at;
  return (stream.priorityClass ?? 0) * CLASS + at + (stream.priorityOffset ?? 0) * FRACTIONS;
}

/** parts of a millisecond that count */
const FRACTIONS = 8;
/** the distance of two classes: no clock comes so far in eight years */
const CLASS = 2 ** 41;

export class WaitQueue {
  readonly #heap = new Heap<Waiting>();

  get length(): number {
    return this.#heap.size;
  }
  /** Who is served next. */
  get first(): Waiting | undefined {
    return this.#heap.first()?.value;
  }

  /** Puts it behind all that have its rank or a smaller one. It must be in no queue. */
  add(w: Waiting): void {
    w.queue = this;
    this.#heap.add(w.node, w.rank);
  }

  /** Takes it out wherever it stands. It must be in this queue. */
  remove(w: Waiting): void {
    this.#heap.remove(w.node);
    w.queue = undefined;
  }
}
