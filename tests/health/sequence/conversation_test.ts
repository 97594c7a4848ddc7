/** One check over a network in memory, on a clock that the test moves. */
import assert from "node:assert/strict";
import type { CheckResult } from "../../../lib/health/result.ts";
import { limitsOf, type RunningCheck } from "../../../lib/health/check.ts";
import type { Conn, Transport } from "../../../lib/net/conn.ts";
import { bytesOfLatin1 } from "../../../lib/http1/bytes.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { MemoryTransport } from "../../support/memory_transport.ts";
import { checkOf } from "../compiled.ts";

const target = { type: "tcp", host: "127.0.0.1", port: 80 } as const;

interface Bed {
  readonly clock: FakeClock;
  readonly transport: MemoryTransport;
  readonly running: RunningCheck;
  /** the server's end of the connection */
  readonly server: () => Conn;
  /** the result, once there is one */
  readonly result: () => CheckResult | undefined;
  /** lets everything happen that waits for nothing */
  readonly settle: () => Promise<void>;
}

function begin(lines: string, options: { bufsize?: number; inter?: number } = {}): Bed {
  const clock = new FakeClock();
  const transport = new MemoryTransport(clock);
  const conns: Conn[] = [];
  const listener = transport.listen({ type: "tcp", host: "127.0.0.1", port: 80 }, {});
  if ("failed" in listener) throw new Error(listener.message);
  listener.start((conn) => conns.push(conn));
  const { check, config } = checkOf(lines, clock, transport, options.bufsize);
  const running = check.run(target, limitsOf(config, options.inter ?? 2000));
  let result: CheckResult | undefined;
  running.promise.then((r) => result = r);
  return {
    clock,
    transport,
    running,
    server: () => conns.at(-1)!,
    result: () => result,
    settle: () => clock.advanceAsync(0, 60),
  };
}

const say = (conn: Conn, text: string) => conn.write(bytesOfLatin1(text));
const statusOf = (r: CheckResult | undefined) => r && `${r.status} ${r.durationMs}`;

Deno.test("without timeout check a check ends after inter, counted from its start", async () => {
  const t = begin("option tcp-check\n tcp-check expect string a", { inter: 700 });
  await t.settle();
  await t.clock.advanceAsync(699, 60);
  assert.equal(t.result(), undefined);
  await t.clock.advanceAsync(20, 60);
  assert.match(statusOf(t.result())!, /^L7TOUT 7[01]\d$/);
  assert.equal(t.transport.openEnds, 1, "the check's end is closed");
});

Deno.test("timeout check begins when the connection stands", async () => {
  const t = begin("timeout check 3s\n option tcp-check\n tcp-check expect string a", {
    inter: 500,
  });
  await t.settle();
  await t.clock.advanceAsync(2900, 60);
  assert.equal(t.result(), undefined);
  await t.clock.advanceAsync(150, 60);
  assert.equal(t.result()?.status, "L7TOUT");
});

Deno.test("each connect of a sequence has its own time", async () => {
  const t = begin(
    "option tcp-check\n tcp-check connect\n tcp-check expect string a\n tcp-check connect\n" +
      " tcp-check expect string b",
    { inter: 1000 },
  );
  await t.settle();
  await t.clock.advanceAsync(900, 60);
  await say(t.server(), "a");
  await t.settle();
  await t.clock.advanceAsync(900, 60);
  await say(t.server(), "b");
  await t.settle();
  assert.equal(statusOf(t.result()), "L7OK 1800");
});

Deno.test("a server that does not take the connection in time: Layer4 timeout", async () => {
  const clock = new FakeClock();
  const transport = new MemoryTransport(clock);
  transport.behave("127.0.0.1:80", "silent");
  const { check, config } = checkOf("option httpchk", clock, transport);
  let result: CheckResult | undefined;
  check.run(target, limitsOf(config, 2000)).promise.then((r) => result = r);
  await clock.advanceAsync(2100, 60);
  assert.equal(result?.status, "L4TOUT");
});

Deno.test("no more than tune.bufsize bytes are looked at, and then the answer is judged", async () => {
  const t = begin("option tcp-check\n tcp-check expect string end", { bufsize: 1500 });
  await t.settle();
  await say(t.server(), "x".repeat(1499) + "end");
  await t.settle();
  assert.equal(t.result()?.status, "L7RSP");
  assert.equal(t.result()?.info, "TCPCHK did not match content 'end' at step 1");
});

Deno.test("an answer that comes byte by byte is found, and looked at seldom", async () => {
  const t = begin("option tcp-check\n tcp-check expect string wanted", { inter: 60_000 });
  await t.settle();
  for (let n = 0; n < 300; n++) {
    await say(t.server(), "x");
    await t.clock.advanceAsync(1, 20);
  }
  await say(t.server(), "wanted");
  await t.clock.advanceAsync(20, 200);
  assert.equal(t.result()?.status, "L7OK");
});

Deno.test("a check that is cancelled closes its connection and has no result", async () => {
  const t = begin("option httpchk");
  await t.settle();
  t.running.cancel();
  assert.equal(await t.running.promise, undefined);
  assert.equal(t.transport.openEnds, 1);
  await t.clock.advanceAsync(10_000);
  assert.equal(t.clock.pending, 0, "its timers are gone");
});

