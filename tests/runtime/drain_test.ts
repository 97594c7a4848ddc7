/** The end of a process: draining, its limit, and stopping at once. */
import assert from "node:assert/strict";
import type { Rig } from "../support/proxy_rig.ts";
import { type Case, get, message, ok, post, testCases } from "../proxy/support.ts";

const CLOSING = message("HTTP/1.1 200 OK", ["Content-Length: 2", "Connection: close"]) + "hi";
const LONG = message("HTTP/1.1 200 OK", ["Content-Length: 6"]) + "ab";

/** Whether the drain has come to its end. */
function watch(rig: Rig): { ended: boolean } {
  const seen = { ended: false };
  rig.process.drain().then(() => seen.ended = true);
  return seen;
}

const CASES: readonly Case[] = [
  {
    name: "idle connections are closed, running requests end with Connection: close",
    async play(rig) {
      const idle = await rig.client();
      idle.send(get());
      (await rig.server()).send(ok());
      await idle.gets(ok());
      const busy = await rig.client();
      busy.send(get("/busy"));
      const server = await rig.server();
      const drain = watch(rig);
      await idle.getsEnd();
      await rig.pass(1000);
      assert.equal(drain.ended, false);
      server.send(ok());
      await busy.getsEnd(CLOSING);
      assert.equal(drain.ended, true);
      assert.equal(await rig.process.finished, 0);
    },
  },
  {
    name: "with 'option idle-close-on-response' an idle connection ends with its next answer",
    options: { frontend: "option idle-close-on-response" },
    async play(rig) {
      const idle = await rig.client();
      idle.send(get());
      const server = await rig.server();
      server.send(ok());
      await idle.gets(ok());
      const drain = watch(rig);
      await rig.pass(1000);
      assert.equal(drain.ended, false);
      assert.equal(await server.take(), get());
      idle.send(get());
      await server.gets(get());
      server.send(ok());
      await idle.getsEnd(CLOSING);
      assert.equal(drain.ended, true);
    },
  },
  {
    name: "an answer whose head went out before is finished, and its connection does not stay",
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send(LONG);
      await client.gets(LONG);
      const drain = watch(rig);
      await rig.pass(100);
      server.send("cdef");
      await client.getsEnd("cdef");
      assert.equal(drain.ended, true);
    },
  },
  {
    name: "a head that is on its way is still served",
    async play(rig) {
      const client = await rig.client();
      client.send(get().slice(0, 10));
      await rig.pass(1);
      const drain = watch(rig);
      client.send(get().slice(10));
      const server = await rig.server();
      server.send(ok());
      await client.getsEnd(CLOSING);
      assert.equal(drain.ended, true);
    },
  },
  {
    name: "requests in the queue are still served",
    options: { server: "maxconn 1" },
    async play(rig) {
      const one = await rig.client();
      one.send(get("/1"));
      const server = await rig.server();
      const two = await rig.client();
      two.send(get("/2"));
      await rig.pass(1);
      const drain = watch(rig);
      server.send(ok());
      await one.getsEnd(CLOSING);
      const next = await rig.server();
      next.send(ok());
      await two.getsEnd(CLOSING);
      assert.equal(drain.ended, true);
    },
  },
  {
    name: "close-spread-time closes idle connections one after the other",
    options: { global: "close-spread-time 10s" },
    async play(rig) {
      const idle = [await rig.client(), await rig.client(), await rig.client()];
      for (const client of idle) {
        client.send(get());
        (await rig.server()).send(ok());
        await client.gets(ok());
      }
      const drain = watch(rig);
      await rig.pass(1);
      assert.equal(idle.some(({ state }) => state === "open"), true);
      await rig.pass(9_999);
      for (const client of idle) await client.getsEnd();
      assert.equal(drain.ended, true);
    },
  },
  {
    name: "with close-spread-time infinite connections go on until their timeouts",
    options: { global: "close-spread-time infinite", defaults: "timeout http-keep-alive 20s" },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send(ok());
      await client.gets(ok());
      const drain = watch(rig);
      await rig.pass(3_000);
      assert.equal(await server.take(), get());
      client.send(get());
      await server.gets(get());
      server.send(ok());
      await client.gets(ok());
      assert.equal(drain.ended, false);
      await rig.pass(20_100);
      await client.getsEnd();
      assert.equal(drain.ended, true);
    },
  },
  {
    name: "nothing is accepted any more",
    async play(rig) {
      const client = await rig.client();
      const drain = watch(rig);
      await assert.rejects(rig.client(), /does not listen/);
      client.close();
      await rig.pass(1);
      assert.equal(drain.ended, true);
    },
  },
  {
    name: "hard-stop-after ends what does not end by itself, wherever it waits",
    options: {
      global: "hard-stop-after 800ms",
      server: "maxconn 1",
      defaults: "timeout queue 100s\ntimeout connect 100s",
      frontend: "use_backend gone if { path /connecting }",
      more: "backend gone\n    server g 127.0.0.1:8009\n",
    },
    async play(rig) {
      rig.transport.behave("127.0.0.1:8009", "silent");
      const connecting = await rig.client();
      connecting.send(get("/connecting"));
      const busy = await rig.client();
      busy.send(post(10, "half"));
      const server = await rig.server();
      const queued = await rig.client();
      queued.send(get("/queued"));
      await rig.pass(1);
      const drain = watch(rig);
      await rig.pass(799);
      assert.equal(drain.ended, false);
      await rig.pass(1);
      assert.equal(drain.ended, true);
      for (const peer of [connecting, busy, queued, server]) {
        await peer.take();
        assert.notEqual(peer.state, "open");
      }
      const logged = await rig.takeLog();
      assert.equal(logged.length, 3);
      for (const text of logged) assert.match(text, / - - K[QCHD]-- /);
    },
  },
  {
    name: "stop ends everything at once, wherever it waits",
    options: {
      server: "maxconn 1",
      defaults: "timeout queue 100s\ntimeout connect 100s\nretries 3",
      frontend: "use_backend gone if { path /connecting }",
      more: "backend gone\n    server g 127.0.0.1:8009\n",
    },
    async play(rig) {
      const refused = await rig.client();
      refused.send(get("/connecting"));
      const idle = await rig.client();
      idle.send(get());
      (await rig.server()).send(ok());
      await idle.gets(ok());
      const busy = await rig.client();
      busy.send(get());
      const server = await rig.server();
      const queued = await rig.client();
      queued.send(get());
      await rig.pass(16);
      rig.process.stop();
      for (const peer of [refused, idle, busy, queued, server]) {
        await peer.take();
        assert.notEqual(peer.state, "open");
      }
      assert.equal(rig.process.state.actconn, 0);
      assert.equal(await rig.process.finished, 0);
    },
  },
  {
    name: "a tunnel in mode tcp goes on until hard-stop-after",
    options: { mode: "tcp", global: "hard-stop-after 800ms" },
    async play(rig) {
      const client = await rig.client();
      const server = await rig.server();
      const drain = watch(rig);
      client.send("still");
      await server.gets("still");
      await rig.pass(800);
      await client.getsEnd();
      assert.equal(drain.ended, true);
      const [logged] = await rig.takeLog();
      assert.match(logged, /^fe be\/s1 0\/0\/800 0 KD? /);
    },
  },
];

