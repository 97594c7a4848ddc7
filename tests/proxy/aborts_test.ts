/** Clients and servers that go away, in every phase. Statuses and codes are those of HAProxy 2.6, measured. */
import assert from "node:assert/strict";
import type { MemoryPeer } from "../support/memory_peer.ts";
import type { Rig } from "../support/proxy_rig.ts";
import { badLine, type Case, get, line, message, ok, page, post, testCases } from "./support.ts";

const ABORT = { defaults: "option abortonclose" };
const page400 = page(400);
const LONG = message("HTTP/1.1 200 OK", ["Content-Length: 6"]) + "ab";
const N = ok().length;

/** A client whose request waits for a slot that another one's request holds. */
async function queued(
  rig: Rig,
): Promise<{ holder: MemoryPeer; server: MemoryPeer; client: MemoryPeer }> {
  const holder = await rig.client();
  holder.send(get("/first"));
  const server = await rig.server();
  const client = await rig.client();
  client.send(get());
  await rig.pass(16);
  return { holder, server, client };
}

const CLIENT: readonly Case[] = [
  {
    name: "before a byte: CR with status 400",
    async play(rig) {
      const client = await rig.client();
      await rig.pass(16);
      client.close();
      await rig.logged(badLine("-1/-1/-1/-1/16", 400, "CR"));
    },
  },
  {
    name: "before a byte, with dontlognull: nothing",
    options: { defaults: "option dontlognull" },
    async play(rig) {
      (await rig.client()).close();
      await rig.logged();
    },
  },
  {
    name: "between two requests: nothing",
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      (await rig.server()).send(ok());
      await client.gets(ok());
      await rig.takeLog();
      client.close();
      await rig.logged();
    },
  },
  {
    name: "in the middle of a head, finishing: it can still read 400; CR",
    async play(rig) {
      const client = await rig.client();
      client.send("GET / HT");
      await rig.pass(16);
      client.finish();
      await client.getsEnd(page400);
      await rig.logged(badLine("-1/-1/-1/-1/16", 400, "CR"));
    },
  },
  {
    name: "in the middle of the second head: CR, timed from its first byte",
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      (await rig.server()).send(ok());
      await client.gets(ok());
      await rig.takeLog();
      await rig.pass(1000);
      client.send("GET / HT");
      await rig.pass(16);
      client.reset();
      await rig.logged(badLine("-1/-1/-1/-1/16", 400, "CR"));
    },
  },
  {
    name: "in the middle of the body: CD with no status, and the server learns of it",
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "half"));
      const server = await rig.server();
      await server.take();
      await rig.pass(16);
      client.finish();
      await client.getsEnd();
      assert.notEqual(server.state, "open");
      await rig.logged(line("0/0/0/-1/16", -1, 0, "CD", "POST / HTTP/1.1"));
    },
  },
  {
    name: "in the middle of the body, with the answer begun: CD, its status",
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "half"));
      const server = await rig.server();
      server.send(LONG);
      await client.gets(LONG);
      client.finish();
      await client.getsEnd();
      await rig.logged(line("0/0/0/0/0", 200, LONG.length, "CD", "POST / HTTP/1.1"));
    },
  },
  {
    name: "waiting for the answer, finished: it gets its answer",
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      client.finish();
      const server = await rig.server();
      await rig.pass(16);
      server.send(ok());
      await client.getsEnd(ok());
      await rig.logged(line("0/0/0/16/16", 200, N, "--"));
    },
  },
  {
    name: "waiting for the answer, reset: it is noticed when the answer is written, CD",
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      client.reset();
      await rig.pass(16);
      server.send(ok());
      await server.take();
      await rig.logged(line("0/0/0/16/16", 200, N, "CD"));
    },
  },
  {
    name: "abortonclose, waiting for the answer, finished: 400, CH, the server learns of it",
    options: ABORT,
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      await rig.pass(16);
      client.finish();
      await client.getsEnd(page(400, true));
      assert.notEqual(server.state, "open");
      await rig.logged(line("0/0/0/-1/16", 400, page(400, true).length, "CH"));
    },
  },
  {
    name: "abortonclose, waiting for the answer, reset: CD with no status",
    options: ABORT,
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      await rig.pass(16);
      client.reset();
      await server.take();
      assert.notEqual(server.state, "open");
      await rig.logged(line("0/0/0/-1/16", -1, 0, "CD"));
    },
  },
  {
    name:
      "abortonclose, finished before its request was even sent on: CH or CC or CQ, never served",
    options: ABORT,
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      client.finish();
      await client.take();
      const [logged] = await rig.takeLog();
      assert.match(logged, / (400|-1) \d+ - - C[HCQ]-- /);
      await rig.pass(1100);
    },
  },
  {
    name: "abortonclose does not mind a pipelined request, which is served in its turn",
    options: ABORT,
    async play(rig) {
      const client = await rig.client();
      client.send(get("/1") + get("/2"));
      const server = await rig.server();
      await server.gets(get("/1"));
      client.send(get("/3"));
      await rig.pass(1);
      client.send(get("/4"));
      for (const n of ["1", "2", "3", "4"]) {
        if (n !== "1") await server.gets(get(`/${n}`));
        server.send(ok(n));
        await client.gets(ok(n));
      }
    },
  },
  {
    name: "abortonclose does not mind the first bytes of the next head",
    options: ABORT,
    async play(rig) {
      const client = await rig.client();
      client.send(get("/1"));
      const server = await rig.server();
      await server.gets(get("/1"));
      client.send(get("/2").slice(0, 7));
      await rig.pass(1);
      server.send(ok("1"));
      await client.gets(ok("1"));
      client.send(get("/2").slice(7));
      await server.gets(get("/2"));
    },
  },
  {
    name: "abortonclose, in the middle of the answer: CD, the server learns of it",
    options: ABORT,
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send(LONG);
      await client.gets(LONG);
      await rig.pass(16);
      client.finish();
      await client.getsEnd();
      assert.notEqual(server.state, "open");
      await rig.logged(line("0/0/0/0/16", 200, LONG.length, "CD"));
    },
  },
  {
    name: "in the middle of the answer, finished: it gets the rest",
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send(LONG);
      await client.gets(LONG);
      client.finish();
      server.send("cdef");
      await client.getsEnd("cdef");
      await rig.logged(line("0/0/0/0/0", 200, LONG.length + 4, "--"));
    },
  },
  {
    name: "in the middle of the answer, reset: CD, the server's connection is not kept",
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send(LONG);
      await client.gets(LONG);
      client.reset();
      server.send("cd");
      await rig.pass(1);
      await rig.logged(line("0/0/0/0/0", 200, LONG.length + 2, "CD"));
      assert.notEqual(server.state, "open");
    },
  },
  {
    name: "abortonclose, in the queue: CQ, it is never sent on and its place is free",
    options: { ...ABORT, server: "maxconn 1" },
    async play(rig) {
      const { holder, server, client } = await queued(rig);
      client.finish();
      await client.getsEnd();
      await rig.logged(
        line("0/16/-1/-1/16", -1, 0, "CQ", undefined, {
          at: "be/<NOSRV>",
          conns: "2/2/1/0/0",
          queues: "0/0",
        }),
      );
      server.send(ok());
      await holder.gets(ok());
      assert.equal(rig.origin().accepted, 1);
    },
  },
  {
    name: "in the queue, without abortonclose: it is served",
    options: { server: "maxconn 1" },
    async play(rig) {
      const { holder, server, client } = await queued(rig);
      client.finish();
      server.send(ok());
      await holder.gets(ok());
      await rig.takeLog();
      const next = await rig.server().catch(() => server);
      await next.take();
      next.send(ok());
      await client.getsEnd(ok());
    },
  },
  {
    name: "abortonclose, while connecting: CC at once",
    options: ABORT,
    async play(rig) {
      rig.transport.behave("127.0.0.1:8001", "silent");
      const client = await rig.client();
      client.send(get());
      await rig.pass(320);
      client.finish();
      await client.getsEnd();
      await rig.logged(line("0/0/-1/-1/320", -1, 0, "CC"));
      assert.equal(rig.transport.connecting, 0);
    },
  },
  {
    name: "abortonclose, between two attempts to connect: CC at once",
    options: ABORT,
    async play(rig) {
      rig.origin().shut();
      const client = await rig.client();
      client.send(get());
      await rig.pass(320);
      client.finish();
      await client.getsEnd();
      await rig.logged(line("0/0/-1/-1/320", -1, 0, "CC", undefined, { conns: "1/1/0/0/1" }));
    },
  },
];

