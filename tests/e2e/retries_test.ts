import assert from "node:assert/strict";
import { delay, waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { scopedTest } from "../support/scope.ts";
import { ok, startHttpOrigin, startOrigin } from "../support/tcp.ts";
import { httpLine, reloadedSetUp } from "./setup.ts";

const setUp = reloadedSetUp();

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

scopedTest(
  "retries: a refused connection is tried again, 3 times by default, a second apart",
  {},
  async (scope) => {
    const { client, log } = await setUp(scope, { backend: `server s1 127.0.0.1:${freePort()}` });
    const peer = await client();
    await peer.write(get("/"));
    const answer = await peer.response();
    assert.equal(answer.status, 503);
    const line = await httpLine(log);
    assert.equal(line.termination, "SC--");
    assert.equal(line.connections[4], "3");
    assert.ok(line.timers[4] >= 2900 && line.timers[4] < 5000, `${line.timers[4]} ms`);
  },
);

scopedTest("retries 0: the first refusal is the last", {}, async (scope) => {
  const { client, log } = await setUp(scope, {
    defaults: "retries 0",
    backend: `server s1 127.0.0.1:${freePort()}`,
  });
  const peer = await client();
  await peer.write(get("/"));
  assert.equal((await peer.response()).status, 503);
  const line = await httpLine(log);
  assert.equal(line.connections[4], "0");
  assert.ok(line.timers[4] < 900);
});

scopedTest("retries: a server that comes back meanwhile answers", {}, async (scope) => {
  const port = freePort();
  const { client, log } = await setUp(scope, { backend: `server s1 127.0.0.1:${port}` });
  const peer = await client();
  await peer.write(get("/"));
  await delay(400);
  await startHttpOrigin(scope, () => ok("back"), { port });
  const answer = await peer.response();
  assert.equal(answer.body, "back");
  const line = await httpLine(log);
  assert.equal(line.status, 200);
  assert.match(line.connections[4], /^[12]$/);
});

scopedTest(
  "redispatch: the last retry goes to another server, shown by a plus",
  {},
  async (scope) => {
    const origin = await startHttpOrigin(scope, () => ok("alive"));
    const { client, log } = await setUp(scope, {
      defaults: "option redispatch\nretries 1",
      backend: `balance roundrobin
      server dead 127.0.0.1:${freePort()}
      server alive ${origin.address}`,
    });
    // One of two consecutive requests meets the dead one first.
    for (let n = 0; n < 2; n++) {
      const peer = await client();
      await peer.write(get(`/${n}`));
      assert.equal((await peer.response()).body, "alive");
    }
    const lines = await log.atLeast(2, /alive/);
    assert.ok(lines.some((line) => /\/\+1 \d+\/\d+ "/.test(line)), lines.join("\n"));
  },
);

scopedTest("without redispatch the retries stay with the server chosen", {}, async (scope) => {
  const origin = await startHttpOrigin(scope, () => ok("alive"));
  const { client } = await setUp(scope, {
    defaults: "no option redispatch\nretries 1",
    backend: `balance roundrobin
      server dead 127.0.0.1:${freePort()}
      server alive ${origin.address}`,
  });
  const statuses = [];
  for (let n = 0; n < 4; n++) {
    const peer = await client();
    await peer.write(get(`/${n}`));
    statuses.push((await peer.response()).status);
  }
  assert.deepEqual(statuses.sort(), [200, 200, 503, 503]);
});

scopedTest(
  "a reused connection that the server has closed costs a client nothing visible",
  {},
  async (scope) => {
    const origin = await startOrigin(scope, async (peer) => {
      await peer.request(30_000);
      await peer.write(ok("one"));
      // Closed after the answer, without a word about it.
      await delay(20);
      peer.closeWrite();
    });
    const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
    const peer = await client();
    for (let n = 0; n < 5; n++) {
      await peer.write(get(`/${n}`));
      assert.equal((await peer.response()).body, "one");
      await delay(60);
    }
    assert.equal(origin.accepted, 5);
  },
);

scopedTest(
  "server maxconn: no more requests at once than that, the others wait and none is lost",
  {},
  async (scope) => {
    let now = 0;
    let most = 0;
    const origin = await startHttpOrigin(scope, async () => {
      now++;
      most = Math.max(most, now);
      await delay(60);
      now--;
      return ok("x");
    });
    const { client, log } = await setUp(scope, {
      backend: `server s1 ${origin.address} maxconn 2`,
    });
    const peers = await Promise.all(Array.from({ length: 10 }, () => client()));
    await Promise.all(peers.map(async (peer, n) => {
      await peer.write(get(`/${n}`));
      assert.equal((await peer.response()).status, 200);
    }));
    assert.equal(most, 2);
    const lines = await log.atLeast(10, / fe be\/s1 /);
    // Tw, the time in the queue, is the second timer; the queues' lengths are the last pair.
    const waited = lines.filter((line) => Number(/be\/s1 \d+\/(\d+)\//.exec(line)?.[1]) >= 40);
    assert.ok(waited.length >= 7, lines.join("\n"));
    assert.ok(lines.some((line) => {
      const queues = / (\d+)\/(\d+) "GET/.exec(line);
      return Number(queues?.[1]) + Number(queues?.[2]) >= 3;
    }));
  },
);

scopedTest("queued requests are served in the order of their arrival", {}, async (scope) => {
  const order: string[] = [];
  const origin = await startHttpOrigin(scope, async (request) => {
    order.push(request.line.split(" ")[1]);
    await delay(40);
    return ok("x");
  });
  const { client } = await setUp(scope, { backend: `server s1 ${origin.address} maxconn 1` });
  const peers = await Promise.all(Array.from({ length: 6 }, () => client()));
  for (const [n, peer] of peers.entries()) {
    await peer.write(get(`/${n}`));
    await delay(5);
  }
  for (const peer of peers) assert.equal((await peer.response()).status, 200);
  assert.deepEqual(order, ["/0", "/1", "/2", "/3", "/4", "/5"]);
});

scopedTest(
  "frontend maxconn: a connection beyond it waits in the kernel and is served later",
  {},
  async (scope) => {
    const origin = await startHttpOrigin(scope, () => ok("x"));
    const { client } = await setUp(scope, {
      frontend: "maxconn 2",
      backend: `server s1 ${origin.address}`,
    });
    const [first, second, third] = [await client(), await client(), await client()];
    for (const peer of [first, second]) {
      await peer.write(get("/"));
      assert.equal((await peer.response()).status, 200);
    }
    await third.write(get("/"));
    assert.equal(await third.silentFor(300), true);
    first.close();
    assert.equal((await third.response()).status, 200);
  },
);

scopedTest(
  "a backend whose servers are all disabled answers 503 at once (SC)",
  {},
  async (scope) => {
    const origin = await startHttpOrigin(scope, () => ok("x"));
    const { client, log } = await setUp(scope, {
      backend: `server s1 ${origin.address} disabled`,
    });
    const peer = await client();
    await peer.write(get("/"));
    assert.equal((await peer.response()).status, 503);
    const line = await httpLine(log);
    assert.equal(line.termination, "SC--");
    assert.equal(line.server, "<NOSRV>");
  },
);

scopedTest("check: a server that stops is left out, and comes back", {}, async (scope) => {
  const port = freePort();
  const steady = await startHttpOrigin(scope, () => ok("steady"));
  const { client } = await setUp(scope, {
    backend: `server steady ${steady.address} check inter 100ms
      server late 127.0.0.1:${port} check inter 100ms fall 2 rise 2`,
  });
  const peer = await client();
  const ask = async () => {
    await peer.write(get("/"));
    return (await peer.response()).body;
  };
  await waitFor("the missing one to be left out", async () => {
    const answers = [await ask(), await ask(), await ask(), await ask()];
    return answers.every((each) => each === "steady");
  });
  await startHttpOrigin(scope, () => ok("late"), { port });
  await waitFor("it to be back", async () => await ask() === "late");
});
