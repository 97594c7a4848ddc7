import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { delay } from "../support/poll.ts";
import type { Peer } from "../support/peer.ts";
import { residentBytes } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { ok, startOrigin } from "../support/tcp.ts";
import { setUp } from "../e2e/setup.ts";

const MB = 1 << 20;
const BLOCK = randomBytes(MB);
const COUNT = 100;
const SIZE = COUNT * MB;

const DIGEST = (() => {
  const hash = createHash("sha256");
  for (let n = 0; n < COUNT; n++) hash.update(BLOCK);
  return hash.digest("hex");
})();

async function writeAll(peer: Peer, chunked: boolean): Promise<void> {
  for (let n = 0; n < COUNT; n++) {
    if (chunked) await peer.write(`${MB.toString(16)}\r\n`);
    await peer.write(BLOCK, 30_000);
    if (chunked) await peer.write("\r\n");
  }
  if (chunked) await peer.write("0\r\n\r\n");
}

/** Follows the proxy's resident memory until asked how much it grew at most. */
function watchMemory(scope: Scope, pid: number): () => number {
  const before = residentBytes(pid);
  let most = before;
  const timer = setInterval(() => most = Math.max(most, residentBytes(pid)), 100);
  scope.defer("memory watch", () => clearInterval(timer));
  return () => Math.max(most, residentBytes(pid)) - before;
}

// Half of what would have to be held if the body were collected.
const ALLOWED = SIZE / 2;

scopedTest(
  "a 100 MB answer is streamed in bounded memory, also to a client that pauses",
  {},
  async (scope) => {
    const origin = await startOrigin(scope, async (peer) => {
      await peer.request();
      await peer.write(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
      await writeAll(peer, false);
    });
    const { client, proxy } = await setUp(scope, { backend: `server s1 ${origin.address}` });
    const grown = watchMemory(scope, proxy.process.pid);
    const peer = await client();
    await peer.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await peer.head();
    peer.pause();
    await delay(1000);
    peer.resume();
    assert.equal(await peer.digest(SIZE), DIGEST);
    assert.ok(grown() < ALLOWED, `${Math.round(grown() / MB)} MB more`);
    assert.deepEqual(origin.failures, []);
  },
);

scopedTest(
  "a 100 MB request is streamed in bounded memory, also to a server that pauses",
  {},
  async (scope) => {
    let digest = "";
    const origin = await startOrigin(scope, async (peer) => {
      await peer.head();
      peer.pause();
      await delay(1000);
      peer.resume();
      digest = await peer.digest(SIZE);
      await peer.write(ok("thanks"));
    });
    const { client, proxy } = await setUp(scope, { backend: `server s1 ${origin.address}` });
    const grown = watchMemory(scope, proxy.process.pid);
    const peer = await client();
    await peer.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${SIZE}\r\n\r\n`);
    await writeAll(peer, false);
    assert.equal((await peer.response()).body, "thanks");
    assert.equal(digest, DIGEST);
    assert.ok(grown() < ALLOWED, `${Math.round(grown() / MB)} MB more`);
  },
);

scopedTest("100 MB in large chunks pass unchanged", {}, async (scope) => {
  const origin = await startOrigin(scope, async (peer) => {
    await peer.request();
    await peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    await writeAll(peer, true);
  });
  const { client, proxy } = await setUp(scope, { backend: `server s1 ${origin.address}` });
  const grown = watchMemory(scope, proxy.process.pid);
  const peer = await client();
  await peer.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await peer.head();
  const hash = createHash("sha256");
  let total = 0;
  for (;;) {
    const size = parseInt(await peer.line(30_000), 16);
    if (size === 0) break;
    const part = await peer.bytes(size, 30_000);
    hash.update(part);
    total += size;
    assert.equal(await peer.line(), "");
  }
  assert.equal(total, SIZE);
  assert.equal(hash.digest("hex"), DIGEST);
  assert.ok(grown() < ALLOWED, `${Math.round(grown() / MB)} MB more`);
});

scopedTest(
  "tcp: 100 MB are streamed in bounded memory to a client that pauses",
  {},
  async (scope) => {
    const origin = await startOrigin(scope, async (peer) => {
      await writeAll(peer, false);
      peer.closeWrite();
    });
    const { client, proxy } = await setUp(scope, {
      mode: "tcp",
      backend: `server s1 ${origin.address}`,
    });
    const grown = watchMemory(scope, proxy.process.pid);
    const peer = await client();
    peer.pause();
    await delay(1000);
    peer.resume();
    assert.equal(await peer.digest(SIZE), DIGEST);
    assert.equal(await peer.toEnd(), "");
    assert.ok(grown() < ALLOWED, `${Math.round(grown() / MB)} MB more`);
  },
);
