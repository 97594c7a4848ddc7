/** Servers behind an HTTP proxy (`http-proxy`, sluice's own; RFC 9110 section 9.3.6). */
import assert from "node:assert/strict";
import { testCases } from "./support.ts";

const REQUEST = "CONNECT 10.1.2.3:443 HTTP/1.1\r\nHost: 10.1.2.3:443\r\n\r\n";
const YES = "HTTP/1.1 200 Connection established\r\n\r\n";
const SERVER = "server s1 10.1.2.3:443 http-proxy 127.0.0.1:8001";

testCases("http-proxy", [
  {
    name: "the proxy is asked for the server; what comes behind its answer is the server's",
    options: { mode: "tcp", backend: SERVER },
    async play(rig) {
      const client = await rig.client();
      client.send("hello");
      const proxy = await rig.server();
      await proxy.gets(REQUEST);
      proxy.send(YES.slice(0, 20));
      await proxy.gets("");
      proxy.send(`${YES.slice(20)}220 ready`);
      await client.gets("220 ready");
      await proxy.gets("hello");
    },
  },
  {
    name: "who asks is told in the form of RFC 7617",
    options: {
      mode: "tcp",
      backend: `retries 0\n ${SERVER} http-proxy-auth Aladdin:open\\ sesame`,
    },
    async play(rig) {
      const client = await rig.client();
      const proxy = await rig.server();
      await proxy.gets(
        REQUEST.replace(/\r\n\r\n$/, "\r\n") +
          "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n",
      );
      proxy.send("HTTP/1.1 403 Forbidden\r\n\r\n");
      await client.getsEnd();
    },
  },
  {
    name: "a proxy that refuses is a connection that failed",
    options: { mode: "tcp", backend: `retries 0\n ${SERVER}` },
    async play(rig) {
      const client = await rig.client();
      const proxy = await rig.server();
      await proxy.gets(REQUEST);
      proxy.send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
      await client.getsEnd();
      assert.match((await rig.takeLog())[0], /^fe be\/s1 0\/-1\/0 0 SC /);
    },
  },
  {
    name: "an answer without end is given up",
    options: { mode: "tcp", backend: `retries 0\n ${SERVER}` },
    async play(rig) {
      const client = await rig.client();
      const proxy = await rig.server();
      await proxy.gets(REQUEST);
      proxy.send(`HTTP/1.1 200 OK\r\n${"X: y\r\n".repeat(2000)}`);
      await client.getsEnd();
    },
  },
]);
