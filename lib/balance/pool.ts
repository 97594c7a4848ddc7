/**
 * The servers of one backend in one thread: who serves a stream, and who waits for whom.
 *
 * Laws:
 * - A slot is taken before `assign` answers a Server or a Waiting is settled with one; the caller gives each
 *   slot back exactly once, by `release`.
 * - A freed slot goes to the stream of the highest priority, among equals the oldest, of those that wait for that
 *   server and those that wait for any (manual 5.2 `maxconn`); a stream that comes new never overtakes.
 * - A server that goes down gives its queue back to the others, when `option redispatch` permits.
 * - With threads, each has its own queues: a freed slot is offered to this thread's streams first, then the
 *   others are woken. Across a reload the old Generation's streams, which are older, come first.
 */
import type { StreamView } from "../expr/context.ts";
import type { CompileContext } from "../expr/context_compile.ts";
import type { BackendState } from "../state/proxy.ts";
import { PC, SC } from "../state/traffic.ts";
import { type Balancer, isDynamic } from "./balancer.ts";
import type { AssignOptions, PoolOptions } from "./pool_options.ts";
import { PoolQueues } from "./pool_queues.ts";
import type { Waiting } from "./queue.ts";
import type { Server } from "./server.ts";
import { sharedTurn } from "./turn.ts";

export class ServerPool {
  #servers: readonly Server[];
  #balancer: Balancer;
  /** True: weights may be changed at run time; otherwise a server has all of its weight or nothing. */
  readonly dynamic: boolean;
  readonly #o: PoolOptions;
  readonly #threads: number;
  readonly #state: BackendState;
  readonly #queues: PoolQueues;
  /** servers that new streams go to now: the active ones, or backups */
  #candidates: readonly Server[] = [];
  #isCandidate = new Set<Server>();
  readonly #byName = new Map<string, Server>();
  #context: CompileContext | undefined = undefined;
  /** counts changes of where servers are, and of which there are */
  places = 0;
  #watching = false;
  #version = -1;

