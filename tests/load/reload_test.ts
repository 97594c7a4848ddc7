import assert from "node:assert/strict";
import { startNginx } from "../support/nginx.ts";
import { delay, waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { ok, startHttpOrigin, startOrigin } from "../support/tcp.ts";
import { underTest } from "../support/under_test.ts";
import { setUp } from "../e2e/setup.ts";

const text = new TextDecoder();
const encode = (value: string) => new TextEncoder().encode(value);

/** Reads one answer with a length; undefined when the connection ended before its first byte. */
async function readAnswer(conn: Deno.Conn, buffer: Uint8Array): Promise<string | undefined> {
  let all = "";
  for (;;) {
    const n = await conn.read(buffer).catch((error) => {
      if (all === "") return null;
      throw error;
    });
    if (n === null) {
      if (all === "") return undefined;
      throw new Error(`an answer was cut off after ${all.length} bytes`);
    }
    all += text.decode(buffer.subarray(0, n));
    const end = all.indexOf("\r\n\r\n");
    if (end < 0) continue;
    const length = Number(/content-length: (\d+)/i.exec(all)?.[1]);
    if (all.length >= end + 4 + length) return all;
  }
}

interface Load {
  readonly served: number;
  readonly problems: readonly string[];
  stop(): Promise<void>;
}

/** Clients in a loop: half with a connection for each request, half keeping theirs. */
function startLoad(scope: Scope, port: number, clients: number): Load {
  let running = true;
  let served = 0;
  const problems: string[] = [];
  const note = (error: unknown) => {
    problems.push(error instanceof Error ? error.message : String(error));
  };
  const oneEach = async () => {
    const buffer = new Uint8Array(32_768);
    const request = encode("GET /10k HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    while (running) {
      try {
        const conn = await Deno.connect({ hostname: "127.0.0.1", port });
        try {
          await conn.write(request);
          const answer = await readAnswer(conn, buffer);
          if (answer?.startsWith("HTTP/1.1 200") !== true) {
            throw new Error(`got ${answer?.slice(0, 40)}`);
          }
          served++;
        } finally {
          conn.close();
        }
      } catch (error) {
        note(error);
      }
      await delay(2);
    }
  };
  const keeping = async () => {
    const buffer = new Uint8Array(32_768);
    const request = encode("GET /10k HTTP/1.1\r\nHost: x\r\n\r\n");
    let conn: Deno.Conn | undefined;
    let used = 0;
    while (running) {
      try {
        if (conn === undefined) {
          conn = await Deno.connect({ hostname: "127.0.0.1", port });
          used = 0;
        }
        let answer: string | undefined;
        try {
          await conn.write(request);
          answer = await readAnswer(conn, buffer);
        } catch (error) {
          if (used === 0) throw error;
        }
        if (answer === undefined) {
          // An idle connection may be closed at any time; a client then asks again on a new one
          // (RFC 9112 section 9.3.1). On a new connection that is a lost request.
          if (used === 0) throw new Error("a new connection was closed without an answer");
          conn.close();
          conn = undefined;
          continue;
        }
        if (!answer.startsWith("HTTP/1.1 200")) throw new Error(`got ${answer.slice(0, 40)}`);
        served++;
        used++;
        if (/connection: close/i.test(answer)) {
          conn.close();
          conn = undefined;
        }
      } catch (error) {
        note(error);
        conn?.close();
        conn = undefined;
      }
      await delay(2);
    }
    conn?.close();
  };
  const loops = Array.from({ length: clients }, (_, n) => n % 2 === 0 ? oneEach() : keeping());
  const stop = async () => {
    running = false;
    await Promise.all(loops);
  };
  scope.defer("load", stop);
  return {
    get served() {
      return served;
    },
    problems,
    stop,
  };
}

scopedTest(
  "50 reloads under load lose no request, and each one takes effect",
  { programs: ["nginx"], limit: 120_000 },
  async (scope) => {
    const port = freePort();
    await startNginx(scope, {
      name: "o",
      listen: [`127.0.0.1:${port}`],
      files: { "10k": "x".repeat(10_000) },
    });
    const setup = await setUp(scope, {
      args: ["-W", "-db"],
      frontend: "http-response set-header X-Generation 0",
      backend: `server s1 127.0.0.1:${port}`,
    });
    const original = Deno.readTextFileSync(setup.proxy.configPath);
    const generation = async () => {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: setup.port });
      try {
        await conn.write(encode("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        const answer = await readAnswer(conn, new Uint8Array(4096));
        return Number(/x-generation: (\d+)/i.exec(answer ?? "")?.[1]);
      } finally {
        conn.close();
      }
    };
    assert.equal(await generation(), 0);
    const load = startLoad(scope, setup.port, 8);
    await waitFor("load", () => load.served > 50);
    for (let n = 1; n <= 50; n++) {
      Deno.writeTextFileSync(
        setup.proxy.configPath,
        original.replace("X-Generation 0", `X-Generation ${n}`),
      );
      const before = load.served;
      const inForce = () =>
        waitFor(`generation ${n}`, async () => await generation() === n, {
          explain: () => setup.proxy.process.output().slice(-2000),
          limit: underTest === "haproxy" ? 1500 : undefined,
        });
      setup.proxy.reload();
      await inForce().catch((error) => {
        // HAProxy's master replaces itself: a signal that arrives meanwhile is lost.
        if (underTest !== "haproxy") throw error;
        setup.proxy.reload();
        return inForce();
      });
      await waitFor("more requests", () => load.served > before + 5);
    }
    await load.stop();
    assert.deepEqual(load.problems, []);
    assert.ok(load.served > 500, `${load.served} requests`);
  },
);

scopedTest(
  "a request in flight is finished after a reload by the rules it began with",
  {},
  async (scope) => {
    const origin = await startHttpOrigin(scope, async () => {
      await delay(1200);
      return ok("slow");
    });
    const setup = await setUp(scope, {
      args: ["-W", "-db"],
      frontend: "http-response set-header X-Generation 0",
      backend: `server s1 ${origin.address}`,
    });
    const peer = await setup.client();
    await peer.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await origin.connection(0);
    const old = Deno.readTextFileSync(setup.proxy.configPath);
    Deno.writeTextFileSync(
      setup.proxy.configPath,
      old.replace("X-Generation 0", "X-Generation 1"),
    );
    setup.proxy.reload();
    const answer = await peer.response();
    assert.equal(answer.body, "slow");
    assert.equal(answer.get("x-generation"), "0");
  },
);

scopedTest(
  "SIGUSR1 lets requests in flight finish, accepts no more and ends",
  {},
  async (scope) => {
    const origin = await startHttpOrigin(scope, async () => {
      await delay(600);
      return ok("slow");
    });
    const setup = await setUp(scope, { backend: `server s1 ${origin.address}` });
    const peer = await setup.client();
    await peer.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await origin.connection(0);
    setup.proxy.process.signal("SIGUSR1");
    await waitFor("the listener to be gone", async () => {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port: setup.port })).close();
        return false;
      } catch {
        return true;
      }
    });
    assert.equal((await peer.response()).body, "slow");
    peer.close();
    await waitFor("the process to end", () => setup.proxy.process.exit !== undefined);
    assert.equal(setup.proxy.process.exit?.code, 0);
  },
);

scopedTest("SIGTERM ends at once, whatever is in flight", {}, async (scope) => {
  const origin = await startOrigin(scope, () => undefined);
  const setup = await setUp(scope, { backend: `server s1 ${origin.address}` });
  const peer = await setup.client();
  await peer.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await origin.connection(0);
  const begin = performance.now();
  setup.proxy.process.signal("SIGTERM");
  await setup.proxy.process.exited;
  assert.ok(performance.now() - begin < 3000);
});
