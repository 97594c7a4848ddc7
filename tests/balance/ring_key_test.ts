import assert from "node:assert/strict";
import { avalanche } from "../../lib/balance/hash.ts";
import { ringKey } from "../../lib/balance/ring_key.ts";
import type { Server } from "../../lib/balance/server.ts";
import type { HashKey } from "../../lib/config/model_balance.ts";
import { xxh32 } from "../../lib/expr/xxh32.ts";
import { parseIp } from "../../lib/net/address.ts";

function key(hashKey: HashKey, host: string, port = 80, id = 7): number {
  return ringKey({ id, hashKey, address: { host, port } } as unknown as Server);
}

Deno.test("an id gives 4096 numbers to each server, whatever its address is", () => {
  assert.equal(key("id", "10.0.0.1"), 7 * 4096);
  assert.equal(key("id", "10.0.0.2", 81), 7 * 4096);
  assert.equal(key("id", "10.0.0.1", 80, 2 ** 31 - 1), 0xfffff000);
});

Deno.test("an IPv4 address is hashed as the number that it is in memory, lowest byte first", () => {
  assert.equal(key("addr", "10.1.2.3", 80), avalanche(0x0302010a));
  assert.equal(key("addr", "10.1.2.3", 81, 9), avalanche(0x0302010a));
  assert.equal(key("addr", "::ffff:10.1.2.3"), avalanche(0x0302010a));
});

Deno.test("the port is hashed before the address, when it counts", () => {
  assert.equal(
    key("addr-port", "10.1.2.3", 8080),
    avalanche((avalanche(8080) + 0x0302010a) >>> 0),
  );
  assert.notEqual(key("addr-port", "10.1.2.3", 8080), key("addr-port", "10.1.2.3", 8081));
});

Deno.test("an IPv6 address is hashed with XXH32, seeded with the port's hash", () => {
  assert.equal(key("addr", "2001:db8::1"), xxh32(parseIp("2001:db8::1")!, 0));
  assert.equal(
    key("addr-port", "2001:db8::1", 443),
    xxh32(parseIp("2001:db8::1")!, avalanche(443)),
  );
});

Deno.test("where there is no address, the id counts", () => {
  for (const host of ["app.example", "/run/app.sock", "@app"]) {
    assert.equal(key("addr-port", host), 7 * 4096);
  }
});
