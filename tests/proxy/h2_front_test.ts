/** HTTP/2 at the front: a request takes the way of any other, and what HTTP/2 adds is kept. */
import assert from "node:assert/strict";
import { PC } from "../../lib/state/traffic.ts";
import { websocketAccept } from "../../lib/mux/websocket.ts";
import { h2Client } from "../support/h2_peers.ts";
import { settle } from "../support/memory_peer.ts";
import { rigTest } from "../support/proxy_rig.ts";
import { line } from "./support.ts";

const GET = "GET /a HTTP/1.1\r\nhost: example.com\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

rigTest(
  "h2: a request goes on as HTTP/1.1, its answer comes back, and it is logged",
  {},
  async (rig) => {
    const client = await h2Client(rig);
    const stream = client.send(GET);
    const server = await rig.server();
    await server.gets("GET /a HTTP/1.1\r\nhost: example.com\r\n\r\n");
    await rig.pass(16);
    server.send(OK);
    await stream.gets(OK);
    assert.equal(stream.state, "end");
    await rig.logged(
      line("0/0/0/16/16", 200, OK.length, "--", "GET http://example.com/a HTTP/2.0"),
    );
    client.link.close();
  },
);

rigTest("h2: streams of one connection are served at the same time", {}, async (rig) => {
  const client = await h2Client(rig);
  const first = client.send(GET);
  const slow = await rig.server();
  await slow.gets(GET);
  const second = client.send(GET.replace("/a", "/b"));
  const fast = await rig.server();
  await fast.gets(GET.replace("/a", "/b"));
  fast.send(OK);
  await second.gets(OK);
  assert.equal(await first.take(), "");
  slow.send(OK);
  await first.gets(OK);
  // As far as HTTP/1 reuses connections, so does it here.
  const third = client.send(GET);
  await fast.gets("");
  await slow.gets(GET);
  slow.send(OK);
  await third.gets(OK);
  client.link.close();
});

