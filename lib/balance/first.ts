/**
 * `balance first`: the server with the lowest `id` that has room, so that as few servers as possible are busy.
 * Weights do not count. O(log n).
 */
import type { StreamView } from "../expr/context.ts";
import type { Balancer, BalancerContext } from "./balancer.ts";
import { Room } from "./room.ts";
import type { Server } from "./server.ts";

export class First implements Balancer {
  readonly #servers: readonly Server[];
  readonly #room: Room;
  #order: Uint32Array = new Uint32Array(0);

  constructor(context: BalancerContext) {
    this.#servers = context.servers;
    this.#room = new Room(context);
  }

  pick(_stream: StreamView | undefined, excluded?: Server): Server | undefined {
    if (this.#order.length === 0) return undefined;
    const place = this.#room.next(0, excluded);
    return place < 0 ? undefined : this.#servers[this.#order[place]];
  }

  loadChanged(server: Server): void {
    this.#room.loadChanged(server);
  }

  update(servers: readonly Server[]): void {
    const order = servers.toSorted((a, b) => a.id - b.id || a.index - b.index);
    this.#order = Uint32Array.from(order, (server) => server.index);
    this.#room.reset(this.#order);
  }
}
