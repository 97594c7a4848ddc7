import assert from "node:assert/strict";
import { Admin, OpState } from "../../lib/state/server_fields.ts";
import { SC } from "../../lib/state/traffic.ts";
import { bed } from "./support.ts";

const refused = { status: "L4CON", info: "Connection refused" } as const;

/** One server, its checker started, at time 0. */
function one(config: Parameters<typeof bed>[0][string], shape: Parameters<typeof bed>[1] = {}) {
  const all = bed({ s: { check: true, ...config } }, shape);
  const checker = all.checkers.get("s")!;
  checker.start(0);
  return { ...all, checker, check: all.checks.get("s")!, server: all.servers[0] };
}

Deno.test("a server that was never checked goes down at the first failure", async () => {
  const t = one({ fall: 3 });
  Object.assign(t.check, refused);
  await t.clock.advanceAsync(1);
  assert.equal(t.server.state.op, OpState.Stopped);
  assert.equal(t.server.state.health, 0);
});

Deno.test("after one success it takes `fall` failures in a row", async () => {
  const t = one({ fall: 3, inter: 1000 });
  await t.clock.advanceAsync(1);
  const health = [t.server.state.health];
  Object.assign(t.check, refused);
  for (let i = 0; i < 3; i++) {
    assert.equal(t.server.usable, true);
    await t.clock.advanceAsync(1020);
    health.push(t.server.state.health);
  }
  assert.deepEqual(health, [4, 3, 2, 0]);
  assert.equal(t.server.usable, false);
  assert.equal(t.server.counters.total(SC.chkfail), 3);
  assert.equal(t.server.counters.total(SC.chkdown), 1);
});

Deno.test("one success among failures makes it whole again", async () => {
  const t = one({ fall: 3, inter: 1000 });
  await t.clock.advanceAsync(1);
  for (const status of ["L4CON", "L4CON", "L4OK", "L4CON", "L4CON"] as const) {
    t.check.status = status;
    await t.clock.advanceAsync(1020);
  }
  assert.equal(t.server.usable, true);
  assert.equal(t.server.state.health, 2);
});

Deno.test("a server that is down needs `rise` successes in a row", async () => {
  const t = one({ rise: 3, inter: 1000 });
  t.check.status = "L4CON";
  await t.clock.advanceAsync(1);
  const ups: boolean[] = [];
  for (const status of ["L4OK", "L4OK", "L4CON", "L4OK", "L4OK", "L4OK"] as const) {
    t.check.status = status;
    await t.clock.advanceAsync(1020);
    ups.push(t.server.usable);
  }
  assert.deepEqual(ups, [false, false, false, false, false, true]);
  assert.equal(t.server.state.health, 5);
});

Deno.test("inter, fastinter and downinter are used as the server stands", async () => {
  const t = one({ inter: 10_000, fastinter: 1_000, downinter: 30_000, rise: 2, fall: 2 });
  await t.clock.advanceAsync(1);
  assert.equal(t.checker.interval(), 10_000);
  t.check.status = "L4CON";
  await t.clock.advanceAsync(10_100);
  assert.equal(t.checker.interval(), 1_000);
  await t.clock.advanceAsync(1_100);
  assert.equal(t.server.state.op, OpState.Stopped);
  assert.equal(t.checker.interval(), 30_000);
  t.check.status = "L4OK";
  await t.clock.advanceAsync(30_100);
  assert.equal(t.checker.interval(), 1_000);
  assert.equal(t.check.begun.length, 4);
  await t.clock.advanceAsync(1_100);
  assert.equal(t.checker.interval(), 10_000);
});

Deno.test("a server yet unchecked is checked again after fastinter", () => {
  const t = one({ inter: 10_000, fastinter: 500 });
  assert.equal(t.checker.interval(), 500);
});

Deno.test("there is never a second check while one is under way", async () => {
  const t = one({ inter: 1000 });
  t.check.slow = true;
  await t.clock.advanceAsync(1);
  assert.equal(t.checker.running, true);
  assert.equal(t.server.state.checkState & 1, 1);
  await t.clock.advanceAsync(10_000);
  assert.equal(t.check.begun.length, 1);
  t.check.answer();
  await t.clock.advanceAsync(0);
  assert.equal(t.server.state.checkState & 1, 0);
  await t.clock.advanceAsync(1020);
  assert.equal(t.check.begun.length, 2);
});

Deno.test("spread-checks moves each pause by up to its percentage, both ways", async () => {
  for (const [random, from, to] of [[0, 1500, 1520], [0.5, 1000, 1020], [1, 500, 520]]) {
    const t = one({ inter: 1000 }, { spread: 50, random: () => random });
    for (let ms = 0; ms < 1600; ms += 2) await t.clock.advanceAsync(2);
    const pause = t.check.begun[1] - t.check.begun[0];
    assert.ok(pause >= from && pause <= to, `${random}: ${pause}`);
  }
});

