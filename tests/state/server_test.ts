import assert from "node:assert/strict";
import { BackendState, FrontendState } from "../../lib/state/proxy.ts";
import { Admin, OpState } from "../../lib/state/server_fields.ts";
import { ServerState } from "../../lib/state/server.ts";
import type { ServerSetup } from "../../lib/state/server_setup.ts";
import { StateStore } from "../../lib/state/store.ts";

const setup: ServerSetup = { weight: 10, disabled: false, check: true, rise: 2, fall: 3 };

/** Takes server `b/s` as a Generation with this configuration does. */
function load(store: StateStore, more: Partial<ServerSetup> = {}, wallMs = 0): ServerState {
  const lease = store.lease();
  const backend = BackendState.take(lease, "b");
  const state = ServerState.take(lease, backend, "s", { ...setup, ...more }, wallMs);
  lease.commit();
  return state;
}

Deno.test("a Generation that is thrown away leaves the running one's servers as they were", () => {
  const store = new StateStore();
  const s = load(store);
  const lease = store.lease();
  const backend = BackendState.take(lease, "b");
  const other = { ...setup, weight: 99, disabled: true, check: false };
  ServerState.take(lease, backend, "s", other, 0);
  assert.deepEqual([s.weight, s.initialWeight, s.usable], [10, 10, true]);
  lease.end();
  lease.commit();
  assert.deepEqual([s.weight, s.initialWeight, s.usable], [10, 10, true]);
});

Deno.test("a new server is up, one failed check away from down", () => {
  const s = load(new StateStore(), {}, 5_000);
  assert.deepEqual(
    [s.op, s.admin, s.weight, s.initialWeight, s.health, s.usable, s.lastChange],
    [OpState.Running, 0, 10, 10, 2, true, 5],
  );
});

Deno.test("a disabled server starts in maintenance", () => {
  const s = load(new StateStore(), { disabled: true });
  assert.deepEqual([s.op, s.admin, s.usable], [
    OpState.Stopped,
    Admin.ForcedMaint | Admin.ConfigMaint,
    false,
  ]);
  assert.deepEqual([s.health, s.checkState], [0, 2 | 4 | 8]);
});

const reloads: {
  name: string;
  before?: Partial<ServerSetup>;
  meanwhile: (s: ServerState) => void;
  after?: Partial<ServerSetup>;
  expect: Partial<Record<"weight" | "initialWeight" | "op" | "admin" | "health", number>>;
}[] = [
  {
    name: "a weight set at run time stays",
    meanwhile: (s) => s.setWeight(3),
    expect: { weight: 3, initialWeight: 10 },
  },
  {
    name: "a weight changed in the configuration wins",
    meanwhile: (s) => s.setWeight(3),
    after: { weight: 20 },
    expect: { weight: 20, initialWeight: 20 },
  },
  {
    name: "maintenance and drain stay",
    meanwhile: (s) => s.setAdmin(Admin.ForcedDrain, 0),
    expect: { admin: Admin.ForcedDrain, op: OpState.Running },
  },
  {
    name: "a server that was enabled at run time stays so though the file still says disabled",
    before: { disabled: true },
    meanwhile: (s) => {
      s.setAdmin(Admin.ConfigMaint, 0);
      s.setOp(OpState.Running, 0);
    },
    after: { disabled: true },
    expect: { admin: Admin.ConfigMaint, op: OpState.Running },
  },
  {
    name: "`disabled` added puts it into maintenance",
    meanwhile: () => {},
    after: { disabled: true },
    expect: { admin: Admin.ForcedMaint | Admin.ConfigMaint, op: OpState.Stopped },
  },
  {
    name: "`disabled` removed brings it up",
    before: { disabled: true },
    meanwhile: () => {},
    expect: { admin: 0, op: OpState.Running, health: 2 },
  },
  {
    name: "a server that checks found down stays down",
    meanwhile: (s) => {
      s.setHealth(0);
      s.setOp(OpState.Stopped, 0);
    },
    expect: { op: OpState.Stopped, health: 0 },
  },
  {
    name: "a server whose check is removed is up",
    meanwhile: (s) => {
      s.setHealth(0);
      s.setOp(OpState.Stopped, 0);
    },
    after: { check: false },
    expect: { op: OpState.Running },
  },
  {
    name: "failures counted so far count under a new rise and fall",
    meanwhile: (s) => s.setHealth(3),
    after: { rise: 5, fall: 6 },
    expect: { op: OpState.Running, health: 9 },
  },
  {
    name: "successes counted so far do not make it up by a smaller rise alone",
    before: { rise: 5 },
    meanwhile: (s) => {
      s.setHealth(4);
      s.setOp(OpState.Stopped, 0);
    },
    after: { rise: 2 },
    expect: { op: OpState.Stopped, health: 1 },
  },
];

