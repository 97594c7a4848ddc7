/** One limit over three nodes, whose counts a real Redis adds up (docs/nodes.md). */
import assert from "node:assert/strict";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { mustRun } from "../support/process.ts";
import { redisPrograms, redisService } from "../support/redis.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { type Form, startProxy } from "../support/sluice.ts";
import { underTest } from "../support/under_test.ts";

const needs = { programs: [...redisPrograms, "redis-cli", "socat", "curl"] };
const LIMIT = 20;

interface Node {
  readonly front: number;
  readonly socket: string;
  readonly log: () => string;
}

/** The windows of the rate are long, so that none ends while a test runs. */
function configuration(socket: string, front: number, redis: number, form: Form): string {
  const table =
    `type string len 32 size 1k expire 10m store http_req_cnt,http_req_rate(20d),gpc(2)`;
  const where = `redis redis://127.0.0.1:${redis}/1 redis-sync 50ms redis-prefix limits`;
  if (form === "yaml") {
    return `
global:
  stats: { socket: "${socket} level admin" }
  log: "stdout format raw local0"
  nbthread: 2
defaults:
  mode: http
  timeout: { connect: 5s, client: 10s, server: 10s }
frontends:
  web:
    bind: "127.0.0.1:${front}"
    stick-table: "${table} ${where}"
    http-request:
      - track-sc0 hdr(x-token)
      - sc-inc-gpc(1,0)
      - deny deny_status 429 if { sc_http_req_rate(0) gt ${LIMIT} }
      - return status 200 content-type text/plain string ok
`;
  }
  return `global
    stats socket ${socket} level admin
    log stdout format raw local0
defaults
    mode http
    timeout connect 5s
    timeout client 10s
    timeout server 10s
frontend web
    bind 127.0.0.1:${front}
    stick-table ${table} ${where}
    http-request track-sc0 hdr(x-token)
    http-request sc-inc-gpc(1,0)
    http-request deny deny_status 429 if { sc_http_req_rate(0) gt ${LIMIT} }
    http-request return status 200 content-type text/plain string ok
`;
}

let number = 0;

async function startNode(scope: Scope, redis: number, form: Form): Promise<Node> {
  const front = freePort();
  const socket = scope.path(`node${number++}.socket`);
  const proxy = await startProxy(scope, configuration(socket, front, redis, form), {
    form,
    listening: [`127.0.0.1:${front}`],
  });
  return { front, socket, log: () => Deno.readTextFileSync(proxy.process.outputPath) };
}

async function ask({ front }: Node, token: string): Promise<number> {
  const url = `http://127.0.0.1:${front}/`;
  const args = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", `x-token: ${token}`];
  return Number(await mustRun([...args, url]));
}

/** What a node counts of a token. */
async function counted({ socket }: Node, token: string): Promise<number> {
  const line = `show table web key ${token}\n`;
  const text = await mustRun(["socat", "-t", "5", "-", socket], { stdin: line });
  return Number(/ http_req_cnt=(\d+)/.exec(text)?.[1] ?? 0);
}

async function summed(redis: number, token: string, field = "http_req_cnt"): Promise<number> {
  const command = ["redis-cli", "-p", String(redis), "-n", "1", "--raw"];
  return Number(await mustRun([...command, "hget", `limits:web:${token}`, field]));
}

scopedTest(
  "three nodes keep one limit together, alone while Redis is away, and together again after it",
  { ...needs, limit: 120_000 },
  async (scope) => {
    if (underTest === "haproxy") return;
    const redis = freePort();
    const service = redisService(scope, "127.0.0.1", redis);
    await service.start();
    const nodes = [
      await startNode(scope, redis, "cfg"),
      await startNode(scope, redis, "yaml"),
      await startNode(scope, redis, "cfg"),
    ];
    // Each node is far below the limit, and they reach it together.
    for (let i = 0; i < 6; i++) {
      for (const node of nodes) assert.equal(await ask(node, "one"), 200);
    }
    await waitFor("Redis to have the sum", async () => await summed(redis, "one") === 18);
    assert.equal(await summed(redis, "one", "gpc1"), 18);
    let sum = 18;
    for (const node of [...nodes, ...nodes]) {
      // A node knows what all others had counted once it has told of its own next request: that one may be too many.
      assert.ok([200, 429].includes(await ask(node, "one")));
      sum++;
      await waitFor("the node to know the sum", async () => await counted(node, "one") === sum);
    }
    for (const node of nodes) assert.equal(await ask(node, "one"), 429);
    // A node that has never seen the token knows it after one exchange.
    const late = await startNode(scope, redis, "cfg");
    await ask(late, "one");
    await waitFor("a new node to know", async () => await counted(late, "one") >= 25);
    assert.equal(await ask(late, "one"), 429);
    // Another token is another count.
    assert.equal(await ask(late, "two"), 200);

    await service.stop();
    await waitFor(
      "the nodes to notice",
      () => nodes.every(({ log }) => /Redis .*is not there/.test(log())),
    );
    const [first, second] = nodes;
    for (let i = 0; i < LIMIT; i++) assert.equal(await ask(first, "three"), 200);
    assert.equal(await ask(first, "three"), 429);
    // Alone: the other node has counted nothing.
    assert.equal(await ask(second, "three"), 200);
    await service.start();
    await waitFor(
      "Redis to have what was counted meanwhile",
      async () => await summed(redis, "three") === LIMIT + 2,
      { limit: 20_000 },
    );
    assert.match(first.log(), /Redis .*is there again/);
    await ask(second, "three");
    await waitFor(
      "the other node to know it",
      async () => await counted(second, "three") === LIMIT + 3,
    );
    assert.equal(await ask(second, "three"), 429);
  },
);

scopedTest(
  "a limit over nodes is exceeded by no more than what comes while one exchange is on its way",
  { ...needs, limit: 120_000 },
  async (scope) => {
    if (underTest === "haproxy") return;
    const redis = freePort();
    await redisService(scope, "127.0.0.1", redis).start();
    const nodes = [
      await startNode(scope, redis, "cfg"),
      await startNode(scope, redis, "cfg"),
      await startNode(scope, redis, "cfg"),
    ];
    let accepted = 0;
    let waited = 0;
    for (let i = 0; i < 36; i++) {
      const node = nodes[i % 3];
      if (await ask(node, "steady") === 200) accepted++;
      // No node is asked again before its exchange is done, which has to take less than 5 s on any machine.
      const began = performance.now();
      await waitFor("the exchange", async () => await counted(node, "steady") === i + 1, {
        limit: 5000,
        every: 5,
      });
      waited = Math.max(waited, performance.now() - began);
    }
    // At most one request of each node comes before it knows.
    assert.ok(accepted >= LIMIT && accepted <= LIMIT + nodes.length, `${accepted} were accepted`);
    console.log(
      `accepted ${accepted} of a limit of ${LIMIT}; the slowest exchange took ${
        waited.toFixed(0)
      } ms`,
    );
  },
);
