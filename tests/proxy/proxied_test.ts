/** `option http-use-proxy-header` (manual 4.2): in front of a proxy. */
import assert from "node:assert/strict";
import { get, message, ok, testCases } from "./support.ts";

const OPTION = "option http-use-proxy-header\n";
const ABSOLUTE = "http://x/a";

testCases("option http-use-proxy-header", [
  {
    name: "Proxy-Connection decides about a request for a proxy, Connection about any other",
    options: { frontend: OPTION },
    async play(rig) {
      const first = await rig.client();
      first.send(get(ABSOLUTE, "Proxy-Connection: keep-alive", "Connection: close"));
      const server = await rig.server();
      assert.equal(await server.take(), get(ABSOLUTE));
      server.send(ok());
      await first.gets(ok());
      first.send(get(ABSOLUTE, "Proxy-Connection: close"));
      assert.equal(await server.take(), get(ABSOLUTE));
      server.send(ok());
      await first.getsEnd(ok("hi").replace("\r\n\r\n", "\r\nProxy-Connection: close\r\n\r\n"));
      const other = await rig.client();
      other.send(get("/a", "Proxy-Connection: keep-alive", "Connection: close"));
      const second = await rig.server();
      await second.take();
      second.send(ok());
      await other.getsEnd(ok("hi").replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
    },
  },
  {
    name: "the server's Proxy-Connection is heard as well, and what options close is told by it",
    options: { frontend: `${OPTION}option http-server-close` },
    async play(rig) {
      const client = await rig.client();
      client.send(get(ABSOLUTE));
      const server = await rig.server();
      assert.equal(await server.take(), get(ABSOLUTE, "Proxy-Connection: close"));
      server.send(ok("hi", "Proxy-Connection: close"));
      await client.gets(ok());
    },
  },
  {
    name: "a server that says Proxy-Connection: close gets no other request",
    options: { frontend: OPTION },
    async play(rig) {
      const client = await rig.client();
      client.send(get(ABSOLUTE));
      const server = await rig.server();
      await server.take();
      server.send(ok("hi", "Proxy-Connection: close"));
      await client.gets(ok());
      client.send(get(ABSOLUTE));
      await (await rig.server()).take();
      assert.equal(rig.origin().accepted, 2);
    },
  },
  {
    name: "who asks a proxy says who it is in Proxy-Authorization, and is asked by 407",
    options: {
      frontend: `${OPTION}http-request auth realm here unless { http_auth(L) }`,
      more: "userlist L\n user u insecure-password p\n",
    },
    async play(rig) {
      const basic = `Basic ${btoa("u:p")}`;
      const client = await rig.client();
      client.send(get(ABSOLUTE, `Authorization: ${basic}`));
      const asked = await client.take();
      assert.match(asked, /^HTTP\/1\.1 407 /);
      assert.match(asked, /^Proxy-Authenticate: Basic realm="here"\r$/m);
      assert.doesNotMatch(asked, /WWW-Authenticate/i);
      client.send(get(ABSOLUTE, `Proxy-Authorization: ${basic}`));
      const server = await rig.server();
      await server.take();
      server.send(ok());
      await client.gets(ok());
      client.send(get("/a", `Proxy-Authorization: ${basic}`));
      assert.match(
        await client.take(),
        /^HTTP\/1\.1 401 .*\r\nWWW-Authenticate: Basic realm="here"\r\n/s,
      );
    },
  },
  {
    name: "without the option both fields go their usual way",
    options: {
      frontend: "http-request auth realm here unless { http_auth(L) }",
      more: "userlist L\n user u insecure-password p\n",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(
        message(`GET ${ABSOLUTE} HTTP/1.1`, ["Host: x", "Proxy-Connection: close"]),
      );
      const said = await client.take();
      assert.match(said, /^HTTP\/1\.1 401 /);
      assert.doesNotMatch(said, /Connection/);
    },
  },
]);
