/** Servers that come and go in a running pool, with every algorithm whose weights may change. */
import assert from "node:assert/strict";
import { algorithms, isDynamic } from "../../lib/balance/balancer.ts";
import { provisionServer } from "../../lib/balance/provision.ts";
import { Server } from "../../lib/balance/server.ts";
import { Waiting } from "../../lib/balance/queue.ts";
import { StateStore } from "../../lib/state/store.ts";
import { type Backend, backend, serverConfig } from "./support.ts";

const consistent = { method: "consistent", function: "sdbm" } as const;

function add(b: Backend, name: string, maxconn?: number): Server {
  const config = serverConfig(name, { id: 100 + b.pool.servers.length, maxconn });
  const server = provisionServer(
    config,
    b.pool.servers.length,
    b.state,
    new StateStore().lease(),
    0,
  );
  b.pool.addServer(server);
  return server;
}

function serve(b: Backend, times: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let n = 0; n < times; n++) {
    const server = b.pool.assign(undefined, {});
    assert.ok(server instanceof Server);
    counts.set(server.name, (counts.get(server.name) ?? 0) + 1);
    if (n % 2 === 0) b.pool.release(server);
    else queueMicrotask(() => b.pool.release(server));
  }
  return counts;
}

for (const algorithm of algorithms) {
  if (!isDynamic(algorithm, consistent as never)) continue;
  Deno.test(`${algorithm.name}: an added server is chosen, a deleted one never again`, async () => {
    const b = backend([serverConfig("A"), serverConfig("B")], {
      algorithm: algorithm.name,
      hashType: consistent as never,
      settings: { header: "x", parameter: "x", name: "x" } as never,
    });
    const c = add(b, "C");
    assert.deepEqual(b.pool.servers.map(({ index }) => index), [0, 1, 2]);
    const all = serve(b, 300);
    await Promise.resolve();
    if (!["first", "sticky"].includes(algorithm.name)) {
      assert.ok((all.get("C") ?? 0) > 0, [...all].join(" "));
    }
    const [a] = b.pool.servers;
    b.pool.removeServer(a);
    assert.deepEqual(b.pool.servers.map(({ name, index }) => `${name}${index}`), ["B0", "C1"]);
    const rest = serve(b, 300);
    await Promise.resolve();
    assert.equal(rest.get("A"), undefined);
    assert.equal(
      b.pool.assign(undefined, { preferred: a }) === a,
      false,
      "persistence leads elsewhere",
    );
    assert.equal(b.pool.server("A"), undefined);
    b.pool.removeServer(c);
    b.pool.removeServer(b.pool.servers[0]);
    assert.equal(b.pool.assign(undefined, {}), undefined);
    add(b, "D");
    assert.equal((b.pool.assign(undefined, {}) as Server).name, "D");
  });
}

Deno.test("who waits for any server gets a slot of one that is added", async () => {
  const b = backend([serverConfig("A", { maxconn: 1 })]);
  assert.ok(b.pool.assign(undefined, {}) instanceof Server);
  const waiting = b.pool.assign(undefined, {});
  assert.ok(waiting instanceof Waiting);
  const added = add(b, "B", 1);
  assert.equal(await waiting.granted, added);
});
