/**
 * The servers of one backend in one thread: who serves a stream, and who waits for whom.
 *
 * Laws:
 * - A slot is taken before `assign` answers a Server or a Waiting is settled with one; the caller gives each
 *   slot back exactly once, by `release`.
 * - A freed slot goes to the oldest stream among those that wait for that server and those that wait for any
 *   (manual 5.2 `maxconn`); a stream that comes new never overtakes.
 * - A server that goes down gives its queue back to the others, when `option redispatch` permits.
 * - With threads, each has its own queues: a slot is offered to this thread's streams first.
 */
import type { StreamView } from "../expr/context.ts";
import type { BackendState } from "../state/proxy.ts";
import { PC, type ProxyCounters, SC } from "../state/traffic.ts";
import type { Algorithm, Balancer } from "./balancer.ts";
import { type Waiter, Waiting, WaitQueue } from "./queue.ts";
import type { Server } from "./server.ts";

export interface PoolOptions {
  readonly algorithm: Algorithm;
  readonly args?: Parameters<Algorithm["create"]>[0]["args"];
  readonly state: BackendState;
  readonly counters: ProxyCounters;
  /** `option allbackups` */
  readonly allBackups: boolean;
  /** `option redispatch`: streams may leave the server they are stuck to */
  readonly redispatch: boolean;
  /** `option persist`: stay with the server even when it is down */
  readonly persist: boolean;
  /** streams in the backend at which servers reach their maxconn; 0: servers always have their maxconn */
  readonly fullconn: number;
}

/** The answer of `assign` when the queue of the preferred server is full and may not be left (503). */
export const QueueFull = "queue full";

export class ServerPool {
  readonly servers: readonly Server[];
  readonly balancer: Balancer;
  readonly #o: PoolOptions;
  readonly #state: BackendState;
  readonly #queue = new WaitQueue();
  /** servers that new streams go to now: the active ones, or backups */
  #candidates: readonly Server[] = [];
  #version = -1;
  #tickets = 0;
  #serving = false;
  readonly #serveNext: Server[] = [];

  constructor(servers: readonly Server[], options: PoolOptions) {
    this.servers = servers;
    this.#o = options;
    this.#state = options.state;
    this.balancer = options.algorithm.create({
      args: options.args ?? [],
      servers,
      limitOf: (server) => this.limitOf(server),
    });
    this.#resync();
  }

  /** Servers that new streams go to now: active ones, or backups when no active one is usable. */
  get candidates(): readonly Server[] {
    return this.#candidates;
  }

  /** Streams of this thread that wait for any server. */
  get queued(): number {
    return this.#queue.length;
  }

  /** The server named so. */
  server(name: string): Server | undefined {
    return this.servers.find((s) => s.name === name);
  }

  /** Slots that `server` may use now; 0: any number (manual 4.2 `fullconn`, 5.2 `minconn`). */
  limitOf(server: Server): number {
    const max = server.maxconn;
    const full = this.#o.fullconn;
    if (server.minconn === max || full === 0) return max;
    const streams = this.#state.current;
    return streams >= full ? max : Math.max(server.minconn, Math.floor(streams * max / full));
  }

