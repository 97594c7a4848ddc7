import assert from "node:assert/strict";
import fc from "fast-check";
import { Ring } from "../../lib/balance/ring.ts";
import type { HashKey } from "../../lib/config/model_balance.ts";
import type { Server } from "../../lib/balance/server.ts";

interface Fake {
  readonly id: number;
  readonly index: number;
  readonly hashKey: HashKey;
  address: { host: string; port: number };
  effectiveWeight: number;
}

const fakes = (ids: readonly number[], hashKey: HashKey = "id"): Fake[] =>
  ids.map((id, index) => ({
    id,
    index,
    hashKey,
    address: { host: `10.0.0.${index}`, port: 80 },
    effectiveWeight: 0,
  }));
const asServers = (list: readonly Fake[]) => list as unknown as Server[];

Deno.test("changes one after the other lead to the ring that is built at once", () => {
  const ids = [1, 2, 3, 17, 1000];
  const change = fc.record({
    server: fc.nat(ids.length - 1),
    weight: fc.oneof(fc.constant(0), fc.nat(200), fc.constant(4096)),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const servers = fakes(ids);
      const ring = new Ring(asServers(servers));
      for (const { server, weight } of changes) {
        const changed = servers[server].effectiveWeight !== weight;
        servers[server].effectiveWeight = weight;
        assert.equal(ring.update(asServers(servers.filter((s) => s.effectiveWeight > 0))), changed);
      }
      const fresh = new Ring(asServers(servers));
      fresh.update(asServers(servers));
      assert.deepEqual(ring.keys, fresh.keys);
      assert.deepEqual(ring.owners, fresh.owners);
      assert.ok(ring.keys.every((key, i) => i === 0 || key >= ring.keys[i - 1]));
    }),
    { seed: 20240611, numRuns: 200 },
  );
});

Deno.test("the nearest place is that with the least distance on the circle", () => {
  const servers = fakes([1, 2, 3]);
  for (const s of servers) s.effectiveWeight = 5;
  const ring = new Ring(asServers(servers));
  ring.update(asServers(servers));
  const distance = (a: number, b: number) => Math.min((a - b) >>> 0, (b - a) >>> 0);
  fc.assert(
    fc.property(fc.nat(0xffffffff), (hash) => {
      const least = Math.min(...[...ring.keys].map((key) => distance(key, hash)));
      assert.equal(distance(ring.keys[ring.nearest(hash)], hash), least);
    }),
    { seed: 20240612, numRuns: 2000 },
  );
  for (const hash of [0, 0xffffffff, ring.keys[0], ring.keys[14]]) {
    const least = Math.min(...[...ring.keys].map((key) => distance(key, hash)));
    assert.equal(distance(ring.keys[ring.nearest(hash)], hash), least);
  }
});

Deno.test("many places are sorted, each once", () => {
  const servers = fakes(Array.from({ length: 300 }, (_, i) => i + 1));
  for (const s of servers) s.effectiveWeight = 16 * (1 + s.index % 7);
  const ring = new Ring(asServers(servers));
  ring.update(asServers(servers));
  const expected = servers.reduce((sum, s) => sum + s.effectiveWeight, 0);
  assert.equal(ring.length, expected);
  assert.ok(ring.keys.every((key, i) => i === 0 || key > ring.keys[i - 1]));
  for (const s of servers) {
    assert.equal(ring.owners.filter((owner) => owner === s.index).length, s.effectiveWeight);
  }
});

Deno.test("a server that moves takes its places with it; with its id it keeps them", () => {
  for (const key of ["id", "addr", "addr-port"] as const) {
    const servers = fakes([1, 2, 3], key);
    for (const s of servers) s.effectiveWeight = 16;
    const ring = new Ring(asServers(servers));
    ring.update(asServers(servers));
    servers[1].address = { host: "10.0.0.77", port: 80 };
    assert.equal(ring.update(asServers(servers)), key !== "id");
    servers[1].effectiveWeight = 32;
    servers[1].address = { host: "10.0.0.78", port: 81 };
    ring.update(asServers(servers));
    const fresh = new Ring(asServers(servers));
    fresh.update(asServers(servers));
    assert.deepEqual(ring.keys, fresh.keys);
    assert.deepEqual(ring.owners, fresh.owners);
  }
});