Deno.test("in maintenance a server is not checked, and out of it the next check decides", async () => {
  const t = one({ inter: 1000 });
  await t.clock.advanceAsync(1);
  t.status.setMaint(t.server);
  assert.equal(t.server.state.checkState, 2 | 4 | 8);
  await t.clock.advanceAsync(10_000);
  assert.equal(t.check.begun.length, 1);
  t.status.setReady(t.server);
  assert.equal(t.server.usable, true);
  assert.equal(t.server.state.checkState, 2 | 4);
  t.check.status = "L4CON";
  await t.clock.advanceAsync(1020);
  assert.equal(t.server.usable, false);
});

Deno.test("a result that comes when the server has gone into maintenance does not count", async () => {
  const t = one({ inter: 1000 });
  t.check.slow = true;
  t.check.status = "L4CON";
  await t.clock.advanceAsync(1);
  t.status.setMaint(t.server);
  t.check.answer();
  await t.clock.advanceAsync(0);
  assert.equal(t.server.state.admin, Admin.ForcedMaint);
  assert.equal(t.server.state.health, 0);
  assert.equal(t.checker.last, undefined);
});

Deno.test("a draining server is checked", async () => {
  const t = one({ inter: 1000, fall: 1 });
  await t.clock.advanceAsync(1);
  t.status.setDrain(t.server);
  t.check.status = "L4CON";
  await t.clock.advanceAsync(1020);
  assert.equal(t.server.state.op, OpState.Stopped);
});

Deno.test("a stopped checker gives up its check and does nothing more", async () => {
  const t = one({ inter: 1000 });
  t.check.slow = true;
  await t.clock.advanceAsync(1);
  t.checker.stop();
  assert.equal(t.check.cancelled, 1);
  await t.clock.advanceAsync(10_000);
  assert.equal(t.check.begun.length, 1);
  assert.equal(t.wheel.armed, 0);
});

Deno.test("after a reload the checks go on where they were: time, counts and last result", async () => {
  const t = one({ inter: 10_000, fall: 3 });
  await t.clock.advanceAsync(1);
  t.check.status = "L4CON";
  await t.clock.advanceAsync(10_100);
  const next = one({ inter: 10_000, fall: 3 }, { store: t.store, clock: t.clock });
  t.checker.stop();
  t.lease.end();
  assert.equal(next.checker.last?.status, "L4CON");
  assert.equal(next.server.state.health, 3);
  next.check.status = "L4CON";
  await next.clock.advanceAsync(9_000);
  assert.deepEqual(next.check.begun, []);
  await next.clock.advanceAsync(1_100);
  assert.equal(next.check.begun.length, 1);
  await next.clock.advanceAsync(10_100);
  assert.equal(next.server.usable, false);
});

Deno.test("with log-health-checks each change of the count is told, and what the state line leaves out", async () => {
  const t = one({ inter: 1000, rise: 2, fall: 2 }, { logHealthChecks: true });
  await t.clock.advanceAsync(1);
  await t.clock.advanceAsync(2100);
  const passed = "succeeded, reason: Layer4 check passed, check duration: 0ms, status:";
  const failed = 'failed, reason: Layer4 connection problem, info: "Connection refused", ' +
    "check duration: 0ms, status:";
  // Mails of it need a level of their own.
  assert.deepEqual(t.events.map(({ mail }) => mail), [6]);
  assert.deepEqual(t.log(), [`<5>Health check for server b/s ${passed} 2/2 UP.`]);
  Object.assign(t.check, refused);
  await t.clock.advanceAsync(1020);
  await t.clock.advanceAsync(1020);
  await t.clock.advanceAsync(1020);
  assert.deepEqual(t.log(), [
    `<5>Health check for server b/s ${failed} 1/2 UP.`,
    `<5>Health check for server b/s ${failed} 0/2 DOWN.`,
    "<1>Server b/s is DOWN. 0 active and 0 backup servers left. " +
    "0 sessions active, 0 requeued, 0 remaining in queue.",
    "<0>backend b has no server available!",
  ]);
  t.check.status = "L4TOUT";
  t.check.info = "";
  await t.clock.advanceAsync(1020);
  Object.assign(t.check, { status: "L4OK", info: "" });
  await t.clock.advanceAsync(1020);
  await t.clock.advanceAsync(1020);
  assert.deepEqual(t.log(), [
    "<5>Health check for server b/s failed, reason: Layer4 timeout, check duration: 0ms, " +
    "status: 0/2 DOWN.",
    `<5>Health check for server b/s ${passed} 1/2 DOWN.`,
    `<5>Health check for server b/s ${passed} 2/2 UP.`,
    "<5>Server b/s is UP. 1 active and 0 backup servers online. " +
    "0 sessions requeued, 0 total in queue.",
  ]);
});
