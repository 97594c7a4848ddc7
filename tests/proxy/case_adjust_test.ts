/** h1-case-adjust: names of fields as a peer insists on them. */
import assert from "node:assert/strict";
import { type Case, get, message, ok, testCases } from "./support.ts";

const GLOBAL =
  "maxconn 1000\nh1-case-adjust x-id X-ID\nh1-case-adjust content-length Content-LENGTH";

const CASES: readonly Case[] = [
  {
    name: "the server gets the names as the table says, values as they came",
    options: {
      global: GLOBAL,
      backend: "server s1 127.0.0.1:8001\noption h1-case-adjust-bogus-server",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/", "x-id: One", "Other: 1", "X-Id: Two", "X-ID: Three"));
      const server = await rig.server();
      await server.gets(get("/", "Other: 1", "X-ID: Three", "X-ID: One", "X-ID: Two"));
      server.send(ok("hi", "x-id: 1"));
      await client.gets(ok("hi", "x-id: 1"));
      client.send(message("POST / HTTP/1.1", ["Host: x", "content-length: 4"]) + "body");
      await server.gets(message("POST / HTTP/1.1", ["Host: x", "Content-LENGTH: 4"]) + "body");
    },
  },
  {
    name: "the client gets them after all rules, in the proxy's own answers too",
    options: {
      global: GLOBAL,
      frontend: "option h1-case-adjust-bogus-client\nhttp-after-response set-header x-id new\n" +
        "http-request return status 204 if { path /own }",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      await server.gets(get());
      server.send(ok());
      await client.gets(
        message("HTTP/1.1 200 OK", ["Content-LENGTH: 2", "X-ID: new"]) + "hi",
      );
      client.send(get("/own"));
      assert.match(await client.take(), /^HTTP\/1\.1 204 No Content\r\nX-ID: new\r\n/);
    },
  },
  {
    name: "without the options nothing is adjusted",
    options: { global: GLOBAL },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/", "x-id: One"));
      const server = await rig.server();
      await server.gets(get("/", "x-id: One"));
    },
  },
];

testCases("case adjust", CASES);
