/**
 * Finds the next server with room among places in a fixed order: a map, a ring, a list. A server may own many
 * places. A place whose server is found full is set aside until that server has room again, so that full
 * servers cost nothing however many they are.
 */
import type { BalancerContext } from "./balancer.ts";
import { BitTree } from "./bit_tree.ts";
import type { Server } from "./server.ts";

const NONE = new Uint32Array(0);

export class Room {
  readonly #servers: readonly Server[];
  readonly #limitOf: (server: Server) => number;
  /** index of the server that owns each place */
  #owners: Uint32Array = NONE;
  /** places that were not found full; undefined: none was looked for yet */
  #free: BitTree | undefined;
  /** servers found full, where each stands among them, and the places of each that were set aside */
  readonly #full: Server[] = [];
  readonly #at: Int32Array;
  readonly #aside: number[][];
  #probe = 0;

  constructor(context: BalancerContext) {
    this.#servers = context.servers;
    this.#limitOf = context.limitOf;
    this.#at = new Int32Array(context.servers.length).fill(-1);
    this.#aside = context.servers.map(() => []);
  }

  /** The places are others now: place `i` is owned by the server with the index `owners[i]`. */
  reset(owners: Uint32Array): void {
    this.#owners = owners;
    this.#free = undefined;
    for (const { index } of this.#full) {
      this.#at[index] = -1;
      this.#aside[index].length = 0;
    }
    this.#full.length = 0;
  }

  /** True when a stream that comes now would have to wait for the server. */
  isFull(server: Server): boolean {
    const limit = this.#limitOf(server);
    return limit !== 0 && (server.state.queued > 0 || server.state.current >= limit);
  }

  /**
   * The first place at or after `from`, round the end, whose server has room; one of `excluded` only when no
   * other has. -1: all are full.
   */
  next(from: number, excluded?: Server): number {
    // Limits may rise without a word (fullconn, other threads): one server is looked at again each time.
    if (this.#full.length > 0) this.#probeOne();
    let found = this.#next(from, excluded);
    if (found < 0 && this.#full.length > 0) {
      this.#probeAll();
      found = this.#next(from, excluded);
    }
    return found;
  }

  #next(from: number, excluded: Server | undefined): number {
    const free = this.#free ??= new BitTree(this.#owners.length);
    let avoided = -1;
    let wrapped = false;
    let at = from;
    for (;;) {
      const place = free.next(at);
      if (place < 0 || (wrapped && place >= from)) {
        if (wrapped || from === 0) return avoided;
        wrapped = true;
        at = 0;
        continue;
      }
      const server = this.#servers[this.#owners[place]];
      if (this.isFull(server)) this.#setAside(server, place);
      else if (server !== excluded) return place;
      else if (avoided < 0) avoided = place;
      at = place + 1;
    }
  }

  /** A slot or queue place of the server was taken or given back. */
  loadChanged(server: Server): void {
    if (this.#at[server.index] >= 0 && !this.isFull(server)) this.#bringBack(server);
  }

  #setAside(server: Server, place: number): void {
    this.#free!.remove(place);
    this.#aside[server.index].push(place);
    if (this.#at[server.index] < 0) this.#at[server.index] = this.#full.push(server) - 1;
  }

  #bringBack(server: Server): void {
    const places = this.#aside[server.index];
    for (const place of places) this.#free!.add(place);
    places.length = 0;
    const at = this.#at[server.index];
    const last = this.#full.pop()!;
    if (last !== server) {
      this.#full[at] = last;
      this.#at[last.index] = at;
    }
    this.#at[server.index] = -1;
  }

  #probeOne(): void {
    if (this.#probe >= this.#full.length) this.#probe = 0;
    const server = this.#full[this.#probe++];
    if (!this.isFull(server)) this.#bringBack(server);
  }

  #probeAll(): void {
    for (let i = this.#full.length - 1; i >= 0; i--) {
      if (!this.isFull(this.#full[i])) this.#bringBack(this.#full[i]);
    }
  }
}
