/** Servers behind a SOCKS4 proxy (manual 5.2 `socks4`, `check-via-socks4`). */
import assert from "node:assert/strict";
import { testCases } from "./support.ts";

/** What the proxy is asked for a connection to 10.1.2.3:443, and how it permits or refuses it. */
const REQUEST = "\x04\x01\x01\xbb\x0a\x01\x02\x03sluice\0";
const YES = "\0\x5a\0\0\0\0\0\0";
const NO = "\0\x5b\0\0\0\0\0\0";
const SERVER = "server s1 10.1.2.3:443 socks4 127.0.0.1:8001";

testCases("socks4", [
  {
    name: "the proxy is asked for the server, and then the stream begins, whoever speaks first",
    options: { mode: "tcp", backend: SERVER },
    async play(rig) {
      const client = await rig.client();
      client.send("hello");
      const proxy = await rig.server();
      await proxy.gets(REQUEST);
      proxy.send(YES.slice(0, 3));
      await proxy.gets("");
      proxy.send(`${YES.slice(3)}220 ready`);
      await client.gets("220 ready");
      await proxy.gets("hello");
    },
  },
  {
    name: "the PROXY header goes to the server, not to the proxy",
    options: { mode: "tcp", backend: `${SERVER} send-proxy` },
    async play(rig) {
      const client = await rig.client();
      const proxy = await rig.server();
      await proxy.gets(REQUEST);
      proxy.send(YES);
      const { port } = client.conn.local;
      await proxy.gets(`PROXY TCP4 127.0.0.1 127.0.0.1 ${port} 80\r\n`);
    },
  },
  {
    name: "a proxy that refuses is a connection that failed",
    options: { mode: "tcp", backend: `retries 0\n ${SERVER}` },
    async play(rig) {
      const client = await rig.client();
      const proxy = await rig.server();
      await proxy.gets(REQUEST);
      proxy.send(NO);
      await client.getsEnd();
      assert.match((await rig.takeLog())[0], /^fe be\/s1 0\/-1\/0 0 SC /);
    },
  },
  {
    name: "a proxy that does not answer has timeout connect",
    options: { mode: "tcp", backend: `retries 0\n ${SERVER}` },
    async play(rig) {
      const client = await rig.client();
      await rig.server();
      await rig.pass(1500);
      assert.equal(client.state, "open");
      await rig.pass(200);
      await client.getsEnd();
      assert.match((await rig.takeLog())[0], / sC /);
    },
  },
  {
    name: "checks go straight to the server, unless check-via-socks4 says otherwise",
    options: {
      mode: "tcp",
      backend: `server s1 127.0.0.1:8002 socks4 127.0.0.1:8001 check inter 1s
        server s2 10.1.2.3:443 socks4 127.0.0.1:8001 check-via-socks4 check inter 1s`,
    },
    async play(rig) {
      await rig.pass(600);
      const proxy = await rig.server();
      await proxy.gets(REQUEST);
      proxy.send(YES);
      await rig.pass(10);
      assert.ok(rig.origin("127.0.0.1:8002").accepted >= 1);
      assert.equal(proxy.state === "open", false, "the check has ended");
    },
  },
]);
