import assert from "node:assert/strict";
import { delay, waitFor } from "../support/poll.ts";
import type { Peer } from "../support/peer.ts";
import { scopedTest } from "../support/scope.ts";
import { ok, startHttpOrigin, startOrigin } from "../support/tcp.ts";
import { httpLine, reloadedSetUp } from "./setup.ts";

const setUp = reloadedSetUp();

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

interface ServerAbort {
  readonly name: string;
  readonly answer: (peer: Peer) => Promise<void> | void;
  /** what the client gets; undefined: the answer is cut off */
  readonly status?: number;
  readonly logged: number;
  readonly termination: string;
}

const SERVER_ABORTS: readonly ServerAbort[] = [
  {
    name: "a server that closes without an answer: 502, SH",
    answer: (peer) => peer.close(),
    status: 502,
    logged: 502,
    termination: "SH--",
  },
  {
    name: "a server that resets without an answer: 502, SH",
    answer: (peer) => peer.reset(),
    status: 502,
    logged: 502,
    termination: "SH--",
  },
  {
    name: "a server that closes in the middle of its head: 502, SH",
    answer: async (peer) => {
      await peer.write("HTTP/1.1 200 OK\r\nContent-Le");
      peer.closeWrite();
    },
    status: 502,
    logged: 502,
    termination: "SH--",
  },
  {
    name: "a server that answers something other than HTTP: 502, PH",
    answer: async (peer) => {
      await peer.write("SSH-2.0-OpenSSH_9.2\r\n\r\n");
    },
    status: 502,
    logged: 502,
    termination: "PH--",
  },
  {
    name: "a server whose head has a bad field: 502, PH",
    answer: async (peer) => {
      await peer.write("HTTP/1.1 200 OK\r\nBad Field: 1\r\nContent-Length: 0\r\n\r\n");
    },
    status: 502,
    logged: 502,
    termination: "PH--",
  },
  {
    name: "a server whose lengths contradict each other: 502, PH",
    answer: async (peer) => {
      await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc");
    },
    status: 502,
    logged: 502,
    termination: "PH--",
  },
  {
    name: "a server that closes in the middle of a body with a length: cut off, SD",
    answer: async (peer) => {
      await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
      await delay(50);
      peer.close();
    },
    logged: 200,
    termination: "SD--",
  },
  {
    name: "a server that closes in the middle of a chunked body: cut off, SD",
    answer: async (peer) => {
      await peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf");
      await delay(50);
      peer.close();
    },
    logged: 200,
    termination: "SD--",
  },
  {
    name: "a server that closes before the last chunk: cut off, SD",
    answer: async (peer) => {
      await peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
      await delay(50);
      peer.close();
    },
    logged: 200,
    termination: "SD--",
  },
];

for (const each of SERVER_ABORTS) {
  scopedTest(each.name, {}, async (scope) => {
    const origin = await startOrigin(scope, async (peer) => {
      await peer.request();
      await each.answer(peer);
    });
    const { client, log } = await setUp(scope, { backend: `server s1 ${origin.address}` });
    const peer = await client();
    await peer.write(GET);
    if (each.status !== undefined) {
      const answer = await peer.response();
      assert.equal(answer.status, each.status);
      assert.match(answer.body, /<html>/);
    } else {
      const all = await peer.toEnd();
      assert.match(all, /^HTTP\/1.1 200 OK\r\n/);
      assert.ok(all.includes("half"));
      assert.doesNotMatch(all, /\r\n0\r\n/, "no last chunk is made up");
    }
    const line = await httpLine(log);
    assert.equal(line.status, each.logged);
    assert.equal(line.termination, each.termination);
    assert.equal(line.server, "s1");
  });
}

scopedTest("an aborted answer does not spoil the next client's", {}, async (scope) => {
  const origin = await startOrigin(scope, async (peer, index) => {
    for (;;) {
      await peer.request(30_000);
      if (index === 0) {
        await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        await delay(50);
        peer.close();
        return;
      }
      await peer.write(ok("whole"));
    }
  });
  const { client } = await setUp(scope, { backend: `server s1 ${origin.address}` });
  const first = await client();
  await first.write(GET);
  await first.toEnd();
  const second = await client();
  await second.write(GET);
  assert.equal((await second.response()).body, "whole");
});

