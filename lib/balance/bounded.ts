/**
 * Bounded loads (`hash-balance-factor`): finds the next place of a ring whose server has less than its share, however
 * many servers before it have theirs.
 *
 * A share moves by one up or down with nearly every stream that comes or goes, but never above the whole number over
 * weight * slots / total. Servers at or above that are set aside until so many slots are there that it may be more, or
 * until they lose a stream; the rest is looked at, and what was found from a few places on (those of keys that many
 * streams have) is known as long as the number of slots stays.
 */
import type { BalancerContext } from "./balancer.ts";
import { BitTree } from "./bit_tree.ts";
import { Heap, HeapNode } from "./heap.ts";
import type { Server } from "./server.ts";

class Aside extends HeapNode<Server> {
  /** places that were set aside */
  readonly places: number[] = [];
}

/** What is known of the places from one on, with one number of slots. Places round the end are counted on. */
class Walk {
  from = -1;
  slots = -1;
  /** asked for a second time: what is found is remembered */
  wanted = false;
  /** no server has its first place between `from` and here, and room, but those in `holes` */
  to = 0;
  /** servers that have lost a stream since, by their first place */
  readonly holes: Heap<Server> = new Heap();
  readonly #nodes: HeapNode<Server>[] = [];

  begin(from: number, slots: number): void {
    for (let node = this.holes.first(); node !== undefined; node = this.holes.first()) {
      this.holes.remove(node);
    }
    this.from = this.to = from;
    this.slots = slots;
  }

  addHole(server: Server, place: number): void {
    const node = this.#nodes[server.index] ??= new HeapNode(server);
    if (node.heap === undefined) this.holes.add(node, place);
  }
}

/** So many servers may be looked at in vain before it is worth the while to set any aside. */
const SHORT_WALK = 4;

/** Keys of so many places are remembered at a time. */
const WALKS = 4;

export class BoundedLoads {
  readonly #factor: number;
  readonly #served: () => number;
  readonly #servers: readonly Server[];
  /** sum of the effective weights, and for each server that of those before it, by its index */
  #total = 0;
  /** `#each` for each unit of weight and `#rest` shared out are so many slots */
  #sharedSlots = -1;
  #each = 0;
  #rest = 0;
  readonly #before: Float64Array;
  /** index of the server that owns each place */
  #owners: Uint32Array = new Uint32Array(0);
  /** the places of each server rising, and where they begin */
  #places: Uint32Array = new Uint32Array(0);
  readonly #starts: Uint32Array;
  #free: BitTree | undefined;
  /** servers set aside, by the number of slots from which on they may have their share again */
  readonly #heap = new Heap<Server>();
  readonly #aside: readonly Aside[];
  #probe = 0;
  /** slots at the last search; -1: there was none yet */
  #slots = -1;
  readonly #walks: readonly Walk[] = Array.from({ length: WALKS }, () => new Walk());
  #oldest = 0;

  constructor({ servers, balanceFactor, served }: BalancerContext) {
    this.#servers = servers;
    this.#factor = balanceFactor;
    this.#served = served;
    this.#before = new Float64Array(servers.length);
    this.#starts = new Uint32Array(servers.length + 1);
    this.#aside = servers.map((server) => new Aside(server));
  }

