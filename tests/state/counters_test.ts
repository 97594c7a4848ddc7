import assert from "node:assert/strict";
import fc from "fast-check";
import { slideAverage, slideSum, slidingRate } from "../../lib/state/rate.ts";
import { StateStore } from "../../lib/state/store.ts";
import {
  GC,
  PC,
  ProcessCounters,
  ProxyCounters,
  SC,
  ServerCounters,
} from "../../lib/state/traffic.ts";

/** The same server's counters in `n` threads. */
function threads(n: number): ServerCounters[] {
  const main = new StateStore({ threads: n });
  const first = ServerCounters.take(main.lease(), "b", "s");
  const rest = Array.from({ length: n - 1 }, (_, i) => {
    const lease = StateStore.attach(main.image(), i + 1).lease();
    return ServerCounters.take(lease, "b", "s");
  });
  return [first, ...rest];
}

Deno.test("what each thread adds is summed, and of a maximum the largest is taken", () => {
  const [one, two, three] = threads(3);
  one.add(SC.bin, 10);
  two.add(SC.bin, 2 ** 40);
  three.add(SC.used_conn_cur, 5);
  one.add(SC.used_conn_cur, -2);
  one.raise(SC.smax, 7);
  two.raise(SC.smax, 9);
  two.raise(SC.smax, 3);
  for (const c of [one, two, three]) {
    assert.equal(c.total(SC.bin), 2 ** 40 + 10);
    assert.equal(c.total(SC.used_conn_cur), 3);
    assert.equal(c.total(SC.smax), 9);
  }
});

Deno.test("responses are counted by the hundred of their status", () => {
  const c = ProxyCounters.takeFrontend(new StateStore().lease(), "f");
  for (const status of [100, 200, 204, 302, 404, 503, 599, 600, 99, -1]) c.response(status);
  const fields = [PC.hrsp_1xx, PC.hrsp_2xx, PC.hrsp_3xx, PC.hrsp_4xx, PC.hrsp_5xx, PC.hrsp_other];
  assert.deepEqual(fields.map((f) => c.total(f)), [1, 2, 1, 1, 2, 3]);
});

Deno.test("a frontend and a backend of the same name count apart", () => {
  const lease = new StateStore().lease();
  const f = ProxyCounters.takeFrontend(lease, "x");
  const b = ProxyCounters.takeBackend(lease, "x");
  f.bytes(1, 2);
  assert.deepEqual([f.total(PC.bin), f.total(PC.bout), b.total(PC.bin)], [1, 2, 0]);
});

Deno.test("the session rate is that of the last second, and its maximum stays", () => {
  const c = ProxyCounters.takeFrontend(new StateStore().lease(), "f");
  for (let i = 0; i < 40; i++) c.session(1_000_000 + i * 25, i + 1);
  assert.equal(c.sessionRate(1_000_999), 40);
  assert.equal(c.sessionRate(1_001_500), 20);
  assert.equal(c.sessionRate(1_001_999), 0);
  assert.equal(c.sessionRate(1_005_000), 0);
  c.session(1_010_000, 1);
  assert.equal(c.sessionRate(1_010_000), 1);
  assert.equal(c.total(PC.rate_max), 40);
  assert.equal(c.total(PC.smax), 40);
  assert.equal(c.total(PC.stot), 41);
});

Deno.test("rates and their maxima are of all threads together", () => {
  const [one, two] = threads(2);
  for (let i = 0; i < 10; i++) {
    one.session(5000 + i, 1);
    two.session(5000 + i, 1);
  }
  assert.equal(one.sessionRate(5500), 20);
  assert.equal(two.total(SC.rate_max), 20);
});

Deno.test("a sliding rate follows a steady rate closely", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 500 }), fc.nat(999), (perSecond, offset) => {
      const c = ProcessCounters.take(new StateStore().lease());
      const gap = 1000 / perSecond;
      let t = 100_000 + offset;
      for (let i = 0; i < perSecond * 3; i++, t += gap) c.connection(t, 1);
      const rate = c.rate(GC.conn_rate_tick, t);
      assert.ok(Math.abs(rate - perSecond) <= 2, `${rate} of ${perSecond}`);
    }),
    { seed: 20240603, numRuns: 100 },
  );
});

Deno.test("a lonely event is shown as 1 for its second and the next, not as a fraction", () => {
  assert.deepEqual(
    [0, 500, 999, 1500, 1999, 2001].map((now) => slidingRate(now, 0, 1, 0)),
    [1, 1, 1, 1, 1, 0],
  );
});

Deno.test("the average of few times is exact, and of many it follows the last 1024", () => {
  const c = ProxyCounters.takeBackend(new StateStore().lease(), "b");
  for (const ms of [10, 20, 30]) c.times(ms, ms, -1, ms * 2);
  assert.equal(c.averageTime(PC.qtime), 20);
  assert.equal(c.averageTime(PC.rtime), 0);
  assert.equal(c.averageTime(PC.ttime), 40);
  assert.equal(c.total(PC.ttime_max), 60);
  let sum = 0;
  for (let i = 0; i < 10_000; i++) sum = slideSum(sum, 100);
  for (let i = 0; i < 10_000; i++) sum = slideSum(sum, 500);
  assert.ok(Math.abs(slideAverage(sum, 20_000) - 500) <= 1);
});

Deno.test("all counters can be read by their name", () => {
  const [c] = threads(1);
  c.add(SC.wretr, 3);
  const all = c.toObject();
  assert.equal(all.wretr, 3);
  assert.equal("rate_tick" in all, false);
  for (const name of ["stot", "bin", "bout", "econ", "eresp", "lbtot", "chkfail", "chkdown"]) {
    assert.equal(typeof all[name], "number", name);
  }
});

Deno.test("counters survive a reload that keeps the server", () => {
  const store = new StateStore();
  const old = store.lease();
  ServerCounters.take(old, "b", "s").add(SC.stot, 5);
  const next = store.lease();
  const c = ServerCounters.take(next, "b", "s");
  old.end();
  assert.equal(c.total(SC.stot), 5);
});
