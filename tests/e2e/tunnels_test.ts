import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { scopedTest } from "../support/scope.ts";
import { ok, startHttpOrigin, startOrigin } from "../support/tcp.ts";
import { textOf } from "../support/peer.ts";
import { httpLine, reloadedSetUp, tcpLine } from "./setup.ts";

const setUp = reloadedSetUp();

scopedTest("a WebSocket handshake passes, then bytes both ways", {}, async (scope) => {
  const accept = (key: string) =>
    createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const origin = await startOrigin(scope, async (peer) => {
    const head = await peer.head();
    assert.match(head.get("upgrade") ?? "", /^websocket$/i);
    assert.match(head.get("connection") ?? "", /upgrade/i);
    // The first frame comes in the same packet as the head.
    await peer.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${accept(head.get("sec-websocket-key") ?? "")}\r\n\r\n\x81\x05first`,
    );
    for (;;) {
      const frame = await peer.exactly(4);
      await peer.write(`echo${frame}`);
      if (frame === "last") break;
    }
    peer.closeWrite();
  });
  const { client, log } = await setUp(scope, { backend: `server s1 ${origin.address}` });
  const peer = await client();
  await peer.write(
    "GET /chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  const head = await peer.head();
  assert.equal(head.status, 101);
  assert.match(head.get("upgrade") ?? "", /^websocket$/i);
  assert.match(head.get("connection") ?? "", /upgrade/i);
  assert.equal(head.get("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  assert.equal(await peer.exactly(7), "\x81\x05first");
  for (const frame of ["ping", "pong", "last"]) {
    await peer.write(frame);
    assert.equal(await peer.exactly(8), `echo${frame}`);
  }
  assert.equal(await peer.closed(), true);
  peer.close();
  assert.equal((await httpLine(log)).status, 101);
  assert.deepEqual(origin.failures, []);
});

scopedTest(
  "a server may refuse an upgrade, and the connection goes on as HTTP",
  {},
  async (scope) => {
    const origin = await startHttpOrigin(scope, () => ok("plain"));
    const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
    const peer = await client();
    for (let n = 0; n < 2; n++) {
      await peer.write("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\n");
      const answer = await peer.response();
      assert.equal(answer.status, 200);
      assert.equal(answer.body, "plain");
    }
  },
);

scopedTest("CONNECT makes a tunnel after a 200", {}, async (scope) => {
  const origin = await startOrigin(scope, async (peer) => {
    const head = await peer.head();
    assert.equal(head.line, "CONNECT example.org:443 HTTP/1.1");
    await peer.write("HTTP/1.1 200 Connected\r\n\r\n");
    await peer.write(`<${await peer.exactly(5)}>`);
    assert.equal(await peer.toEnd(), "");
    await peer.write("after the end");
    peer.closeWrite();
  });
  const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
  const peer = await client();
  await peer.write("CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n");
  const head = await peer.head();
  assert.equal(head.status, 200);
  await peer.write("\x16\x03\x01ab");
  assert.equal(await peer.exactly(7), "<\x16\x03\x01ab>");
  peer.closeWrite();
  assert.equal(await peer.toEnd(), "after the end");
  assert.deepEqual(origin.failures, []);
});

scopedTest("tcp: bytes pass both ways and are counted", {}, async (scope) => {
  const origin = await startOrigin(scope, async (peer) => {
    await peer.write("banner");
    await peer.write(`got ${await peer.exactly(3)}`);
    peer.closeWrite();
  });
  const { client, log } = await setUp(scope, {
    mode: "tcp",
    backend: `server s1 ${origin.address}`,
  });
  const peer = await client();
  assert.equal(await peer.exactly(6), "banner");
  await peer.write("abc");
  assert.equal(await peer.toEnd(), "got abc");
  peer.close();
  const line = await tcpLine(log);
  assert.equal(line.server, "s1");
  assert.equal(line.bytes, 13);
  assert.equal(line.termination, "--");
  assert.equal(line.connections[4], "0");
});

scopedTest(
  "tcp: the client's half-close reaches the server, whose answer still arrives",
  {},
  async (scope) => {
    const origin = await startOrigin(scope, async (peer) => {
      const all = await peer.toEnd();
      await peer.write(`${all.length} bytes, `);
      await peer.write("then this");
      peer.closeWrite();
    });
    const { client, log } = await setUp(scope, {
      mode: "tcp",
      backend: `server s1 ${origin.address}`,
    });
    const peer = await client();
    await peer.write("x".repeat(300_000));
    peer.closeWrite();
    assert.equal(await peer.toEnd(), "300000 bytes, then this");
    assert.equal((await tcpLine(log)).termination, "--");
  },
);

scopedTest(
  "tcp: the server's half-close reaches the client, whose bytes still arrive",
  {},
  async (scope) => {
    let received = "";
    const origin = await startOrigin(scope, async (peer) => {
      await peer.write("finished");
      peer.closeWrite();
      received = await peer.toEnd();
    });
    const { client, log } = await setUp(scope, {
      mode: "tcp",
      backend: `server s1 ${origin.address}`,
    });
    const peer = await client();
    assert.equal(await peer.toEnd(), "finished");
    await peer.write("late words");
    peer.closeWrite();
    await tcpLine(log);
    assert.equal(received, "late words");
  },
);

scopedTest("tcp: 8 MB pass both ways at once, unchanged", {}, async (scope) => {
  const origin = await startOrigin(scope, async (peer) => {
    peer.socket.pipe(peer.socket);
    await peer.toEnd(30_000);
  });
  const { client } = await setUp(scope, { mode: "tcp", backend: `server s1 ${origin.address}` });
  const peer = await client();
  const block = randomBytes(8 << 20);
  const sending = peer.write(block, 30_000).then(() => peer.closeWrite());
  const back = await peer.toEnd(30_000);
  await sending;
  assert.equal(back.length, block.length);
  assert.equal(back === textOf(block), true, "the same bytes");
});

scopedTest(
  "tcp: a client's reset ends the server's connection, logged as CD",
  {},
  async (scope) => {
    let ended: Promise<string> | undefined;
    const origin = await startOrigin(scope, async (peer) => {
      await peer.exactly(1);
      ended = peer.toEnd();
      await ended;
      peer.close();
    });
    const { client, log } = await setUp(scope, {
      mode: "tcp",
      backend: `server s1 ${origin.address}`,
    });
    const peer = await client();
    await peer.write("x");
    await origin.connection(0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    peer.reset();
    assert.equal((await tcpLine(log)).termination, "CD");
    await ended;
  },
);

scopedTest(
  "tcp: a server's reset ends the client's connection, logged as SD",
  {},
  async (scope) => {
    const origin = await startOrigin(scope, async (peer) => {
      await peer.exactly(1);
      peer.reset();
    });
    const { client, log } = await setUp(scope, {
      mode: "tcp",
      backend: `server s1 ${origin.address}`,
    });
    const peer = await client();
    await peer.write("x");
    assert.equal(await peer.closed(), true);
    peer.close();
    assert.equal((await tcpLine(log)).termination, "SD");
  },
);

scopedTest("tcp: no server there: the client is closed, logged as SC", {}, async (scope) => {
  const { client, log } = await setUp(scope, {
    mode: "tcp",
    defaults: "retries 0",
    backend: "server s1 127.0.0.1:1",
  });
  const peer = await client();
  assert.equal(await peer.closed(), true);
  assert.equal((await tcpLine(log)).termination, "SC");
});
