/** Real listeners on loopback, real time. */
import assert from "node:assert/strict";
import { Server } from "../../lib/balance/server.ts";
import { checkTarget, HealthChecks } from "../../lib/health/health.ts";
import { BackendStatus, type StatusEvent } from "../../lib/health/status.ts";
import type { ServerConfig } from "../../lib/config/model.ts";
import { systemClock } from "../../lib/net/clock.ts";
import { denoTransport } from "../../lib/net/deno_transport.ts";
import { TimerWheel } from "../../lib/net/timers.ts";
import { StateStore } from "../../lib/state/store.ts";
import { backend, backendConfig, serverConfig } from "../balance/support.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { makersOf, processView } from "./compiled.ts";
import type { Target, Transport } from "../../lib/net/conn.ts";

/** Accepts and closes, until it is closed itself. */
function listen(port = 0): Deno.TcpListener {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  (async () => {
    for await (const conn of listener) conn.close();
  })().catch(() => {});
  return listener;
}

function generation(servers: ServerConfig[], store = new StateStore()) {
  const events: StatusEvent[] = [];
  const wheel = new TimerWheel(systemClock);
  const b = backend(servers, {}, store);
  const onEvent = (event: StatusEvent) => void events.push(event);
  const status = new BackendStatus({
    backend: "b",
    pool: b.pool,
    counters: b.counters,
    wall: () => systemClock.wall(),
    onEvent,
  });
  const health = new HealthChecks({
    backends: [{ config: backendConfig(servers), status }],
    makers: makersOf([backendConfig(servers)]),
    global: { spreadChecks: 0 },
    process: processView(systemClock),
    bufsize: 16384,
    transport: denoTransport(systemClock, wheel),
    wheel,
    lease: b.lease,
    random: Math.random,
    onEvent,
  });
  return { ...b, health, events, store };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const end = systemClock.now() + 5000;
  while (!condition()) {
    assert.ok(systemClock.now() < end, `in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

Deno.test("traffic goes to the backup when the server stops, and back when it returns (A24)", async () => {
  let main = listen();
  const spare = listen();
  const port = (l: Deno.TcpListener) => ({
    address: { type: "tcp", host: "127.0.0.1", port: l.addr.port } as const,
  });
  const check = { check: true, inter: 20, fall: 3, rise: 2 };
  const g = generation([
    serverConfig("first", { ...check, ...port(main) }),
    serverConfig("second", { ...check, ...port(spare), backup: true }),
  ]);
  const chosen = () => {
    const s = g.pool.assign(undefined, {}) as Server;
    g.pool.release(s);
    return s.name;
  };
  g.health.start();
  try {
    await until("first is checked", () => g.health.lastOf(g.servers[0])?.status === "L4OK");
    assert.equal(chosen(), "first");
    main.close();
    await until("second", () => chosen() === "second");
    assert.equal(g.health.lastOf(g.servers[0])?.status, "L4CON");
    main = listen(main.addr.port);
    await until("first again", () => chosen() === "first");
    const words = g.events.map((e) => e.message.split(",")[0]);
    assert.deepEqual(words, ["Server b/first is DOWN", "Server b/first is UP"]);
  } finally {
    g.health.stop();
    main.close();
    spare.close();
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
});

Deno.test("a reload neither forgets that a server is down nor checks it twice as often", async () => {
  const closed = listen();
  const { port } = closed.addr;
  closed.close();
  const servers = [
    serverConfig("s", {
      check: true,
      inter: 60_000,
      address: { type: "tcp", host: "127.0.0.1", port },
    }),
  ];
  const old = generation(servers);
  old.health.start();
  await until("down", () => !old.servers[0].usable);
  const next = generation(servers, old.store);
  old.health.stop();
  next.health.start();
  old.lease.end();
  assert.equal(next.servers[0].usable, false);
  assert.equal(next.health.lastOf(next.servers[0])?.status, "L4CON");
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(next.events, []);
  next.health.stop();
  next.lease.end();
  const third = generation(servers, old.store);
  assert.equal(third.health.lastOf(third.servers[0]), undefined);
});

Deno.test("the starts are spread over the smallest interval of a second or more", () => {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock);
  const begun = new Map<string, number>();
  const transport: Transport = {
    name: "recorder",
    listen: () => ({ failed: "other", message: "" }),
    connect(target: Target) {
      begun.set((target as { host: string }).host, clock.now());
      return { promise: new Promise(() => {}), cancel() {} };
    },
  };
  const servers = [4000, 2000, 2000, 500].map((inter, i) =>
    serverConfig(`s${i}`, {
      check: true,
      inter,
      address: { type: "tcp", host: `10.0.0.${i}`, port: 80 },
    })
  );
  const b = backend(servers);
  const onEvent = () => {};
  const wall = () => 0;
  const status = new BackendStatus({ ...b, backend: "b", wall, onEvent });
  const health = new HealthChecks({
    backends: [{ config: backendConfig(servers), status }],
    makers: makersOf([backendConfig(servers)]),
    global: { spreadChecks: 0 },
    process: processView(systemClock),
    bufsize: 16384,
    transport,
    wheel,
    lease: b.lease,
    random: () => 0,
    onEvent,
  });
  health.start();
  clock.advance(5000);
  health.stop();
  const times = servers.map((_, i) => begun.get(`10.0.0.${i}`)!);
  // The least is 2000: at 0, 1/4, 2/4 and 3/4 of it; the first is due at once.
  const expected = [0, 500, 1000, 1500];
  times.forEach((t, i) => {
    assert.ok(t >= expected[i] && t <= expected[i] + 20, `${i}: ${t}`);
  });
});

Deno.test("addr and port of the server line say what is checked", () => {
  const tcp = { type: "tcp", host: "10.0.0.1" } as const;
  const b = backend([
    serverConfig("A", { address: { ...tcp, port: 80 } }),
    serverConfig("B", { address: { ...tcp, port: 80 }, checkPort: 81 }),
    serverConfig("C", { address: { ...tcp, port: 80 }, checkAddr: "10.0.0.2" }),
    serverConfig("D", { address: tcp }),
    serverConfig("E", { address: tcp, checkPort: 82 }),
    serverConfig("F", { address: { type: "unix", path: "/s" } }),
  ]);
  assert.deepEqual(b.servers.map(checkTarget), [
    { ...tcp, port: 80 },
    { ...tcp, port: 81 },
    { type: "tcp", host: "10.0.0.2", port: 80 },
    { ...tcp, port: 0 },
    { ...tcp, port: 82 },
    { type: "unix", path: "/s" },
  ]);
});
