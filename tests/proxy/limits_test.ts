/** Retries, redispatch, and the limits of servers, frontends, bind lines and the process. */
import assert from "node:assert/strict";
import { S1, S2 } from "../support/proxy_rig.ts";
import { type Case, get, line, ok, page, post, testCases } from "./support.ts";

const TWO = `server s1 ${S1}\nserver s2 ${S2}`;
const N = ok().length;

const CASES: readonly Case[] = [
  {
    name: "a refused connection is tried three more times, a second apart: 503, SC",
    async play(rig) {
      rig.origin().shut();
      const client = await rig.client();
      client.send(get());
      await rig.pass(2999);
      await client.gets("");
      await rig.pass(60);
      await client.gets(page(503));
      const [logged] = await rig.takeLog();
      assert.match(logged, /^fe be\/s1 0\/0\/-1\/-1\/30\d\d 503 \d+ - - SC-- 1\/1\/0\/0\/3 0\/0 /);
    },
  },
  {
    name: "a server that comes back in time answers, its retries in the log",
    async play(rig) {
      rig.origin().shut();
      const client = await rig.client();
      client.send(get());
      await rig.pass(500);
      rig.origin().open();
      await rig.pass(600);
      const server = await rig.server();
      await server.gets(get());
      server.send(ok());
      await client.gets(ok());
      const [logged] = await rig.takeLog();
      assert.match(logged, /^fe be\/s1 0\/0\/1\d\d\d\/\d+\/1\d\d\d 200 .* 1\/1\/0\/0\/1 0\/0 /);
    },
  },
  {
    name: "redispatch takes the last attempt to another server, at once, with a plus in the log",
    options: { defaults: "option redispatch\nretries 1", backend: TWO },
    async play(rig) {
      rig.origin(S1).shut();
      const client = await rig.client();
      client.send(get());
      const server = await rig.server(S2);
      await server.gets(get());
      server.send(ok());
      await client.gets(ok());
      await rig.logged(
        line("0/0/0/0/0", 200, N, "--", undefined, { at: "be/s2", conns: "1/1/0/0/+1" }),
      );
      assert.equal(rig.process.generation.backends.get("be")!.pool.servers[0].state.current, 0);
    },
  },
  {
    name: "without redispatch the attempts stay with the server chosen",
    options: { defaults: "no option redispatch\nretries 1", backend: TWO },
    async play(rig) {
      rig.origin(S1).shut();
      const client = await rig.client();
      client.send(get());
      await rig.pass(1100);
      await client.gets(page(503));
      assert.equal(rig.origin(S2).accepted, 0);
    },
  },
  {
    name: "redispatch while the others are full stays with the server, after a pause",
    options: {
      defaults: "option redispatch\nretries 1\nbalance roundrobin",
      backend: `server s1 ${S1} maxconn 1\nserver s2 ${S2} maxconn 1`,
    },
    async play(rig) {
      rig.origin(S1).shut();
      const one = await rig.client();
      one.send(get("/1"));
      const server = await rig.server(S2);
      await server.gets(get("/1"));
      const two = await rig.client();
      two.send(get("/2"));
      await rig.pass(500);
      rig.origin(S1).open();
      await rig.pass(600);
      const late = await rig.server(S1);
      await late.gets(get("/2"));
      late.send(ok("2"));
      await two.gets(ok("2"));
      server.send(ok("1"));
      await one.gets(ok("1"));
      const [logged] = await rig.takeLog();
      assert.match(logged, /^fe be\/s1 .* 2\/2\/1\/0\/1 0\/0 /);
    },
  },
  {
    name: "server maxconn: the others wait and are served in the order of their arrival",
    options: { server: "maxconn 1", defaults: "http-reuse always" },
    async play(rig) {
      const clients = [];
      for (let n = 0; n < 5; n++) {
        const client = await rig.client();
        client.send(get(`/${n}`));
        clients.push(client);
        await rig.pass(16);
      }
      const server = await rig.server();
      for (let n = 0; n < 5; n++) {
        await server.gets(get(`/${n}`));
        server.send(ok(`${n}`));
        await clients[n].gets(ok(`${n}`));
        await rig.pass(16);
      }
      const logged = await rig.takeLog();
      assert.deepEqual(
        logged.map((text) => /be\/s1 (\S+) .* (\d+\/\d+) "/.exec(text)!.slice(1)),
        [
          ["0/0/0/80/80", "0/0"],
          ["0/64/0/16/80", "0/0"],
          ["0/64/0/16/80", "0/1"],
          ["0/64/0/16/80", "0/2"],
          ["0/64/0/16/80", "0/3"],
        ],
      );
      assert.equal(rig.origin().accepted, 1);
    },
  },
  {
    name: "a slot is free again after every kind of end",
    options: { server: "maxconn 1", defaults: "timeout server 800ms\noption abortonclose" },
    async play(rig) {
      const ends: ((server: { close(): void; send(t: string): void; reset(): void }, client: {
        reset(): void;
      }) => void)[] = [
        (server) => server.send(ok()),
        (server) => server.send("nonsense\r\n\r\n"),
        (server) => server.close(),
        (server) => server.reset(),
        (_, client) => client.reset(),
        () => {},
      ];
      for (const end of ends) {
        const client = await rig.client();
        client.send(get("/", "Connection: close"));
        const server = await rig.server();
        end(server, client);
        await rig.pass(1600);
        client.close();
        assert.equal(
          rig.process.generation.backends.get("be")!.pool.servers[0].state.current,
          0,
        );
        server.close();
        await rig.pass(1);
      }
    },
  },
  {
    name: "frontend maxconn: a connection beyond it waits, unaccepted, until one ends",
    options: { frontend: "maxconn 2" },
    async play(rig) {
      const [a, b, c] = [await rig.client(), await rig.client(), await rig.client()];
      c.send(get("/c"));
      await rig.pass(100);
      assert.equal(rig.process.state.actconn, 2);
      assert.equal(rig.origin().accepted, 0);
      a.close();
      await (await rig.server()).gets(get("/c"));
      assert.equal(rig.process.state.actconn, 2);
      b.close();
    },
  },
  {
    name: "bind maxconn bounds its own listener only",
    options: { frontend: "bind 127.0.0.1:81 maxconn 1" },
    async play(rig) {
      await rig.client("127.0.0.1:81");
      const second = await rig.client("127.0.0.1:81");
      second.send(get("/81"));
      const other = await rig.client();
      other.send(get("/80"));
      await (await rig.server()).gets(get("/80"));
      assert.equal(rig.origin().accepted, 1);
    },
  },
  {
    name: "process maxconn: all listeners wait, and go on when there is room",
    options: { global: "maxconn 2", frontend: "bind 127.0.0.1:81" },
    async play(rig) {
      const a = await rig.client();
      const b = await rig.client("127.0.0.1:81");
      const c = await rig.client();
      const d = await rig.client("127.0.0.1:81");
      c.send(get("/c"));
      d.send(get("/d"));
      await rig.pass(100);
      assert.equal(rig.process.state.actconn, 2);
      a.close();
      b.close();
      await rig.pass(1);
      const seen = [
        await (await rig.server()).take(),
        await (await rig.server()).take(),
      ].sort();
      assert.deepEqual(seen, [get("/c"), get("/d")]);
    },
  },
  {
    name: "a queued request that is served leaves no timer that could end it",
    options: { server: "maxconn 1", defaults: "timeout queue 800ms\nhttp-reuse always" },
    async play(rig) {
      const holder = await rig.client();
      holder.send(get("/first"));
      const server = await rig.server();
      const client = await rig.client();
      client.send(post(2, "hi"));
      await rig.pass(400);
      server.send(ok());
      await holder.gets(ok());
      await server.gets(get("/first") + post(2, "hi"));
      await rig.pass(1600);
      server.send(ok());
      await client.gets(ok());
    },
  },
  {
    name: "all servers disabled: 503 at once, SC, no server in the log",
    options: { server: "disabled" },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      await client.gets(page(503));
      await rig.logged(
        line("0/-1/-1/-1/0", 503, page(503).length, "SC", undefined, { at: "be/<NOSRV>" }),
      );
    },
  },
  {
    name: "a frontend without a backend: 503, SC",
    options: {
      text: `defaults
    mode http
    log 127.0.0.1:514 local0
    option httplog
    timeout client 16s
frontend fe
    bind 127.0.0.1:80
`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      await client.gets(page(503));
      await rig.logged(
        line("0/-1/-1/-1/0", 503, page(503).length, "SC", undefined, { at: "fe/<NOSRV>" }),
      );
    },
  },
];

testCases("limits", CASES);