for (const { name, before, meanwhile, after, expect } of reloads) {
  Deno.test(`reload: ${name}`, () => {
    const store = new StateStore();
    meanwhile(load(store, before));
    const s = load(store, after);
    for (const [key, value] of Object.entries(expect)) {
      assert.equal(s[key as keyof typeof expect], value, key);
    }
  });
}

Deno.test("weights are held between 0 and 256", () => {
  const s = load(new StateStore());
  s.setWeight(1000);
  assert.equal(s.weight, 256);
  s.setWeight(-1);
  assert.deepEqual([s.weight, s.usable], [0, false]);
});

Deno.test("downtime adds up over the times it was down or in maintenance", () => {
  const s = load(new StateStore());
  s.setOp(OpState.Stopped, 10_000);
  assert.equal(s.downtime(15_000), 5);
  s.setOp(OpState.Running, 20_000);
  assert.equal(s.downtime(30_000), 10);
  s.setAdmin(Admin.ForcedMaint, 40_000);
  s.setAdmin(Admin.ForcedDrain, 43_000);
  assert.equal(s.downtime(99_000), 13);
  assert.equal(s.lastChange, 43);
});

Deno.test("slots are taken up to the limit and not beyond", () => {
  const s = load(new StateStore());
  assert.deepEqual([1, 2, 3].map(() => s.takeSlot(2)), [true, true, false]);
  assert.equal(s.current, 2);
  s.freeSlot();
  assert.equal(s.takeSlot(2), true);
  assert.equal(s.takeSlot(0), true);
  assert.equal(s.current, 3);
});

Deno.test("a change that balancing must know moves the backend's version and wakes who waits", async () => {
  const store = new StateStore();
  const s = load(store);
  const b = BackendState.take(store.lease(), "b");
  const seen = b.version;
  const changed = b.changed(seen);
  s.setHealth(1);
  assert.equal(b.version, seen);
  assert.equal(s.setOp(OpState.Running, 0), false);
  assert.equal(b.version, seen);
  s.setWeight(5);
  assert.notEqual(b.version, seen);
  await changed;
  await b.changed(seen);
});

Deno.test("a frontend lets in as many as its maxconn", () => {
  const f = FrontendState.take(new StateStore().lease(), "f");
  assert.deepEqual([f.tryEnter(1), f.tryEnter(1), f.tryEnter(undefined)], [true, false, true]);
  assert.deepEqual([f.leave(), f.enter(), f.current], [1, 2, 2]);
});

Deno.test("a backend remembers how long no server was usable", () => {
  const b = BackendState.take(new StateStore().lease(), "b");
  b.date(1_000);
  assert.equal(b.lastChange, 1);
  assert.equal(b.setDown(true, 10_000), true);
  assert.equal(b.setDown(true, 11_000), false);
  assert.equal(b.downtime(12_000), 2);
  b.setDown(false, 15_000);
  assert.deepEqual([b.down, b.downtime(99_000), b.lastChange], [false, 5, 15]);
});
