/** HTTP/2 to servers: requests of any client become streams, and what HTTP/2 adds is kept. */
import assert from "node:assert/strict";
import { ErrorCode } from "../../lib/http2/codes.ts";
import { IoStatus } from "../../lib/net/conn.ts";
import { websocketAccept } from "../../lib/mux/websocket.ts";
import { h2Client, H2Origin, type StreamPeer } from "../support/h2_peers.ts";
import { settle } from "../support/memory_peer.ts";
import { type Rig, type RigOptions, rigTest } from "../support/proxy_rig.ts";

const S = "127.0.0.1:8003";
const GET = "GET /a HTTP/1.1\r\nhost: example.com\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

function backTest(
  name: string,
  options: RigOptions & { readonly serverOptions?: string; readonly reuse?: string },
  play: (rig: Rig, origin: H2Origin) => Promise<void>,
): void {
  const { serverOptions = "", reuse = "always", ...rest } = options;
  rigTest(
    name,
    { backend: `http-reuse ${reuse}\nserver s1 ${S} proto h2 ${serverOptions}`, ...rest },
    async (rig) => {
      const origin = new H2Origin(rig, S);
      await play(rig, origin);
      origin.close();
      await settle();
    },
  );
}

/** What comes of a request and its body so far. */
async function asked(origin: H2Origin): Promise<[StreamPeer, string]> {
  const stream = await origin.next();
  return [stream, await stream.take()];
}

backTest(
  "h2 server: a request of HTTP/1 is a stream, its answer comes back",
  {},
  async (rig, origin) => {
    const client = await rig.client();
    client.send(
      "GET /a?b HTTP/1.1\r\nHost: example.com\r\nX-Name: V\r\nConnection: keep-alive\r\n\r\n",
    );
    const [stream, text] = await asked(origin);
    assert.equal(text, "GET /a?b HTTP/1.1\r\nhost: example.com\r\nx-name: V\r\n\r\n");
    stream.send(OK);
    await client.gets(OK);
    assert.equal(origin.links.length, 1);
  },
);

backTest("h2 server: requests of several clients share one connection", {}, async (rig, origin) => {
  const first = await rig.client();
  first.send(GET);
  const [one] = await asked(origin);
  const second = await rig.client();
  second.send(GET.replace("/a", "/b"));
  const third = await h2Client(rig);
  const stream = third.send(GET.replace("/a", "/c"));
  const [two, b] = await asked(origin);
  const [three, c] = await asked(origin);
  assert.ok(b.startsWith("GET /b ") && c.startsWith("GET /c "));
  three.send(OK);
  await stream.gets(OK);
  two.send(OK);
  await second.gets(OK);
  one.send(OK);
  await first.gets(OK);
  assert.equal(origin.links.length, 1);
  third.link.close();
});

backTest(
  "h2 server: http-reuse never makes a connection for each request",
  { reuse: "never" },
  async (rig, origin) => {
    for (const count of [1, 2]) {
      const client = await rig.client();
      client.send(GET);
      const [stream] = await asked(origin);
      stream.send(OK);
      await client.gets(OK);
      assert.equal(origin.links.length, count);
      assert.ok(origin.links.every((link) => link.closed));
    }
  },
);

backTest(
  "h2 server: http-reuse safe lets no client's first request share",
  { reuse: "safe" },
  async (rig, origin) => {
    for (const count of [1, 2]) {
      const client = await rig.client();
      for (let n = 0; n < 2; n++) {
        client.send(GET);
        const [stream] = await asked(origin);
        stream.send(OK);
        await client.gets(OK);
      }
      assert.equal(origin.links.length, count);
    }
  },
);

backTest(
  "h2 server: requests that come together wait for one connection, as many as it carries",
  { global: "tune.h2.be.max-concurrent-streams 3" },
  async (rig, origin) => {
    const clients = [];
    for (let n = 0; n < 5; n++) {
      const client = await rig.client();
      clients.push(client);
    }
    for (const client of clients) client.send(GET);
    for (let n = 0; n < 5; n++) {
      const [stream] = await asked(origin);
      stream.send(OK);
    }
    for (const client of clients) await client.gets(OK);
    assert.ok(origin.links.length <= 2, `${origin.links.length} connections`);
  },
);

