/** `http-request mirror-to`: copies for a second backend, of which the original knows nothing. */
import assert from "node:assert/strict";
import { S2 } from "../support/proxy_rig.ts";
import { get, message, ok, post, testCases } from "./support.ts";

const MORE = `backend copies\n mode http\n server s2 ${S2}\n`;
const with_ = (frontend: string) => ({ more: MORE, frontend });

testCases("mirror-to", [
  {
    name: "the second backend gets the request as it is by then, and its answer goes nowhere",
    options: with_("http-request set-header X-A 1\nhttp-request mirror-to copies"),
    async play(rig) {
      const client = await rig.client();
      client.send(get("/p?q=1", "Connection: X-Hop", "X-Hop: 2", "X-B: 3"));
      const original = await rig.server();
      assert.match(await original.take(), /^GET \/p\?q=1 HTTP\/1\.1\r\n/);
      const copy = await rig.server(S2);
      assert.equal(await copy.take(), get("/p?q=1", "X-B: 3", "X-A: 1"));
      copy.send(ok("never seen"));
      original.send(ok("seen"));
      await client.gets(ok("seen"));
      assert.equal(rig.process.acceptor.sessions.size, 1);
    },
  },
  {
    name: "a second backend that is silent, down, or slow costs the original nothing",
    options: with_("http-request mirror-to copies"),
    async play(rig) {
      const client = await rig.client();
      client.send(get("/"));
      const server = await rig.server();
      for (let i = 0; i < 3; i++) {
        if (i > 0) client.send(get("/"));
        await server.gets(get("/"));
        server.send(ok(`${i}`));
        await client.gets(ok(`${i}`));
        if (i === 0) (await rig.server(S2)).close();
      }
      // They end by themselves.
      await rig.pass(40_000);
    },
  },
  {
    name: "a body is copied when it is there, and no request waits for one",
    options: with_("http-request mirror-to copies"),
    async play(rig) {
      const client = await rig.client();
      client.send(post(3, "abc"));
      const server = await rig.server();
      await server.gets(post(3, "abc"));
      const copy = await rig.server(S2);
      assert.equal(
        await copy.take(),
        message("POST / HTTP/1.1", ["Host: x", "Content-Length: 3"]) + "abc",
      );
      copy.send(ok());
      server.send(ok());
      await client.gets(ok());
      const before = rig.origin(S2).accepted;
      client.send(post(6, "abc"));
      await server.gets(post(6, "abc"));
      client.send("def");
      await server.gets("def");
      server.send(ok());
      await client.gets(ok());
      assert.equal(rig.origin(S2).accepted, before);
    },
  },
  {
    name: "with a percentage only so many are copied",
    options: with_(
      "http-request mirror-to copies percent 0\nhttp-request mirror-to copies percent 100 if { path /yes }",
    ),
    async play(rig) {
      const client = await rig.client();
      client.send(get("/no"));
      const server = await rig.server();
      await server.gets(get("/no"));
      server.send(ok());
      await client.gets(ok());
      assert.equal(rig.origin(S2).accepted, 0);
      client.send(get("/yes"));
      await server.gets(get("/yes"));
      assert.equal(await (await rig.server(S2)).take(), get("/yes"));
    },
  },
  {
    name: "a copy is not copied again",
    options: {
      more: `backend copies\n mode http\n http-request mirror-to copies\n server s2 ${S2}\n`,
      frontend: "http-request mirror-to copies",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/"));
      const copy = await rig.server(S2);
      await copy.gets(get("/"));
      await rig.pass(100);
      assert.equal(rig.origin(S2).accepted, 1);
    },
  },
]);
