/** The lines are those that HAProxy 2.6 wrote in the same situations. */
import assert from "node:assert/strict";
import type { Server } from "../../lib/balance/server.ts";
import { Waiting } from "../../lib/balance/queue.ts";
import { checkResult, reasonOf } from "../../lib/health/result.ts";
import { OpState } from "../../lib/state/server_fields.ts";
import { PC, SC } from "../../lib/state/traffic.ts";
import { bed } from "./support.ts";

type Bed = ReturnType<typeof bed>;

const refused = reasonOf(checkResult("L4CON", 0, "Connection refused"));
const passed = reasonOf(checkResult("L4OK", 0));
const quiet = "0 sessions active, 0 requeued, 0 remaining in queue.";
const calm = "0 sessions requeued, 0 total in queue.";

const cases: {
  name: string;
  servers?: Parameters<typeof bed>[0];
  /** brings it about, its lines are not looked at */
  given?: (t: Bed, s: Server) => void;
  when: (t: Bed, s: Server) => void;
  lines: string[];
}[] = [
  {
    name: "one of two goes down",
    when: (t, s) => t.status.down(s, refused),
    lines: [
      '<1>Server b/s1 is DOWN, reason: Layer4 connection problem, info: "Connection refused", ' +
      `check duration: 0ms. 1 active and 0 backup servers left. ${quiet}`,
    ],
  },
  {
    name: "the last active one goes down and a backup is there",
    servers: { s1: {}, s2: { backup: true } },
    when: (t, s) => t.status.down(s, refused),
    lines: [
      '<1>Server b/s1 is DOWN, reason: Layer4 connection problem, info: "Connection refused", ' +
      `check duration: 0ms. 0 active and 1 backup servers left. Running on backup. ${quiet}`,
    ],
  },
  {
    name: "the backup goes down as the last",
    servers: { s1: { backup: true } },
    when: (t, s) => t.status.down(s, ""),
    lines: [
      `<1>Backup Server b/s1 is DOWN. 0 active and 0 backup servers left. ${quiet}`,
      "<0>backend b has no server available!",
    ],
  },
  {
    name: "a server comes up beside a backup",
    servers: { s1: {}, s2: { backup: true } },
    given: (t, s) => t.status.down(s, refused),
    when: (t, s) => t.status.up(s, passed),
    lines: [
      "<5>Server b/s1 is UP, reason: Layer4 check passed, check duration: 0ms. " +
      `1 active and 1 backup servers online. ${calm}`,
    ],
  },
  {
    name: "the backup comes up alone",
    servers: { s1: { backup: true }, s2: { weight: 0 } },
    given: (t, s) => t.status.down(s, refused),
    when: (t, s) => t.status.up(s, passed),
    lines: [
      "<5>Backup Server b/s1 is UP, reason: Layer4 check passed, check duration: 0ms. " +
      `0 active and 1 backup servers online. Running on backup. ${calm}`,
    ],
  },
  {
    name: "disable server",
    servers: { s1: {}, s2: { backup: true } },
    when: (t, s) => t.status.setMaint(s),
    lines: [
      "<1>Server b/s1 is going DOWN for maintenance. 0 active and 1 backup servers left. " +
      `Running on backup. ${quiet}`,
    ],
  },
  {
    name: "disable server when it is down, then enable it",
    given: (t, s) => t.status.down(s, refused),
    when: (t, s) => {
      t.status.setMaint(s);
      t.status.setReady(s);
    },
    lines: [
      "<5>Server b/s1 was DOWN and now enters maintenance.",
      "<5>Server b/s1 is UP/READY (leaving forced maintenance).",
    ],
  },
  {
    name: "drain and ready",
    servers: { s1: {}, s2: { backup: true } },
    when: (t, s) => {
      t.status.setDrain(s);
      t.status.setDrain(s);
      t.status.setReady(s);
      t.status.setReady(s);
    },
    lines: [
      "<5>Server b/s1 enters drain state. 0 active and 1 backup servers online. " +
      `Running on backup. ${calm}`,
      "<5>Server b/s1 is UP (leaving forced drain).",
    ],
  },
  {
    name: "drain and ready of a server that is down",
    given: (t, s) => t.status.down(s, refused),
    when: (t, s) => {
      t.status.setDrain(s);
      t.status.setReady(s);
    },
    lines: [
      `<5>Server b/s1 enters drain state. 1 active and 0 backup servers left. ${quiet}`,
      "<5>Server b/s1 is DOWN (leaving forced drain).",
    ],
  },
  {
    name: "from maintenance to drain, and down while it drains",
    given: (t, s) => t.status.setMaint(s),
    when: (t, s) => {
      t.status.setDrain(s);
      t.status.down(s, refused);
    },
    lines: [
      "<5>Server b/s1 is UP/DRAIN (leaving forced maintenance).",
      "<5>Server b/s1 remains in forced drain mode.",
      '<5>Server b/s1 is DOWN, reason: Layer4 connection problem, info: "Connection refused", ' +
      `check duration: 0ms. 1 active and 0 backup servers left. ${quiet}`,
      "<5>Server b/s1 remains in forced drain mode.",
    ],
  },
  {
    name: "maintenance of a draining server ends the drain",
    given: (t, s) => t.status.setDrain(s),
    when: (t, s) => {
      t.status.setMaint(s);
      t.status.setReady(s);
    },
    lines: [
      `<5>Server b/s1 is going DOWN for maintenance. 1 active and 0 backup servers left. ${quiet}`,
      "<5>Server b/s1 is UP/READY (leaving forced maintenance).",
    ],
  },
  {
    name: "health forced down, stopping and up",
    when: (t, s) => {
      t.status.setHealth(s, "down");
      t.status.setHealth(s, "stopping");
      t.status.setHealth(s, "up");
    },
    lines: [
      `<1>Server b/s1 is DOWN, changed from CLI. 1 active and 0 backup servers left. ${quiet}`,
      `<5>Server b/s1 is stopping, changed from CLI. 1 active and 0 backup servers online. ${calm}`,
      `<5>Server b/s1 is UP, changed from CLI. 2 active and 0 backup servers online. ${calm}`,
    ],
  },
  {
    name: "the last weight becomes 0",
    servers: { s1: {}, s2: { weight: 0 } },
    when: (t, s) => t.status.setWeight(s, 0),
    lines: ["<0>backend b has no server available!"],
  },
];

