/** The process as seen from outside: exit codes, signals, files. What HAProxy does too is run against it as well. */
import assert from "node:assert/strict";
import { curl, curlBody } from "../support/curl.ts";
import { readIfThere } from "../support/nginx.ts";
import { freePort, isListening, waitListening } from "../support/ports.ts";
import { waitFor } from "../support/poll.ts";
import { endProcess, isAlive, start } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { runProxy, startProxy, writeConfig } from "../support/sluice.ts";
import { startSyslogSink } from "../support/syslog_sink.ts";
import { connect, ok, startHttpOrigin, startOrigin } from "../support/tcp.ts";
import { commandUnderTest, underTest } from "../support/under_test.ts";

const ours = underTest === "haproxy" ? "HAProxy has it otherwise" : undefined;

interface TextOptions {
  readonly port: number;
  readonly server: string;
  readonly global?: string;
}

function text({ port, server, global = "" }: TextOptions): string {
  return `global
    maxconn 100
    ${global}
defaults
    mode http
    timeout client 10s
    timeout connect 2s
    timeout server 10s
listen web
    bind 127.0.0.1:${port}
    server s1 ${server}
`;
}

async function setUp(scope: Scope, body = "first") {
  const origin = await startHttpOrigin(scope, () => ok(body));
  const port = freePort();
  return { origin, port, address: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}/` };
}

function pidIn(path: string): number | undefined {
  return Number(readIfThere(path).trim()) || undefined;
}

for (
  const [args, signal, code] of [
    ["-db", "SIGTERM", 143],
    ["-W", "SIGTERM", 0],
    ["-W", "SIGINT", 130],
    ["-db", "SIGUSR1", 0],
    ["-W", "SIGUSR1", 0],
  ] as const
) {
  scopedTest(
    `${signal} ends a process started with ${args}, exit code ${code}`,
    {},
    async (scope) => {
      const { origin, port, address } = await setUp(scope);
      const proxy = await startProxy(scope, text({ port, server: origin.address }), {
        args: [args],
        listening: [address],
      });
      proxy.process.signal(signal);
      const status = await proxy.process.exited;
      assert.equal(status.code, code, proxy.process.output());
      assert.equal(isListening("127.0.0.1", port), false);
    },
  );
}

scopedTest("SIGINT ends a process in the foreground at once", {}, async (scope) => {
  const { origin, port, address } = await setUp(scope);
  const proxy = await startProxy(scope, text({ port, server: origin.address }), {
    listening: [address],
  });
  const begin = performance.now();
  proxy.process.signal("SIGINT");
  assert.equal((await proxy.process.exited).code, 130);
  assert.ok(performance.now() - begin < 2000);
});

scopedTest(
  "SIGUSR1 leaves no debugger open while the process drains",
  { unless: ours },
  async (scope) => {
    const { origin, port, address } = await setUp(scope);
    const proxy = await startProxy(scope, text({ port, server: origin.address }), {
      listening: [address],
    });
    // A request that is not whole keeps the process.
    const peer = await connect(scope, address);
    await peer.write("GET / HTTP/1.1\r\n");
    proxy.process.signal("SIGUSR1");
    const id = await waitFor(
      "what the runtime says of its debugger",
      () => /(?:ws:\/\/127\.0\.0\.1:9229\/([\w-]+)|Failed to start)/.exec(proxy.process.output()),
    );
    // The port may be that of another process by now.
    await waitFor("the debugger's end", async () => {
      try {
        const answer = await fetch("http://127.0.0.1:9229/json");
        return !(await answer.text()).includes(id?.[1] ?? "\0");
      } catch {
        return true;
      }
    });
    assert.equal(proxy.process.exit, undefined, "it has not ended yet");
    peer.close();
  },
);

scopedTest(
  "SIGUSR1 closes the listener and lets the answer under way come to its end",
  {},
  async (scope) => {
    let finish = () => {};
    let half = false;
    const origin = await startOrigin(scope, async (peer) => {
      await peer.request();
      await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
      half = true;
      await new Promise<void>((resolve) => finish = resolve);
      await peer.write("def");
    });
    const port = freePort();
    const address = `127.0.0.1:${port}`;
    const proxy = await startProxy(scope, text({ port, server: origin.address }), {
      listening: [address],
    });
    const peer = await connect(scope, address);
    await peer.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const answer = peer.response();
    await waitFor("the first half to be sent", () => half);
    proxy.process.signal("SIGUSR1");
    await waitFor("the listener to close", () => !isListening("127.0.0.1", port));
    assert.equal(proxy.process.exit, undefined);
    finish();
    assert.equal((await answer).body, "abcdef");
    peer.close();
    assert.equal((await proxy.process.exited).code, 0);
  },
);

for (const [option, signal] of [["-sf", "SIGUSR1"], ["-st", "SIGTERM"]] as const) {
  scopedTest(
    `${option} takes the address over and tells the old process to leave by ${signal}`,
    {},
    async (scope) => {
      const { origin, port, address, url } = await setUp(scope);
      const second = await startHttpOrigin(scope, () => ok("second"));
      const old = await startProxy(scope, text({ port, server: origin.address }), {
        listening: [address],
      });
      assert.equal(await curlBody(url), "first");
      const next = start(
        scope,
        "next",
        commandUnderTest([
          "-db",
          "-f",
          writeConfig(scope, text({ port, server: second.address })),
          option,
          String(old.process.pid),
        ]),
      );
      const status = await old.process.exited;
      assert.equal(status.code, signal === "SIGTERM" ? 143 : 0, old.process.output());
      await waitListening(next, [address]);
      assert.equal(await curlBody(url), "second");
    },
  );
}

scopedTest("-p is written with -W, not with -db", {}, async (scope) => {
  const { origin, port, address } = await setUp(scope);
  const path = scope.path("pid");
  const configured = text({ port, server: origin.address });
  const foreground = await startProxy(scope, configured, {
    args: ["-db", "-p", path],
    listening: [address],
  });
  assert.equal(pidIn(path), undefined);
  await foreground.process.stop();
  const master = await startProxy(scope, configured, {
    args: ["-W", "-p", path],
    listening: [address],
  });
  await waitFor("the pid file", () => pidIn(path) === master.process.pid);
});

scopedTest(
  "-D returns when the listener is open; the pid file stays when the daemon has ended",
  {},
  async (scope) => {
    const { origin, port, url } = await setUp(scope);
    const path = scope.path("pid");
    scope.defer("the daemon", () => endProcess(pidIn(path) ?? 0));
    const { code, stderr } = await runProxy([
      "-D",
      "-p",
      path,
      "-f",
      writeConfig(scope, text({ port, server: origin.address })),
    ]);
    assert.equal(code, 0, stderr);
    assert.ok(isListening("127.0.0.1", port));
    const pid = pidIn(path);
    assert.ok(pid !== undefined && isAlive(pid));
    assert.equal(await curlBody(url), "first");
    await endProcess(pid);
    assert.equal(pidIn(path), pid);
  },
);

scopedTest("-D tells on the terminal what went wrong, exit code 1", {}, async (scope) => {
  const { origin, port } = await setUp(scope);
  const taken = Deno.listen({ hostname: "127.0.0.1", port });
  scope.defer("listener", () => taken.close());
  const path = scope.path("pid");
  const wrong = text({ port, server: origin.address });
  const busy = await runProxy(["-D", "-p", path, "-f", writeConfig(scope, wrong)]);
  assert.equal(busy.code, 1);
  assert.match(busy.stderr, new RegExp(`ALERT.*cannot bind.*${port}`));
  assert.equal(pidIn(path), undefined);
  const bad = await runProxy(["-D", "-f", writeConfig(scope, wrong.replace("listen", "lisen"))]);
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /'lisen'/);
});

scopedTest("a start that fails ends with 1 and says why", {}, async (scope) => {
  const { origin, port } = await setUp(scope);
  const good = text({ port, server: origin.address });
  const failing = async (config: string, args: readonly string[] = []) => {
    const { code, stderr } = await runProxy([...args, "-db", "-f", writeConfig(scope, config)]);
    assert.equal(code, 1);
    return stderr;
  };
  assert.match(await failing(good.replace("127.0.0.1:", "203.0.113.1:")), /203\.0\.113\.1/);
  assert.match(await failing(good.replace(/ {4}bind .*\n/, "")), /ALERT/);
  assert.match(
    await failing(text({ port, server: origin.address, global: "chroot /nowhere/at/all" })),
    /chroot/,
  );
});

scopedTest(
  "systemd hears of the start, of each reload, good or bad, and of the end",
  { unless: ours },
  async (scope) => {
    const { origin, port, address } = await setUp(scope);
    const path = scope.path("notify");
    const socket = Deno.listenDatagram({ transport: "unixpacket", path });
    const told: string[] = [];
    const loop = (async () => {
      for await (const [bytes] of socket) told.push(new TextDecoder().decode(bytes));
    })();
    scope.defer("socket", async () => {
      socket.close();
      await loop.catch(() => undefined);
    });
    const next = (what: string) => waitFor(what, () => told.shift());
    const good = text({ port, server: origin.address });
    const proxy = await startProxy(scope, good, {
      args: ["-Ws"],
      env: { NOTIFY_SOCKET: path },
      listening: [address],
    });
    assert.match(
      await next("ready"),
      new RegExp(
        `^READY=1\nSTATUS=serving 1 frontend, 1 backend, 1 server\nMAINPID=${proxy.process.pid}$`,
      ),
    );
    Deno.writeTextFileSync(proxy.configPath, good.replace("s1", "s2"));
    proxy.reload();
    assert.match(await next("reloading"), /^RELOADING=1\nMONOTONIC_USEC=\d+$/);
    assert.match(await next("ready again"), /^READY=1\nSTATUS=serving /);
    Deno.writeTextFileSync(proxy.configPath, good.replace("server", "sever"));
    proxy.reload();
    assert.match(await next("reloading"), /^RELOADING=1/);
    assert.match(await next("ready again"), /^READY=1\nSTATUS=the last reload failed/);
    await waitFor("the reason", () => /'sever'/.test(proxy.process.output()));
    await waitFor(
      "the verdict",
      () => /\[ALERT\] the running configuration stays: 1 mistake\n/.test(proxy.process.output()),
    );
    proxy.process.signal("SIGTERM");
    assert.match(await next("the end"), /^STOPPING=1/);
    assert.equal((await proxy.process.exited).code, 0);
  },
);

scopedTest(
  "a daemon in a chroot, without root's rights, reads its file outside again and says so in the log",
  { root: true, unless: ours },
  async (scope) => {
    const { origin, port, url } = await setUp(scope);
    const second = await startHttpOrigin(scope, () => ok("second"));
    const log = startSyslogSink(scope);
    Deno.mkdirSync(scope.path("jail"));
    const pid = scope.path("pid");
    const global = `log ${log.address} local0
    daemon
    pidfile ${pid}
    chroot ${scope.path("jail")}
    uid 65534
    gid 65534`;
    const config = (server: string) => text({ port, server, global });
    const path = writeConfig(scope, config(origin.address));
    scope.defer("the daemon", () => endProcess(pidIn(pid) ?? 0));
    const started = await runProxy(["-f", path]);
    assert.equal(started.code, 0, started.stderr);
    assert.equal(await curlBody(url), "first");
    Deno.writeTextFileSync(path, config(second.address));
    Deno.kill(pidIn(pid)!, "SIGHUP");
    await log.find(/loaded again/);
    assert.equal(await curlBody(url), "second");
    Deno.writeTextFileSync(path, config(second.address).replace("s1", "s1 s2"));
    Deno.kill(pidIn(pid)!, "SIGUSR2");
    await log.find(/<129>.*haproxy\.cfg:16:\d+: /);
    await log.find(/<129>.*the running configuration stays/);
    assert.equal(await curlBody(url), "second");
  },
);

scopedTest("SIGTTOU pauses the listener, SIGTTIN resumes it, connections go on meanwhile", {
  unless: ours,
}, async (scope) => {
  const { origin, port, address, url } = await setUp(scope);
  const proxy = await startProxy(scope, text({ port, server: origin.address }), {
    listening: [address],
  });
  const peer = await connect(scope, address);
  const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  await peer.write(get);
  assert.equal((await peer.response()).body, "first");
  proxy.process.signal("SIGTTOU");
  // A connection that was being accepted is served still: the next one waits.
  await waitFor("the pause", async () => {
    const probe = await curl(url, ["--max-time", "0.3"]).catch(() => undefined);
    return probe === undefined || probe.status === 0;
  });
  await peer.write(get);
  assert.equal((await peer.response()).body, "first");
  proxy.process.signal("SIGTTIN");
  assert.equal(await curlBody(url), "first");
});

scopedTest("the SLUICE_ variables alone make a balancer", { unless: ours }, async (scope) => {
  const { origin, port, address, url } = await setUp(scope);
  const proxy = start(scope, "proxy", commandUnderTest(["-db"]), {
    env: { SLUICE_BIND: address, SLUICE_SERVERS: `a=${origin.address}`, SLUICE_CHECK: "no" },
  });
  await waitListening(proxy, [address]);
  assert.equal(await curlBody(url), "first");
  proxy.signal("SIGUSR2");
  await waitFor("the reload", () => /loaded again/.test(proxy.output()));
  assert.equal(await curlBody(`http://127.0.0.1:${port}/x`), "first");
});