  constructor(servers: readonly Server[], options: PoolOptions) {
    this.#servers = servers;
    this.#o = options;
    this.#threads = options.group.store.threads;
    this.#queues = new PoolQueues({
      state: options.state,
      counters: options.counters,
      now: options.now,
      loadChanged: (server) => this.#balancer.loadChanged(server),
      onCancel: (waiting) => this.#onCancel(waiting),
    });
    this.#state = options.state;
    this.dynamic = isDynamic(options.algorithm, options.hashType);
    this.#balancer = this.#newBalancer();
    for (const server of servers) this.#byName.set(server.name, server);
    this.#resync();
    options.group.add(this);
  }

  #newBalancer(): Balancer {
    const o = this.#o;
    return o.algorithm.create({
      settings: o.settings,
      hashType: o.hashType,
      balanceFactor: o.balanceFactor,
      affinity: o.affinity,
      servers: this.#servers,
      limitOf: (server) => this.limitOf(server),
      served: () => this.#state.served,
      random: o.random,
      turn: this.#threads > 1 ? sharedTurn(this.#state) : undefined,
      nextChange: this.#threads > 1 ? () => this.#state.nextChange() : undefined,
    });
  }

  /** All servers of the backend in their order, usable or not. */
  get servers(): readonly Server[] {
    return this.#servers;
  }

  get balancer(): Balancer {
    return this.#balancer;
  }

  /** Compiles the expression of the algorithm's arguments; called once before the first stream. */
  compile(context: CompileContext): void {
    this.#context = context;
    this.#balancer.compile?.(context);
  }

  /** One server more, behind the others; no other server is of its name. */
  addServer(server: Server): void {
    this.#byName.set(server.name, server);
    this.#arrange([...this.#servers, server]);
  }

  /** One server less: nobody uses it or waits for it. */
  removeServer(server: Server): void {
    server.deleted = true;
    this.#byName.delete(server.name);
    this.#arrange(this.#servers.filter((each) => each !== server));
  }

  /** Other servers: the algorithm begins anew with them. */
  #arrange(servers: readonly Server[]): void {
    servers.forEach((server, index) => server.index = index);
    this.#servers = servers;
    this.places++;
    this.#balancer = this.#newBalancer();
    if (this.#context !== undefined) this.#balancer.compile?.(this.#context);
    this.update();
  }

  /** The pool takes no more streams and none waits: its Generation has ended. */
  close(): void {
    this.#o.group.remove(this);
  }

  /** Servers that new streams go to now: active ones, or backups when no active one is usable. */
  get candidates(): readonly Server[] {
    this.look();
    return this.#candidates;
  }

  /** The backend's shared state. */
  get state(): BackendState {
    return this.#state;
  }

  /** Manual `fullconn`; 0: servers always have their maxconn. */
  get fullconn(): number {
    return this.#o.fullconn;
  }

  /** Streams in the backend, in all threads (counted by who calls `state.enter` and `state.leave`). */
  get currentConnections(): number {
    return this.#state.current;
  }

  /** Streams of this thread that wait for any server. */
  get queued(): number {
    return this.#queues.any.length;
  }

  /** The server named so. */
  server(name: string): Server | undefined {
    return this.#byName.get(name);
  }

  /** Slots that `server` may use now; 0: any number (manual 4.2 `fullconn`, 5.2 `minconn`, `slowstart`). */
  limitOf(server: Server): number {
    if (server.maxconn === 0) return 0;
    const limit = this.#loadLimit(server);
    const percent = server.state.maxconnPercent;
    return percent === 100 ? limit : Math.max(1, Math.floor(limit * percent / 100));
  }

  #loadLimit(server: Server): number {
    const max = server.maxconn;
    const full = this.#o.fullconn;
    if (server.minconn === max || full === 0) return max;
    const streams = this.#state.current;
    return streams >= full ? max : Math.max(server.minconn, Math.floor(streams * max / full));
  }

  /**
   * Finds a server for a stream and takes a slot of it, which the caller gives back by `release`; or lets the
   * stream wait (a Waiting that is `refused` is answered already: 503); or answers undefined when no server
   * is usable (503). Setting the time to wait is the caller's matter (`timeout queue`): `Waiting.cancel`.
   */
  assign(
    stream: StreamView | undefined,
    options: AssignOptions,
  ): Server | Waiting | undefined {
    this.look();
    const preferred = options.preferred;
    if (preferred !== undefined && !preferred.deleted) {
      if (this.#take(preferred)) return preferred;
      if (!this.#queueFull(preferred)) return this.#wait(stream, preferred, options);
      if (!this.#o.redispatch) return this.#queues.refuse(stream, preferred, options.excluded);
    }
    return this.#balance(stream, options);
  }

  #balance(
    stream: StreamView | undefined,
    options: AssignOptions,
  ): Server | Waiting | undefined {
    if (this.#candidates.length === 0) return undefined;
    // Streams that wait for any server mean that all are full: no need to look, and none may be overtaken.
    if (this.#queues.any.length > 0 && this.#state.served > 0 && !this.#o.algorithm.keyed) {
      return this.#wait(stream, undefined, options);
    }
    const server = this.#balancer.pick(stream, options.excluded);
    if (server === undefined) return this.#wait(stream, undefined, options);
    if (this.#take(server)) return server;
    // A key names a server, full or not; leastconn may choose a full one whose queue has room.
    return this.#queueFull(server)
      ? this.#queues.refuse(stream, server, options.excluded)
      : this.#wait(stream, server, options);
  }

  /** True when the stream came to `server` only by its turn, and there are others. */
  isReplaceable(server: Server, { preferred }: AssignOptions): boolean {
    return !this.#o.algorithm.keyed && preferred !== server && !server.backup &&
      this.#candidates.length > 1;
  }

  /** Gives a slot of `server` back and hands it to the next stream. */
  release(server: Server): void {
    server.state.freeSlot();
    this.#state.addServed(-1);
    this.#balancer.loadChanged(server);
    if (!this.#o.group.isOnly(this)) this.#o.group.freed(server);
    else if (!this.#queues.empty) this.serve(server);
    if (this.#threads > 1 && this.#state.waiting > 0) this.#state.slotFreed();
  }

  /** Lets waiting streams have the free slots of `server`, the next in line first. */
  serve(server: Server): void {
    while (true) {
      const own = server.state.running || this.#o.persist ? server.queue.first : undefined;
      const any = this.#isCandidate.has(server) ? this.#queues.any.first : undefined;
      const next = own === undefined || (any !== undefined && any.isBefore(own)) ? any : own;
      if (next === undefined || !this.#takeSlot(server)) return;
      this.#queues.leave(next);
      next.settle(server);
    }
  }

  /** Lets waiting streams have any slots that are free. */
  serveAll(): void {
    for (const server of this.#queues.awaited) this.serve(server);
    while (this.#queues.any.length > 0) {
      const server = this.#balancer.pick(undefined);
      if (server === undefined) return;
      const before = this.#queues.any.length;
      this.serve(server);
      if (this.#queues.any.length === before) break;
    }
    // The algorithm likes a server that has no slot (leastconn with maxqueue); others may have one.
    for (const server of this.#candidates) {
      if (this.#queues.any.length === 0) return;
      this.serve(server);
    }
  }

  /**
   * Looks at the servers again: call it after a server's state or weight was changed (`assign` does so by
   * itself), so that waiting streams get the new slots, or leave a server that is gone. Answers how many
   * streams it moved away from servers that are down.
   */
  update(): number {
    this.#resync();
    let moved = 0;
    for (const server of this.#queues.awaited) {
      if (!server.state.running) moved += this.#giveBack(server);
    }
    if (this.#candidates.length === 0) {
      // Nobody is left to wait for.
      for (let w = this.#queues.any.first; w !== undefined; w = this.#queues.any.first) {
        this.#queues.leave(w);
        w.settle(undefined);
      }
    } else {
      this.serveAll();
    }
    return moved;
  }

  /**
   * A server's state or weight was changed: as `update` when streams wait; else the next stream looks, so that many
   * changes at once cost one look.
   */
  changed(): number {
    return this.#queues.empty ? 0 : this.update();
  }

  /** As `changed`, for the pools of all Generations of this backend in this thread. */
  changedAll(): number {
    return this.#o.group.changed();
  }

  /** As `update`, for the same. */
  updateAll(): number {
    return this.#o.group.update();
  }

  /** Takes over what has changed in the servers' states, when nobody had a reason to look since. */
  look(): void {
    if (this.#state.version !== this.#version) this.update();
  }

  #resync(): void {
    this.#version = this.#state.version;
    const active: Server[] = [];
    const backups: Server[] = [];
    for (const server of this.#servers) {
      if (server.sync()) this.places++;
      if (server.usable) (server.backup ? backups : active).push(server);
    }
    if (active.length > 0) this.#candidates = active;
    else this.#candidates = this.#o.allBackups ? backups : backups.slice(0, 1);
    this.#isCandidate = new Set(this.#candidates);
    this.#balancer.update(this.#candidates);
  }

  /** Streams that wait for a server that is down go to the others, when they may leave it. */
  #giveBack(server: Server): number {
    if (!this.#o.redispatch || this.#o.persist) return 0;
    let moved = 0;
    for (let w = server.queue.first; w !== undefined; w = server.queue.first) {
      this.#queues.leave(w);
      this.#reassign(w);
      moved++;
    }
    return moved;
  }

  #reassign(w: Waiting): void {
    if (this.#candidates.length === 0) return w.settle(undefined);
    const all = this.#queues.any.length > 0 && !this.#o.algorithm.keyed;
    const server = all ? undefined : this.#balancer.pick(w.stream, w.excluded);
    if (server !== undefined && this.#take(server)) return w.settle(server);
    if (server !== undefined && this.#queueFull(server)) return w.settle(undefined);
    this.#queues.enterAgain(w, this.#o.algorithm.keyed ? server : undefined);
  }

  #take(server: Server): boolean {
    // Streams that wait for this server may not be overtaken.
    const waited = this.#queues.awaited.size > 0 && server.queue.length > 0;
    if (waited && this.limitOf(server) !== 0) return false;
    return this.#takeSlot(server);
  }

  #takeSlot(server: Server): boolean {
    if (!server.state.takeSlot(this.limitOf(server))) return false;
    this.#state.addServed(1);
    server.counters.add(SC.lbtot, 1);
    this.#o.counters.add(PC.lbtot, 1);
    this.#balancer.loadChanged(server);
    return true;
  }

  #queueFull(server: Server): boolean {
    return server.maxqueue > 0 && server.state.queued >= server.maxqueue;
  }

  #wait(
    stream: StreamView | undefined,
    server: Server | undefined,
    { excluded }: AssignOptions,
  ): Waiting {
    const w = this.#queues.enter(stream, server, excluded);
    if (this.#threads > 1) {
      // Another thread may have freed a slot before it could see this stream wait.
      this.serveAll();
      if (!w.settled && !this.#watching) this.#watch();
    }
    return w;
  }

  /** While streams wait here, takes what other threads free, and looks at servers that they have changed. */
  async #watch(): Promise<void> {
    this.#watching = true;
    while (!this.#queues.empty) {
      const seen = this.#state.freed;
      if (this.#state.version !== this.#version) this.update();
      else this.serveAll();
      if (!this.#queues.empty) await this.#state.untilFreed(seen);
    }
    this.#watching = false;
  }

  #onCancel(w: Waiting): void {
    this.#queues.leave(w);
    // The last one gone: let the watch end.
    if (this.#watching && this.#queues.empty) this.#state.slotFreed();
  }
}