const SERVER: readonly Case[] = [
  ...([
    ["closes", "without an answer", (server: MemoryPeer) => server.close()],
    ["finishes", "without an answer", (server: MemoryPeer) => server.finish()],
    ["resets", "without an answer", (server: MemoryPeer) => server.reset()],
    ["finishes", "in the middle of its head", (server: MemoryPeer) => {
      server.send("HTTP/1.1 200 OK\r\nConte");
      server.finish();
    }],
  ] as const).map(([what, when, act]): Case => ({
    name: `${what} ${when}: 502, SH, the client's connection stays`,
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      await server.take();
      await rig.pass(16);
      act(server);
      await client.gets(page(502));
      await rig.logged(line("0/0/0/-1/16", 502, page(502).length, "SH"));
      client.send(get("/2"));
      await (await rig.server()).gets(get("/2"));
    },
  })),
  ...([
    ["with a length", LONG],
    ["in chunks", message("HTTP/1.1 200 OK", ["Transfer-Encoding: chunked"]) + "4\r\nab"],
    [
      "before the last chunk",
      message("HTTP/1.1 200 OK", ["Transfer-Encoding: chunked"]) + "2\r\nab\r\n",
    ],
  ] as const).flatMap(([which, begin]) =>
    (["finish", "reset"] as const).map((how): Case => ({
      name: `${how}es in the middle of a body ${which}: cut off, SD`,
      async play(rig) {
        const client = await rig.client();
        client.send(get());
        const server = await rig.server();
        server.send(begin);
        await client.gets(begin);
        await rig.pass(16);
        server[how]();
        await client.getsEnd();
        await rig.logged(line("0/0/0/0/16", 200, begin.length, "SD"));
      },
    }))
  ),
  {
    name: "resets in the middle of a body without a length: cut off, SD",
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send(message("HTTP/1.1 200 OK", []) + "ab");
      await client.take();
      server.reset();
      await client.getsEnd();
      const [logged] = await rig.takeLog();
      assert.match(logged, / 200 \d+ - - SD-- /);
    },
  },
  {
    name: "closes while the request's body is still coming, with an answer: the client gets it",
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "half"));
      const server = await rig.server();
      server.send(ok("no", "Connection: close"));
      server.finish();
      await client.gets(ok("no"));
    },
  },
];

testCases("a client that goes away", CLIENT);
testCases("a server that", SERVER);
