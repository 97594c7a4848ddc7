/** `balance sticky`: one server as long as it is up; it does not come back when it is up again (HAProxy 3.0). */
import type { StreamView } from "../expr/context.ts";
import type { Balancer } from "./balancer.ts";
import type { Server } from "./server.ts";

export class Sticky implements Balancer {
  #servers: readonly Server[] = [];
  #current: Server | undefined;

  pick(_stream: StreamView | undefined, excluded?: Server): Server | undefined {
    const current = this.#current ??= this.#servers[0];
    if (current !== excluded) return current;
    return this.#servers.find((server) => server !== excluded) ?? current;
  }

  update(servers: readonly Server[]): void {
    this.#servers = servers;
    if (this.#current !== undefined && !servers.includes(this.#current)) this.#current = undefined;
  }

  loadChanged(): void {}
}