backTest("h2 server: bodies and trailers go both ways", {}, async (rig, origin) => {
  const client = await rig.client();
  client.send("POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
  const [stream, text] = await asked(origin);
  assert.equal(
    text,
    "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
  );
  stream.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n");
  await stream.take();
  await client.gets("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n");
  client.send("2\r\nde\r\n0\r\nx-end: 1\r\n\r\n");
  await stream.gets("2\r\nde\r\n0\r\nx-end: 1\r\n\r\n");
  stream.send("0\r\ngrpc-status: 0\r\n\r\n");
  await stream.take();
  await client.gets("0\r\ngrpc-status: 0\r\n\r\n");
});

backTest("h2 server: interim answers, HEAD and answers without a body", {}, async (rig, origin) => {
  const client = await rig.client();
  client.send("HEAD / HTTP/1.1\r\nhost: x\r\n\r\n");
  const [head] = await asked(origin);
  head.send("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n");
  await head.take();
  await client.gets("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n");
  client.send(GET);
  const [get] = await asked(origin);
  get.send("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
  await get.take();
  await client.gets("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
  get.send("HTTP/1.1 204 No Content\r\n\r\n");
  await get.take();
  await client.gets("HTTP/1.1 204 No Content\r\n\r\n");
});

backTest(
  "h2 server: a stream that it refuses is sent again, whatever the method",
  {},
  async (rig, origin) => {
    const client = await rig.client();
    client.send(GET);
    const [first] = await asked(origin);
    first.send(OK);
    await client.gets(OK);
    client.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nhi");
    const [refused] = await asked(origin);
    const { h2 } = origin.links[0];
    h2.reset([...h2.streams.values()][0], ErrorCode.RefusedStream);
    origin.links[0].flush();
    await refused.take();
    const [again, text] = await asked(origin);
    assert.equal(text, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nhi");
    again.send(OK);
    await client.gets(OK);
    assert.equal(origin.links.length, 2);
  },
);

backTest(
  "h2 server: after GOAWAY running streams end, and new ones go elsewhere",
  {},
  async (rig, origin) => {
    const client = await rig.client();
    client.send(GET);
    const [running] = await asked(origin);
    origin.links[0].drain();
    await settle();
    const other = await rig.client();
    other.send(GET);
    const [elsewhere] = await asked(origin);
    assert.equal(origin.links.length, 2);
    running.send(OK);
    await client.gets(OK);
    elsewhere.send(OK);
    await other.gets(OK);
    assert.ok(origin.links[0].closed);
  },
);

backTest("h2 server: a connection that breaks fails its streams only", {}, async (rig, origin) => {
  const client = await rig.client();
  client.send(GET);
  await asked(origin);
  origin.links[0].close();
  assert.match(await client.take(), /^HTTP\/1.1 502 /);
  client.send(GET);
  const [stream] = await asked(origin);
  stream.send(OK);
  await client.gets(OK);
});

backTest("h2 server: a client that leaves resets its stream only", {}, async (rig, origin) => {
  const client = await rig.client();
  const stays = await rig.client();
  client.send(GET);
  const [left] = await asked(origin);
  left.send("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n");
  await left.take();
  stays.send(GET);
  const [stream] = await asked(origin);
  client.reset();
  left.send("x".repeat(100_000));
  await left.take();
  assert.equal(await left.conn.write(new Uint8Array(1)), IoStatus.Reset);
  stream.send(OK);
  await stays.gets(OK);
  assert.equal(origin.links.length, 1);
});

backTest(
  "h2 server: timeout server is a 504, and the connection lives on",
  { defaults: "timeout server 5s" },
  async (rig, origin) => {
    const client = await rig.client();
    client.send(GET);
    await asked(origin);
    await rig.pass(5016);
    assert.match(await client.take(), /^HTTP\/1.1 504 /);
    client.send(GET);
    const [stream] = await asked(origin);
    stream.send(OK);
    await client.gets(OK);
    assert.equal(origin.links.length, 1);
  },
);

backTest(
  "h2 server: an idle connection is closed after pool-purge-delay",
  { serverOptions: "pool-purge-delay 2s" },
  async (rig, origin) => {
    const client = await rig.client();
    client.send(GET);
    const [stream] = await asked(origin);
    await rig.pass(4000);
    stream.send(OK);
    await client.gets(OK);
    assert.equal(origin.links[0].closed, false);
    await rig.pass(2016);
    assert.equal(origin.links[0].closed, true);
  },
);

backTest(
  "h2 server: max-reuse ends a connection after so many requests",
  { serverOptions: "max-reuse 1" },
  async (rig, origin) => {
    const client = await rig.client();
    for (const count of [1, 1, 2]) {
      client.send(GET);
      const [stream] = await asked(origin);
      stream.send(OK);
      await client.gets(OK);
      assert.equal(origin.links.length, count);
    }
  },
);

backTest(
  "h2 server: a WebSocket of HTTP/1 becomes an extended CONNECT",
  {},
  async (rig, origin) => {
    const client = await rig.client();
    const key = "dGhlIHNhbXBsZSBub25jZQ==";
    client.send(
      "GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        `Sec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    const [stream, text] = await asked(origin);
    const theirs = /sec-websocket-key: (\S+)/.exec(text)![1];
    stream.send(
      "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n" +
        `sec-websocket-accept: ${websocketAccept(theirs)}\r\n\r\nhi`,
    );
    await stream.take();
    const answer = await client.take();
    assert.match(answer, /^HTTP\/1.1 101 /);
    assert.ok(answer.includes(`sec-websocket-accept: ${websocketAccept(key)}\r\n`));
    assert.ok(answer.endsWith("\r\n\r\nhi"));
    client.send("ping");
    await stream.gets("ping");
    stream.send("pong");
    await stream.take();
    await client.gets("pong");
    client.finish();
    await stream.take();
    assert.equal(stream.state, "end");
    stream.conn.closeWrite();
    await stream.take();
  },
);

rigTest(
  "h2 server: one that closes before its SETTINGS fails the WebSocket that waits for them",
  { backend: `server s1 ${S} proto h2` },
  async (rig) => {
    const client = await rig.client();
    client.send(
      "GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    const server = await rig.server(S);
    assert.match(await server.take(), /^PRI /);
    server.close();
    assert.match(await client.take(), /^HTTP\/1.1 50[23] /);
  },
);

backTest(
  "h2 server: a client that does not read holds up its stream, and the server's window with it",
  { capacity: 20000 },
  async (rig, origin) => {
    const client = await rig.client(undefined, false);
    client.send(GET);
    const [stream] = await asked(origin);
    let written = 0;
    const block = new Uint8Array(10_000);
    const head = new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n");
    (async () => {
      await stream.conn.write(head);
      while (await stream.conn.write(block) > 0) written += block.length;
    })();
    for (let i = 0; i < 200; i++) await settle();
    // A window, the buffers of both sides and a pipe.
    assert.ok(written < 400_000, `${written} bytes`);
    const other = await rig.client();
    other.send(GET);
    const [next] = await asked(origin);
    next.send(OK);
    await other.gets(OK);
    assert.equal(origin.links.length, 1);
  },
);

backTest("h2 server: fetches know the versions", {
  frontend: "http-response set-header x-v %[req.ver]/%[res.ver]/%[fc_http_major]/%[bc_http_major]",
}, async (rig, origin) => {
  const client = await rig.client();
  client.send(GET);
  const [stream] = await asked(origin);
  stream.send(OK);
  assert.match(await client.take(), /\r\nx-v: 1\.1\/2\.0\/1\/2\r\n/);
  const h2 = await h2Client(rig);
  const own = h2.send(GET);
  const [second] = await asked(origin);
  second.send(OK);
  assert.match(await own.take(), /\r\nx-v: 2\.0\/2\.0\/2\/2\r\n/);
  h2.link.close();
});