Deno.test("half a head before a reset is a socket error, a whole answer before it is not", async () => {
  const half = begin("option httpchk");
  await half.settle();
  await say(half.server(), "HTTP/1.0 200 OK\r\n");
  await half.settle();
  half.server().abort();
  await half.settle();
  assert.equal(half.result()?.status, "SOCKERR");
  assert.equal(half.result()?.info, "Connection reset by peer");
  const whole = begin("option httpchk\n http-check expect string abc");
  await whole.settle();
  await say(whole.server(), "HTTP/1.0 200 OK\r\n\r\nabc");
  await whole.settle();
  whole.server().abort();
  await whole.settle();
  assert.equal(whole.result()?.status, "L7OK");
});

Deno.test("what was sent last arrives: the connection is not reset then", async () => {
  const t = begin("option tcp-check\n tcp-check send QUIT");
  await t.settle();
  assert.equal(t.result()?.status, "L7OK");
  const buffer = new Uint8Array(10);
  assert.equal(await t.server().read(buffer), 4);
  assert.equal(await t.server().read(buffer), 0, "FIN");
});

Deno.test("a port that an expression does not give fails the check", async () => {
  const t = begin("option tcp-check\n tcp-check connect port int(70000)");
  await t.settle();
  assert.equal(t.result()?.status, "SOCKERR");
  assert.equal(t.result()?.info, "no port to connect to at step 1 of tcp-check (connect)");
});

Deno.test("a check runs again and again over the same objects", async () => {
  const clock = new FakeClock();
  const transport = new MemoryTransport(clock);
  const listener = transport.listen({ type: "tcp", host: "127.0.0.1", port: 80 }, {});
  let answer = "";
  if (!("failed" in listener)) {
    listener.start(async (conn) => {
      await conn.read(new Uint8Array(100));
      await say(conn, answer);
      conn.closeWrite();
    });
  }
  const { check, config } = checkOf("option httpchk", clock, transport);
  const results: string[] = [];
  for (answer of ["HTTP/1.0 200 A\r\n\r\n", "HTTP/1.0 500 B\r\n\r\n", "x\r\n\r\n"]) {
    const result = await check.run(target, limitsOf(config, 2000)).promise;
    results.push(`${result?.status} ${result?.code} ${result?.info}`);
  }
  assert.deepEqual(results, ["L7OK 200 ", "L7STS 500 B", "L7RSP undefined "]);
});

Deno.test("a connection that is reset before its maker hears of it was made", async () => {
  const clock = new FakeClock();
  const transport: Transport = {
    name: "resets",
    listen: () => ({ failed: "other", message: "" }),
    connect: () => ({
      promise: Promise.resolve({
        failed: "refused",
        message: "Connection reset by peer (os error 104)",
      }),
      cancel() {},
    }),
  };
  const outcomes: string[] = [];
  for (const lines of ["mode tcp", "option httpchk"]) {
    const { check, config } = checkOf(lines, clock, transport);
    const result = await check.run(target, limitsOf(config, 2000)).promise;
    outcomes.push(`${result?.status} ${result?.info}`);
  }
  assert.deepEqual(outcomes, ["L4OK ", "SOCKERR Connection reset by peer"]);
});

Deno.test("a variable that is set before the connection may be its port, and what is sent", async () => {
  const t = begin(
    "option tcp-check\n tcp-check set-var(check.port) int(80)\n" +
      ' tcp-check set-var-fmt(check.hello) "hello %[var(check.port)]"\n' +
      " tcp-check connect port var(check.port)\n tcp-check send-lf %[var(check.hello)]\n" +
      " tcp-check expect string ok\n tcp-check unset-var(check.hello)",
  );
  await t.settle();
  const bytes = new Uint8Array(100);
  const n = await t.server().read(bytes);
  assert.equal(new TextDecoder().decode(bytes.subarray(0, n)), "hello 80");
  await say(t.server(), "ok");
  await t.settle();
  assert.equal(t.result()?.status, "L7OK");
});

Deno.test("conditions of set-var hold in checks, and each check begins without variables", async () => {
  const lines = "option httpchk\n http-check set-var(check.n,ifnotset) str(one)\n" +
    " http-check set-var(check.n,ifnotset) str(two)\n" +
    " http-check send meth GET uri-lf /%[var(check.n)]%[var(check.old)]\n" +
    " http-check expect status 200\n http-check set-var(check.old) str(left)";
  const clock = new FakeClock();
  const transport = new MemoryTransport(clock);
  const listener = transport.listen({ type: "tcp", host: "127.0.0.1", port: 80 }, {});
  assert.ok(!("failed" in listener));
  const seen: string[] = [];
  listener.start(async (conn) => {
    const bytes = new Uint8Array(200);
    const n = await conn.read(bytes);
    seen.push(new TextDecoder().decode(bytes.subarray(0, n)).split(" ")[1]);
    await say(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  const { check, config } = checkOf(lines, clock, transport);
  for (let n = 0; n < 2; n++) {
    let result: CheckResult | undefined;
    check.run(target, limitsOf(config, 2000)).promise.then((r) => result = r);
    await clock.advanceAsync(0, 80);
    assert.equal(result?.status, "L7OK");
  }
  assert.deepEqual(seen, ["/one", "/one"]);
});
