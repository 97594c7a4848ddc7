/** The algorithms that go by places: `static-rr`, `random`, and all that hash a key (manual 4.2 `balance`). */
import type { CompileContext } from "../expr/context_compile.ts";
import type { StreamView } from "../expr/context.ts";
import type { Balancer, BalancerContext } from "./balancer.ts";
import { type Key, type KeyOf, NO_KEY } from "./keys.ts";
import {
  CONFIGURED,
  MapPlacement,
  type Placement,
  placement,
  PRESENT,
  RingPlacement,
  type Shares,
} from "./placement.ts";
import type { Server } from "./server.ts";

/** Each place of the round in turn. */
export class StaticRoundRobin implements Balancer {
  readonly #map: MapPlacement;

  constructor(context: BalancerContext, shares: Shares = CONFIGURED) {
    this.#map = new MapPlacement(context, shares);
  }

  pick(_stream: StreamView | undefined, excluded?: Server): Server | undefined {
    return this.#map.next(excluded);
  }
  update(servers: readonly Server[]): void {
    this.#map.update(servers);
  }
  loadChanged(server: Server): void {
    this.#map.loadChanged(server);
  }
}

/**
 * `roundrobin` with several threads: what each server gets of a round is exact over all of them, and weights count as
 * they are now. The order within a round is that of `static-rr`.
 */
export class SharedRoundRobin extends StaticRoundRobin {
  constructor(context: BalancerContext) {
    super(context, PRESENT);
  }
}

/** The key's hash leads to a server; streams without a key go to each place in turn. */
export class Hashed implements Balancer {
  readonly #places: Placement;
  readonly #key: Key;
  readonly #affinity: BalancerContext["affinity"];
  #keyOf: KeyOf;

  constructor(key: Key, context: BalancerContext) {
    this.#places = placement(context.hashType.method, context);
    this.#affinity = context.affinity;
    this.#key = key;
    this.#keyOf = key.of;
  }

  /** Compiles the key's expression, if it has one. */
  compile(context: CompileContext): void {
    this.#keyOf = this.#key.compile?.(context) ?? this.#keyOf;
  }

  pick(stream: StreamView | undefined, excluded?: Server): Server | undefined {
    const hash = stream === undefined ? NO_KEY : this.#keyOf(stream);
    if (hash === NO_KEY) return this.#places.next(excluded);
    const server = this.#places.byHash(hash, excluded);
    if (this.#affinity === undefined || server === undefined) return server;
    if (this.#affinity === "maxqueue" && !isQueueFull(server)) return server;
    // When all are full it waits for its own.
    return this.#places.withRoom(server, hash, excluded) ?? server;
  }
  update(servers: readonly Server[]): void {
    this.#places.update(servers);
  }
  loadChanged(server: Server): void {
    this.#places.loadChanged(server);
  }
}

function isQueueFull({ maxqueue, state }: Server): boolean {
  return maxqueue > 0 && state.queued >= maxqueue;
}

/** Some servers are drawn from the ring, and the one with the fewest streams for its weight is taken. */
export class Random implements Balancer {
  readonly #ring: RingPlacement;
  readonly #draws: number;
  readonly #random: () => number;

  constructor(context: BalancerContext) {
    this.#ring = new RingPlacement(context);
    this.#draws = context.settings.draws ?? 2;
    this.#random = context.random;
  }

  /** When the best drawn is full, the next on the ring that has room: HAProxy lets the stream wait instead. */
  pick(_stream: StreamView | undefined, excluded?: Server): Server | undefined {
    let best: Server | undefined;
    let hash = 0;
    for (let i = 0; i < this.#draws; i++) {
      const drawn = Math.floor(this.#random() * 0x100000000);
      const server = this.#ring.byHash(drawn, excluded);
      if (server === undefined) return undefined;
      if (best === undefined || isLessBusy(server, best)) {
        best = server;
        hash = drawn;
      }
    }
    return best && this.#ring.withRoom(best, hash, excluded);
  }
  update(servers: readonly Server[]): void {
    this.#ring.update(servers);
  }
  loadChanged(server: Server): void {
    this.#ring.loadChanged(server);
  }
}

/** Of equal ones the one drawn last. */
function isLessBusy(a: Server, b: Server): boolean {
  return a.state.current * b.effectiveWeight <= b.state.current * a.effectiveWeight;
}
