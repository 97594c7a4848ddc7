import assert from "node:assert/strict";
import { startNginx } from "../support/nginx.ts";
import { freePort } from "../support/ports.ts";
import { residentBytes } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { underTest } from "../support/under_test.ts";
import { setUp } from "../e2e/setup.ts";

const IDLE = 10_000;
const REQUEST = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

async function exchange(conn: Deno.Conn, buffer: Uint8Array): Promise<boolean> {
  await conn.write(REQUEST);
  const n = await conn.read(buffer);
  return n !== null && buffer[9] === 0x32; // the first digit of a 2xx status
}

/** Opens `count` connections, each of which has one request behind it. */
async function openIdle(scope: Scope, port: number, count: number): Promise<Deno.Conn[]> {
  const conns: Deno.Conn[] = [];
  scope.defer("idle connections", () => {
    for (const conn of conns) conn.close();
  });
  const worker = async () => {
    const buffer = new Uint8Array(1024);
    while (conns.length < count) {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port });
      conns.push(conn);
      assert.ok(await exchange(conn, buffer), "a 200 on a new connection");
    }
  };
  await Promise.all(Array.from({ length: 50 }, worker));
  return conns;
}

async function medianLatency(port: number): Promise<number> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const buffer = new Uint8Array(1024);
  const times: number[] = [];
  for (let n = 0; n < 600; n++) {
    const begin = performance.now();
    assert.ok(await exchange(conn, buffer));
    times.push(performance.now() - begin);
  }
  conn.close();
  return times.sort((a, b) => a - b)[times.length >> 1];
}

scopedTest(
  "10,000 idle keep-alive connections are held while others are served as fast as before",
  { programs: ["nginx"], descriptors: IDLE + 1000, limit: 120_000 },
  async (scope) => {
    const origin = freePort();
    await startNginx(scope, { name: "o", listen: [`127.0.0.1:${origin}`] });
    const { port, proxy } = await setUp(scope, {
      // HAProxy's rule of two descriptors for each connection asks for more than many systems give.
      global: `maxconn ${IDLE + 500}\n${underTest === "haproxy" ? "no strict-limits" : ""}`,
      defaults: `no log\nmaxconn ${IDLE + 500}\ntimeout client 100s\ntimeout http-keep-alive 100s`,
      backend: `server s1 127.0.0.1:${origin}`,
    });
    await medianLatency(port); // the first requests are slower everywhere
    const before = await medianLatency(port);
    const memory = residentBytes(proxy.process.pid);
    const conns = await openIdle(scope, port, IDLE);
    const perConnection = (residentBytes(proxy.process.pid) - memory) / IDLE;
    const during = await medianLatency(port);
    console.log(
      `latency ${before.toFixed(3)} ms before, ${during.toFixed(3)} ms with ${IDLE} idle; ` +
        `${Math.round(perConnection)} bytes of memory for each`,
    );
    assert.ok(during < before * 2 + 0.3, `${during} ms after ${before} ms`);
    const buffer = new Uint8Array(1024);
    for (let n = 0; n < conns.length; n += 100) {
      assert.ok(await exchange(conns[n], buffer), `connection ${n} still serves`);
    }
  },
);
