/**
 * `balance leastconn`: the server with the lowest (connections + queued) / weight; among equal ones the one
 * that has waited longest for its place, O(log n).
 *
 * A server's place is reckoned again whenever this thread changes its load. What other threads change is
 * noticed when the server comes up for choice, and by reckoning some more servers at every pick. The order among
 * equal servers is one for all threads: that of the last changes of their loads, whoever made them.
 */
import type { StreamView } from "../expr/context.ts";
import type { Balancer, BalancerContext } from "./balancer.ts";
import { Heap, HeapNode } from "./heap.ts";
import type { Server } from "./server.ts";

/** servers that are reckoned again at a pick, for what other threads have changed */
const PROBES = 4;

class Load extends HeapNode<Server> {
  /** effective weight it was entered with; 0: not among the servers to choose from */
  weight = 0;
  named = 0;
}

export class LeastConn implements Balancer {
  readonly #loads: Load[];
  readonly #limitOf: (server: Server) => number;
  readonly #nextChange: (() => number) | undefined;
  readonly #heap = new Heap<Server>();
  /** members that were found full, out of the heap until they have room */
  readonly #parked = new Set<Load>();
  #members: Load[] = [];
  #probe = 0;
  #updates = 0;

  constructor(context: BalancerContext) {
    this.#loads = context.servers.map((s) => new Load(s));
    this.#limitOf = context.limitOf;
    this.#nextChange = context.nextChange;
  }

  /** With a maxqueue set, a place in the server's queue is as good as a slot (manual 5.2 `maxqueue`). */
  #isFull(server: Server): boolean {
    const limit = this.#limitOf(server);
    return limit !== 0 && server.state.current + server.state.queued >= limit + server.maxqueue;
  }

  pick(_stream: StreamView | undefined, excluded?: Server): Server | undefined {
    if (this.#members.length === 0) return undefined;
    for (let n = this.#nextChange === undefined ? 1 : PROBES; n > 0; n--) {
      if (this.#probe >= this.#members.length) this.#probe = 0;
      this.#reckon(this.#members[this.#probe++]);
    }
    let found = this.#pickFree(excluded);
    if (found === undefined && this.#parked.size > 0) {
      for (const load of this.#parked) this.#reckon(load);
      found = this.#pickFree(excluded);
    }
    return found?.value;
  }

  #pickFree(excluded: Server | undefined): Load | undefined {
    let avoided: Load | undefined;
    let found: Load | undefined;
    while (true) {
      const load = this.#heap.first() as Load | undefined;
      if (load === undefined) break;
      if (this.#isFull(load.value)) {
        this.#heap.remove(load);
        this.#parked.add(load);
        continue;
      }
      const key = keyOf(load);
      if (key > load.key || (key === load.key && this.#isLater(load))) {
        // Another thread has given it work.
        this.#heap.remove(load);
        this.#add(load, key);
        continue;
      }
      if (load.value === excluded && avoided === undefined) {
        avoided = load;
        this.#heap.remove(load);
        continue;
      }
      found = load;
      break;
    }
    if (avoided === undefined) return found;
    this.#add(avoided, keyOf(avoided));
    return found ?? avoided;
  }

  loadChanged(server: Server): void {
    const load = this.#loads[server.index];
    if (this.#nextChange !== undefined && keyOf(load) !== load.key) {
      server.state.markLoad(this.#nextChange());
    }
    this.#reckon(load);
  }

  /** Another thread was the last to change the server's load. */
  #isLater(load: Load): boolean {
    return this.#nextChange !== undefined && load.value.state.loadOrder !== load.order;
  }

  #add(load: Load, key: number): void {
    if (this.#nextChange === undefined) this.#heap.add(load, key);
    else this.#heap.add(load, key, load.value.state.loadOrder);
  }

  #reckon(load: Load): void {
    if (load.weight === 0) return;
    if (load.heap === undefined) {
      if (this.#isFull(load.value)) return;
      this.#parked.delete(load);
    } else {
      if (keyOf(load) === load.key && !this.#isLater(load)) return;
      this.#heap.remove(load);
    }
    this.#add(load, keyOf(load));
  }

  update(servers: readonly Server[]): void {
    const update = ++this.#updates;
    const members: Load[] = [];
    for (const server of servers) {
      const load = this.#loads[server.index];
      members.push(load);
      load.named = update;
      const before = load.weight;
      load.weight = server.effectiveWeight;
      if (before === 0) {
        if (this.#nextChange !== undefined) server.state.markLoad(this.#nextChange());
        this.#add(load, keyOf(load));
      } else this.#reckon(load);
    }
    for (const load of this.#members) {
      if (load.named === update) continue;
      load.weight = 0;
      if (load.heap === undefined) this.#parked.delete(load);
      else this.#heap.remove(load);
    }
    this.#members = members;
  }
}

/**
 * The order of servers: load per weight after one more stream, in whole numbers so that close loads count as
 * equal; an idle server comes first whatever its weight.
 */
function keyOf(load: Load): number {
  const busy = load.value.state.current + load.value.state.queued;
  return busy === 0 ? 0 : Math.floor((busy + 1) * 4096 / load.weight);
}
