/** `strict-maxconn` (HAProxy 3.2): idle connections count against `maxconn`. */
import assert from "node:assert/strict";
import { delay, waitFor } from "../support/poll.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { ok, startHttpOrigin } from "../support/tcp.ts";
import { reloadedSetUp } from "./setup.ts";

const setUp = reloadedSetUp();

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
/** A client's first request never takes another's connection, and all connections are kept. */
const KEEPING = "http-reuse safe";

async function start(scope: Scope, options: string, global = "") {
  const origin = await startHttpOrigin(scope, async () => {
    await delay(5);
    return ok("x");
  });
  const rig = await setUp(scope, {
    global,
    backend: `
      ${KEEPING}
      server s ${origin.address} maxconn 2 pool-low-conn 20 ${options}
    `,
  });
  /** connections that the server has now */
  const open = async () => {
    let n = 0;
    for (let i = 0; i < origin.accepted; i++) {
      if (!(await origin.connection(i)).socket.readableEnded) n++;
    }
    return n;
  };
  return { ...rig, origin, open };
}

scopedTest("without it, idle connections come on top of maxconn", {}, async (scope) => {
  const { client, open } = await start(scope, "");
  for (let i = 0; i < 5; i++) {
    const peer = await client();
    await peer.write(GET);
    assert.equal((await peer.response()).status, 200);
  }
  assert.ok(await open() > 2);
});

scopedTest(
  "with it, an idle connection is closed where another would be one too many",
  {},
  async (scope) => {
    const { client, open, origin } = await start(scope, "strict-maxconn");
    for (let i = 0; i < 6; i++) {
      const peer = await client();
      await peer.write(GET);
      assert.equal((await peer.response()).status, 200);
      await waitFor("two connections", async () => await open() <= 2 ? true : undefined);
    }
    assert.ok(origin.accepted > 2, "others were opened in place of those that were closed");
  },
);

scopedTest(
  "with it, the idle connections of other threads count and are closed, too",
  {},
  async (scope) => {
    const { client, open } = await start(scope, "strict-maxconn", "nbthread 2");
    const statuses = await Promise.all(Array.from({ length: 30 }, async () => {
      const peer = await client();
      await peer.write(GET);
      const { status } = await peer.response({ limit: 25_000 });
      peer.close();
      return status;
    }));
    assert.deepEqual(new Set(statuses), new Set([200]));
    await waitFor("two connections", async () => await open() <= 2 ? true : undefined);
  },
);

scopedTest(
  "a connection that nobody gives back is waited for as long as connecting may take",
  {},
  async (scope) => {
    const origin = await startHttpOrigin(scope, () => ok("x"));
    const { client } = await setUp(scope, {
      defaults: "timeout connect 300ms\nretries 0",
      // Connections are their clients' own.
      backend: `
      http-reuse never
      server s ${origin.address} maxconn 1 strict-maxconn
    `,
    });
    const first = await client();
    await first.write(GET);
    assert.equal((await first.response()).status, 200);
    const second = await client();
    await second.write(GET);
    assert.equal((await second.response()).status, 503);
    first.close();
    const third = await client();
    await third.write(GET);
    assert.equal((await third.response()).status, 200);
  },
);