  /** The places are others now, or weights are. */
  reset(members: readonly Server[], owners: Uint32Array): void {
    this.#total = 0;
    for (const server of members) {
      this.#before[server.index] = this.#total;
      this.#total += server.effectiveWeight;
    }
    for (let node = this.#heap.first() as Aside | undefined; node !== undefined;) {
      this.#heap.remove(node);
      node.places.length = 0;
      node = this.#heap.first() as Aside | undefined;
    }
    this.#owners = owners;
    this.#free = undefined;
    this.#slots = this.#sharedSlots = -1;
    for (const walk of this.#walks) walk.begin(-1, -1);
  }

  /**
   * True while the server has less than its share of the streams that there are, the one that comes counted, times the
   * factor. The shares are whole numbers that add up; each is at least one.
   */
  hasShare(server: Server): boolean {
    return this.#hasShare(server, this.#slotsNow());
  }

  #slotsNow(): number {
    return Math.floor(((this.#served() + 1) * this.#factor + 99) / 100);
  }

  #hasShare(server: Server, slots: number): boolean {
    const { current } = server.state;
    if (current === 0) return true;
    const total = this.#total;
    if (slots !== this.#sharedSlots) {
      this.#sharedSlots = slots;
      this.#each = Math.floor(slots / total);
      this.#rest = slots % total;
    }
    const weight = server.effectiveWeight;
    // Of the rest it gets at most one for each unit of its weight.
    const beyond = current - weight * this.#each;
    if (beyond < 0 || beyond >= weight) return beyond < 0;
    const before = this.#before[server.index];
    const rest = this.#rest;
    return beyond < Math.floor((before + weight) * rest / total) -
        Math.floor(before * rest / total);
  }

  /** From so many slots on the server may have less than its share. */
  #mayFrom({ state }: Server): number {
    return Math.ceil(state.current * this.#total / state.effectiveWeight);
  }

  /** The first place at or after `from`, round the end, whose server has less than its share. -1: there is none. */
  next(from: number, excluded: Server | undefined): number {
    this.#free ??= this.#layOut();
    const slots = this.#slots = this.#slotsNow();
    this.#wake(slots);
    if (excluded !== undefined) return this.#place(this.#walkOn(from, from, slots, excluded));
    const walk = this.#walkFrom(from, slots);
    for (let hole = walk.holes.first(); hole !== undefined; hole = walk.holes.first()) {
      if (this.#hasShare(hole.value, slots)) return this.#place(hole.key);
      walk.holes.remove(hole);
    }
    const found = this.#walkOn(from, walk.to, slots, undefined);
    if (found >= 0 && walk.wanted) walk.to = found;
    return this.#place(found);
  }

  #place(counted: number): number {
    const { length } = this.#owners;
    return counted < length ? counted : counted - length;
  }

  #walkFrom(from: number, slots: number): Walk {
    for (const walk of this.#walks) {
      if (walk.from !== from) continue;
      if (walk.slots !== slots) walk.begin(from, slots);
      walk.wanted = true;
      return walk;
    }
    const walk = this.#walks[this.#oldest];
    this.#oldest = (this.#oldest + 1) % WALKS;
    walk.begin(from, slots);
    walk.wanted = false;
    return walk;
  }

  /** The same from `at` on, which is `from` or behind it; places round the end are counted on. */
  #walkOn(from: number, begin: number, slots: number, excluded: Server | undefined): number {
    const free = this.#free!;
    const { length } = this.#owners;
    const end = from + length;
    // So near to coming back that it is not worth it: the number of slots goes up and down.
    const near = slots + 16 + (slots >> 8);
    for (let at = begin, passed = 0; at < end; passed++) {
      const round = at < length ? 0 : length;
      const place = free.next(at - round);
      if (place < 0) {
        if (round > 0) break;
        at = length;
        continue;
      }
      if (place + round >= end) break;
      const server = this.#servers[this.#owners[place]];
      if (server !== excluded && this.#hasShare(server, slots)) return place + round;
      if (passed >= SHORT_WALK) {
        const may = this.#mayFrom(server);
        if (may > near) this.#setAside(server, place, may);
      }
      at = place + round + 1;
    }
    return -1;
  }

  #layOut(): BitTree {
    const owners = this.#owners;
    const starts = this.#starts.fill(0);
    for (const owner of owners) starts[owner + 1]++;
    for (let i = 1; i < starts.length; i++) starts[i] += starts[i - 1];
    const places = new Uint32Array(owners.length);
    const next = starts.slice();
    for (let place = 0; place < owners.length; place++) places[next[owners[place]]++] = place;
    this.#places = places;
    return new BitTree(owners.length);
  }

  /** A stream of the server has come or gone. */
  loadChanged(server: Server): void {
    if (this.#slots < 0) return;
    const node = this.#aside[server.index];
    if (node.heap !== undefined) this.#lookAgain(node);
    for (const walk of this.#walks) {
      // Nothing is known of it.
      if (walk.to === walk.from) continue;
      if (walk.slots !== this.#slots) walk.slots = -1;
      else if (this.#hasShare(server, walk.slots)) this.#addHole(walk, server);
    }
  }

  #addHole(walk: Walk, server: Server): void {
    const places = this.#places;
    const first = this.#starts[server.index];
    const end = this.#starts[server.index + 1];
    if (first === end) return;
    let low = first;
    for (let high = end; low < high;) {
      const middle = (low + high) >>> 1;
      if (places[middle] < walk.from) low = middle + 1;
      else high = middle;
    }
    const place = low < end ? places[low] : places[first] + this.#owners.length;
    if (place < walk.to) walk.addHole(server, place);
  }

  #setAside(server: Server, place: number, may: number): void {
    const node = this.#aside[server.index];
    this.#free!.remove(place);
    node.places.push(place);
    if (node.heap === undefined) this.#heap.add(node, may);
  }

  #bringBack(node: Aside): void {
    if (node.heap !== undefined) this.#heap.remove(node);
    for (const place of node.places) this.#free!.add(place);
    node.places.length = 0;
  }

  #lookAgain(node: Aside): void {
    const may = this.#mayFrom(node.value);
    if (may <= this.#slots) return this.#bringBack(node);
    if (may === node.key) return;
    this.#heap.remove(node);
    this.#heap.add(node, may);
  }

  #wake(slots: number): void {
    for (;;) {
      const node = this.#heap.first() as Aside | undefined;
      if (node === undefined || node.key > slots) break;
      // It may have got more streams since.
      if (this.#mayFrom(node.value) > slots) this.#lookAgain(node);
      else this.#bringBack(node);
    }
    // Streams of other threads go without a word: one server is looked at again each time.
    if (this.#probe >= this.#aside.length) this.#probe = 0;
    const node = this.#aside[this.#probe++];
    if (node.heap !== undefined) this.loadChanged(node.value);
  }
}
