import assert from "node:assert/strict";
import type { StreamView } from "../../lib/expr/context.ts";
import { Waiting } from "../../lib/balance/queue.ts";
import { Server } from "../../lib/balance/server.ts";
import { OpState } from "../../lib/state/server_fields.ts";
import { StateStore } from "../../lib/state/store.ts";
import { PC, SC } from "../../lib/state/traffic.ts";
import { type Backend, backend, backendConfig, serverConfig } from "./support.ts";
import { provisionPool } from "../../lib/balance/provision.ts";

function takes(b: Backend, preferred?: Server): Server {
  const answer = b.pool.assign(undefined, { preferred });
  assert.ok(answer instanceof Server, "a server answers at once");
  return answer;
}

function waits(b: Backend, preferred?: Server): Waiting {
  const answer = b.pool.assign(undefined, { preferred });
  assert.ok(answer instanceof Waiting && !answer.settled, "the stream has to wait");
  return answer;
}

const queued = (b: Backend) => [b.state.queued, ...b.servers.map((s) => s.state.queued)];

Deno.test("a stream that finds all servers full waits for any of them, and gets the first slot freed", async () => {
  const b = backend([serverConfig("A", { maxconn: 1 }), serverConfig("B", { maxconn: 1 })]);
  const [first, second] = [takes(b), takes(b)];
  const w1 = waits(b);
  const w2 = waits(b);
  assert.deepEqual([w1.ahead, w2.ahead], [0, 1]);
  assert.equal(w1.server, undefined);
  b.pool.release(second);
  assert.equal(await w1.granted, second);
  assert.equal(second.currentConnections, 1);
  assert.equal(w2.settled, false);
  b.pool.release(first);
  assert.equal(await w2.granted, first);
  assert.deepEqual(queued(b), [0, 0, 0]);
});

Deno.test("a stream that is stuck to a full server waits for that one though another is free", async () => {
  const b = backend([serverConfig("A", { maxconn: 1 }), serverConfig("B")]);
  const [a, other] = b.servers;
  takes(b, a);
  const w = waits(b, a);
  assert.deepEqual(queued(b), [0, 1, 0]);
  assert.equal(takes(b), other);
  b.pool.release(a);
  assert.equal(await w.granted, a);
});

Deno.test("a freed slot goes to the older of the server's queue and the backend's queue", async () => {
  const b = backend([serverConfig("A", { maxconn: 1 })]);
  const [a] = b.servers;
  const order: string[] = [];
  takes(b);
  const waiting = [waits(b), waits(b, a), waits(b, a), waits(b)];
  waiting.forEach((w, i) => w.granted.then(() => order.push(`w${i}`)));
  for (let i = 0; i < 4; i++) {
    b.pool.release(a);
    await Promise.resolve();
  }
  assert.deepEqual(order, ["w0", "w1", "w2", "w3"]);
});

Deno.test("the priority class comes first, then the time moved by the offset, then who came first", async () => {
  let now = 1000;
  const lease = new StateStore().lease();
  const { pool, servers } = provisionPool(backendConfig([serverConfig("A", { maxconn: 1 })]), {
    lease,
    wallMs: 0,
    defaultFullconn: 0,
    now: () => now,
  });
  const order: string[] = [];
  const wait = (name: string, priorityClass = 0, priorityOffset = 0, preferred?: Server) => {
    const stream = { priorityClass, priorityOffset } as unknown as StreamView;
    const w = pool.assign(stream, { preferred });
    assert.ok(w instanceof Waiting);
    w.granted.then(() => order.push(name));
    now += 10;
  };
  assert.ok(pool.assign(undefined, {}) instanceof Server);
  wait("first");
  wait("second");
  wait("late", 0, 25);
  wait("urgent class", -1);
  wait("soon", 0, -1000);
  wait("last class", 2047, -524287);
  wait("urgent and stuck", -1, -1, servers[0]);
  wait("before late", 0, -16);
  wait("same as late", 0, -25);
  for (let n = 0; n < 9; n++) {
    pool.release(servers[0]);
    await Promise.resolve();
  }
  assert.deepEqual(order, [
    "urgent class",
    "urgent and stuck",
    "soon",
    "first",
    "second",
    "late",
    "before late",
    "same as late",
    "last class",
  ]);
});

