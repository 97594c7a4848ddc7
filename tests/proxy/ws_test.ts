/** `server … ws`: WebSocket streams by another protocol than the server's other requests, on connections of their own. */
import assert from "node:assert/strict";
import { websocketAccept } from "../../lib/mux/websocket.ts";
import type { LocalSettings } from "../../lib/http2/settings.ts";
import { h2Client, H2Origin } from "../support/h2_peers.ts";
import { type MemoryPeer, settle } from "../support/memory_peer.ts";
import { type Rig, rigTest, S1 } from "../support/proxy_rig.ts";

const S = "127.0.0.1:8003";
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const GET = "GET /a HTTP/1.1\r\nhost: x\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const UPGRADE = "GET /chat HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\n" +
  `upgrade: websocket\r\nsec-websocket-key: ${KEY}\r\n\r\n`;

const SENT = /^GET \/chat HTTP\/1\.1\r\n[^]*connection: upgrade\r\n/i;

const accepted = (key: string) =>
  "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n" +
  `sec-websocket-accept: ${websocketAccept(key)}\r\n\r\n`;

/** A server that speaks only HTTP/2. */
async function withH2(
  rig: Rig,
  play: (origin: H2Origin) => Promise<void>,
  settings?: Partial<LocalSettings>,
): Promise<void> {
  const origin = new H2Origin(rig, S, settings);
  await play(origin);
  origin.close();
  await settle();
}

rigTest(
  "ws h1: a WebSocket goes to a server of HTTP/2 as HTTP/1.1, whatever its client speaks",
  { backend: `http-reuse always\nserver s1 ${S1} proto h2 ws h1` },
  async (rig) => {
    const client = await rig.client();
    client.send(UPGRADE);
    const server = await rig.server();
    assert.match(await server.take(), SENT);
    server.send(accepted(KEY));
    await client.gets(accepted(KEY));
    client.send("ping");
    await server.gets("ping");

    const h2 = await h2Client(rig);
    const stream = h2.send(UPGRADE);
    const second = await rig.server();
    const theirs = /sec-websocket-key: (\S+)/.exec(await second.take())![1];
    second.send(`${accepted(theirs)}hi`);
    assert.match(await stream.take(), /^HTTP\/1.1 101 [^]*\r\n\r\nhi$/);
    h2.link.close();
  },
);

rigTest(
  "ws h1: the connection of a WebSocket that was refused serves nobody else",
  { backend: `http-reuse always\nserver s1 ${S1} proto h2 ws h1` },
  async (rig) => {
    const client = await rig.client();
    for (let n = 0; n < 2; n++) {
      client.send(UPGRADE);
      const server = await rig.server();
      assert.match(await server.take(), SENT);
      server.send(OK);
      await client.gets(OK);
      assert.equal(server.state, "fin");
    }
    client.send(GET);
    const server = await rig.server();
    assert.match(await server.take(), /^PRI \* HTTP\/2\.0\r\n/, "an ordinary request is HTTP/2");
    server.close();
    await client.take();
  },
);

rigTest(
  "ws h2: a WebSocket goes to a server of HTTP/1 as an extended CONNECT, each on its own connection",
  { backend: `http-reuse always\nserver s1 ${S} ws h2` },
  (rig) =>
    withH2(rig, async (origin) => {
      for (const count of [1, 2]) {
        const client = await rig.client();
        client.send(UPGRADE);
        const stream = await origin.next();
        const theirs = /sec-websocket-key: (\S+)/.exec(await stream.take())![1];
        stream.send(`${accepted(theirs)}hi`);
        await stream.take();
        assert.match(await client.take(), /^HTTP\/1.1 101 [^]*\r\n\r\nhi$/);
        client.send("ping");
        await stream.gets("ping");
        assert.equal(origin.links.length, count);
      }
    }),
);

rigTest(
  "ws h2: ordinary requests to that server are HTTP/1 and use none of its connections",
  { backend: `http-reuse always\nserver s1 ${S1} ws h2` },
  async (rig) => {
    const client = await rig.client();
    client.send(UPGRADE);
    const websocket = await rig.server();
    assert.match(await websocket.take(), /^PRI \* HTTP\/2\.0\r\n/);
    const other = await rig.client();
    let plain: MemoryPeer | undefined;
    for (let n = 0; n < 2; n++) {
      other.send(GET);
      const server: MemoryPeer = n === 0 ? await rig.server() : plain!;
      assert.equal(await server.take(), GET);
      server.send(OK);
      await other.gets(OK);
      plain = server;
    }
    websocket.close();
    await client.take();
  },
);

rigTest(
  "ws h2: a server without RFC 8441 gets no WebSocket, its client a 502",
  { backend: `server s1 ${S} ws h2` },
  (rig) =>
    withH2(rig, async () => {
      const client = await rig.client();
      client.send(UPGRADE);
      for (let n = 0; n < 6; n++) await settle();
      assert.match(await client.take(), /^HTTP\/1.1 502 /);
    }, { enableConnectProtocol: false }),
);