rigTest(
  "h2: a body of unknown length becomes chunks, and its trailers go with it",
  {},
  async (rig) => {
    const client = await h2Client(rig);
    const stream = client.send(
      "POST /p HTTP/1.1\r\nhost: x\r\nte: trailers\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    const server = await rig.server();
    await server.gets(
      "POST /p HTTP/1.1\r\nhost: x\r\nte: trailers\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    stream.send("5\r\nhello\r\n");
    await stream.take();
    await server.gets("5\r\nhello\r\n");
    stream.send("0\r\nx-sum: 5\r\n\r\n");
    await stream.take();
    await server.gets("0\r\nx-sum: 5\r\n\r\n");
    server.send(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\ngrpc-status: 0\r\n\r\n",
    );
    await stream.gets(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\ngrpc-status: 0\r\n\r\n",
    );
    assert.equal(stream.state, "end");
    client.link.close();
  },
);

rigTest("h2: a body with a length keeps it", {}, async (rig) => {
  const client = await h2Client(rig);
  const stream = client.send("POST /p HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello");
  const server = await rig.server();
  await server.gets("POST /p HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello");
  server.send("HTTP/1.1 204 No Content\r\n\r\n");
  await stream.gets("HTTP/1.1 204 No Content\r\n\r\n");
  client.link.close();
});

rigTest("h2: answers to HEAD, 304 and interim answers", {}, async (rig) => {
  const client = await h2Client(rig);
  const head = client.send("HEAD /a HTTP/1.1\r\nhost: x\r\n\r\n");
  const server = await rig.server();
  await server.take();
  server.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n");
  await head.gets("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n");
  assert.equal(head.state, "end");
  const other = client.send(GET);
  await server.take();
  server.send("HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n");
  await other.gets("HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n");
  server.send('HTTP/1.1 304 Not Modified\r\netag: "1"\r\n\r\n');
  await other.gets('HTTP/1.1 304 Not Modified\r\netag: "1"\r\n\r\n');
  client.link.close();
});

rigTest(
  "h2: rules answer one stream, and the next one is served",
  {
    frontend: "http-request deny if { path /no }\nhttp-request set-header x-major %[fc_http_major]",
  },
  async (rig) => {
    const client = await h2Client(rig);
    const denied = client.send(GET.replace("/a", "/no"));
    assert.match(await denied.take(), /^HTTP\/1.1 403 /);
    const stream = client.send(GET);
    const server = await rig.server();
    assert.match(await server.take(), /\r\nx-major: 2\r\n/);
    server.send(OK);
    await stream.gets(OK);
    client.link.close();
  },
);

rigTest("h2: cookie crumbs become one cookie", {}, async (rig) => {
  const client = await h2Client(rig);
  const stream = client.send("GET / HTTP/1.1\r\nhost: x\r\ncookie: a=1\r\ncookie: b=2\r\n\r\n");
  const server = await rig.server();
  await server.gets("GET / HTTP/1.1\r\nhost: x\r\ncookie: a=1; b=2\r\n\r\n");
  server.send(OK);
  await stream.gets(OK);
  client.link.close();
});

rigTest("h2: a stream that the client resets ends its request at once", {}, async (rig) => {
  const client = await h2Client(rig);
  const stream = client.send(GET);
  const server = await rig.server();
  await server.gets(GET);
  stream.conn.close();
  await server.getsEnd();
  const [said] = await rig.takeLog();
  assert.match(said, / C[DH]-- /);
  const next = client.send(GET);
  const again = await rig.server();
  await again.gets(GET);
  again.send(OK);
  await next.gets(OK);
  client.link.close();
});

rigTest("h2: an answer that is cut off resets the stream", {}, async (rig) => {
  const client = await h2Client(rig);
  const stream = client.send(GET);
  const server = await rig.server();
  await server.take();
  server.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc");
  await stream.gets("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc");
  server.close();
  await stream.take();
  assert.equal(stream.state, "reset");
  assert.match((await rig.takeLog())[0], / SD-- /);
  assert.equal(client.ended, false);
  client.link.close();
});

rigTest("h2: an answer that ends with its connection ends the stream", {}, async (rig) => {
  const client = await h2Client(rig);
  const stream = client.send(GET);
  const server = await rig.server();
  await server.take();
  server.send("HTTP/1.1 200 OK\r\n\r\nabc");
  server.finish();
  await stream.gets(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
  );
  assert.equal(stream.state, "end");
  client.link.close();
});

rigTest(
  "h2: a client that opens no window holds up its own stream, and the server with it",
  { capacity: 20000 },
  async (rig) => {
    const client = await h2Client(rig, { initialWindowSize: 100 });
    const stalled = client.send(GET, false);
    const server = await rig.server();
    await server.take();
    server.send(`HTTP/1.1 200 OK\r\ncontent-length: 5000000\r\n\r\n${"x".repeat(5_000_000)}`);
    await settle();
    const other = client.send(GET);
    const second = await rig.server();
    await second.take();
    second.send(OK);
    await other.gets(OK);
    // What is held of the answer is what buffers hold, not the answer.
    assert.ok(stalled.received === 0);
    await rig.pass(16_000);
    assert.match((await rig.takeLog()).join(), / cD-- /);
    assert.equal(server.state !== "open", true);
    client.link.close();
  },
);

rigTest(
  "h2: 408 after a body that does not come, on its stream only",
  { defaults: "timeout client 5s" },
  async (rig) => {
    const client = await h2Client(rig);
    const stream = client.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhe");
    const server = await rig.server();
    await server.take();
    await rig.pass(5016);
    assert.match(await stream.take(), /^HTTP\/1.1 408 /);
    client.link.close();
  },
);

rigTest(
  "h2: without streams the connection ends after timeout http-keep-alive, with GOAWAY",
  { defaults: "timeout http-keep-alive 3s" },
  async (rig) => {
    const client = await h2Client(rig);
    const stream = client.send(GET);
    const server = await rig.server();
    await server.take();
    await rig.pass(10_000);
    assert.equal(client.ended, false);
    server.send(OK);
    await stream.gets(OK);
    await rig.pass(3016);
    assert.ok(client.left && client.ended);
  },
);

rigTest("h2: a drain asks for no more streams and finishes those that run", {}, async (rig) => {
  const client = await h2Client(rig);
  const stream = client.send(GET);
  const server = await rig.server();
  await server.take();
  const idle = await h2Client(rig);
  rig.process.acceptor.retireAll();
  await settle();
  await settle();
  assert.ok(idle.left && idle.ended);
  assert.ok(client.left && !client.ended);
  server.send(OK);
  await stream.gets(OK);
  assert.ok(client.ended);
});

rigTest(
  "h2: tune.h2.fe.max-total-streams asks for another connection",
  { global: "tune.h2.fe.max-total-streams 2" },
  async (rig) => {
    const client = await h2Client(rig);
    for (const last of [false, true]) {
      const stream = client.send(GET);
      const server = await rig.server();
      await server.take();
      server.send(OK);
      await stream.gets(OK);
      server.close();
      assert.equal(client.left, last);
    }
    assert.ok(client.ended);
  },
);

rigTest(
  "h2: option disable-h2-upgrade keeps a bind line on HTTP/1",
  { frontend: "option disable-h2-upgrade" },
  async (rig) => {
    const client = await rig.client();
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert.match(await client.take(), /^HTTP\/1.1 400 /);
  },
);

rigTest(
  "h2: 'proto h2' takes nothing else, 'proto h1' no HTTP/2",
  { frontend: "bind 127.0.0.1:81 proto h2\nbind 127.0.0.1:82 proto h1" },
  async (rig) => {
    const wrong = await rig.client("127.0.0.1:81");
    wrong.send(GET);
    const said = await wrong.take();
    assert.ok(said.includes("\x00\x00\x08\x07\x00\x00\x00\x00\x00"), "GOAWAY");
    assert.notEqual(wrong.state, "open");
    const client = await h2Client(rig, {}, "127.0.0.1:81");
    const stream = client.send(GET);
    const server = await rig.server();
    await server.gets(GET);
    server.send(OK);
    await stream.gets(OK);
    client.link.close();
    const old = await rig.client("127.0.0.1:82");
    old.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert.match(await old.take(), /^HTTP\/1.1 400 /);
  },
);

rigTest("h2: a WebSocket by extended CONNECT reaches a server of HTTP/1", {}, async (rig) => {
  const client = await h2Client(rig);
  const key = "dGhlIHNhbXBsZSBub25jZQ==";
  const stream = client.send(
    "GET /chat HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n" +
      `sec-websocket-key: ${key}\r\nsec-websocket-version: 13\r\n\r\n`,
  );
  const server = await rig.server();
  const asked = await server.take();
  assert.match(asked, /^GET \/chat HTTP\/1.1\r\n/);
  const theirs = /sec-websocket-key: (\S+)/.exec(asked)![1];
  server.send(
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      `Sec-WebSocket-Accept: ${websocketAccept(theirs)}\r\n\r\nfrom server`,
  );
  const answer = await stream.take();
  assert.match(answer, /^HTTP\/1.1 101 /);
  assert.ok(answer.includes(`sec-websocket-accept: ${websocketAccept(key)}\r\n`));
  assert.ok(answer.endsWith("\r\n\r\nfrom server"));
  stream.send("from client");
  await stream.take();
  await server.gets("from client");
  server.send("again");
  await stream.gets("again");
  server.finish();
  await stream.take();
  assert.equal(stream.state, "end");
  stream.conn.closeWrite();
  await stream.take();
  client.link.close();
});

rigTest("h2: a WebSocket that the server does not accept is no tunnel", {}, async (rig) => {
  const client = await h2Client(rig);
  const asked = "GET / HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n" +
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  const stream = client.send(asked);
  const server = await rig.server();
  await server.take();
  server.send("HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno");
  assert.match(await stream.take(), /^HTTP\/1.1 403 [\s\S]*\r\n\r\nno$/);
  const bad = client.send(asked);
  await server.take();
  server.send(
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Accept: wrong\r\n\r\n",
  );
  await bad.take();
  assert.equal(bad.state, "reset");
  client.link.close();
});

rigTest("h2: connections, streams, frames and mistakes are counted", {}, async (rig) => {
  const { counters } = rig.process.generation.frontends[0];
  const client = await h2Client(rig);
  const stream = client.send(GET);
  const server = await rig.server();
  await server.take();
  assert.equal(counters.total(PC.h2_conn_tot) - counters.total(PC.h2_conn_end), 1);
  assert.equal(counters.total(PC.h2_stream_tot) - counters.total(PC.h2_stream_end), 1);
  server.send(OK);
  await stream.gets(OK);
  const wrong = client.link.h2.open();
  client.link.h2.beginHead();
  client.link.h2.field(":method", "G ET");
  client.link.h2.endHead(wrong, true);
  client.link.flush();
  await stream.take();
  client.link.close();
  await settle();
  assert.deepEqual(
    [PC.h2_conn_tot, PC.h2_conn_end, PC.h2_stream_tot, PC.h2_stream_end].map((field) =>
      counters.total(field)
    ),
    [1, 1, 1, 1],
  );
  assert.equal(counters.total(PC.h2_headers_rcvd), 2);
  assert.equal(counters.total(PC.h2_detected_strm_protocol_errors), 1);
  assert.equal(counters.total(PC.h2_rst_stream_resp), 1);
});

rigTest("h2: a reload that takes the bind line away lets a busy connection go", {}, async (rig) => {
  const client = await h2Client(rig);
  const first = client.send(GET);
  const server = await rig.server();
  await server.take();
  await rig.reload({
    text: `defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
listen other
    bind 127.0.0.1:99
    server s1 127.0.0.1:8002
`,
  });
  assert.equal(client.left, false);
  const second = client.send(GET.replace("/a", "/b"));
  const other = await rig.server();
  await other.gets(GET.replace("/a", "/b"));
  assert.equal(client.left, true);
  other.send(OK);
  await second.gets(OK);
  assert.equal(client.ended, false);
  server.send(OK);
  await first.gets(OK);
  assert.equal(client.ended, true);
});

rigTest(
  "h2: a reload that keeps the bind line serves later streams by the new rules",
  {},
  async (rig) => {
    const client = await h2Client(rig);
    const first = client.send(GET);
    const server = await rig.server();
    await server.take();
    await rig.reload({
      frontend: "http-request return status 299 content-type text/plain string new",
    });
    const second = client.send(GET);
    assert.match(await second.take(), /^HTTP\/1.1 299 /);
    server.send(OK);
    await first.gets(OK);
    assert.equal(client.left, false);
    client.link.close();
  },
);
