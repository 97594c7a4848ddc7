/** The queues of one pool: of each of its servers, and of those that wait for any of them. */
import type { StreamView } from "../expr/context.ts";
import type { BackendState } from "../state/proxy.ts";
import { PC, type ProxyCounters, SC } from "../state/traffic.ts";
import { rankOf, Waiting, WaitQueue } from "./queue.ts";
import type { Server } from "./server.ts";

export interface QueueOptions {
  readonly state: BackendState;
  readonly counters: ProxyCounters;
  /** clock ms: who waits how long */
  now(): number;
  /** the queue of `server` has become longer or shorter */
  loadChanged(server: Server): void;
  /** a stream has given up; it is in its queue still */
  onCancel(waiting: Waiting): void;
}

export class PoolQueues {
  /** streams that wait for any server */
  readonly any: WaitQueue = new WaitQueue();
  /** servers of the pool that streams wait for */
  readonly awaited: Set<Server> = new Set();
  readonly #o: QueueOptions;
  #tickets = 0;

  constructor(options: QueueOptions) {
    this.#o = options;
  }

  /** Nobody waits. */
  get empty(): boolean {
    return this.awaited.size === 0 && this.any.length === 0;
  }

  /** Lets a stream wait for `server`, or for any. */
  enter(
    stream: StreamView | undefined,
    server: Server | undefined,
    excluded: Server | undefined,
  ): Waiting {
    const ahead = server === undefined ? this.#o.state.queued : server.state.queued;
    const rank = rankOf(stream, this.#o.now());
    const ticket = this.#tickets++;
    const { onCancel } = this.#o;
    const w = new Waiting(stream, server, excluded, false, ahead, rank, ticket, onCancel);
    this.#add(w);
    return w;
  }

  /** A stream that may not even wait for `server`: answered with nothing. */
  refuse(stream: StreamView | undefined, server: Server, excluded: Server | undefined): Waiting {
    const ahead = server.state.queued;
    const w = new Waiting(stream, server, excluded, true, ahead, 0, 0, this.#o.onCancel);
    w.settle(undefined);
    return w;
  }

  /** Lets a stream that has left its queue wait anew, behind the others. */
  enterAgain(w: Waiting, server: Server | undefined): void {
    w.server = server;
    w.rank = rankOf(w.stream, this.#o.now());
    w.ticket = this.#tickets++;
    this.#add(w);
  }

  #add(w: Waiting): void {
    const { state, counters } = this.#o;
    state.addWaiting(1);
    const { server } = w;
    if (server === undefined) {
      this.any.add(w);
      counters.raise(PC.qmax, state.addQueued(1));
    } else {
      server.queue.add(w);
      this.awaited.add(server);
      server.counters.raise(SC.qmax, server.state.addQueued(1));
      this.#o.loadChanged(server);
    }
  }

  /** Takes a stream out of the queue in which it stands. */
  leave(w: Waiting): void {
    w.queue!.remove(w);
    const { state } = this.#o;
    state.addWaiting(-1);
    const { server } = w;
    if (server === undefined) {
      state.addQueued(-1);
    } else {
      server.state.addQueued(-1);
      if (server.queue.length === 0) this.awaited.delete(server);
      this.#o.loadChanged(server);
    }
  }
}
