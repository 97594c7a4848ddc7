/** Every timeout of the manual, with the status and the termination code of HAProxy 2.6. */
import assert from "node:assert/strict";
import { errorPage } from "../../lib/http1/reply.ts";
import { latin1 } from "../../lib/http1/bytes.ts";
import { badLine, type Case, get, line, message, ok, page, post, testCases } from "./support.ts";

const page408 = latin1(errorPage(408), 0, errorPage(408).length);
const LONG = message("HTTP/1.1 200 OK", ["Content-Length: 6"]) + "ab";

const CASES: readonly Case[] = [
  {
    name: "http-request bounds the whole first head, from the accept: 408, cR",
    options: { defaults: "timeout http-request 800ms" },
    async play(rig) {
      const client = await rig.client();
      for (const part of ["GET / ", "HTTP/1.1\r\n", "Host: ", "x\r\n"]) {
        await rig.pass(192);
        client.send(part);
      }
      await rig.pass(31);
      await client.gets("");
      await rig.pass(1);
      await client.getsEnd(page408);
      await rig.logged(badLine("-1/-1/-1/-1/800", 408, "cR"));
    },
  },
  {
    name: "http-request on a connection without a byte: 408, cR",
    options: { defaults: "timeout http-request 800ms" },
    async play(rig) {
      const client = await rig.client();
      await rig.pass(800);
      await client.getsEnd(page408);
      await rig.logged(badLine("-1/-1/-1/-1/800", 408, "cR"));
    },
  },
  {
    name:
      "http-request with option http-ignore-probes: a silent connection is closed without a word",
    options: { defaults: "timeout http-request 800ms\noption http-ignore-probes" },
    async play(rig) {
      const client = await rig.client();
      await rig.pass(800);
      await client.getsEnd();
      await rig.logged();
    },
  },
  {
    name: "http-request of a later head counts from its first byte",
    options: { defaults: "timeout http-request 800ms\ntimeout http-keep-alive 8s" },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      (await rig.server()).send(ok());
      await client.gets(ok());
      await rig.takeLog();
      await rig.pass(1600);
      client.send("GET / HT");
      await rig.pass(799);
      await client.gets("");
      await rig.pass(1);
      await client.getsEnd(page408);
      await rig.logged(badLine("-1/-1/-1/-1/800", 408, "cR"));
    },
  },
  {
    name: "client stands for http-request and http-keep-alive",
    options: { defaults: "timeout client 800ms" },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      (await rig.server()).send(ok());
      await client.gets(ok());
      await rig.takeLog();
      await rig.pass(800);
      await client.getsEnd();
      await rig.logged();
      const other = await rig.client();
      other.send("GET");
      await rig.pass(800);
      await other.getsEnd(page408);
    },
  },
  {
    name: "http-keep-alive closes an idle connection without a word, at its time",
    options: { defaults: "timeout http-keep-alive 800ms" },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      (await rig.server()).send(ok());
      await client.gets(ok());
      await rig.takeLog();
      await rig.pass(799);
      await client.gets("");
      await rig.pass(1);
      await client.getsEnd();
      await rig.logged();
    },
  },
  {
    name: "http-keep-alive does not count while a head is on its way",
    options: { defaults: "timeout http-keep-alive 800ms\ntimeout http-request 8s" },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send(ok());
      await client.gets(ok());
      await server.take();
      await rig.pass(640);
      client.send(get("/2").slice(0, 10));
      await rig.pass(3200);
      client.send(get("/2").slice(10));
      await server.gets(get("/2"));
    },
  },
  {
    name: "server: no answer, 504, sH; the client's connection stays",
    options: { defaults: "timeout server 800ms" },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      await rig.pass(799);
      await client.gets("");
      await rig.pass(1);
      await client.gets(page(504));
      await server.getsEnd(get());
      await rig.logged(line("0/0/0/-1/800", 504, page(504).length, "sH"));
      client.send(get("/2"));
      await (await rig.server()).gets(get("/2"));
    },
  },
  {
    name: "server: a head that comes in drops is given its time with each",
    options: { defaults: "timeout server 800ms" },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      for (const part of ["HTTP/1.1 200 OK\r\n", "Content-", "Length: 0\r\n", "\r\n"]) {
        await rig.pass(640);
        server.send(part);
      }
      await client.gets("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    },
  },
  {
    name: "server: an answer that stops in the middle is cut off, sD",
    options: { defaults: "timeout server 800ms" },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send(LONG);
      await rig.pass(640);
      server.send("c");
      await rig.pass(799);
      await client.gets(LONG + "c");
      await rig.pass(16);
      await client.getsEnd();
      const [logged] = await rig.takeLog();
      assert.match(logged, / 0\/0\/0\/0\/14[45]\d 200 \d+ - - sD-- /);
    },
  },
  {
    name: "server does not count while the client takes its time with the answer",
    options: { defaults: "timeout server 800ms", capacity: 1000 },
    async play(rig) {
      const client = await rig.client(undefined, false);
      client.send(get());
      const server = await rig.server();
      server.send(ok("x".repeat(100000)));
      await rig.pass(4800);
      client.resume();
      assert.equal(await client.take(), ok("x".repeat(100000)));
    },
  },
  {
    name: "server does not end a stream whose client still sends",
    options: { defaults: "timeout server 800ms" },
    async play(rig) {
      const client = await rig.client();
      client.send(post(5, ""));
      const server = await rig.server();
      for (const byte of "hello") {
        await rig.pass(640);
        client.send(byte);
      }
      await server.gets(post(5, "hello"));
      server.send(ok());
      await client.gets(ok());
    },
  },
  {
    name: "server: one that does not take the request, 504, sH",
    options: { defaults: "timeout server 800ms", capacity: 1000 },
    async play(rig) {
      rig.origin().reading = false;
      const client = await rig.client();
      client.send(post(100000, "x".repeat(100000)));
      await rig.pass(816);
      await client.getsEnd(page(504, true));
      const [logged] = await rig.takeLog();
      assert.match(logged, / 0\/0\/0\/-1\/8\d\d 504 \d+ - - sH-- /);
    },
  },
  {
    name: "server: one that does not even take the head, 504, sH",
    options: { defaults: "timeout server 800ms", capacity: 100 },
    async play(rig) {
      rig.origin().reading = false;
      const client = await rig.client();
      client.send(get("/", "X: " + "x".repeat(1000)));
      await rig.pass(816);
      await client.gets(page(504));
    },
  },
  {
    name: "client: one that reads no more of its answer is cut off, cD",
    options: { defaults: "timeout client 800ms", capacity: 1000 },
    async play(rig) {
      const client = await rig.client(undefined, false);
      client.send(get());
      const server = await rig.server();
      server.send(ok("x".repeat(100000)));
      await rig.pass(800);
      await rig.pass(1);
      await server.take();
      assert.notEqual(server.state, "open");
      const [logged] = await rig.takeLog();
      assert.match(logged, / 0\/0\/0\/0\/8\d\d 200 \d+ - - cD-- /);
    },
  },
  {
    name: "client: one that does not take an interim answer is cut off, cD",
    options: { defaults: "timeout client 800ms", capacity: 10 },
    async play(rig) {
      const client = await rig.client(undefined, false);
      client.send(get());
      const server = await rig.server();
      server.send("HTTP/1.1 100 Continue\r\n\r\n");
      await rig.pass(816);
      const [logged] = await rig.takeLog();
      assert.match(logged, / cD-- /);
    },
  },
  {
    name: "client does not end a stream whose server is at work",
    options: { defaults: "timeout client 800ms" },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      await rig.pass(3200);
      server.send(LONG);
      await rig.pass(3200);
      server.send("cdef");
      await client.gets(LONG + "cdef");
    },
  },
  {
    name: "client: a body that stops in the middle of a running answer ends it, cD",
    options: { defaults: "timeout client 800ms" },
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "half"));
      const server = await rig.server();
      server.send(LONG);
      await client.gets(LONG);
      await rig.pass(800);
      await client.getsEnd();
      await rig.logged(line("0/0/0/0/800", 200, LONG.length, "cD", "POST / HTTP/1.1"));
    },
  },
  {
    name: "connect: 503, sC, after its time and three more attempts",
    options: { defaults: "timeout connect 160ms" },
    async play(rig) {
      rig.transport.behave("127.0.0.1:8001", "silent");
      const client = await rig.client();
      client.send(get());
      await rig.pass(2000);
      await client.gets(page(503));
      const [logged] = await rig.takeLog();
      assert.match(logged, /^fe be\/s1 0\/0\/-1\/-1\/\d+ 503 \d+ - - sC-- 1\/1\/0\/0\/3 0\/0 /);
    },
  },
  {
    name: "connect with retries 0: 503, sC, exactly at its time",
    options: { defaults: "timeout connect 160ms\nretries 0" },
    async play(rig) {
      rig.transport.behave("127.0.0.1:8001", "silent");
      const client = await rig.client();
      client.send(get());
      await rig.pass(159);
      await client.gets("");
      await rig.pass(1);
      await client.gets(page(503));
      await rig.logged(line("0/0/-1/-1/160", 503, page(503).length, "sC"));
    },
  },
  {
    name: "queue: 503, sQ, and the place is free again",
    options: { defaults: "timeout queue 800ms", server: "maxconn 1" },
    async play(rig) {
      const holder = await rig.client();
      holder.send(get("/first"));
      const server = await rig.server();
      const client = await rig.client();
      client.send(get());
      await rig.pass(800);
      await client.gets(page(503));
      await rig.logged(
        line("0/800/-1/-1/800", 503, page(503).length, "sQ", undefined, {
          at: "be/<NOSRV>",
          conns: "2/2/1/0/0",
        }),
      );
      server.send(ok());
      await holder.gets(ok());
    },
  },
  {
    name: "connect stands for an absent queue timeout",
    options: { defaults: "timeout connect 800ms", server: "maxconn 1" },
    async play(rig) {
      const holder = await rig.client();
      holder.send(get("/first"));
      await rig.server();
      const client = await rig.client();
      client.send(get());
      await rig.pass(800);
      await client.gets(page(503));
    },
  },
  {
    name: "no answer that fits in no time is waited for: lingering closes end after a second",
    async play(rig) {
      const client = await rig.client();
      client.send("nonsense\r\n\r\n" + "x".repeat(100));
      await client.take();
      assert.equal(rig.process.state.actconn, 1);
      await rig.pass(1000);
      assert.equal(rig.process.state.actconn, 0);
    },
  },
];

testCases("timeout", CASES);
