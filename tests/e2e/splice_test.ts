import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import type { Peer } from "../support/peer.ts";
import { waitFor } from "../support/poll.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { startOrigin } from "../support/tcp.ts";
import { underTest } from "../support/under_test.ts";
import { reloadedSetUp } from "./setup.ts";

const setUp = reloadedSetUp();

const MB = 1 << 20;
const COUNT = 24;
const SIZE = COUNT * MB;
const BLOCK = randomBytes(MB);
const DIGEST = (() => {
  const hash = createHash("sha256");
  for (let n = 0; n < COUNT; n++) hash.update(BLOCK);
  return hash.digest("hex");
})();

const needs = { unless: underTest === "haproxy" ? "its transport has no name" : undefined };

async function writeAll(peer: Peer): Promise<void> {
  for (let n = 0; n < COUNT; n++) await peer.write(BLOCK, 60_000);
}

async function pipesUsed(socket: string): Promise<number> {
  using conn = await Deno.connect({ transport: "unix", path: socket });
  await conn.write(new TextEncoder().encode("show info\n"));
  const text = await new Response(conn.readable).text();
  return Number(/^PipesUsed: (\d+)$/m.exec(text)?.[1] ?? NaN);
}

/** A tunnel with these options on the epoll transport, in front of a server that sends and takes 24 MB. */
async function tunnel(scope: Scope, lines: string) {
  let got = "";
  const origin = await startOrigin(scope, async (peer) => {
    if (await peer.exactly(1) === "g") await writeAll(peer);
    else got = await peer.digest(SIZE, 60_000);
    peer.closeWrite();
  });
  const socket = scope.path("admin.sock");
  const { client } = await setUp(scope, {
    mode: "tcp",
    global: `stats socket ${socket} level admin`,
    defaults: lines,
    backend: `server s1 ${origin.address}`,
    args: ["--transport", "epoll"],
  });
  return { client, origin, socket, got: () => got };
}

for (
  const { lines, down, up } of [
    { lines: "option splice-auto", down: true, up: true },
    { lines: "option splice-response", down: true, up: false },
    { lines: "option splice-request", down: false, up: true },
    { lines: "", down: false, up: false },
  ]
) {
  const name = lines === "" ? "without an option" : lines;
  scopedTest(
    `${name}: what a server sends ${down ? "goes" : "does not go"} through a pipe, and comes whole`,
    needs,
    async (scope) => {
      const { client, socket, origin } = await tunnel(scope, lines);
      const peer = await client();
      await peer.write("g");
      // A client that stops reading keeps the transfer where it is.
      await peer.bytes(4 * MB, 60_000).then((bytes) =>
        assert.deepEqual(bytes.subarray(0, MB), new Uint8Array(BLOCK))
      );
      peer.pause();
      if (down) await waitFor("a pipe in use", async () => await pipesUsed(socket) === 1);
      else assert.equal(await pipesUsed(socket), 0);
      peer.resume();
      const rest = createHash("sha256");
      for (let n = 0; n < 4; n++) rest.update(BLOCK);
      for (let n = 4; n < COUNT; n++) rest.update(await peer.bytes(MB, 60_000));
      assert.equal(rest.digest("hex"), DIGEST);
      assert.equal(await peer.toEnd(), "");
      peer.close();
      await waitFor("no pipe in use", async () => await pipesUsed(socket) === 0);
      assert.deepEqual(origin.failures, []);
    },
  );

  scopedTest(
    `${name}: what a client sends ${up ? "can go" : "does not go"} through a pipe, and comes whole`,
    needs,
    async (scope) => {
      const { client, socket, got } = await tunnel(scope, lines);
      const peer = await client();
      let most = 0;
      await peer.write("p");
      for (let n = 0; n < COUNT; n++) {
        await peer.write(BLOCK, 60_000);
        if (n % 4 === 3) most = Math.max(most, await pipesUsed(socket));
      }
      assert.equal(await peer.toEnd(60_000), "");
      assert.equal(got(), DIGEST);
      if (!up) assert.equal(most, 0);
      peer.close();
      await waitFor("no pipe in use", async () => await pipesUsed(socket) === 0);
    },
  );
}

scopedTest("no option splice-auto takes it back", needs, async (scope) => {
  const { client, socket } = await tunnel(scope, "option splice-auto\nno option splice-auto");
  const peer = await client();
  await peer.write("g");
  await peer.bytes(4 * MB, 60_000);
  peer.pause();
  assert.equal(await pipesUsed(socket), 0);
  peer.resume();
  await peer.skip(SIZE - 4 * MB);
  assert.equal(await peer.toEnd(), "");
});
