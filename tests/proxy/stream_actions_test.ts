/** Actions that change how a stream is treated: timeouts, retries, early hints, log lines, where it goes. */
import assert from "node:assert/strict";
import { PC } from "../../lib/state/traffic.ts";
import type { Rig } from "../support/proxy_rig.ts";
import { type Case, get, message, ok, page, testCases } from "./support.ts";

const HINTS = "http-request early-hint Link '</a.css>; rel=preload'\n" +
  "http-request early-hint Link '<%[path].js>' if { path /p }\n";
const hints = (...fields: string[]) => message("HTTP/1.1 103 Early Hints", fields);

const LONG = "l".repeat(6000);
const wrew = (rig: Rig) => rig.process.generation.frontends[0].counters.total(PC.wrew);

const CASES: readonly Case[] = [
  {
    name:
      "in strict mode a head that rules made too large is an error, with off what is too large is left out",
    options: {
      frontend: `http-request strict-mode off if { path_beg /off }
http-request set-header b1 %[req.hdr(a)]
http-request set-header b2 %[req.hdr(a)]
http-request strict-mode on if { path /off/on }
http-request set-path %[path]%[req.hdr(more)] if { req.hdr(more) -m found }
http-request set-header c x`,
      backend: "server s1 127.0.0.1:8001\nhttp-request set-header d %[req.hdr(e)]",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/", `A: ${LONG}`));
      // It was found only when it was to be written to the server.
      await rig.server();
      await client.gets(page(500));
      assert.equal(wrew(rig), 1);
      client.send(get("/off", `A: ${LONG}`));
      const server = await rig.server();
      await server.gets(get("/off", `A: ${LONG}`, `b1: ${LONG}`, "c: x", "d: "));
      server.send(ok());
      await client.gets(ok());
      assert.equal(wrew(rig), 2);
      client.send(get("/off/on", `A: ${LONG}`, `More: ${LONG.slice(0, 3000)}`));
      await client.gets(page(500));
      // The next set of rules is strict again.
      client.send(get("/off", `A: ${LONG}`, `E: ${LONG}`));
      await client.gets(page(500));
    },
  },
  {
    name: "strict-mode off of responses is theirs alone",
    options: {
      frontend: `http-request strict-mode off
http-response strict-mode off if { res.hdr(off) 1 }
http-response set-header r1 %[res.hdr(a)]
http-response set-header r2 %[res.hdr(a)]
http-response set-header r3 y`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      await server.take();
      server.send(ok("hi", `A: ${LONG}`, "Off: 1"));
      const start = ok("", `A: ${LONG}`, "Off: 1").replace("Content-Length: 0\r\n\r\n", "");
      await client.gets(`${start}Content-Length: 2\r\nr1: ${LONG}\r\nr3: y\r\n\r\nhi`);
      client.send(get());
      await server.take();
      server.send(ok("hi", `A: ${LONG}`));
      await client.gets(page(500));
    },
  },
  {
    name: "set-timeout server holds for its stream only",
    options: {
      backend:
        "server s1 127.0.0.1:8001\nhttp-request set-timeout server 100ms if { path /quick }\n" +
        "http-request set-timeout server req.hdr(t),mul(1) if { path /header }",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/quick"));
      await (await rig.server()).take();
      await rig.pass(150);
      await client.gets(page(504));
      assert.match((await rig.takeLog())[0], / 504 .* sH-- /);
      client.send(get("/slow"));
      const server = await rig.server();
      await server.take();
      await rig.pass(5000);
      server.send(ok());
      await client.gets(ok());
      client.send(get("/header", "T: 300"));
      await server.take();
      await rig.pass(250);
      await client.gets("");
      await rig.pass(100);
      await client.gets(page(504));
    },
  },
  {
    name: "set-timeout tunnel holds for the tunnel",
    options: {
      backend: "server s1 127.0.0.1:8001\ntimeout tunnel 10s\nhttp-request set-timeout tunnel 200",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/", "Connection: Upgrade", "Upgrade: x"));
      const server = await rig.server();
      await server.take();
      server.send(
        message("HTTP/1.1 101 Switching Protocols", ["Connection: Upgrade", "Upgrade: x"]),
      );
      await client.take();
      client.send("ping");
      await server.gets("ping");
      await rig.pass(300);
      assert.notEqual(client.state, "open");
    },
  },
  {
    name: "set-retries decides how often a connection is tried",
    options: {
      backend: "server s1 127.0.0.1:8009\nretries 2",
      frontend: "http-request set-retries 0 if { path /never }\n" +
        "http-request set-retries int(1) if { path /once }",
    },
    async play(rig) {
      for (const [path, retries] of [["/never", 0], ["/once", 1], ["/twice", 2]] as const) {
        const client = await rig.client();
        client.send(get(path));
        await rig.pass(3100);
        await client.gets(page(503));
        assert.match(
          (await rig.takeLog())[0],
          new RegExp(`/${retries} 0/0 "GET ${path} HTTP/1.1"$`),
        );
        client.close();
      }
    },
  },
  {
    name: "rules early-hint in a row make one answer 103 before the real one",
    options: { frontend: `${HINTS}http-request set-header A b` },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/p"));
      await client.gets(hints("Link: </a.css>; rel=preload", "Link: </p.js>"));
      const server = await rig.server();
      await server.gets(get("/p", "A: b"));
      server.send(ok());
      await client.gets(ok());
      client.send(get("/q"));
      await server.gets(get("/q", "A: b"));
      server.send(ok());
      await client.gets(hints("Link: </a.css>; rel=preload") + ok());
    },
  },
  {
    name: "a client of HTTP/1.0 gets no early hints",
    options: { frontend: HINTS },
    async play(rig) {
      const client = await rig.client();
      client.send("GET / HTTP/1.0\r\n\r\n");
      const server = await rig.server();
      await server.take();
      server.send(ok());
      assert.match(await client.take(), /^HTTP\/1\.1 200 OK\r\n/);
    },
  },
  {
    name: "do-log writes a line beside that at the end",
    options: { frontend: "http-request do-log if { path /log }" },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/log"));
      const server = await rig.server();
      assert.match((await rig.takeLog())[0], /^fe fe\/<NOSRV> 0\/-1\/-1\/-1\/0 -1 .* "GET \/log /);
      server.send(ok());
      await client.gets(ok());
      assert.match((await rig.takeLog())[0], / 200 .* "GET \/log /);
    },
  },
  {
    name: "a server at 0.0.0.0 is where set-dst and set-dst-port say, for each request",
    options: {
      backend: "server any 0.0.0.0:0",
      frontend: "http-request set-dst ipv4(127.0.0.1)\n" +
        "http-request set-dst-port int(8001) if { path /one }\n" +
        "http-request set-dst-port int(8002) if { path /two }",
    },
    async play(rig) {
      const client = await rig.client();
      for (const [path, address] of [["/one", "127.0.0.1:8001"], ["/two", "127.0.0.1:8002"]]) {
        client.send(get(path));
        const server = await rig.server(address);
        await server.gets(get(path));
        server.send(ok());
        await client.gets(ok());
      }
    },
  },
  {
    name: "set-src changes what is logged and forwarded of the client, and no other request's",
    options: {
      frontend:
        "option forwardfor\nhttp-request set-src req.hdr(real) if { req.hdr(real) -m found }\n" +
        "log-format '%ci:%cp'",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/", "Real: 192.0.2.77"));
      const server = await rig.server();
      await server.gets(get("/", "Real: 192.0.2.77", "X-Forwarded-For: 192.0.2.77"));
      server.send(ok());
      await client.gets(ok());
      client.send(get());
      assert.match(await server.take(), /X-Forwarded-For: 127\.0\.0\.1\r\n/);
      server.send(ok());
      await client.gets(ok());
      const [first, second] = await rig.takeLog();
      assert.match(first, /192\.0\.2\.77:[0-9]+$/);
      assert.match(second, /127\.0\.0\.1:[0-9]+$/);
    },
  },
];

testCases("stream actions", CASES);
