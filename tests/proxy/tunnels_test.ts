/** Upgrades, CONNECT and mode tcp: bytes both ways. */
import assert from "node:assert/strict";
import { type Case, get, line, message, ok, page, testCases } from "./support.ts";

const UPGRADE = ["Connection: Upgrade", "Upgrade: echo"];
const ASK = message("GET / HTTP/1.1", ["Host: x", "Upgrade: echo", "Connection: Upgrade"]);
const ANSWER = message("HTTP/1.1 101 Switching", UPGRADE);

const CASES: readonly Case[] = [
  {
    name: "after 101 bytes pass both ways, those that came with the heads first",
    async play(rig) {
      const client = await rig.client();
      client.send(ASK + "early");
      const server = await rig.server();
      await server.gets(ASK);
      await rig.pass(16);
      server.send(ANSWER + "banner");
      await client.gets(ANSWER + "banner");
      await server.gets("early");
      client.send("ping");
      await server.gets("ping");
      server.send("pong");
      await client.gets("pong");
      await rig.pass(16);
      client.finish();
      await server.getsEnd();
      server.send("last words");
      server.finish();
      await client.getsEnd("last words");
      const bytes = ANSWER.length + "bannerponglast words".length;
      await rig.logged(line("0/0/0/16/32", 101, bytes, "--"));
    },
  },
  {
    name: "an upgrade that is refused leaves HTTP, and what was pipelined is the next request",
    async play(rig) {
      const client = await rig.client();
      client.send(ASK + get("/2"));
      const server = await rig.server();
      await server.gets(ASK);
      server.send(ok());
      await client.gets(ok());
      await server.gets(get("/2"));
      server.send(ok());
      await client.gets(ok());
    },
  },
  {
    name: "101 that nobody asked for is a bad answer: 502, PH, no tunnel",
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send(ANSWER + "forged");
      await client.gets(page(502));
      await rig.logged(line("0/0/0/-1/0", 502, page(502).length, "PH"));
      client.send(get("/2"));
      await (await rig.server()).gets(get("/2"));
    },
  },
  {
    name: "101 before the request is complete is a bad answer: 502, PH",
    async play(rig) {
      const client = await rig.client();
      client.send(
        message("POST / HTTP/1.1", ["Host: x", ...UPGRADE, "Content-Length: 10"]) + "half",
      );
      const server = await rig.server();
      await server.take();
      server.send(ANSWER);
      await client.getsEnd(page(502, true));
      await rig.logged(line("0/0/0/-1/0", 502, page(502).length + 19, "PH", "POST / HTTP/1.1"));
    },
  },
  {
    name: "option abortonclose does not swallow the first bytes of a tunnel",
    options: { defaults: "option abortonclose" },
    async play(rig) {
      const client = await rig.client();
      client.send(ASK);
      const server = await rig.server();
      await server.gets(ASK);
      server.send(ANSWER);
      await client.gets(ANSWER);
      client.send("first");
      await server.gets("first");
      client.send("second");
      await server.gets("second");
      server.send("third");
      await client.gets("third");
    },
  },
  {
    name: "option abortonclose does not swallow bytes that came before the 101",
    options: { defaults: "option abortonclose" },
    async play(rig) {
      const client = await rig.client();
      client.send(ASK);
      const server = await rig.server();
      await server.gets(ASK);
      client.send("early");
      await rig.pass(1);
      server.send(ANSWER);
      await client.gets(ANSWER);
      await server.gets("early");
      client.send("second");
      await server.gets("second");
    },
  },
  {
    name: "CONNECT is a tunnel after 2xx",
    async play(rig) {
      const ask = message("CONNECT h:443 HTTP/1.1", ["Host: h:443"]);
      const client = await rig.client();
      client.send(ask + "hello");
      const server = await rig.server();
      await server.gets(ask);
      server.send(message("HTTP/1.1 200 Connected", []) + "tls");
      await client.gets(message("HTTP/1.1 200 Connected", []) + "tls");
      await server.gets("hello");
      server.finish();
      await client.getsEnd();
      client.send("still");
      await server.take();
    },
  },
  {
    name: "CONNECT that is refused leaves HTTP",
    async play(rig) {
      const ask = message("CONNECT h:443 HTTP/1.1", ["Host: h:443"]);
      const answer = message("HTTP/1.1 403 No", ["Content-Length: 0"]);
      const client = await rig.client();
      client.send(ask + get("/2"));
      const server = await rig.server();
      await server.gets(ask);
      server.send(answer);
      await client.gets(answer);
      await server.gets(get("/2"));
    },
  },
  ...([["client", "CD"], ["server", "SD"]] as const).map(([who, termination]): Case => ({
    name: `a ${who} that resets its tunnel ends both sides, ${termination}`,
    async play(rig) {
      const client = await rig.client();
      client.send(ASK);
      const server = await rig.server();
      server.send(ANSWER);
      await client.take();
      await rig.pass(16);
      (who === "client" ? client : server).reset();
      const other = who === "client" ? server : client;
      await other.take();
      assert.notEqual(other.state, "open");
      await rig.logged(line("0/0/0/0/16", 101, ANSWER.length, termination));
    },
  })),
  {
    name: "timeout tunnel ends a silent tunnel",
    options: { defaults: "timeout client 160ms\ntimeout server 160ms\ntimeout tunnel 1600ms" },
    async play(rig) {
      const client = await rig.client();
      client.send(ASK);
      const server = await rig.server();
      server.send(ANSWER);
      await client.gets(ANSWER);
      await rig.pass(1599);
      await client.gets("");
      await rig.pass(1);
      await client.getsEnd();
      const [logged] = await rig.takeLog();
      assert.match(logged, / 0\/0\/0\/0\/1600 101 \d+ - - [cs]D-- /);
    },
  },
  {
    name: "a tunnel whose client does not read holds its server up, and the timeouts still end it",
    options: { capacity: 1000, defaults: "timeout client 1600ms\ntimeout server 3200ms" },
    async play(rig) {
      const client = await rig.client(undefined, false);
      client.send(ASK);
      const server = await rig.server();
      server.send(ANSWER + "x".repeat(100000));
      await rig.pass(1600);
      const [logged] = await rig.takeLog();
      assert.match(logged, / 101 \d+ - - cD-- /);
    },
  },
  {
    name: "a server that does not take the tunnel's first bytes is given up after timeout server",
    options: { capacity: 1000, defaults: "timeout client 16s\ntimeout server 1600ms" },
    async play(rig) {
      rig.origin().reading = false;
      const client = await rig.client();
      client.send(ASK + "x".repeat(5000));
      const server = await rig.server();
      server.send(ANSWER);
      await client.gets(ANSWER);
      await rig.pass(1600);
      const [logged] = await rig.takeLog();
      assert.match(logged, / 101 \d+ - - sD-- /);
    },
  },
];

