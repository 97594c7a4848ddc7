/** From a hash to a server: `hash-type map-based` and `consistent` (manual 4.2). */
import type { HashTypeConfig } from "../config/model.ts";
import type { BalancerContext } from "./balancer.ts";
import { BoundedLoads } from "./bounded.ts";
import { Ring } from "./ring.ts";
import { Room } from "./room.ts";
import type { Server } from "./server.ts";
import { staticPlan } from "./static_plan.ts";
import { ownTurn, type Turn } from "./turn.ts";

/** Places in an order, each owned by one of the servers to choose from. */
export interface Placement {
  /**
   * The server that `hash` leads to, whether it has room or not. `excluded` only when there is no other.
   * Undefined: there is no server.
   */
  byHash(hash: number, excluded: Server | undefined): Server | undefined;
  /** `server`, to which `hash` leads, or when it is full the next that has room; undefined: all are full. */
  withRoom(server: Server, hash: number, excluded: Server | undefined): Server | undefined;
  /** The next server in turn that has room; `excluded` only when no other has. */
  next(excluded: Server | undefined): Server | undefined;
  update(servers: readonly Server[]): void;
  loadChanged(server: Server): void;
}

export function placement(method: HashTypeConfig["method"], context: BalancerContext): Placement {
  return method === "consistent" ? new RingPlacement(context) : new MapPlacement(context);
}

/** What a server has of the places of a round. */
export interface Shares {
  /** the weight that counts */
  of(server: Server): number;
  /** what all weights are divided by */
  divisor(all: readonly Server[], weights: readonly number[]): number;
}

/** While running a server has all of its weight or nothing; the round is laid out by all that are configured. */
export const CONFIGURED: Shares = {
  of: ({ weight }) => weight,
  divisor: (all) => commonDivisor(all.map(({ state }) => state.initialWeight)),
};

/** Most places of a round whose weights change while running. */
const MOST_PLACES = 0x20000;

/** The weight that a server has now, a part of it while it starts slowly. */
export const PRESENT: Shares = {
  of: ({ effectiveWeight }) => effectiveWeight,
  divisor(_all, weights) {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return Math.max(commonDivisor(weights), total / MOST_PLACES);
  },
};

/** A round of places laid out once for the servers that are up. Weights count relative to each other. */
export class MapPlacement implements Placement {
  readonly #all: readonly Server[];
  readonly #room: Room;
  #members: readonly Server[] = [];
  #weights: readonly number[] = [];
  #owners: Uint32Array = new Uint32Array(0);
  #stale = false;
  readonly #shares: Shares;
  readonly #turn: Turn;

  constructor(context: BalancerContext, shares: Shares = CONFIGURED) {
    this.#all = context.servers;
    this.#room = new Room(context);
    this.#shares = shares;
    this.#turn = context.turn ?? ownTurn();
  }

  byHash(hash: number, excluded: Server | undefined): Server | undefined {
    const owners = this.#plan();
    if (owners.length === 0) return undefined;
    const place = hash % owners.length;
    const server = this.#all[owners[place]];
    if (server !== excluded) return server;
    // HAProxy comes back to the server that has just failed; here a redispatch is one.
    for (let i = place + 1; i < place + owners.length; i++) {
      const other = this.#all[owners[i < owners.length ? i : i - owners.length]];
      if (other !== excluded) return other;
    }
    return server;
  }

