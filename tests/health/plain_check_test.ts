import assert from "node:assert/strict";
import { limitsOf } from "../../lib/health/check.ts";
import { checkResult } from "../../lib/health/result.ts";
import { connectResult } from "../../lib/health/connect_result.ts";
import { systemClock } from "../../lib/net/clock.ts";
import type { ConnectFailure } from "../../lib/net/conn.ts";
import { denoTransport } from "../../lib/net/deno_transport.ts";
import { TimerWheel } from "../../lib/net/timers.ts";
import { backendConfig } from "../balance/support.ts";
import { checkOf } from "./compiled.ts";

const limits = { connect: 300, total: 300 };
const check = () =>
  checkOf("mode tcp", systemClock, denoTransport(systemClock, new TimerWheel(systemClock))).check;

Deno.test("a server that accepts passes", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const accepted = listener.accept();
  const result = await check().run({ type: "tcp", host: "127.0.0.1", port }, limits).promise;
  (await accepted).close();
  assert.deepEqual([result?.status, result?.ok, result?.info], ["L4OK", true, ""]);
  assert.ok(result!.durationMs >= 0 && Number.isInteger(result!.durationMs));
});

Deno.test("a closed port is a connection problem: Connection refused", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const result = await check().run({ type: "tcp", host: "127.0.0.1", port }, limits).promise;
  assert.deepEqual([result?.status, result?.ok, result?.info], [
    "L4CON",
    false,
    "Connection refused",
  ]);
});

Deno.test("a Unix socket is checked too", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/s`;
  const gone = await check().run({ type: "unix", path }, limits).promise;
  assert.equal(gone?.status, "L4CON");
  const listener = Deno.listen({ transport: "unix", path });
  const accepted = listener.accept();
  assert.equal((await check().run({ type: "unix", path }, limits).promise)?.status, "L4OK");
  (await accepted).close();
  listener.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("a server whose backlog is full answers with a timeout after the time to connect", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const { port } = listener.addr;
  // Connections that nobody accepts fill the backlog; some of them hang themselves.
  const signal = new AbortController();
  const filling = Array.from(
    { length: 4 },
    () =>
      Deno.connect({ hostname: "127.0.0.1", port, signal: signal.signal }).catch(() => undefined),
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  const result = await check().run({ type: "tcp", host: "127.0.0.1", port }, limits).promise;
  signal.abort();
  for (const conn of await Promise.all(filling)) conn?.close();
  assert.equal(result?.status, "L4TOUT");
  assert.equal(result?.info, "");
  assert.ok(result!.durationMs >= 300 && result!.durationMs < 1000, `${result!.durationMs}`);
});

Deno.test("a cancelled check has no result", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const running = check().run(
    { type: "tcp", host: "127.0.0.1", port: listener.addr.port },
    limits,
  );
  running.cancel();
  assert.equal(await running.promise, undefined);
});

const failures: [ConnectFailure, ReturnType<typeof connectResult>][] = [
  [{ failed: "refused", message: "Connection refused (os error 111)" }, {
    ...checkResult("L4CON", 3, "Connection refused"),
  }],
  [
    { failed: "unreachable", message: "Network is unreachable (os error 101)" },
    checkResult("L4CON", 3, "General socket error (Network is unreachable)"),
  ],
  [{ failed: "timeout", message: "timed out" }, checkResult("L4TOUT", 3)],
  [
    { failed: "resource", message: "Too many open files (os error 24)" },
    checkResult("SOCKERR", 3, "Too many open files"),
  ],
  [{ failed: "aborted", message: "given up" }, undefined],
];
for (const [failure, expected] of failures) {
  Deno.test(`a connect that fails by ${failure.failed} gives ${expected?.status ?? "no result"}`, () => {
    assert.deepEqual(connectResult(failure, 3.2), expected);
  });
}

Deno.test("without `timeout check` inter bounds a check; with it the lesser of connect and inter bounds connecting", () => {
  const of = (timeouts: { check?: number; connect?: number }) =>
    limitsOf(backendConfig([], { timeouts }), 2000);
  assert.deepEqual(of({}), { connect: 2000, total: 2000 });
  assert.deepEqual(of({ connect: 500 }), { connect: 2000, total: 2000 });
  assert.deepEqual(of({ connect: 500, check: 9000 }), { connect: 500, total: 2000, read: 9000 });
  assert.deepEqual(of({ connect: 5000, check: 100 }), { connect: 2000, total: 2000, read: 100 });
});
