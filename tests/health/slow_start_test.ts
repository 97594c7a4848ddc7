import assert from "node:assert/strict";
import { Waiting } from "../../lib/balance/queue.ts";
import type { Server } from "../../lib/balance/server.ts";
import { bed } from "./support.ts";
import { taken } from "../balance/variants.ts";

const SLOW = { a: { weight: 100, slowstart: 8000, maxconn: 50 }, b: { weight: 100, maxconn: 50 } };

type Bed = ReturnType<typeof bed>;

function restart(t: Bed, server: Server): void {
  t.status.down(server, "");
  t.status.up(server, "");
}

/** Goes on to `ms` since the beginning, and as far as a timer may be late. */
function at(t: Bed, ms: number): void {
  t.clock.advance(ms + 50 - t.clock.now());
}

/** What HAProxy 2.6 says of `slowstart 8s`, `weight 100` and `maxconn 50` as the seconds pass. */
const WEIGHTS = [7, 19, 32, 44, 57, 69, 82, 94, 100, 100];

Deno.test("a server that comes up gets its weight in HAProxy's steps", () => {
  const t = bed(SLOW);
  const a = t.servers[0];
  restart(t, a);
  const seen = WEIGHTS.map((_, second) => {
    at(t, second * 1000);
    assert.equal(a.state.starting, second < 8);
    return Math.ceil(a.effectiveWeight / 16);
  });
  assert.deepEqual(seen, WEIGHTS);
  assert.equal(a.weight, 100, "the weight that was set does not change");
});

Deno.test("its maxconn grows from one connection to all", () => {
  const t = bed(SLOW);
  const a = t.servers[0];
  restart(t, a);
  const seen = [0, 1, 2, 4, 8].map((second) => {
    at(t, second * 1000);
    return t.pool.limitOf(a);
  });
  assert.deepEqual(seen, [1, 6, 12, 25, 50]);
});

Deno.test("streams follow the weight as it grows", () => {
  const t = bed({ a: { weight: 100, slowstart: 8000 }, b: { weight: 100 } });
  const [a] = t.servers;
  const share = () => {
    let n = 0;
    t.pool.update();
    for (let i = 0; i < 340; i++) if (t.pool.balancer.pick(undefined) === a) n++;
    return n;
  };
  assert.equal(share(), 170);
  restart(t, a);
  assert.equal(share(), 20);
  at(t, 4000);
  assert.ok(Math.abs(share() - 122) <= 2);
  at(t, 8000);
  assert.equal(share(), 170);
});

Deno.test("a static algorithm gives the whole weight at once, connections little by little", () => {
  for (const algorithm of ["static-rr", "source"]) {
    const t = bed(SLOW, { algorithm });
    const a = t.servers[0];
    restart(t, a);
    assert.deepEqual([a.effectiveWeight, t.pool.limitOf(a)], [1600, 1]);
    at(t, 4000);
    assert.deepEqual([a.effectiveWeight, t.pool.limitOf(a)], [1600, 25]);
  }
});

Deno.test("streams that wait get the slots as they come", async () => {
  const t = bed({ a: { slowstart: 1000, maxconn: 4 } });
  const [a] = t.servers;
  restart(t, a);
  taken(t, undefined);
  const w = t.pool.assign(undefined, {});
  assert.ok(w instanceof Waiting);
  at(t, 400);
  assert.equal(w.settled, false);
  at(t, 500);
  assert.equal(await w.granted, a);
});

Deno.test("nothing is held back at the start, nor of a server without slowstart", () => {
  const t = bed(SLOW);
  assert.deepEqual(t.servers.map((s) => s.effectiveWeight), [1600, 1600]);
  restart(t, t.servers[1]);
  assert.equal(t.servers[1].effectiveWeight, 1600);
});

Deno.test("maintenance that ends is a start as well; drain is not", () => {
  const t = bed(SLOW);
  const a = t.servers[0];
  t.status.setDrain(a);
  t.status.setReady(a);
  assert.equal(a.effectiveWeight, 1600);
  t.status.setMaint(a);
  t.status.setReady(a);
  assert.equal(a.effectiveWeight, 100);
});

Deno.test("a server that goes down on its way begins anew when it comes up", () => {
  const t = bed(SLOW);
  const a = t.servers[0];
  restart(t, a);
  t.clock.advance(6000);
  t.status.down(a, "");
  t.clock.advance(1000);
  assert.equal(a.state.starting, false);
  t.status.up(a, "");
  assert.equal(a.effectiveWeight, 100);
  t.clock.advance(8050);
  assert.equal(a.effectiveWeight, 1600);
});

Deno.test("a reload goes on where the start was, or ends it when slowstart was removed", () => {
  const t = bed(SLOW);
  restart(t, t.servers[0]);
  t.clock.advance(2000);
  const next = bed(SLOW, { store: t.store, clock: t.clock });
  next.status.start();
  t.status.stop();
  at(t, 4000);
  assert.equal(next.servers[0].effectiveWeight, 900);
  const last = bed({ ...SLOW, a: { weight: 100, maxconn: 50 } }, {
    store: t.store,
    clock: t.clock,
  });
  last.status.start();
  next.status.stop();
  assert.equal(last.servers[0].effectiveWeight, 1600);
  t.clock.advance(20_000);
  assert.equal(last.servers[0].effectiveWeight, 1600);
});

Deno.test("a clock that goes on while a server comes up takes nothing from its start", () => {
  const t = bed(SLOW);
  const a = t.servers[0];
  const { now } = t.clock;
  let late = 0;
  t.clock.now = () => now.call(t.clock) + (late += 0.01);
  restart(t, a);
  assert.equal(a.effectiveWeight, 100);
});
