/** A new configuration in place of the running one. */
import assert from "node:assert/strict";
import { S1, S2 } from "../support/proxy_rig.ts";
import { type Case, exchange, get, message, ok, testCases } from "../proxy/support.ts";

const LONG = message("HTTP/1.1 200 OK", ["Content-Length: 6"]) + "ab";
const CLOSING = message("HTTP/1.1 200 OK", ["Content-Length: 2", "Connection: close"]) + "hi";

const CASES: readonly Case[] = [
  {
    name:
      "a request that runs ends on its old backend; the next one of its client meets the new one",
    async play(rig) {
      const client = await rig.client();
      client.send(get("/old"));
      const old = await rig.server(S1);
      assert.deepEqual(await rig.reload({ backend: `server s2 ${S2}` }), []);
      old.send(ok());
      await client.gets(ok());
      client.send(get("/new"));
      await (await rig.server(S2)).gets(get("/new"));
    },
  },
  {
    name: "an idle client keeps its connection and meets the new configuration",
    async play(rig) {
      const client = await rig.client();
      client.send(get("/old"));
      const old = await rig.server(S1);
      old.send(ok());
      await client.gets(ok());
      assert.deepEqual(await rig.reload({ backend: `server s2 ${S2}` }), []);
      await old.getsEnd(get("/old"));
      client.send(get("/new"));
      await (await rig.server(S2)).gets(get("/new"));
    },
  },
  {
    name: "idle connections to a server that stays are used on",
    async play(rig) {
      const client = await rig.client();
      client.send(get("/old"));
      const server = await rig.server(S1);
      server.send(ok());
      await client.gets(ok());
      await server.take();
      assert.deepEqual(await rig.reload({ defaults: "timeout client 20s" }), []);
      await exchange(rig, client, server, "/new");
      assert.equal(rig.origin().accepted, 1);
    },
  },
  {
    name: "the old generation's state is kept: a server's slots are counted across it",
    options: { server: "maxconn 1" },
    async play(rig) {
      const one = await rig.client();
      one.send(get("/1"));
      const server = await rig.server();
      const two = await rig.client();
      two.send(get("/2"));
      await rig.pass(1);
      await rig.reload({ server: "maxconn 1" });
      const three = await rig.client();
      three.send(get("/3"));
      await rig.pass(1);
      assert.equal(rig.origin().accepted, 1);
      server.send(ok("1"));
      await one.gets(ok("1"));
      const second = await rig.server();
      await second.gets(get("/2"));
      second.send(ok("2"));
      await two.gets(ok("2"));
      const third = await rig.server();
      await third.gets(get("/3"));
      third.send(ok("3"));
      await three.gets(ok("3"));
    },
  },
  {
    name: "a listener that is gone is closed: idle clients go, running requests finish",
    options: { frontend: "bind 127.0.0.1:81" },
    async play(rig) {
      const idle = await rig.client("127.0.0.1:81");
      idle.send(get());
      const first = await rig.server();
      first.send(ok());
      await idle.gets(ok());
      const busy = await rig.client("127.0.0.1:81");
      busy.send(get("/busy"));
      const server = await rig.server();
      const late = await rig.client("127.0.0.1:81");
      late.send(get("/late"));
      const lateServer = await rig.server();
      lateServer.send(LONG);
      await late.gets(LONG);
      assert.deepEqual(await rig.reload({}), []);
      await idle.getsEnd();
      await assert.rejects(rig.client("127.0.0.1:81"), /does not listen/);
      server.send(ok());
      await busy.getsEnd(CLOSING);
      lateServer.send("cdef");
      await late.getsEnd("cdef");
    },
  },
  {
    name: "a new listener is opened",
    async play(rig) {
      assert.deepEqual(await rig.reload({ frontend: "bind 127.0.0.1:81" }), []);
      const client = await rig.client("127.0.0.1:81");
      client.send(get());
      await (await rig.server()).gets(get());
    },
  },
  {
    name: "a configuration that cannot listen changes nothing, and opens nothing",
    async play(rig) {
      const client = await rig.client();
      const said = await rig.reload({
        frontend: "bind 127.0.0.1:81\nbind 192.0.2.1:80",
        backend: `server s2 ${S2}`,
      });
      assert.equal(said.length, 1);
      assert.match(said[0], /cannot bind/);
      await assert.rejects(rig.client("127.0.0.1:81"), /does not listen/);
      client.send(get());
      await (await rig.server(S1)).gets(get());
    },
  },
  {
    name: "a configuration with mistakes in its rules changes nothing",
    async play(rig) {
      const said = await rig.reload({
        frontend: "http-request deny if { nonsense }",
        backend: `server s2 ${S2}`,
      }).catch((error: Error) => [error.message]);
      assert.ok(said.length > 0);
      const client = await rig.client();
      client.send(get());
      await (await rig.server(S1)).gets(get());
    },
  },
  {
    name: "a place that moves to another frontend takes its idle clients along",
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server(S1);
      server.send(ok());
      await client.gets(ok());
      await rig.takeLog();
      const text = `defaults
    mode http
    log 127.0.0.1:514 local0
    option httplog
    timeout client 16s
    timeout server 16s
    timeout connect 1600ms
frontend fe2
    bind 127.0.0.1:80
    default_backend other
backend other
    server s2 ${S2}
`;
      assert.deepEqual(await rig.reload({ text }), []);
      assert.equal(rig.process.generation.frontends[0].state.current, 1);
      client.send(get("/new"));
      const next = await rig.server(S2);
      await next.gets(get("/new"));
      next.send(ok());
      await client.gets(ok());
      const [logged] = await rig.takeLog();
      assert.match(logged, /^fe2 other\/s2 .* 1\/1\/0\/0\/0 0\/0 /);
    },
  },
  {
    name: "a limit that is raised lets waiting connections in at once",
    options: { frontend: "maxconn 1" },
    async play(rig) {
      await rig.client();
      const waiting = await rig.client();
      waiting.send(get());
      await rig.pass(1);
      assert.equal(rig.process.state.actconn, 1);
      await rig.reload({ frontend: "maxconn 10" });
      assert.equal(rig.process.state.actconn, 2);
      await (await rig.server()).gets(get());
    },
  },
  {
    name: "fifty reloads under requests lose none of them",
    async play(rig) {
      const client = await rig.client();
      client.send(get("/0"));
      const server = await rig.server();
      for (let n = 0; n < 50; n++) {
        await server.gets(get(`/${n}`));
        if (n % 2 === 0) await rig.reload({ defaults: `timeout client ${16 + n}s` });
        server.send(ok(`${n}`));
        if (n % 2 === 1) await rig.reload({ defaults: `timeout client ${16 + n}s` });
        await client.gets(ok(`${n}`));
        client.send(get(`/${n + 1}`));
      }
      assert.equal(rig.origin().accepted, 1);
    },
  },
];

testCases("reload", CASES);
