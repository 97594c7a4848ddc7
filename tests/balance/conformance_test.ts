/** What must hold of every algorithm of the table. */
import assert from "node:assert/strict";
import { algorithmNamed, algorithms } from "../../lib/balance/balancer.ts";
import type { Server } from "../../lib/balance/server.ts";
import { Admin, OpState } from "../../lib/state/server.ts";
import { type Backend, backend, serverConfig, weighted } from "./support.ts";

/** Assigns `n` streams that all stay (as leastconn needs to see a load); counts them by server. */
function spread(b: Backend, n: number, stay = true): Map<string, number> {
  const counts = new Map<string, number>();
  const held: Server[] = [];
  for (let i = 0; i < n; i++) {
    const server = b.pool.assign(undefined, {}) as Server;
    assert.ok(server !== undefined && "state" in server, "a server without limit takes it at once");
    counts.set(server.name, (counts.get(server.name) ?? 0) + 1);
    held.push(server);
  }
  if (!stay) { for (const s of held) b.pool.release(s); }
  return counts;
}

for (const { name: algorithm, dynamic } of algorithms) {
  const make = (weights: number[]) => backend(weighted(weights), { algorithm });

  Deno.test(`${algorithm}: servers get streams in proportion to their weights`, () => {
    const weights = [1, 2, 3, 4, 10];
    const counts = spread(make(weights), 2000);
    weights.forEach((w, i) => {
      const got = counts.get(String.fromCharCode(65 + i))!;
      assert.ok(Math.abs(got - w * 100) <= 2, `${w}: ${got}`);
    });
  });

  if (dynamic) {
    Deno.test(`${algorithm}: a weight changed at run time counts from then on`, () => {
      const b = make([2, 1]);
      spread(b, 30, false);
      b.pool.server("A")!.state.setWeight(1);
      assert.deepEqual([...spread(b, 30, false)].sort(), [["A", 15], ["B", 15]]);
      b.pool.server("B")!.state.setWeight(4);
      const counts = spread(b, 100, false);
      assert.ok(Math.abs(counts.get("B")! - 80) <= 2, `${counts.get("B")}`);
    });
  }

  Deno.test(`${algorithm}: a server of weight 0 gets nothing`, () => {
    assert.deepEqual([...spread(make([1, 0, 1]), 10).keys()].sort(), ["A", "C"]);
  });

  Deno.test(`${algorithm}: with all servers down there is none`, () => {
    const b = make([1, 1, 1]);
    spread(b, 5);
    for (const s of b.servers) s.state.setOp(OpState.Stopped, 0);
    assert.equal(b.pool.assign(undefined, {}), undefined);
  });

  Deno.test(`${algorithm}: with one server up all goes there`, () => {
    const b = make([1, 1, 1]);
    for (const s of b.servers) if (s.name !== "B") s.state.setOp(OpState.Stopped, 0);
    assert.deepEqual([...spread(b, 20)], [["B", 20]]);
  });

  Deno.test(`${algorithm}: a server that returns gets its share, neither flood nor drought`, () => {
    const b = make([1, 1, 1]);
    spread(b, 30, false);
    const { state } = b.pool.server("C")!;
    state.setOp(OpState.Stopped, 0);
    assert.deepEqual([...spread(b, 100, false).keys()].sort(), ["A", "B"]);
    state.setOp(OpState.Running, 0);
    const back = spread(b, 30, false).get("C")!;
    assert.ok(back >= 8 && back <= 12, `${back} of 30`);
  });

  Deno.test(`${algorithm}: maintenance and drain take a server out`, () => {
    const b = make([1, 1, 1]);
    b.pool.server("A")!.state.setAdmin(Admin.ForcedMaint, 0);
    b.pool.server("B")!.state.setAdmin(Admin.ForcedDrain, 0);
    assert.deepEqual([...spread(b, 10)], [["C", 10]]);
  });

  Deno.test(`${algorithm}: an excluded server is avoided while there is another`, () => {
    const b = make([5, 1]);
    const a = b.pool.server("A")!;
    for (let i = 0; i < 20; i++) {
      const server = b.pool.assign(undefined, { excluded: a }) as Server;
      assert.equal(server.name, "B");
    }
    b.pool.server("B")!.state.setOp(OpState.Stopped, 0);
    assert.equal(b.pool.assign(undefined, { excluded: a }), a);
  });

  Deno.test(`${algorithm}: backups serve only when no active server is usable`, () => {
    const servers = [
      serverConfig("A"),
      serverConfig("B", { backup: true }),
      serverConfig("C", { backup: true }),
    ];
    for (const allbackups of [false, true]) {
      const b = backend(servers, { algorithm, allbackups });
      assert.deepEqual([...spread(b, 4)], [["A", 4]]);
      b.pool.server("A")!.state.setOp(OpState.Stopped, 0);
      assert.deepEqual([...spread(b, 4).keys()].sort(), allbackups ? ["B", "C"] : ["B"]);
      b.pool.server("B")!.state.setOp(OpState.Stopped, 0);
      assert.deepEqual([...spread(b, 4)], [["C", 4]]);
      b.pool.server("A")!.state.setOp(OpState.Running, 0);
      assert.deepEqual([...spread(b, 4)], [["A", 4]]);
    }
  });

  Deno.test(`${algorithm}: full servers are passed over and come back when they have room`, () => {
    const b = backend([serverConfig("A", { maxconn: 1, weight: 50 }), serverConfig("B")], {
      algorithm,
    });
    const a = b.pool.server("A")!;
    while ((b.pool.assign(undefined, {}) as Server) !== a);
    for (let i = 0; i < 30; i++) {
      assert.equal((b.pool.assign(undefined, {}) as Server).name, "B");
    }
    b.pool.release(a);
    const names = [1, 2, 3].map(() => (b.pool.assign(undefined, {}) as Server).name);
    assert.ok(names.includes("A"), `${names}`);
    assert.equal(a.currentConnections, 1);
  });

  Deno.test(`${algorithm}: thousands of servers are used evenly`, () => {
    const b = make(new Array(4000).fill(1));
    const counts = spread(b, 12000);
    assert.equal(counts.size, 4000);
    for (const [name, n] of counts) assert.equal(n, 3, name);
  });
}

Deno.test("the table of algorithms names each once and finds it by its name", () => {
  assert.equal(new Set(algorithms.map((a) => a.name)).size, algorithms.length);
  for (const a of algorithms) assert.equal(algorithmNamed(a.name), a);
  assert.equal(algorithmNamed("roundrobbin"), undefined);
});
