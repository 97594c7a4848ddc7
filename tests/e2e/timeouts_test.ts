import assert from "node:assert/strict";
import { delay } from "../support/poll.ts";
import type { Peer } from "../support/peer.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { ok, type Origin, startBlackHole, startHttpOrigin, startOrigin } from "../support/tcp.ts";
import { httpLine, reloadedSetUp, type Setup, tcpLine } from "./setup.ts";

const setUp = reloadedSetUp();

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/** A server that reads a request and says nothing. */
const mute = (scope: Scope) =>
  startOrigin(scope, async (peer) => {
    await peer.toEnd(30_000);
    peer.close();
  });

interface TimeoutCase {
  readonly name: string;
  /** lines of `defaults` */
  readonly defaults: string;
  readonly origin: (scope: Scope) => Promise<Origin | string>;
  /** server options */
  readonly server?: string;
  /** Does what leads to the timeout; answers the connection that shows it. */
  readonly play: (setup: Setup) => Promise<Peer>;
  /** what the client gets; undefined: the connection is closed without a word */
  readonly status?: number;
  readonly termination: string;
  /** the status in the log, when it is another */
  readonly logged?: number;
  /** ms from the start of play to the answer */
  readonly after: readonly [number, number];
  readonly logServer?: string;
  /** which request's line to look at */
  readonly request?: RegExp;
}

const CASES: readonly TimeoutCase[] = [
  {
    name: "timeout http-request: an incomplete head gets 408 and cR",
    defaults: "timeout http-request 400ms",
    origin: (scope) => startHttpOrigin(scope, () => ok("")),
    play: async ({ client }) => {
      const peer = await client();
      await peer.write("GET / HTTP/1.1\r\nHost: x\r\n");
      return peer;
    },
    status: 408,
    termination: "cR--",
    after: [380, 1500],
    logServer: "<NOSRV>",
  },
  {
    name: "timeout http-request: a head that comes in slow drops is not longer allowed",
    defaults: "timeout http-request 500ms",
    origin: (scope) => startHttpOrigin(scope, () => ok("")),
    play: async ({ client }) => {
      const peer = await client();
      for (let n = 0; n < 4; n++) {
        await peer.write(n === 0 ? "GET / HTTP/1.1\r\n" : `X-${n}: 1\r\n`);
        await delay(100);
      }
      return peer;
    },
    status: 408,
    termination: "cR--",
    after: [480, 1500],
  },
  {
    name: "timeout client: without http-request it bounds the head, 408 and cR",
    defaults: "timeout client 400ms",
    origin: (scope) => startHttpOrigin(scope, () => ok("")),
    play: async ({ client }) => {
      const peer = await client();
      await peer.write("GET / HTTP/1.1\r\n");
      return peer;
    },
    status: 408,
    termination: "cR--",
    after: [380, 1500],
  },
  {
    name: "timeout server: a server that does not answer gets 504 and sH",
    defaults: "timeout server 400ms",
    origin: mute,
    play: async ({ client }) => {
      const peer = await client();
      await peer.write(GET);
      return peer;
    },
    status: 504,
    termination: "sH--",
    after: [380, 1500],
    logServer: "s1",
  },
  {
    name: "timeout server: an answer that stops in the middle is cut off with sD",
    defaults: "timeout server 400ms",
    origin: (scope) =>
      startOrigin(scope, async (peer) => {
        await peer.request();
        await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
      }),
    play: async ({ client }) => {
      const peer = await client();
      await peer.write(GET);
      const head = await peer.head();
      assert.equal(head.status, 200);
      assert.equal(await peer.exactly(4), "half");
      return peer;
    },
    logged: 200,
    termination: "sD--",
    after: [380, 1500],
    logServer: "s1",
  },
  {
    name: "timeout connect: a server that accepts nobody gets 503 and sC",
    defaults: "timeout connect 300ms\nretries 0",
    origin: startBlackHole,
    play: async ({ client }) => {
      const peer = await client();
      await peer.write(GET);
      return peer;
    },
    status: 503,
    termination: "sC--",
    after: [280, 1500],
    logServer: "s1",
  },
  {
    name: "timeout queue: waiting for a full server ends with 503 and sQ",
    defaults: "timeout queue 400ms",
    origin: mute,
    server: "maxconn 1",
    play: async ({ client }) => {
      const first = await client();
      await first.write("GET /first HTTP/1.1\r\nHost: x\r\n\r\n");
      await delay(100);
      const second = await client();
      await second.write("GET /second HTTP/1.1\r\nHost: x\r\n\r\n");
      return second;
    },
    status: 503,
    termination: "sQ--",
    after: [480, 1600],
    logServer: "<NOSRV>",
    request: /second/,
  },
  {
    name: "timeout connect stands for an absent timeout queue",
    defaults: "timeout connect 400ms",
    origin: mute,
    server: "maxconn 1",
    play: async ({ client }) => {
      const first = await client();
      await first.write("GET /first HTTP/1.1\r\nHost: x\r\n\r\n");
      await delay(100);
      const second = await client();
      await second.write("GET /second HTTP/1.1\r\nHost: x\r\n\r\n");
      return second;
    },
    status: 503,
    termination: "sQ--",
    after: [480, 1600],
    request: /second/,
  },
];

