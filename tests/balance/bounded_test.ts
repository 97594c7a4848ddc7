/** Bounded loads (manual 4.2 `hash-balance-factor`): what is set aside and remembered changes no choice. */
import assert from "node:assert/strict";
import type { BalancerContext } from "../../lib/balance/balancer.ts";
import { BoundedLoads } from "../../lib/balance/bounded.ts";
import { Ring } from "../../lib/balance/ring.ts";
import type { Server } from "../../lib/balance/server.ts";
import { Random } from "../support/random.ts";
import { backend, serverConfig } from "./support.ts";

/** The same by walking round the ring place by place; -1: there is none. */
function walk(
  { owners, length }: Ring,
  servers: readonly Server[],
  from: number,
  factor: number,
  excluded: Server | undefined,
): number {
  const served = servers.reduce((sum, { state }) => sum + state.current, 0);
  const total = servers.reduce((sum, { effectiveWeight }) => sum + effectiveWeight, 0);
  const slots = Math.floor(((served + 1) * factor + 99) / 100);
  const before: number[] = [];
  let sum = 0;
  for (const { effectiveWeight } of servers) {
    before.push(sum);
    sum += effectiveWeight;
  }
  const upTo = (weight: number) => Math.floor(weight * slots / total);
  for (let i = 0; i < length; i++) {
    const place = (from + i) % length;
    const server = servers[owners[place]];
    const start = before[server.index];
    const share = Math.max(1, upTo(start + server.effectiveWeight) - upTo(start));
    if (server !== excluded && server.state.current < share) return place;
  }
  return -1;
}

for (const [factor, keys] of [[101, 1], [125, 1], [125, 3], [150, 12], [300, 40]]) {
  Deno.test(`with factor ${factor} and ${keys} keys each choice is that of a plain walk`, () => {
    const random = new Random(factor + keys);
    const { servers } = backend(
      Array.from({ length: 80 }, (_, i) => serverConfig(`s${i}`, { weight: 1 + i % 4 })),
    );
    const held: Server[] = [];
    const context = { servers, balanceFactor: factor, served: () => held.length };
    const bounded = new BoundedLoads(context as unknown as BalancerContext);
    const ring = new Ring(servers);
    const layOut = () => {
      ring.update(servers);
      bounded.reset(servers, ring.owners);
    };
    layOut();
    const starts = Array.from({ length: keys }, () => random.below(0x7fffffff) * 2);
    const release = () => {
      const [server] = held.splice(random.below(held.length), 1);
      server.state.freeSlot();
      bounded.loadChanged(server);
    };
    for (let i = 0; i < 6000; i++) {
      // The number of streams goes up and down, and at times stays.
      const wanted = Math.max(0, Math.round(200 + 250 * Math.sin(i / 400)));
      while (held.length > wanted) release();
      if (held.length > 0 && i % 1000 > 500) release();
      const from = ring.nearest(starts[random.below(keys)]);
      const excluded = random.below(50) === 0 ? servers[ring.owners[from]] : undefined;
      const place = bounded.next(from, excluded);
      assert.equal(place, walk(ring, servers, from, factor, excluded), `step ${i}`);
      const server = servers[ring.owners[place]];
      server.state.takeSlot(0);
      held.push(server);
      bounded.loadChanged(server);
      if (i % 700 === 699) {
        servers[random.below(servers.length)].state.setWeight(1 + random.below(6));
        layOut();
      }
    }
  });
}