for (const { name, servers, given, when, lines } of cases) {
  Deno.test(`log lines: ${name}`, () => {
    const t = bed(servers ?? { s1: {}, s2: {} });
    given?.(t, t.servers[0]);
    t.log();
    when(t, t.servers[0]);
    assert.deepEqual(t.log(), lines);
  });
}

Deno.test("the line tells the sessions on the server and those that were moved", () => {
  const t = bed({ s1: { maxconn: 1 }, s2: {} });
  const [s1, s2] = t.servers;
  t.pool.assign(undefined, { preferred: s1 });
  const w = t.pool.assign(undefined, { preferred: s1 }) as Waiting;
  t.status.down(s1, "");
  assert.deepEqual(t.log(), [
    "<1>Server b/s1 is DOWN. 1 active and 0 backup servers left. " +
    "1 sessions active, 1 requeued, 0 remaining in queue.",
  ]);
  assert.equal(w.settled, true);
  assert.equal(s2.currentConnections, 1);
});

Deno.test("a server that comes up takes streams from the backend's queue and says how many", () => {
  const t = bed({ s1: { maxconn: 1 }, s2: { maxconn: 2 } });
  const [, s2] = t.servers;
  t.status.down(s2, "");
  for (let i = 0; i < 4; i++) t.pool.assign(undefined, {});
  t.log();
  t.status.up(s2, "");
  assert.deepEqual(t.log(), [
    "<5>Server b/s2 is UP. 2 active and 0 backup servers online. " +
    "2 sessions requeued, 0 total in queue.",
  ]);
});

Deno.test("nothing is said nor counted when nothing changes", () => {
  const t = bed({ s1: {} });
  const [s] = t.servers;
  t.status.up(s, passed);
  t.status.down(s, refused);
  t.log();
  t.status.down(s, refused);
  assert.deepEqual(t.log(), []);
  assert.equal(s.counters.total(SC.chkdown), 1);
});

Deno.test("the backend is down while no server is usable, and how often is counted", () => {
  const t = bed({ s1: {} });
  const [s] = t.servers;
  t.status.down(s, "");
  assert.equal(t.state.down, true);
  t.clock.advance(5000);
  t.status.up(s, "");
  assert.equal(t.state.down, false);
  assert.equal(t.state.downtime(t.clock.wall()), 5);
  assert.equal(t.counters.total(PC.chkdown), 1);
});

Deno.test("a server in maintenance is not brought up by a check or from the runtime socket", () => {
  const t = bed({ s1: {} });
  const [s] = t.servers;
  t.status.setMaint(s);
  t.status.up(s, passed);
  t.status.setHealth(s, "up");
  assert.equal(s.state.op, OpState.Stopped);
});

Deno.test("maintenance takes the health of a server, and only a checked one has some after it", () => {
  for (const check of [true, false]) {
    const t = bed({ s1: { check } });
    const [s] = t.servers;
    t.status.setMaint(s);
    assert.deepEqual([s.state.health, s.state.checkState], check ? [0, 14] : [0, 0]);
    t.status.setReady(s);
    assert.deepEqual([s.state.health, s.state.checkState], check ? [s.config.rise, 6] : [0, 0]);
    assert.equal(s.usable, true);
  }
});

Deno.test("mails tell of checks and of drain, not of what an operator does (HAProxy 2.6's choice)", () => {
  const t = bed({ s1: { check: true }, s2: {} });
  const [s1] = t.servers;
  t.status.down(s1, "");
  t.status.up(s1, "");
  t.status.stopping(s1, "");
  t.status.up(s1, "");
  t.status.setDrain(s1);
  t.status.setReady(s1);
  t.status.setMaint(s1);
  t.status.setReady(s1);
  assert.deepEqual(t.mails().map((line) => line.replace(/\. \d.*/, "")), [
    "<1>Server b/s1 is DOWN",
    "<5>Server b/s1 is UP",
    "<5>Server b/s1 is UP",
    "<5>Server b/s1 enters drain state",
  ]);
  // One that is drained and goes down.
  t.status.setDrain(s1);
  t.mails();
  t.status.down(s1, "");
  assert.match(t.mails().join(), /^<5>Server b\/s1 is DOWN/);
});