Deno.test("a cancelled stream leaves its queue at once and takes no slot", async () => {
  const b = backend([serverConfig("A", { maxconn: 1 })]);
  const a = takes(b);
  const [w1, w2, w3] = [waits(b), waits(b), waits(b)];
  w2.cancel();
  assert.equal(await w2.granted, undefined);
  assert.equal(b.pool.queued, 2);
  w1.cancel();
  b.pool.release(a);
  assert.equal(await w3.granted, a);
  w3.cancel();
  assert.equal(a.currentConnections, 1);
});

Deno.test("with a full queue (maxqueue) a stuck stream goes elsewhere when redispatch permits, else it is refused", async () => {
  const servers = [serverConfig("A", { maxconn: 1, maxqueue: 1 }), serverConfig("B")];
  for (const redispatch of [1, false] as const) {
    const b = backend(servers, { redispatch });
    const [a, other] = b.servers;
    takes(b, a);
    waits(b, a);
    const answer = b.pool.assign(undefined, { preferred: a });
    if (redispatch !== false) {
      assert.equal(answer, other);
    } else {
      assert.ok(answer instanceof Waiting && answer.refused);
      assert.equal(await answer.granted, undefined);
      assert.deepEqual(queued(b), [0, 1, 0]);
    }
  }
});

Deno.test("leastconn queues at a full server up to its maxqueue", async () => {
  const b = backend([serverConfig("A", { maxconn: 1, maxqueue: 2, weight: 100 })], {
    algorithm: "leastconn",
  });
  const a = takes(b);
  const w = [waits(b), waits(b), waits(b)];
  assert.deepEqual(w.map((x) => x.server?.name), ["A", "A", undefined]);
  for (const x of w) {
    b.pool.release(a);
    assert.equal(await x.granted, a);
  }
});

Deno.test("the queue of a server that goes down goes to the others, in order", async () => {
  const b = backend([serverConfig("A", { maxconn: 1 }), serverConfig("B", { maxconn: 2 })]);
  const [a, other] = b.servers;
  takes(b, a);
  const w = [waits(b, a), waits(b, a), waits(b, a)];
  a.state.setOp(OpState.Stopped, 0);
  assert.equal(b.pool.update(), 3);
  assert.equal(await w[0].granted, other);
  assert.equal(await w[1].granted, other);
  assert.deepEqual(queued(b), [1, 0, 0]);
  b.pool.release(other);
  assert.equal(await w[2].granted, other);
});

Deno.test("without option redispatch, streams stay in the queue of a server that goes down", () => {
  const b = backend([serverConfig("A", { maxconn: 1 }), serverConfig("B")], { redispatch: false });
  const [a] = b.servers;
  takes(b, a);
  const w = waits(b, a);
  a.state.setOp(OpState.Stopped, 0);
  assert.equal(b.pool.update(), 0);
  b.pool.release(a);
  assert.equal(w.settled, false);
  a.state.setOp(OpState.Running, 0);
  b.pool.update();
  assert.equal(w.settled, true);
});

Deno.test("when the last server goes, all that wait are told that there is none", async () => {
  const b = backend([serverConfig("A", { maxconn: 1 })]);
  const [a] = b.servers;
  takes(b);
  const w = [waits(b), waits(b, a)];
  a.state.setOp(OpState.Stopped, 0);
  b.pool.update();
  assert.deepEqual(await Promise.all(w.map((x) => x.granted)), [undefined, undefined]);
  assert.deepEqual(queued(b), [0, 0]);
});

Deno.test("a server that comes up takes waiting streams up to its limit", async () => {
  const b = backend([serverConfig("A", { maxconn: 1 }), serverConfig("B", { maxconn: 2 })]);
  const [a, other] = b.servers;
  other.state.setOp(OpState.Stopped, 0);
  takes(b);
  const w = [waits(b), waits(b), waits(b)];
  other.state.setOp(OpState.Running, 0);
  b.pool.update();
  assert.deepEqual(await Promise.all([w[0].granted, w[1].granted]), [other, other]);
  assert.equal(w[2].settled, false);
  b.pool.release(a);
  assert.equal(await w[2].granted, a);
});

Deno.test("a draining server serves those that are stuck to it, and its queue, but nobody new", async () => {
  const b = backend([serverConfig("A", { maxconn: 1 }), serverConfig("B", { maxconn: 1 })]);
  const [a] = b.servers;
  takes(b, a);
  takes(b);
  const stuck = waits(b, a);
  const any = waits(b);
  a.state.setAdmin(0x08, 0);
  b.pool.update();
  b.pool.release(a);
  assert.equal(await stuck.granted, a);
  b.pool.release(a);
  assert.equal(any.settled, false);
});