scopedTest("standard error that nobody reads holds nothing up", { unless: ours }, async (scope) => {
  const { origin, port, url } = await setUp(scope);
  const path = writeConfig(
    scope,
    text({ port, server: origin.address }) + "    bogus keyword\n".repeat(300),
  );
  const good = writeConfig(scope, text({ port, server: origin.address }));
  const read = scope.path("fifo");
  await new Deno.Command("mkfifo", { args: [read] }).output();
  // Opened for reading, never read.
  const reader = Deno.openSync(read, { read: true, write: true });
  scope.defer("reader", () => reader.close());
  const child = new Deno.Command("/bin/sh", {
    args: [
      "-c",
      `exec "$@" 2>"$0"`,
      read,
      ...commandUnderTest(["-db", "-f", good]),
    ],
    stdin: "null",
    stdout: "null",
  }).spawn();
  scope.defer("proxy", async () => {
    try {
      child.kill("SIGKILL");
    } catch {
      return;
    }
    await child.status;
  });
  await waitFor("it to listen", () => isListening("127.0.0.1", port, child.pid));
  Deno.copyFileSync(path, good);
  for (let i = 0; i < 20; i++) {
    child.kill("SIGUSR2");
    assert.equal(await curlBody(url), "first");
  }
  const begin = performance.now();
  child.kill("SIGTERM");
  assert.equal((await child.status).code, 143);
  assert.ok(performance.now() - begin < 3000, "nor the end");
});