testCases("drain", CASES);

testCases("on-marked-down shutdown-sessions", [
  {
    name: "a request that waits for its answer ends with 502, DH, one that gets it is cut off, DD",
    options: { server: "check inter 800ms fall 1 on-marked-down shutdown-sessions" },
    async play(rig) {
      const waiting = await rig.client();
      waiting.send(get("/w"));
      const reading = await rig.client();
      reading.send(get("/r"));
      await rig.pass(1);
      const peers = [];
      for (let n = 0; n < rig.origin().accepted; n++) peers.push(await rig.server());
      const reader = (await Promise.all(peers.map(async (p) => ({ p, text: await p.take() }))))
        .find(({ text }) => text.includes("/r"))!.p;
      reader.send(LONG);
      await reading.gets(LONG);
      await rig.takeLog();
      rig.origin().shut();
      for (let n = 0; n < 4; n++) await rig.pass(800);
      await reading.getsEnd();
      assert.match(await waiting.take(), /^HTTP\/1.1 502 /);
      const logged = (await rig.takeLog()).filter((text) => text.startsWith("fe "));
      assert.equal(logged.length, 2);
      assert.ok(logged.some((text) => / 502 \d+ - - DH-- /.test(text)), logged.join("\n"));
      assert.ok(logged.some((text) => / 200 \d+ - - DD-- /.test(text)), logged.join("\n"));
    },
  },
]);