  /**
   * Finds a server for a stream and takes a slot of it; or lets the stream wait; or answers QueueFull, or
   * undefined when no server is usable.
   */
  assign(
    stream: StreamView | undefined,
    waiter: Waiter,
  ): Server | Waiting | typeof QueueFull | undefined {
    if (this.#state.version !== this.#version) this.update();
    const preferred = waiter.preferred;
    if (preferred !== undefined) {
      if (this.#take(preferred)) return preferred;
      if (!this.#queueFull(preferred)) return this.#wait(preferred, waiter);
      if (!this.#o.redispatch) return QueueFull;
    }
    return this.#balance(stream, waiter);
  }

  #balance(
    stream: StreamView | undefined,
    waiter: Waiter,
  ): Server | Waiting | typeof QueueFull | undefined {
    if (this.#candidates.length === 0) return undefined;
    // Streams that wait for any server mean that all are full: no need to look, and none may be overtaken.
    if (this.#queue.length > 0 && this.#state.served > 0) return this.#wait(undefined, waiter);
    const server = this.balancer.pick(stream, waiter.excluded);
    if (server === undefined) return this.#wait(undefined, waiter);
    if (this.#take(server)) return server;
    // leastconn may choose a full server whose queue has room.
    return this.#queueFull(server) ? QueueFull : this.#wait(server, waiter);
  }

  /** Gives a slot of `server` back and hands it to the next stream. */
  release(server: Server): void {
    server.state.freeSlot();
    this.#state.addServed(-1);
    this.balancer.loadChanged(server);
    if (server.queue.length > 0 || this.#queue.length > 0) this.serve(server);
  }

  /** Lets waiting streams have the free slots of `server`. */
  serve(server: Server): void {
    // A waiter may release or cancel while it is being told: such calls are served afterwards, in a loop,
    // so that the stack does not grow with the queue.
    this.#serveNext.push(server);
    if (this.#serving) return;
    this.#serving = true;
    for (let s = this.#serveNext.pop(); s !== undefined; s = this.#serveNext.pop()) this.#serve(s);
    this.#serving = false;
  }

  #serve(server: Server): void {
    while (true) {
      const own = server.state.running || this.#o.persist ? server.queue.first : undefined;
      const any = this.#candidate(server) ? this.#queue.first : undefined;
      const next = own === undefined
        ? any
        : any === undefined || own.ticket < any.ticket
        ? own
        : any;
      if (next === undefined || !this.#takeSlot(server)) return;
      this.#unqueue(next);
      this.#settle(next, server);
    }
  }

  /**
   * Looks at the servers again: call it after a server's state or weight was changed (`assign` does so by
   * itself), so that waiting streams get the new slots, or leave a server that is gone.
   */
  update(): void {
    this.#resync();
    for (const server of this.servers) {
      if (server.queue.length > 0 && !server.state.running) this.#giveBack(server);
    }
    if (this.#candidates.length === 0) {
      // Nobody is left to wait for.
      for (let w = this.#queue.first; w !== undefined; w = this.#queue.first) {
        this.#unqueue(w);
        this.#settle(w, undefined);
      }
      return;
    }
    for (const server of this.servers) {
      if (server.queue.length === 0 && this.#queue.length === 0) continue;
      this.serve(server);
    }
  }

  #resync(): void {
    this.#version = this.#state.version;
    const active: Server[] = [];
    const backups: Server[] = [];
    for (const server of this.servers) {
      if (server.usable) (server.backup ? backups : active).push(server);
    }
    this.#candidates = active.length > 0 || this.#o.allBackups && backups.length > 0
      ? (active.length > 0 ? active : backups)
      : backups.slice(0, 1);
    this.#isCandidate = new Set(this.#candidates);
    this.balancer.update(this.#candidates);
  }

  #isCandidate = new Set<Server>();

  #candidate(server: Server): boolean {
    return this.#isCandidate.has(server);
  }

  /** Streams that wait for a server that is down: to the others, when they may leave it. */
  #giveBack(server: Server): void {
    if (!this.#o.redispatch || this.#o.persist) return;
    for (let w = server.queue.first; w !== undefined; w = server.queue.first) {
      this.#unqueue(w);
      this.#reassign(w);
    }
  }

  #reassign(w: Waiting): void {
    if (this.#candidates.length === 0) return this.#settle(w, undefined);
    const server = this.#queue.length > 0
      ? undefined
      : this.balancer.pick(undefined, w.waiter.excluded);
    if (server !== undefined && this.#take(server)) return this.#settle(w, server);
    w.server = undefined;
    this.#enqueue(w);
  }

  #take(server: Server): boolean {
    const limit = this.limitOf(server);
    // Streams that wait for this server may not be overtaken.
    if (limit !== 0 && server.queue.length > 0) return false;
    return this.#takeSlot(server);
  }

  #takeSlot(server: Server): boolean {
    if (!server.state.takeSlot(this.limitOf(server))) return false;
    this.#state.addServed(1);
    server.counters.add(SC.lbtot, 1);
    this.#o.counters.add(PC.lbtot, 1);
    this.balancer.loadChanged(server);
    return true;
  }

  #queueFull(server: Server): boolean {
    return server.maxqueue > 0 && server.state.queued >= server.maxqueue;
  }

  #wait(server: Server | undefined, waiter: Waiter): Waiting {
    const w = new Waiting(server, waiter, this.#onCancel);
    w.serverPosition = server === undefined ? 0 : server.state.queued;
    w.backendPosition = server === undefined ? this.#state.queued : 0;
    w.ticket = this.#tickets++;
    this.#enqueue(w);
    return w;
  }

  readonly #onCancel = (w: Waiting): void => {
    if (w.queue !== undefined) this.#unqueue(w);
  };

  #enqueue(w: Waiting): void {
    if (w.server === undefined) {
      this.#queue.add(w);
      this.#o.counters.raise(PC.qmax, this.#state.addQueued(1));
    } else {
      w.server.queue.add(w);
      w.server.counters.raise(SC.qmax, w.server.state.addQueued(1));
      this.balancer.loadChanged(w.server);
    }
  }

  #unqueue(w: Waiting): void {
    w.queue!.remove(w);
    if (w.server === undefined) {
      this.#state.addQueued(-1);
    } else {
      w.server.state.addQueued(-1);
      this.balancer.loadChanged(w.server);
    }
  }

  #settle(w: Waiting, server: Server | undefined): void {
    w.settled = true;
    w.waiter.onSettled(server);
  }
}
