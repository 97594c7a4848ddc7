/** Algorithms that take turns, with several threads: the turn is one for all. */
import assert from "node:assert/strict";
import { provisionPool } from "../../lib/balance/provision.ts";
import { Server } from "../../lib/balance/server.ts";
import { StateStore } from "../../lib/state/store.ts";
import { backendConfig, balanceOf, weighted } from "./support.ts";
import type { ServerConfig } from "../../lib/config/model.ts";

/** The pools of three threads, and who gets the next stream in thread `n`. */
function threads(algorithm: string, servers: readonly ServerConfig[]) {
  const main = new StateStore({ threads: 3 });
  const config = backendConfig(servers, balanceOf(algorithm));
  const setup = { wallMs: 0, defaultFullconn: 0 };
  const lease = main.lease();
  const pools = [provisionPool(config, { ...setup, lease })];
  lease.commit();
  for (const thread of [1, 2]) {
    const worker = StateStore.attach(main.image(), thread);
    pools.push(provisionPool(config, { ...setup, lease: worker.lease() }));
  }
  const next = (n: number) => {
    const { pool } = pools[n % 3];
    const server = pool.assign(undefined, {});
    assert.ok(server instanceof Server);
    return { name: server.name, release: () => pool.release(server) };
  };
  const serve = (n: number) => {
    const { name, release } = next(n);
    release();
    return name;
  };
  return { servers: pools[0].servers, next, serve };
}

/** Threads in an order of no rule, the same in every run. */
const order = (i: number) => Math.imul(i + 1, 2654435761) >>> 13;

for (const algorithm of ["roundrobin", "static-rr"]) {
  Deno.test(`${algorithm}: whichever threads the streams come to, servers take turns`, () => {
    const { serve } = threads(algorithm, weighted([1, 1, 1, 1]));
    const got = Array.from({ length: 40 }, (_, i) => serve(order(i))).join("");
    assert.equal(got, "ABCD".repeat(10));
  });

  Deno.test(`${algorithm}: in each round of all threads servers get what their weights say`, () => {
    const { serve } = threads(algorithm, weighted([5, 3, 1]));
    for (let round = 0; round < 4; round++) {
      const got = Array.from({ length: 9 }, (_, i) => serve(order(9 * round + i))).sort().join("");
      assert.equal(got, "AAAAABBBC");
    }
  });

  Deno.test(`${algorithm}: a full server is passed over, and takes its turn again`, () => {
    const servers = weighted([1, 1, 1]).map((s) => s.name === "B" ? { ...s, maxconn: 1 } : s);
    const { next, serve } = threads(algorithm, servers);
    assert.equal(serve(0), "A");
    const held = next(1);
    assert.equal(held.name, "B");
    assert.deepEqual([2, 0, 1, 2].map(serve), ["C", "A", "C", "A"]);
    held.release();
    assert.deepEqual([0, 1, 2, 0].map(serve), ["B", "C", "A", "B"]);
  });
}

Deno.test("leastconn: whichever threads the streams come to, idle servers take turns", () => {
  const { serve } = threads("leastconn", weighted([1, 1, 1, 1]));
  const got = Array.from({ length: 40 }, (_, i) => serve(order(i))).join("");
  assert.equal(got, "ABCD".repeat(10));
});

Deno.test("leastconn: what one thread's streams hold counts in all threads, and so does their end", () => {
  const { next, serve } = threads("leastconn", weighted([1, 1, 1]));
  const held = [next(0), next(1)];
  assert.deepEqual(held.map(({ name }) => name), ["A", "B"]);
  assert.deepEqual([2, 0, 1, 2].map(serve), ["C", "C", "C", "C"]);
  held[0].release();
  assert.deepEqual([1, 2, 0, 1].map(serve), ["C", "A", "C", "A"]);
});

Deno.test("roundrobin: a weight that is changed while running counts in all threads", () => {
  const { servers, serve } = threads("roundrobin", weighted([1, 1]));
  servers[0].state.setWeight(3);
  const got = Array.from({ length: 40 }, (_, i) => serve(order(i)));
  assert.equal(got.filter((name) => name === "A").length, 30);
  servers[0].state.setWeight(0);
  assert.deepEqual([0, 1, 2].map(serve), ["B", "B", "B"]);
});

Deno.test("roundrobin: during slowstart a server gets its part of the round", () => {
  const { servers, serve } = threads("roundrobin", weighted([1, 1]));
  servers[0].state.setShare(4, 100);
  const got = Array.from({ length: 50 }, (_, i) => serve(order(i)));
  assert.equal(got.filter((name) => name === "A").length, 10);
});
