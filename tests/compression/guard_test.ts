import assert from "node:assert/strict";
import { CompressionGuard } from "../../lib/compression/guard.ts";

Deno.test("compression guard: nothing new begins while the rate is above maxcomprate", () => {
  let now = 100_000;
  const guard = new CompressionGuard({ rate: 1000, cpu: 100, now: () => now });
  assert.ok(guard.mayBegin());
  guard.count(900);
  assert.ok(guard.mayBegin());
  guard.count(900);
  assert.ok(!guard.mayBegin());
  now += 1100;
  assert.ok(!guard.mayBegin(), "most of the last second still counts");
  now += 600;
  assert.ok(guard.mayBegin());
});

Deno.test("compression guard: nothing new begins while the CPU is busier than maxcompcpuusage", () => {
  let now = 0;
  let cpu = 0;
  const guard = new CompressionGuard({ rate: 0, cpu: 50, now: () => now, cpuTime: () => cpu });
  assert.ok(guard.mayBegin());
  now += 1000;
  cpu += 800;
  assert.ok(!guard.mayBegin());
  now += 1000;
  cpu += 100;
  assert.ok(guard.mayBegin());
});