for (const each of CASES) {
  scopedTest(each.name, {}, async (scope) => {
    const origin = await each.origin(scope);
    const address = typeof origin === "string" ? origin : origin.address;
    const setup = await setUp(scope, {
      defaults: each.defaults,
      backend: `server s1 ${address} ${each.server ?? ""}`,
    });
    const begin = performance.now();
    const peer = await each.play(setup);
    if (each.status === undefined) await peer.toEnd();
    else {
      const answer = await peer.response();
      assert.equal(answer.status, each.status);
      // Only where the client's own bytes are in doubt must the connection end.
      if (each.status === 408) await peer.closed();
    }
    const took = performance.now() - begin;
    const line = await httpLine(setup.log, each.request);
    assert.equal(line.termination, each.termination);
    assert.equal(line.status, each.logged ?? each.status);
    if (each.logServer !== undefined) assert.equal(line.server, each.logServer);
    assert.ok(took >= each.after[0] && took <= each.after[1], `after ${Math.round(took)} ms`);
  });
}

scopedTest(
  "timeout http-keep-alive: an idle connection is closed without a word or a log line",
  {},
  async (scope) => {
    const origin = await startHttpOrigin(scope, () => ok("hi"));
    const { client, log } = await setUp(scope, {
      defaults: "timeout http-keep-alive 400ms",
      backend: `server s1 ${origin.address}`,
    });
    const peer = await client();
    await peer.write(GET);
    await peer.response();
    const begin = performance.now();
    assert.equal(await peer.closed(), true);
    const took = performance.now() - begin;
    assert.ok(took >= 380 && took < 1500, `after ${took} ms`);
    await delay(100);
    assert.equal(log.messages.filter((line) => line.includes(" fe ")).length, 1);
  },
);

scopedTest(
  "timeout http-keep-alive ends where the next head begins: then http-request counts",
  {},
  async (scope) => {
    const origin = await startHttpOrigin(scope, () => ok("hi"));
    const { client } = await setUp(scope, {
      defaults: "timeout http-keep-alive 300ms\ntimeout http-request 1s",
      backend: `server s1 ${origin.address}`,
    });
    const peer = await client();
    await peer.write(GET);
    await peer.response();
    await peer.write("GET / HTTP/1.1\r\n");
    await delay(600);
    await peer.write("Host: x\r\n\r\n");
    assert.equal((await peer.response()).body, "hi");
  },
);