Deno.test("between minconn and maxconn the limit follows the streams in the backend, to fullconn", () => {
  const b = backend([serverConfig("A", { minconn: 10, maxconn: 100 })], { fullconn: 1000 });
  const [a] = b.servers;
  const limits: number[] = [];
  for (let n = 0; n <= 1200; n++) {
    if ([0, 50, 100, 110, 500, 999, 1000, 1200].includes(n)) limits.push(b.pool.limitOf(a));
    b.state.enter();
  }
  assert.deepEqual(limits, [10, 10, 10, 11, 50, 99, 100, 100]);
});

Deno.test("minconn without maxconn is a fixed limit", () => {
  const b = backend([serverConfig("A", { minconn: 7 })], { fullconn: 1000 });
  assert.equal(b.pool.limitOf(b.servers[0]), 7);
});

Deno.test("selections and the longest queues are counted", () => {
  const b = backend([serverConfig("A", { maxconn: 1 })]);
  const [a] = b.servers;
  takes(b);
  const w = [waits(b), waits(b), waits(b, a)];
  for (let i = 0; i < 3; i++) b.pool.release(a);
  assert.ok(w.every((x) => x.settled));
  assert.equal(a.counters.total(SC.lbtot), 4);
  assert.equal(b.counters.total(PC.lbtot), 4);
  assert.equal(b.counters.total(PC.qmax), 2);
  assert.equal(a.counters.total(SC.qmax), 1);
});

Deno.test("after a reload the old and the new Generation share the slots, and the older streams come first", async () => {
  const servers = [serverConfig("A", { maxconn: 1 })];
  const old = backend(servers);
  takes(old);
  const fresh = backend(servers, {}, old.store);
  const newer = waits(fresh);
  const older = waits(old);
  old.pool.release(old.servers[0]);
  assert.equal(await older.granted, old.servers[0]);
  assert.equal(newer.settled, false);
  old.lease.end();
  old.pool.release(old.servers[0]);
  assert.equal(await newer.granted, fresh.servers[0]);
  assert.equal(fresh.servers[0].currentConnections, 1);
});

Deno.test("a change of a server is told to the streams that wait in an old Generation", async () => {
  const servers = [serverConfig("A", { maxconn: 1 }), serverConfig("B")];
  const old = backend(servers);
  const [a, other] = old.servers;
  takes(old, a);
  const w = waits(old, a);
  const fresh = backend(servers, {}, old.store);
  fresh.servers[0].state.setOp(OpState.Stopped, 0);
  assert.equal(fresh.pool.updateAll(), 1);
  assert.equal(await w.granted, other);
});

Deno.test("a slot that one thread frees is given to a stream that waits in another", async () => {
  const main = new StateStore({ threads: 2 });
  const config = backendConfig([serverConfig("A", { maxconn: 1 })]);
  const setup = { wallMs: 0, defaultFullconn: 0 };
  const one = provisionPool(config, { ...setup, lease: main.lease() });
  const worker = StateStore.attach(main.image(), 1);
  const two = provisionPool(config, { ...setup, lease: worker.lease() });
  const server = one.pool.assign(undefined, {}) as Server;
  const w = two.pool.assign(undefined, {}) as Waiting;
  assert.ok(w instanceof Waiting);
  one.pool.release(server);
  assert.equal(await w.granted, two.servers[0]);
  two.pool.release(two.servers[0]);
  assert.equal(server.currentConnections, 0);
  assert.equal(one.state.waiting, 0);
});

Deno.test("a server without a port is reached at the port the client came to, with its offset", () => {
  const address = { type: "tcp", host: "127.0.0.1" } as const;
  const b = backend([
    serverConfig("A", { address }),
    serverConfig("B", { address: { ...address, portOffset: 1000 } }),
    serverConfig("C", { address: { ...address, port: 81 } }),
    serverConfig("D", { address: { type: "abstract", name: "x" } }),
  ]);
  const targets = b.servers.map((s) => s.targetFor(8080));
  assert.deepEqual(targets, [
    { type: "tcp", host: "127.0.0.1", port: 8080 },
    { type: "tcp", host: "127.0.0.1", port: 9080 },
    { type: "tcp", host: "127.0.0.1", port: 81 },
    { type: "unix", path: "@x" },
  ]);
  assert.equal(targets[2], b.servers[2].target);
});
