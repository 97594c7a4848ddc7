import assert from "node:assert/strict";
import { CompressionGuard, GUARD_BYTES } from "../../lib/compression/guard.ts";

Deno.test("compression guard: nothing new begins while the rate is above maxcomprate", () => {
  let wall = 100_000;
  const guard = new CompressionGuard({ rate: 1000, cpu: 100, wall: () => wall });
  assert.ok(guard.mayBegin());
  guard.count(900);
  assert.ok(guard.mayBegin());
  guard.count(900);
  assert.ok(!guard.mayBegin());
  wall += 1100;
  assert.ok(!guard.mayBegin(), "most of the last second still counts");
  wall += 600;
  assert.ok(guard.mayBegin());
  guard.count(2000);
  wall += 5000;
  assert.ok(guard.mayBegin(), "what is long over does not count");
});

Deno.test("compression guard: maxcomprate is of all threads together", () => {
  let wall = 100_000;
  const shared = new SharedArrayBuffer(GUARD_BYTES);
  const options = { rate: 1000, cpu: 100, wall: () => wall, shared, threads: 2 };
  const [one, two] = [new CompressionGuard(options), new CompressionGuard(options)];
  one.count(600);
  two.count(600);
  assert.ok(!one.mayBegin());
  assert.ok(!two.mayBegin());
  wall += 2000;
  assert.ok(one.mayBegin());
  assert.ok(two.mayBegin());
});

Deno.test("compression guard: nothing new begins while the CPU is busier than maxcompcpuusage", () => {
  for (const threads of [1, 4]) {
    let wall = 0;
    let cpu = 0;
    const guard = new CompressionGuard({
      rate: 0,
      cpu: 50,
      wall: () => wall,
      cpuTime: () => cpu,
      threads,
    });
    assert.ok(guard.mayBegin());
    wall += 1000;
    cpu += 800 * threads;
    assert.ok(!guard.mayBegin());
    wall += 1000;
    cpu += 100 * threads;
    assert.ok(guard.mayBegin());
    wall -= 100_000;
    assert.ok(guard.mayBegin(), "the clock was set back");
  }
});
