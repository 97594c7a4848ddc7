/** What must hold of every algorithm of the table, with every hash type that it knows. */
import assert from "node:assert/strict";
import { algorithmNamed, algorithms } from "../../lib/balance/balancer.ts";
import { Waiting } from "../../lib/balance/queue.ts";
import { algorithmRows } from "../../lib/config/keywords/balance.ts";
import { Admin, OpState } from "../../lib/state/server_fields.ts";
import { serverConfig, weighted } from "./support.ts";
import { client, spread, taken, VARIANTS } from "./variants.ts";

/** Parts of the whole, by name. */
function parts(counts: Map<string, number>): Map<string, number> {
  let all = 0;
  for (const n of counts.values()) all += n;
  return new Map([...counts].map(([name, n]) => [name, n / all]));
}

for (const { title, shares, dynamic, make } of VARIANTS) {
  const test = (what: string, body: () => void | Promise<void>) =>
    Deno.test(`${title}: ${what}`, body);

  if (shares !== "none") {
    test("servers get streams in proportion to their weights", () => {
      const weights = [1, 2, 3, 4, 10];
      // By chance, and on a ring, larger weights are met more closely.
      const unit = shares === "plan" ? 1 : 12;
      const counts = spread(make(weighted(weights.map((w) => w * unit))), 4000);
      weights.forEach((w, i) => {
        const got = counts.get(String.fromCharCode(65 + i))!;
        if (shares === "plan") assert.ok(Math.abs(got - w * 200) <= 2, `${w}: ${got}`);
        else assert.ok(got > w * 200 * 0.6 && got < w * 200 * 1.5, `${w}: ${got}`);
      });
    });
  } else {
    test("weights do not count, the lowest id does", () => {
      const servers = [serverConfig("A", { id: 7 }), serverConfig("B", { id: 3, weight: 9 })];
      assert.deepEqual([...spread(make(servers), 10)], [["B", 10]]);
    });
  }

  if (dynamic && shares !== "none") {
    test("a weight changed at run time counts from then on", () => {
      const b = make(weighted([2, 1]));
      const near = (share: number, wanted: number) =>
        Math.abs(share - wanted) < (shares === "plan" ? 0.03 : 0.13);
      spread(b, 30, false);
      b.pool.server("A")!.state.setWeight(1);
      const even = parts(spread(b, 400, false)).get("B")!;
      assert.ok(near(even, 0.5), `${even}`);
      b.pool.server("B")!.state.setWeight(4);
      const most = parts(spread(b, 400, false)).get("B")!;
      assert.ok(near(most, 0.8), `${most}`);
    });
  }

  test("a server of weight 0 gets nothing", () => {
    assert.equal(spread(make(weighted([1, 0, 1])), 40).get("B"), undefined);
  });

  test("with all servers down there is none", () => {
    const b = make(weighted([1, 1, 1]));
    spread(b, 5);
    for (const s of b.servers) s.state.setOp(OpState.Stopped, 0);
    assert.equal(b.pool.assign(client(1), {}), undefined);
    assert.equal(b.pool.assign(undefined, {}), undefined);
  });

  test("with one server up all goes there", () => {
    const b = make(weighted([1, 1, 1]));
    for (const s of b.servers) if (s.name !== "B") s.state.setOp(OpState.Stopped, 0);
    assert.deepEqual([...spread(b, 20)], [["B", 20]]);
  });

  if (shares !== "none") {
    test("a server that returns gets its share, neither flood nor drought", () => {
      const b = make(weighted([1, 1, 1]));
      const before = spread(b, 300, false);
      const { state } = b.pool.server("C")!;
      state.setOp(OpState.Stopped, 0);
      assert.deepEqual([...spread(b, 300, false).keys()].sort(), ["A", "B"]);
      state.setOp(OpState.Running, 0);
      const after = spread(b, 300, false);
      const least = shares === "plan" ? 97 : 60;
      for (const name of "ABC") {
        assert.ok(
          before.get(name)! >= least && after.get(name)! >= least,
          JSON.stringify([...after]),
        );
      }
    });
  }

  test("maintenance and drain take a server out", () => {
    const b = make(weighted([1, 1, 1]));
    b.pool.server("A")!.state.setAdmin(Admin.ForcedMaint, 0);
    b.pool.server("B")!.state.setAdmin(Admin.ForcedDrain, 0);
    assert.deepEqual([...spread(b, 10)], [["C", 10]]);
  });

  test("an excluded server is avoided while there is another", () => {
    const b = make(weighted([5, 1]));
    const a = b.pool.server("A")!;
    for (let i = 0; i < 20; i++) assert.equal(taken(b, client(i), a).name, "B");
    assert.equal(taken(b, undefined, a).name, "B");
    b.pool.server("B")!.state.setOp(OpState.Stopped, 0);
    assert.equal(taken(b, client(1), a), a);
    assert.equal(taken(b, undefined, a), a);
  });

  test("backups serve only when no active server is usable", () => {
    const servers = [
      serverConfig("A"),
      serverConfig("B", { backup: true }),
      serverConfig("C", { backup: true }),
    ];
    for (const allbackups of [false, true]) {
      const b = make(servers, { allbackups });
      const all = allbackups && shares !== "none";
      assert.deepEqual([...spread(b, 40)], [["A", 40]]);
      b.pool.server("A")!.state.setOp(OpState.Stopped, 0);
      assert.deepEqual([...spread(b, 40).keys()].sort(), all ? ["B", "C"] : ["B"]);
      b.pool.server("B")!.state.setOp(OpState.Stopped, 0);
      assert.deepEqual([...spread(b, 40)], [["C", 40]]);
      b.pool.server("A")!.state.setOp(OpState.Running, 0);
      assert.deepEqual([...spread(b, 40)], [["A", 40]]);
    }
  });

  test("streams without a key pass over full servers, which come back when they have room", () => {
    const b = make([serverConfig("A", { maxconn: 1, weight: 50 }), serverConfig("B")]);
    const a = b.pool.server("A")!;
    while (taken(b, undefined) !== a);
    for (let i = 0; i < 30; i++) assert.equal(taken(b, undefined).name, "B");
    b.pool.release(a);
    // By chance it may take a few until its turn comes.
    const names = Array.from({ length: 20 }, () => taken(b, undefined).name);
    assert.ok(names.includes("A"), `${names}`);
    assert.equal(a.currentConnections, 1);
  });

  test("when all are full a stream waits, and the first slot that is freed is its", async () => {
    const b = make(["A", "B", "C"].map((name) => serverConfig(name, { maxconn: 2 })));
    for (let i = 0; i < 6; i++) taken(b, undefined);
    const w = b.pool.assign(undefined, {});
    assert.ok(w instanceof Waiting);
    const c = b.pool.server("C")!;
    b.pool.release(c);
    assert.equal(await w.granted, c);
    assert.equal(b.state.served, 6);
  });

  test("thousands of servers are used evenly", () => {
    const b = make(weighted(new Array(4000).fill(1)));
    if (shares === "none") return;
    const counts = spread(b, 12000);
    if (shares === "plan") {
      assert.equal(counts.size, 4000);
      for (const [name, n] of counts) assert.equal(n, 3, name);
    } else {
      assert.ok(counts.size > 3000, `${counts.size} of 4000 got something`);
      assert.ok(Math.max(...counts.values()) < 30, `${Math.max(...counts.values())}`);
    }
  });
}

Deno.test("the table of algorithms names each once and finds it by its name", () => {
  assert.equal(new Set(algorithms.map((a) => a.name)).size, algorithms.length);
  for (const a of algorithms) assert.equal(algorithmNamed(a.name), a);
  assert.equal(algorithmNamed("roundrobbin"), undefined);
});

Deno.test("the keyword takes exactly the algorithms that there are", () => {
  const taken = algorithmRows.filter((row) => row.refused === undefined).map((row) => row.name);
  assert.deepEqual(taken.toSorted(), algorithms.map((a) => a.name).toSorted());
});
