/** Keep-alive on both sides and the reuse of server connections. */
import assert from "node:assert/strict";
import { S1, S2 } from "../support/proxy_rig.ts";
import { type Case, exchange, get, line, message, ok, page, post, testCases } from "./support.ts";

const N = ok().length;
const TWO = `server s1 ${S1}\nserver s2 ${S2}`;

const CASES: readonly Case[] = [
  {
    name: "two requests of a client use one connection on each side",
    async play(rig) {
      const client = await rig.client();
      client.send(get("/1"));
      const server = await rig.server();
      await server.gets(get("/1"));
      await rig.pass(16);
      server.send(ok());
      await client.gets(ok());
      await rig.logged(line("0/0/0/16/16", 200, N, "--", "GET /1 HTTP/1.1"));
      await rig.pass(100);
      client.send(get("/2"));
      await server.gets(get("/2"));
      await rig.pass(32);
      server.send(ok());
      await client.gets(ok());
      await rig.logged(line("0/0/0/32/32", 200, N, "--", "GET /2 HTTP/1.1"));
      assert.equal(rig.origin().accepted, 1);
    },
  },
  {
    name: "a head that comes in drops is timed from its first byte",
    async play(rig) {
      const client = await rig.client();
      const server = await first(rig, client);
      await rig.pass(1000);
      for (const part of ["G", "ET /drops HT", "TP/1.1\r\nHo", "st: x\r\n\r", "\n"]) {
        await server.gets("");
        client.send(part);
        await rig.pass(16);
      }
      await server.gets(get("/drops"));
      server.send(ok());
      await client.gets(ok());
      await rig.logged(line("64/0/0/16/80", 200, N, "--", "GET /drops HTTP/1.1"));
    },
  },
  {
    name: "pipelined requests are answered one after the other, in order",
    async play(rig) {
      const client = await rig.client();
      client.send(get("/1") + get("/2") + get("/3"));
      const server = await rig.server();
      for (const n of ["1", "2", "3"]) {
        await server.gets(get(`/${n}`));
        server.send(ok(n));
        await client.gets(ok(n));
      }
      assert.equal((await rig.takeLog()).length, 3);
      assert.equal(rig.origin().accepted, 1);
    },
  },
  {
    name: "empty lines between requests are left out (RFC 9112 2.2)",
    async play(rig) {
      const client = await rig.client();
      client.send("\r\n\r\n" + get("/1"));
      const server = await rig.server();
      await server.gets(get("/1"));
      server.send(ok());
      await client.gets(ok());
      client.send("\r\n" + get("/2"));
      await server.gets(get("/2"));
    },
  },
  {
    name: "a client that has finished sending still gets all of its answers",
    async play(rig) {
      const client = await rig.client();
      client.send(get("/1") + get("/2"));
      client.finish();
      const server = await rig.server();
      await server.gets(get("/1"));
      server.send(ok("1"));
      await client.gets(ok("1"));
      await server.gets(get("/2"));
      server.send(ok("2"));
      await client.getsEnd(ok("2"));
      assert.equal((await rig.takeLog()).length, 2);
    },
  },
  {
    name: "Connection: close of the client ends its connection and not the server's",
    async play(rig) {
      const client = await rig.client();
      client.send(get("/", "Connection: close"));
      const server = await rig.server();
      await server.gets(get());
      server.send(ok());
      await client.getsEnd(
        message("HTTP/1.1 200 OK", ["Content-Length: 2", "Connection: close"]) +
          "hi",
      );
      assert.equal(server.state, "open");
    },
  },
  {
    name: "Connection: close of the server ends its connection and not the client's",
    async play(rig) {
      const client = await rig.client();
      client.send(get("/1"));
      const server = await rig.server();
      await server.gets(get("/1"));
      server.send(ok("hi", "Connection: close"));
      await client.gets(ok());
      assert.equal(server.state, "fin");
      client.send(get("/2"));
      const second = await rig.server();
      await second.gets(get("/2"));
    },
  },
  {
    name: "http-reuse safe: the first request of a client has a connection of its own",
    options: { defaults: "http-reuse safe" },
    async play(rig) {
      const a = await rig.client();
      await exchange(rig, a, await first(rig, a));
      const b = await rig.client();
      b.send(get("/b1"));
      const own = await rig.server();
      await own.gets(get("/b1"));
      own.send(ok());
      await b.gets(ok());
      a.send(get("/a2"));
      b.send(get("/b2"));
      await own.take();
      assert.equal(rig.origin().accepted, 2);
    },
  },
  {
    name: "http-reuse always: the first request of a client takes any idle connection",
    options: { defaults: "http-reuse always" },
    async play(rig) {
      const a = await rig.client();
      const server = await first(rig, a);
      await exchange(rig, a, server);
      const b = await rig.client();
      await exchange(rig, b, server);
      assert.equal(rig.origin().accepted, 1);
    },
  },
  {
    name: "http-reuse aggressive: the first request takes a connection that was reused before",
    options: { defaults: "http-reuse aggressive" },
    async play(rig) {
      const a = await rig.client();
      const server = await first(rig, a);
      const b = await rig.client();
      b.send(get("/b"));
      const other = await rig.server();
      await other.gets(get("/b"));
      other.send(ok());
      await b.gets(ok());
      // The last one put back is taken first: a's second request proves it.
      await exchange(rig, a, other, "/a2");
      const c = await rig.client();
      await exchange(rig, c, other, "/c");
      assert.equal(rig.origin().accepted, 2);
      void server;
    },
  },
  {
    name: "http-reuse never: a client's connection is its own and goes with it",
    options: { defaults: "http-reuse never" },
    async play(rig) {
      const a = await rig.client();
      const server = await first(rig, a);
      await exchange(rig, a, server, "/2");
      const b = await rig.client();
      b.send(get("/b"));
      await (await rig.server()).gets(get("/b"));
      a.close();
      await server.getsEnd();
    },
  },
  {
    name: "http-reuse never: a session owns a connection to each of several servers",
    options: { defaults: "http-reuse never", backend: TWO },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/1"));
      const one = await rig.server(S1);
      await one.gets(get("/1"));
      one.send(ok());
      await client.gets(ok());
      client.send(get("/2"));
      const two = await rig.server(S2);
      await two.gets(get("/2"));
      two.send(ok());
      await client.gets(ok());
      for (const server of [one, two]) {
        client.send(get("/3"));
        await server.gets(get("/3"));
        server.send(ok());
        await client.gets(ok());
      }
      client.close();
      await one.getsEnd();
      await two.getsEnd();
    },
  },
  {
    name: "max-session-srv-conns: a session keeps no more idle connections than that",
    options: { defaults: "http-reuse never", frontend: "max-session-srv-conns 1", backend: TWO },
    async play(rig) {
      const client = await rig.client();
      for (const address of [S1, S2]) {
        client.send(get());
        const server = await rig.server(address);
        await server.gets(get());
        server.send(ok());
        await client.gets(ok());
        if (address === S2) await server.getsEnd();
      }
    },
  },
  {
    name: "a server that closes its idle connection costs nobody anything",
    options: { defaults: "http-reuse safe" },
    async play(rig) {
      const client = await rig.client();
      const server = await first(rig, client);
      server.close();
      await rig.pass(1);
      client.send(post(2, "hi"));
      await (await rig.server()).gets(post(2, "hi"));
    },
  },
  {
    name: "http-reuse never: a server that closes its idle connection costs its client nothing",
    options: { defaults: "http-reuse never" },
    async play(rig) {
      const client = await rig.client();
      const server = await first(rig, client);
      server.close();
      await rig.pass(1);
      client.send(post(2, "hi"));
      const second = await rig.server();
      await second.gets(post(2, "hi"));
      second.send(ok());
      await client.gets(ok());
    },
  },
  {
    name: "a server that talks on an idle connection is not listened to",
    async play(rig) {
      const client = await rig.client();
      const server = await first(rig, client);
      server.send(ok("forged"));
      await rig.pass(1);
      assert.notEqual(server.state, "open");
      client.send(get("/2"));
      const second = await rig.server();
      second.send(ok("right"));
      await client.gets(ok("right"));
    },
  },
  {
    name: "http-reuse never: a server that talks on an idle connection is not listened to",
    options: { defaults: "http-reuse never" },
    async play(rig) {
      const client = await rig.client();
      const server = await first(rig, client);
      server.send(ok("forged"));
      await rig.pass(1);
      client.send(get("/2"));
      const second = await rig.server();
      second.send(ok("right"));
      await client.gets(ok("right"));
    },
  },
  {
    name:
      "a reused connection that dies under an idempotent request: it is sent again, on a new one",
    async play(rig) {
      const client = await rig.client();
      const server = await first(rig, client);
      client.send(get("/2"));
      await server.gets(get("/2"));
      server.reset();
      const second = await rig.server();
      await second.gets(get("/2"));
      second.send(ok("2"));
      await client.gets(ok("2"));
      await rig.logged(line("0/0/0/0/0", 200, N - 1, "--", "GET /2 HTTP/1.1"));
    },
  },
  {
    name:
      "a reused connection that dies under a POST: the client is closed, unlogged, to try again",
    async play(rig) {
      const client = await rig.client();
      const server = await first(rig, client);
      client.send(post(2, "hi"));
      await server.gets(post(2, "hi"));
      server.reset();
      await client.getsEnd();
      await rig.logged();
      assert.equal(rig.origin().accepted, 1);
    },
  },
  {
    name: "a reused connection that dies under another client's first POST: 502",
    options: { defaults: "http-reuse always" },
    async play(rig) {
      const a = await rig.client();
      const server = await first(rig, a);
      const b = await rig.client();
      b.send(post(2, "hi"));
      await server.gets(post(2, "hi"));
      server.reset();
      await b.gets(page(502));
      await rig.logged(
        line("0/0/0/-1/0", 502, page(502).length, "SH", "POST / HTTP/1.1", { conns: "2/2/0/0/0" }),
      );
    },
  },
  {
    name: "a reused connection that dies after a part of the answer: 502, nothing is sent twice",
    async play(rig) {
      const client = await rig.client();
      const server = await first(rig, client);
      client.send(get("/2"));
      await server.gets(get("/2"));
      server.send("HTTP/1.1 200 O");
      server.finish();
      await client.gets(page(502));
      assert.equal(rig.origin().accepted, 1);
    },
  },
  {
    name: "an idempotent request is sent again only once: the second failure is 502",
    async play(rig) {
      const client = await rig.client();
      const server = await first(rig, client);
      client.send(get("/2"));
      await server.take();
      server.reset();
      const second = await rig.server();
      await second.gets(get("/2"));
      second.reset();
      await client.gets(page(502));
      await rig.logged(line("0/0/0/-1/0", 502, page(502).length, "SH", "GET /2 HTTP/1.1"));
    },
  },
  {
    name: "pool-max-conn: at most that many idle connections are kept",
    options: { defaults: "http-reuse always", server: "pool-max-conn 1" },
    async play(rig) {
      const a = await rig.client();
      const b = await rig.client();
      a.send(get("/a"));
      const one = await rig.server();
      b.send(get("/b"));
      const two = await rig.server();
      one.send(ok());
      two.send(ok());
      await rig.pass(1);
      assert.deepEqual([one.state, two.state], ["open", "fin"]);
    },
  },
  {
    name: "pool-max-conn 0: no idle connection is kept",
    options: { server: "pool-max-conn 0" },
    async play(rig) {
      const client = await rig.client();
      const server = await first(rig, client);
      await server.getsEnd();
      client.send(get("/2"));
      await (await rig.server()).gets(get("/2"));
    },
  },
  {
    name: "pool-purge-delay: connections that nobody needs are closed by halves",
    options: { defaults: "http-reuse always", server: "pool-purge-delay 1s" },
    async play(rig) {
      const clients = [await rig.client(), await rig.client(), await rig.client()];
      for (const client of clients) client.send(get());
      const servers = [await rig.server(), await rig.server(), await rig.server()];
      for (const server of servers) server.send(ok());
      await rig.pass(1);
      const open = () => servers.filter((server) => server.state === "open").length;
      // Three were needed at one time in the first second; then the estimate falls by halves, 3, 1, 0.
      for (const left of [3, 3, 2, 1, 0]) {
        assert.equal(open(), left);
        await rig.pass(1010);
      }
    },
  },
  {
    name: "max-reuse: a connection is closed after so many more requests",
    options: { server: "max-reuse 1" },
    async play(rig) {
      const client = await rig.client();
      const server = await first(rig, client);
      assert.equal(server.state, "open");
      client.send(get("/2"));
      await server.gets(get("/2"));
      server.send(ok());
      await client.gets(ok());
      await server.getsEnd();
      client.send(get("/3"));
      await (await rig.server()).gets(get("/3"));
    },
  },
  {
    name: "bytes beyond an answer are never taken for another one",
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send(ok() + ok("forged"));
      await client.gets(ok());
      client.send(get("/2"));
      const second = await rig.server();
      await second.gets(get("/2"));
      second.send(ok("right"));
      await client.gets(ok("right"));
      assert.notEqual(server.state, "open");
    },
  },
  {
    name: "bytes beyond a long answer are never taken for another one",
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send(message("HTTP/1.1 200 OK", ["Content-Length: 6"]));
      await rig.pass(1);
      server.send("abcdef" + ok("forged"));
      await rig.pass(1);
      await client.gets(message("HTTP/1.1 200 OK", ["Content-Length: 6"]) + "abcdef");
      assert.notEqual(server.state, "open");
    },
  },
  {
    name: "a server without a place to listen does not hold the others up",
    options: { backend: `server s1 ${S1}\nserver s2 127.0.0.1:9 disabled` },
    async play(rig) {
      const client = await rig.client();
      await exchange(rig, client, await first(rig, client));
    },
  },
];

/** The server's end of the connection that `client`'s first exchange made. */
async function first(
  rig: Parameters<Case["play"]>[0],
  client: Awaited<ReturnType<Parameters<Case["play"]>[0]["client"]>>,
) {
  client.send(get("/first"));
  const server = await rig.server();
  await server.gets(get("/first"));
  server.send(ok());
  await client.gets(ok());
  await rig.takeLog();
  return server;
}

testCases("keep-alive", CASES);
