import assert from "node:assert/strict";
import type { Server } from "../../lib/balance/server.ts";
import { CookieValues } from "../../lib/proxy/cookie_values.ts";

function server(index: number, cookie: string | undefined, host: string, port = 80): Server {
  return {
    index,
    config: { cookie },
    address: { family: 4, host, port },
    hasAddress: true,
  } as unknown as Server;
}

Deno.test("a value leads to its servers in the order of the configuration", () => {
  const servers = [server(0, "a", "h"), server(1, undefined, "h"), server(2, "a", "h")];
  const values = new CookieValues({ servers, places: 0 }, undefined);
  assert.deepEqual(values.servers("a"), [servers[0], servers[2]]);
  assert.deepEqual(values.servers("b"), []);
  assert.equal(values.value(servers[1]), undefined);
});

/** What the real HAProxy 2.6 gives to such servers. */
const DYNAMIC: readonly [key: string, host: string, port: number, value: string][] = [
  ["k", "127.0.0.1", 8085, "d40a7893e305571c"],
  ["secret", "127.0.0.1", 8085, "bcea4cab84aadc2b"],
  ["k", "::1", 8085, "a043925817a83c49"],
  ["a-longer-secret-key-with-many-bytes", "127.0.0.2", 8085, "51371f0d272485fa"],
];

for (const [key, host, port, value] of DYNAMIC) {
  Deno.test(`the dynamic value of ${host}:${port} is HAProxy's`, () => {
    const one = server(0, undefined, host, port);
    const values = new CookieValues({ servers: [one], places: 0 }, key);
    assert.equal(values.value(one), value);
    assert.deepEqual(values.servers(value), [one]);
  });
}

Deno.test("a server's own value goes before a dynamic one, and a name gets none", () => {
  const own = server(0, "mine", "127.0.0.1");
  const named = server(1, undefined, "web.example");
  const values = new CookieValues({ servers: [own, named], places: 0 }, "k");
  assert.equal(values.value(own), "mine");
  assert.equal(values.value(named), undefined);
});

Deno.test("a dynamic value follows its server to another address", () => {
  const one = server(0, undefined, "127.0.0.1", 8085) as {
    -readonly [K in keyof Server]: Server[K];
  };
  const pool = { servers: [one as Server], places: 0 };
  const values = new CookieValues(pool, "k");
  assert.equal(values.value(one as Server), "d40a7893e305571c");
  one.address = { family: 6, host: "::1", port: 8085 };
  pool.places++;
  assert.equal(values.value(one as Server), "a043925817a83c49");
  assert.deepEqual(values.servers("d40a7893e305571c"), []);
  assert.deepEqual(values.servers("a043925817a83c49"), [one]);
});
