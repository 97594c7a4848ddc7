/** Which streams are logged, with what; and the answers that a configuration puts in place of the built-in pages. */
import assert from "node:assert/strict";
import type { MemoryPeer } from "../support/memory_peer.ts";
import { type Case, get, line, message, ok, testCases } from "./support.ts";

const N = ok().length;
const FILE = "HTTP/1.0 503 Sorry\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nsorry";
const FILE408 = "HTTP/1.1 408 Slow\r\nContent-Length: 0\r\nX-Own: 1\r\n\r\n";

const CASES: readonly Case[] = [
  {
    name: "dontlog-normal leaves out what went well",
    options: { defaults: "option dontlog-normal" },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/good"));
      const server = await rig.server();
      server.send(ok());
      await client.gets(ok());
      await rig.logged();
      client.send(get("/bad"));
      await server.take();
      server.send(message("HTTP/1.1 500 No", ["Content-Length: 0"]));
      const [logged] = await rig.takeLog();
      assert.match(logged, / 500 \d+ - - ---- .*"GET \/bad HTTP\/1.1"$/);
    },
  },
  {
    name: "dontlognull does not leave out a request, however bad",
    options: { defaults: "option dontlognull" },
    async play(rig) {
      (await rig.client()).close();
      await rig.logged();
      const client = await rig.client();
      client.send("bad\r\n\r\n");
      assert.equal((await rig.takeLog()).length, 1);
    },
  },
  {
    name: "log-separate-errors raises the level of what did not go well",
    options: {
      text: `defaults
    mode http
    log 127.0.0.1:514 local0 err
    option httplog
    option log-separate-errors
    timeout client 16s
    timeout server 16s
    timeout connect 16s
frontend fe
    bind 127.0.0.1:80
    default_backend be
backend be
    server s1 127.0.0.1:8001
`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/good"));
      const server = await rig.server();
      server.send(ok());
      await client.gets(ok());
      await rig.logged();
      client.send(get("/bad"));
      await server.take();
      server.send("nonsense\r\n\r\n");
      assert.equal((await rig.takeLog()).length, 1);
    },
  },
  {
    name: "the bytes of a log line are those of the answer, of every kind",
    async play(rig) {
      const client = await rig.client();
      let server: MemoryPeer | undefined;
      for (
        const answer of [
          ok("x".repeat(3000)),
          message("HTTP/1.1 200 OK", ["Transfer-Encoding: chunked"]) + "3\r\nabc\r\n0\r\n\r\n",
          message("HTTP/1.1 304 Not Modified", ["ETag: 1"]),
        ]
      ) {
        client.send(get());
        server ??= await rig.server();
        await server.take();
        server.send(answer);
        await client.gets(answer);
        await rig.logged(line("0/0/0/0/0", Number(answer.slice(9, 12)), answer.length, "--"));
      }
    },
  },
  {
    name: "errorfile replaces the proxy's own page, and keeps the client's connection as asked",
    options: { defaults: "errorfile 503 /e503", files: { "/e503": FILE }, server: "disabled" },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const answer = await client.take();
      assert.ok(answer.endsWith("\r\n\r\nsorry"));
      assert.match(answer, /^HTTP\/1\.[01] 503 Sorry\r\nContent-Type: text\/plain\r\n/);
      client.send(get("/", "Connection: close"));
      await client.take();
      assert.equal(client.state, "fin");
    },
  },
  {
    name: "errorfile without a length ends the connection, so that its end is seen",
    options: {
      defaults: "errorfile 503 /e503",
      files: { "/e503": "HTTP/1.0 503 Sorry\r\n\r\nsorry" },
      server: "disabled",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const answer = await client.take();
      assert.ok(answer.endsWith("\r\n\r\nsorry"), answer);
      if (client.state === "open") assert.match(answer, /content-length: 5\r\n/i);
    },
  },
  {
    name: "the answer to HEAD has no body, the proxy's own included",
    options: { server: "disabled" },
    async play(rig) {
      const client = await rig.client();
      client.send(message("HEAD / HTTP/1.1", ["Host: x"]));
      const answer = await client.take();
      assert.match(answer, /^HTTP\/1.1 503 /);
      assert.ok(answer.endsWith("\r\n\r\n"));
      client.send(get());
      assert.match(await client.take(), /^HTTP\/1.1 503 [^]*<\/html>\n$/);
    },
  },
  {
    name: "errorfile 408 is what a client gets that is too slow",
    options: {
      defaults: "errorfile 408 /e408\ntimeout http-request 800ms",
      files: { "/e408": FILE408 },
    },
    async play(rig) {
      const client = await rig.client();
      client.send("GET");
      await rig.pass(800);
      await client.getsEnd(FILE408);
    },
  },
  {
    name: "an empty errorfile 408 closes without a word",
    options: {
      defaults: "errorfile 408 /dev/null\ntimeout http-request 800ms",
      files: { "/dev/null": "" },
    },
    async play(rig) {
      const client = await rig.client();
      client.send("GET");
      await rig.pass(800);
      await client.getsEnd();
    },
  },
  {
    name: "an empty errorfile 503 closes without a word",
    options: {
      defaults: "errorfile 503 /dev/null",
      files: { "/dev/null": "" },
      server: "disabled",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      await client.getsEnd();
      const [logged] = await rig.takeLog();
      assert.match(logged, / 503 0 - - SC-- /);
    },
  },
  {
    name: "queue lengths and connection counts are those of the moment",
    async play(rig) {
      const others = [await rig.client(), await rig.client()];
      const client = await rig.client();
      client.send(get());
      others[0].send(get("/other"));
      const server = await rig.server();
      server.send(ok());
      await client.gets(ok());
      await rig.logged(
        line("0/0/0/0/0", 200, N, "--", undefined, { conns: "3/3/1/1/0" }),
      );
    },
  },
];

testCases("logging", CASES);