const TCP: readonly Case[] = [
  {
    name: "bytes both ways, half-close passed on, all of it counted",
    options: { mode: "tcp" },
    async play(rig) {
      const client = await rig.client();
      const server = await rig.server();
      server.send("banner");
      await client.gets("banner");
      client.send("hello");
      client.finish();
      await server.getsEnd("hello");
      await rig.pass(32);
      server.send("answer");
      await client.gets("answer");
      server.finish();
      await client.getsEnd();
      await rig.logged("fe be/s1 0/0/32 12 -- 1/1/0/0/0 0/0");
    },
  },
  {
    name: "the server's half-close is passed on, the client's bytes still arrive",
    options: { mode: "tcp" },
    async play(rig) {
      const client = await rig.client();
      const server = await rig.server();
      server.send("done");
      server.finish();
      await client.getsEnd("done");
      client.send("late");
      await server.gets("late");
      client.finish();
      await server.getsEnd();
      await rig.logged("fe be/s1 0/0/0 4 -- 1/1/0/0/0 0/0");
    },
  },
  {
    name: "300 kB both ways at once through small pipes arrive unchanged",
    options: { mode: "tcp", capacity: 3000 },
    async play(rig) {
      const up = "abcdefghij".repeat(30000);
      const down = "0123456789".repeat(30000);
      const client = await rig.client();
      const server = await rig.server();
      client.send(up);
      server.send(down);
      assert.equal(await server.take(), up);
      assert.equal(await client.take(), down);
    },
  },
  {
    name: "a client that resets: CD; a server that resets: SD",
    options: { mode: "tcp" },
    async play(rig) {
      for (const [who, termination] of [["client", "CD"], ["server", "SD"]] as const) {
        const client = await rig.client();
        const server = await rig.server();
        (who === "client" ? client : server).reset();
        await rig.pass(1);
        const [logged] = await rig.takeLog();
        assert.match(logged, new RegExp(` ${termination} `));
      }
    },
  },
  ...([
    ["timeout client 800ms", "cD"],
    ["timeout server 800ms", "sD"],
    ["timeout tunnel 800ms", "[cs]D"],
  ] as const).map(([timeout, termination]): Case => ({
    name: `${timeout} ends a silent connection, ${termination}`,
    options: { mode: "tcp", defaults: timeout },
    async play(rig) {
      const client = await rig.client();
      const server = await rig.server();
      await rig.pass(400);
      server.send("x");
      await rig.pass(799);
      await client.gets("x");
      await rig.pass(20);
      await client.getsEnd();
      await server.getsEnd();
      const [logged] = await rig.takeLog();
      assert.match(logged, new RegExp(`^fe be/s1 0/0/12\\d\\d 1 ${termination} `));
    },
  })),
  {
    name: "timeout server-fin ends the wait for a server whose client has finished, sD",
    options: { mode: "tcp", defaults: "timeout server-fin 800ms" },
    async play(rig) {
      const client = await rig.client();
      await rig.server();
      client.finish();
      await rig.pass(800);
      await client.getsEnd();
      await rig.logged("fe be/s1 0/0/800 0 sD 1/1/0/0/0 0/0");
    },
  },
  {
    name: "timeout client-fin ends the wait for a client whose server has finished, cD",
    options: { mode: "tcp", defaults: "timeout client-fin 800ms" },
    async play(rig) {
      const client = await rig.client();
      const server = await rig.server();
      server.finish();
      await client.getsEnd();
      await rig.pass(800);
      await server.getsEnd();
      await rig.logged("fe be/s1 0/0/800 0 cD 1/1/0/0/0 0/0");
    },
  },
  {
    name: "no server: closed at once, SC",
    options: { mode: "tcp", server: "disabled" },
    async play(rig) {
      const client = await rig.client();
      await client.getsEnd();
      await rig.logged("fe be/<NOSRV> -1/-1/0 0 SC 1/1/0/0/0 0/0");
    },
  },
  {
    name: "a server that refuses: three more attempts a second apart, SC",
    options: { mode: "tcp" },
    async play(rig) {
      rig.origin().shut();
      const client = await rig.client();
      await rig.pass(3100);
      await client.getsEnd();
      const [logged] = await rig.takeLog();
      assert.match(logged, /^fe be\/s1 0\/-1\/30\d\d 0 SC 1\/1\/0\/0\/3 0\/0$/);
    },
  },
];

testCases("tunnel", CASES);
testCases("tcp", TCP);
