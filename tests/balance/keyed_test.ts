/** What must hold of the algorithms that hash a key. */
import assert from "node:assert/strict";
import type { Server } from "../../lib/balance/server.ts";
import { Waiting } from "../../lib/balance/queue.ts";
import { Admin, OpState } from "../../lib/state/server_fields.ts";
import { type Backend, serverConfig, weighted } from "./support.ts";
import { client, taken, VARIANTS } from "./variants.ts";

const CLIENTS = 1000;

/** Where each client's streams go. */
function homes({ pool }: Backend): string[] {
  return Array.from({ length: CLIENTS }, (_, i) => pool.balancer.pick(client(i))!.name);
}

/** Clients whose server is another one. */
function moved(before: string[], after: string[]): number[] {
  return before.flatMap((name, i) => name === after[i] ? [] : [i]);
}

for (const { title, keyed, consistent, make } of VARIANTS) {
  if (!keyed) continue;
  const test = (what: string, body: () => void | Promise<void>) =>
    Deno.test(`${title}: ${what}`, body);

  test("one key, one server, however often and whatever came between", () => {
    const b = make(weighted([3, 1, 2]));
    const before = homes(b);
    for (let i = 0; i < 7; i++) b.pool.balancer.pick(undefined);
    assert.deepEqual(homes(b), before);
  });

  test("two balancers with the same servers choose alike", () => {
    assert.deepEqual(homes(make(weighted([3, 1, 2]))), homes(make(weighted([3, 1, 2]))));
  });

  test("when a server has returned every key is where it was", () => {
    const b = make(weighted([3, 1, 2, 2]));
    const before = homes(b);
    const { state } = b.pool.server("C")!;
    for (const change of ["down", "maintenance", "weight"]) {
      if (change === "down") state.setOp(OpState.Stopped, 0);
      else if (change === "maintenance") state.setAdmin(Admin.ForcedMaint, 0);
      else state.setWeight(0);
      b.pool.update();
      assert.ok(!homes(b).includes("C"), change);
      if (change === "down") state.setOp(OpState.Running, 0);
      else if (change === "maintenance") state.setAdmin(0, 0);
      else state.setWeight(2);
      b.pool.update();
      assert.deepEqual(homes(b), before, change);
    }
  });

  if (consistent) {
    test("when a server goes only its keys move, and not all to one other", () => {
      const b = make(weighted([1, 1, 1, 1, 1]));
      const before = homes(b);
      b.pool.server("C")!.state.setOp(OpState.Stopped, 0);
      b.pool.update();
      const after = homes(b);
      const gone = moved(before, after);
      assert.deepEqual(gone, before.flatMap((name, i) => name === "C" ? [i] : []));
      assert.ok(new Set(gone.map((i) => after[i])).size >= 3);
    });

    test("when a server is added keys move to it only", () => {
      const before = homes(make(weighted([2, 2, 2, 2])));
      const after = homes(make(weighted([2, 2, 2, 2, 2])));
      const movers = moved(before, after);
      assert.ok(movers.length > 0 && movers.length < CLIENTS * 0.4, `${movers.length}`);
      for (const i of movers) assert.equal(after[i], "E");
    });

    test("a greater weight takes keys from others, a smaller one gives keys to others", () => {
      const b = make(weighted([4, 4, 4]));
      const before = homes(b);
      b.pool.server("A")!.state.setWeight(8);
      b.pool.update();
      const greater = homes(b);
      for (const i of moved(before, greater)) assert.equal(greater[i], "A");
      assert.ok(moved(before, greater).length > 0);
      b.pool.server("A")!.state.setWeight(1);
      b.pool.update();
      const smaller = homes(b);
      for (const i of moved(before, smaller)) assert.equal(before[i], "A");
      assert.ok(moved(before, smaller).length > 0);
    });

    test("the order in which servers go and come back leaves no trace", () => {
      const b = make(weighted([2, 1, 3, 2, 1, 1]));
      const before = homes(b);
      for (const name of "CADFBCAEFD") {
        const { state } = b.pool.server(name)!;
        state.setOp(state.op === OpState.Running ? OpState.Stopped : OpState.Running, 0);
        b.pool.update();
      }
      for (const { state } of b.servers) state.setOp(OpState.Running, 0);
      b.pool.update();
      assert.deepEqual(homes(b), before);
    });
  }

  test("a key whose server is full waits for it, though others are free", async () => {
    const b = make(["A", "B"].map((name) => serverConfig(name, { maxconn: 1 })));
    const server = taken(b, client(3));
    const w = b.pool.assign(client(3), {});
    assert.ok(w instanceof Waiting && w.server === server && !w.settled);
    const other = [...Array(CLIENTS).keys()]
      .find((i) => b.pool.balancer.pick(client(i)) !== server)!;
    assert.notEqual(taken(b, client(other)), server);
    b.pool.release(server);
    assert.equal(await w.granted, server);
  });

  test("a key whose server's queue is full is refused", () => {
    const b = make(["A", "B"].map((name) => serverConfig(name, { maxconn: 1, maxqueue: 1 })));
    taken(b, client(3));
    b.pool.assign(client(3), {});
    const w = b.pool.assign(client(3), {});
    assert.ok(w instanceof Waiting && w.refused && w.settled);
  });

  test("a stream that waits for a server that goes down is sent where its key leads then", async () => {
    const b = make(["A", "B", "C"].map((name) => serverConfig(name, { maxconn: 1 })));
    const first = taken(b, client(3));
    const waiting = b.pool.assign(client(3), {}) as Waiting;
    first.state.setOp(OpState.Stopped, 0);
    const next = b.pool.balancer;
    b.pool.update();
    const server = await waiting.granted;
    assert.ok(server !== undefined && server !== first);
    assert.equal(next.pick(client(3)), server);
  });

  test("with affinity until maxconn a key goes elsewhere while its server is full, and comes back", () => {
    const servers = ["A", "B", "C"].map((name) => serverConfig(name, { maxconn: 1 }));
    const b = make(servers, { affinity: "maxconn" });
    const own = taken(b, client(3));
    const other = taken(b, client(3));
    assert.notEqual(other, own);
    const last = taken(b, client(3));
    assert.equal(new Set([own, other, last]).size, 3);
    // All are full: it waits for its own.
    const w = b.pool.assign(client(3), {});
    assert.ok(w instanceof Waiting && w.server === own && !w.refused);
    w.cancel();
    b.pool.release(own);
    b.pool.release(other);
    assert.equal(taken(b, client(3)), own);
  });

  test("with affinity until maxqueue a key waits for its server while there is place in its queue", () => {
    const servers = ["A", "B"].map((name) => serverConfig(name, { maxconn: 1, maxqueue: 1 }));
    const b = make(servers, { affinity: "maxqueue" });
    const own = taken(b, client(3));
    const w = b.pool.assign(client(3), {});
    assert.ok(w instanceof Waiting && w.server === own);
    assert.notEqual(taken(b, client(3)), own);
    const refused = b.pool.assign(client(3), {});
    assert.ok(refused instanceof Waiting && refused.refused);
  });

  test("streams without a key take turns", () => {
    const b = make(weighted([1, 1, 1]));
    const counts = new Map<Server, number>();
    for (let i = 0; i < 48 * 4; i++) {
      const server = b.pool.balancer.pick(undefined)!;
      counts.set(server, (counts.get(server) ?? 0) + 1);
    }
    assert.deepEqual([...counts.values()], [64, 64, 64]);
  });
}