scopedTest(
  "a client that goes away in the middle of its head is logged CR with status 400",
  {},
  async (scope) => {
    const origin = await startHttpOrigin(scope, () => ok(""));
    const { client, log } = await setUp(scope, { backend: `server s1 ${origin.address}` });
    const peer = await client();
    await peer.write("GET / HTTP/1.1\r\nHo");
    await delay(50);
    peer.close();
    const line = await httpLine(log);
    assert.equal(line.status, 400);
    assert.equal(line.termination, "CR--");
    assert.equal(line.server, "<NOSRV>");
    assert.equal(line.request, "<BADREQ>");
    assert.equal(origin.accepted, 0);
  },
);

scopedTest(
  "a client that goes away in the middle of its body: CD or CH, and the server learns of it",
  {},
  async (scope) => {
    let sawEnd = false;
    const origin = await startOrigin(scope, async (peer) => {
      await peer.head();
      await peer.toEnd(20_000);
      sawEnd = true;
      peer.close();
    });
    const { client, log } = await setUp(scope, { backend: `server s1 ${origin.address}` });
    const peer = await client();
    await peer.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf");
    await origin.connection(0);
    await delay(50);
    peer.close();
    const line = await httpLine(log);
    assert.match(line.termination, /^C[DH]--$/);
    assert.equal(line.server, "s1");
    await waitFor("the server to see the end", () => sawEnd);
  },
);

scopedTest(
  "a client that goes away in the middle of the answer: CD, and the server connection is not used again",
  {},
  async (scope) => {
    let sawEnd = false;
    const origin = await startOrigin(scope, async (peer) => {
      await peer.request();
      await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
      const block = new Uint8Array(1 << 20);
      for (let n = 0; n < 90; n++) {
        await peer.write(block).catch(() => sawEnd = true);
        if (sawEnd) break;
      }
      await peer.toEnd(20_000);
      sawEnd = true;
    });
    const { client, log } = await setUp(scope, { backend: `server s1 ${origin.address}` });
    const peer = await client();
    await peer.write(GET);
    await peer.skip(100_000);
    peer.close();
    const line = await httpLine(log);
    assert.equal(line.termination, "CD--");
    assert.equal(line.status, 200);
    await waitFor("the server to see the end", () => sawEnd);
  },
);

scopedTest(
  "a client that goes away while the server thinks: the request goes on without abortonclose",
  {},
  async (scope) => {
    let answered = false;
    const origin = await startOrigin(scope, async (peer) => {
      await peer.request();
      await delay(400);
      await peer.tryWrite(ok("late"));
      answered = true;
    });
    const { client, log } = await setUp(scope, { backend: `server s1 ${origin.address}` });
    const peer = await client();
    await peer.write(GET);
    await origin.connection(0);
    await delay(50);
    peer.closeWrite();
    assert.equal((await peer.response()).body, "late");
    await waitFor("the answer", () => answered);
    const line = await httpLine(log);
    assert.equal(line.status, 200);
  },
);

scopedTest(
  "a client that goes away while the server thinks: option abortonclose stops it with CH",
  {},
  async (scope) => {
    let sawEnd = 0;
    const begin = performance.now();
    const origin = await startOrigin(scope, async (peer) => {
      await peer.request();
      await peer.toEnd(20_000);
      sawEnd = performance.now() - begin;
    });
    const { client, log } = await setUp(scope, {
      defaults: "option abortonclose",
      backend: `server s1 ${origin.address}`,
    });
    const peer = await client();
    await peer.write(GET);
    await origin.connection(0);
    await delay(50);
    peer.close();
    const line = await httpLine(log);
    assert.match(line.termination, /^CH--$/);
    await waitFor("the server to see the end", () => sawEnd > 0);
  },
);

scopedTest(
  "option abortonclose takes a client that went away out of the queue (CQ)",
  {},
  async (scope) => {
    const seen: string[] = [];
    const origin = await startOrigin(scope, async (peer) => {
      for (;;) {
        const request = await peer.request(30_000);
        seen.push(request.line);
        await delay(600);
        await peer.tryWrite(ok("done"));
      }
    });
    const { client, log } = await setUp(scope, {
      defaults: "option abortonclose",
      backend: `server s1 ${origin.address} maxconn 1`,
    });
    const first = await client();
    await first.write("GET /first HTTP/1.1\r\nHost: x\r\n\r\n");
    await waitFor("the first at the server", () => seen.length === 1);
    const second = await client();
    await second.write("GET /second HTTP/1.1\r\nHost: x\r\n\r\n");
    await delay(100);
    second.close();
    const line = await httpLine(log, /second/);
    assert.equal(line.termination, "CQ--");
    assert.equal((await first.response()).body, "done");
    await delay(200);
    assert.deepEqual(seen, ["GET /first HTTP/1.1"]);
  },
);
