import assert from "node:assert/strict";
import { CompressionGuard } from "../../lib/compression/guard.ts";
import { CompressionRate, RATE_CELLS } from "../../lib/state/compression_rate.ts";

Deno.test("compression guard: nothing new begins while the rate is above maxcomprate", () => {
  let now = 100_000;
  const rate = new CompressionRate();
  const guard = new CompressionGuard({ rate, cpu: 100, wall: () => now, threads: 1 });
  guard.count(5000, 500);
  assert.ok(guard.mayBegin(), "there is no limit");
  now += 5000;
  rate.limit = 1000;
  assert.ok(guard.mayBegin());
  guard.count(900, 90);
  assert.ok(guard.mayBegin());
  guard.count(900, 90);
  assert.ok(!guard.mayBegin());
  assert.deepEqual([rate.rateIn(now), rate.rateOut(now)], [1800, 180]);
  now += 1100;
  assert.ok(!guard.mayBegin(), "most of the last second still counts");
  now += 600;
  assert.ok(guard.mayBegin());
  guard.count(2000, 0);
  now += 5000;
  assert.ok(guard.mayBegin(), "what is long over does not count");
  assert.equal(rate.rateIn(now), 0);
});

Deno.test("compression guard: maxcomprate is of all threads together", () => {
  let now = 100_000;
  const cells = new Int32Array(new SharedArrayBuffer(4 * RATE_CELLS));
  const guards = [1, 2].map(() => {
    const rate = new CompressionRate(cells);
    rate.limit = 1000;
    return new CompressionGuard({ rate, cpu: 100, wall: () => now, threads: 2 });
  });
  for (const guard of guards) guard.count(600, 60);
  for (const guard of guards) assert.ok(!guard.mayBegin());
  now += 2000;
  for (const guard of guards) assert.ok(guard.mayBegin());
});

Deno.test("compression guard: nothing new begins while the CPU is busier than maxcompcpuusage", () => {
  for (const threads of [1, 4]) {
    let now = 0;
    let cpu = 0;
    const guard = new CompressionGuard({
      rate: new CompressionRate(),
      cpu: 50,
      wall: () => now,
      cpuTime: () => cpu,
      threads,
    });
    assert.ok(guard.mayBegin());
    now += 1000;
    cpu += 800 * threads;
    assert.ok(!guard.mayBegin());
    now += 1000;
    cpu += 100 * threads;
    assert.ok(guard.mayBegin());
    now -= 100_000;
    assert.ok(guard.mayBegin(), "the clock was set back");
  }
});