scopedTest(
  "timeout tarpit: a refused client waits as long, then gets 500, logged PT",
  {},
  async (scope) => {
    const origin = await startHttpOrigin(scope, () => ok(""));
    const { client, log } = await setUp(scope, {
      defaults: "timeout tarpit 500ms\ntimeout connect 100ms",
      frontend: "http-request tarpit if { path /trap }",
      backend: `server s1 ${origin.address}`,
    });
    const peer = await client();
    const begin = performance.now();
    await peer.write("GET /trap HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal((await peer.response()).status, 500);
    const took = performance.now() - begin;
    assert.ok(took >= 480 && took < 1600, `after ${took} ms`);
    const line = await httpLine(log);
    assert.equal(line.termination, "PT--");
    assert.equal(line.status, 500);
    assert.equal(origin.accepted, 0);
  },
);

// HAProxy lets the server's timeout end this one (504, sH); the manual's words for `timeout client`, "when
// the client is expected to send data", allow 408 as well. What must not happen is that it stays.
scopedTest(
  "a request body that stops coming ends the stream, by either side's timeout",
  {},
  async (scope) => {
    const origin = await mute(scope);
    const { client, log } = await setUp(scope, {
      defaults: "timeout client 400ms\ntimeout server 1s",
      backend: `server s1 ${origin.address}`,
    });
    const peer = await client();
    await peer.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
    const answer = await peer.response({ limit: 4000 });
    await peer.closed();
    const line = await httpLine(log);
    assert.match(`${answer.status} ${line.termination}`, /^(408 c[DH]--|504 sH--)$/);
    assert.equal(line.server, "s1");
  },
);

scopedTest(
  "timeout client: a client that reads no more of its answer is cut off with cD",
  {},
  async (scope) => {
    const size = 64 * 1024 * 1024;
    const origin = await startOrigin(scope, async (peer) => {
      await peer.request();
      await peer.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      const block = new Uint8Array(1 << 20);
      for (let n = 0; n < 64; n++) await peer.tryWrite(block);
    });
    const { client, log } = await setUp(scope, {
      defaults: "timeout client 500ms\ntimeout server 20s",
      backend: `server s1 ${origin.address}`,
    });
    const peer = await client();
    await peer.write(GET);
    await peer.head();
    peer.pause();
    const line = await httpLine(log);
    assert.equal(line.termination, "cD--");
    assert.equal(line.status, 200);
    assert.ok(line.bytes < size);
  },
);

scopedTest("timeout client does not end a stream whose server is at work", {}, async (scope) => {
  const origin = await startHttpOrigin(scope, async () => {
    await delay(900);
    return ok("late");
  });
  const { client } = await setUp(scope, {
    defaults: "timeout client 300ms",
    backend: `server s1 ${origin.address}`,
  });
  const peer = await client();
  await peer.write(GET);
  assert.equal((await peer.response()).body, "late");
});

scopedTest("timeout server does not end a stream whose client still sends", {}, async (scope) => {
  const origin = await startHttpOrigin(scope, (request) => ok(request.body));
  const { client } = await setUp(scope, {
    defaults: "timeout server 400ms",
    backend: `server s1 ${origin.address}`,
  });
  const peer = await client();
  await peer.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n");
  for (let n = 0; n < 8; n++) {
    await delay(120);
    await peer.write(`${n}`);
  }
  assert.equal((await peer.response()).body, "01234567");
});

scopedTest(
  "timeout tunnel replaces client and server timeouts after an upgrade",
  {},
  async (scope) => {
    const origin = await startOrigin(scope, async (peer) => {
      await peer.head();
      await peer.write("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
      await delay(700);
      await peer.write("late");
    });
    const { client, log } = await setUp(scope, {
      defaults: "timeout client 300ms\ntimeout server 300ms\ntimeout tunnel 1200ms",
      backend: `server s1 ${origin.address}`,
    });
    const peer = await client();
    await peer.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
    assert.equal((await peer.head()).status, 101);
    const begin = performance.now();
    assert.equal(await peer.exactly(4), "late");
    assert.equal(await peer.closed(), true);
    const took = performance.now() - begin;
    assert.ok(took >= 1700 && took < 3200, `after ${took} ms`);
    const line = await httpLine(log);
    assert.equal(line.status, 101);
    assert.match(line.termination, /^[cs]D--$/);
  },
);

interface TcpCase {
  readonly name: string;
  readonly defaults: string;
  readonly server: (peer: Peer) => Promise<void> | void;
  readonly client: (peer: Peer) => Promise<void> | void;
  readonly termination: RegExp;
  readonly after: readonly [number, number];
}

// A timeout ends one direction; the other one ends when its side hears of it.
const closeAfterEnd = async (peer: Peer) => {
  await peer.toEnd(30_000);
  peer.close();
};

const TCP_CASES: readonly TcpCase[] = [
  {
    name: "tcp: timeout client ends a silent connection with cD",
    defaults: "timeout client 400ms",
    server: closeAfterEnd,
    client: closeAfterEnd,
    termination: /^cD$/,
    after: [380, 1500],
  },
  {
    name: "tcp: timeout server ends a silent connection with sD",
    defaults: "timeout server 400ms",
    server: closeAfterEnd,
    client: closeAfterEnd,
    termination: /^sD$/,
    after: [380, 1500],
  },
  {
    name: "tcp: timeout tunnel replaces both",
    defaults: "timeout client 200ms\ntimeout server 200ms\ntimeout tunnel 700ms",
    server: async (peer) => {
      await peer.exactly(1);
      await peer.write("y");
      await closeAfterEnd(peer);
    },
    client: async (peer) => {
      await peer.write("x");
      await peer.exactly(1);
      await closeAfterEnd(peer);
    },
    termination: /^[cs]D$/,
    after: [680, 2000],
  },
  {
    name: "tcp: timeout client-fin bounds the wait for a client whose server has finished",
    defaults: "timeout client-fin 400ms",
    server: async (peer) => {
      await peer.write("y");
      peer.closeWrite();
      await peer.toEnd(30_000);
      peer.close();
    },
    client: async (peer) => {
      assert.equal(await peer.toEnd(), "y");
    },
    termination: /^cD$/,
    after: [380, 1500],
  },
  {
    name: "tcp: timeout server-fin bounds the wait for a server whose client has finished",
    defaults: "timeout server-fin 400ms",
    server: async (peer) => {
      assert.equal(await peer.toEnd(30_000), "x");
    },
    client: async (peer) => {
      await peer.write("x");
      peer.closeWrite();
      await peer.toEnd();
    },
    termination: /^sD$/,
    after: [380, 1500],
  },
];

for (const each of TCP_CASES) {
  scopedTest(each.name, {}, async (scope) => {
    const origin = await startOrigin(scope, each.server);
    const { client, log } = await setUp(scope, {
      mode: "tcp",
      defaults: each.defaults,
      backend: `server s1 ${origin.address}`,
    });
    const begin = performance.now();
    const peer = await client();
    await each.client(peer);
    const line = await tcpLine(log);
    const took = performance.now() - begin;
    assert.match(line.termination, each.termination);
    assert.ok(took >= each.after[0] && took <= each.after[1], `after ${Math.round(took)} ms`);
  });
}