  withRoom(server: Server, hash: number, excluded: Server | undefined): Server | undefined {
    if (!this.#room.isFull(server)) return server;
    const owners = this.#plan();
    const place = this.#room.next(hash % owners.length, excluded);
    return place < 0 ? undefined : this.#all[owners[place]];
  }

  next(excluded: Server | undefined): Server | undefined {
    const owners = this.#plan();
    if (owners.length === 0) return undefined;
    for (;;) {
      const turn = this.#turn.now();
      const place = this.#room.next(turn < owners.length ? turn : 0, excluded);
      if (place < 0) return undefined;
      if (this.#turn.move(turn, place + 1)) return this.#all[owners[place]];
    }
  }

  loadChanged(server: Server): void {
    this.#room.loadChanged(server);
  }

  update(servers: readonly Server[]): void {
    const same = servers.length === this.#members.length &&
      servers.every((s, i) => s === this.#members[i] && this.#shares.of(s) === this.#weights[i]);
    if (same) return;
    this.#members = servers;
    this.#weights = servers.map((s) => this.#shares.of(s));
    this.#stale = true;
  }

  /** Laid out when it is first needed, so that many changes at once cost one. */
  #plan(): Uint32Array {
    if (!this.#stale) return this.#owners;
    this.#stale = false;
    const members = this.#members;
    const divisor = this.#shares.divisor(this.#all, this.#weights);
    const plan = staticPlan(this.#weights.map((weight) => Math.ceil(weight / divisor)));
    this.#owners = members.length === 0 ? new Uint32Array(0) : plan.map((i) => members[i].index);
    this.#room.reset(this.#owners);
    return this.#owners;
  }
}

/** The greatest common divisor of those that are not 0; backups' are among the configured ones. */
function commonDivisor(weights: readonly number[]): number {
  let divisor = 0;
  for (const weight of weights) {
    for (let rest = weight; rest !== 0;) {
      [divisor, rest] = [rest, divisor % rest];
    }
  }
  return Math.max(1, divisor);
}

/** A ring of places, many for each server (see ring.ts), with bounded loads (`hash-balance-factor`). */
export class RingPlacement implements Placement {
  readonly #all: readonly Server[];
  readonly #room: Room;
  readonly #ring: Ring;
  /** undefined: a server has as many streams as come to it */
  readonly #bounded: BoundedLoads | undefined;
  /** position of the place whose turn was last; -1: none yet */
  #last = -1;

  constructor(context: BalancerContext) {
    this.#all = context.servers;
    this.#room = new Room(context);
    this.#ring = new Ring(context.servers);
    this.#bounded = context.balanceFactor === 0 ? undefined : new BoundedLoads(context);
  }

  byHash(hash: number, excluded: Server | undefined): Server | undefined {
    const { owners, length } = this.#ring;
    if (length === 0) return undefined;
    const first = this.#ring.nearest(hash);
    const server = this.#all[owners[first]];
    const bounded = this.#bounded;
    if (server !== excluded && (bounded === undefined || bounded.hasShare(server))) return server;
    if (bounded !== undefined) {
      const place = bounded.next(first, excluded);
      if (place >= 0) return this.#all[owners[place]];
    }
    // The nearest that is not excluded.
    for (let i = first; i !== first + length; i++) {
      const other = this.#all[owners[i < length ? i : i - length]];
      if (other !== excluded) return other;
    }
    return excluded;
  }

  withRoom(server: Server, hash: number, excluded: Server | undefined): Server | undefined {
    if (!this.#room.isFull(server)) return server;
    const place = this.#room.next(this.#ring.nearest(hash), excluded);
    return place < 0 ? undefined : this.#all[this.#ring.owners[place]];
  }

  next(excluded: Server | undefined): Server | undefined {
    const { length, owners, keys } = this.#ring;
    if (length === 0) return undefined;
    const from = this.#last < 0 ? 0 : this.#ring.atOrAfter(this.#last + 1);
    const place = this.#room.next(from < length ? from : 0, excluded);
    if (place < 0) return undefined;
    this.#last = keys[place];
    return this.#all[owners[place]];
  }

  loadChanged(server: Server): void {
    this.#room.loadChanged(server);
    this.#bounded?.loadChanged(server);
  }

  update(servers: readonly Server[]): void {
    const changed = this.#ring.update(servers);
    this.#bounded?.reset(servers, this.#ring.owners);
    if (!changed) return;
    this.#room.reset(this.#ring.owners);
    // When the place whose turn was last is gone, the one behind it has had its turn (as in HAProxy).
    if (this.#last < 0) return;
    const at = this.#ring.atOrAfter(this.#last);
    this.#last = at < this.#ring.length ? this.#ring.keys[at] : -1;
  }
}
