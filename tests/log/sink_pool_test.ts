import assert from "node:assert/strict";
import { systemClock } from "../../lib/net/clock.ts";
import { SinkPool } from "../../lib/log/sink_pool.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { freePort } from "../support/ports.ts";
import { delay, waitFor } from "../support/poll.ts";
import { run } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { rootDirectory } from "../support/under_test.ts";
import { startSyslogSink } from "../support/syslog_sink.ts";

function pool(scope: Scope, options: { ffi?: boolean; maxLines?: number } = {}): SinkPool {
  const sinks = new SinkPool({ clock: systemClock, ...options });
  scope.defer("sinks", () => sinks.close());
  return sinks;
}

/** A Unix datagram socket with everything that arrives on it. */
function unixReceiver(scope: Scope, path: string) {
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  const lines: string[] = [];
  const loop = (async () => {
    for await (const [bytes] of socket) lines.push(new TextDecoder().decode(bytes));
  })();
  const close = async () => {
    try {
      socket.close();
    } catch {
      return;
    }
    await loop;
  };
  scope.defer("unix receiver", close);
  return { lines, close };
}

for (const ffi of [true, false]) {
  const how = ffi ? "sendmmsg" : "Deno's datagrams";

  scopedTest(`lines reach a UDP receiver, one datagram each, by ${how}`, {}, async (scope) => {
    const receiver = startSyslogSink(scope);
    const sinks = pool(scope, { ffi });
    const port = Number(receiver.address.split(":")[1]);
    const sink = sinks.get({ type: "udp", host: "127.0.0.1", port });
    for (let i = 0; i < 200; i++) sink.write(`line ${i}`);
    await waitFor("200 datagrams", () => receiver.messages.length === 200);
    assert.deepEqual(receiver.messages, Array.from({ length: 200 }, (_, i) => `line ${i}\n`));
    assert.deepEqual(sink.stats, { sent: 200, dropped: 0, queued: 0 });
  });

  scopedTest(`a line beyond a datagram's size is dropped alone, by ${how}`, {}, async (scope) => {
    const receiver = startSyslogSink(scope);
    const port = Number(receiver.address.split(":")[1]);
    const sink = pool(scope, { ffi }).get({ type: "udp", host: "127.0.0.1", port });
    sink.write("before");
    sink.write("x".repeat(65_535));
    sink.write("after");
    await waitFor("both short lines", () => receiver.messages.length === 2);
    assert.deepEqual(receiver.messages, ["before\n", "after\n"]);
    assert.equal(sink.stats.dropped, 1);
  });

  scopedTest(`UDP goes to IPv6 and to names too, by ${how}`, {}, async (scope) => {
    const port = freePort();
    const socket = Deno.listenDatagram({ transport: "udp", hostname: "::1", port });
    scope.defer("receiver", () => socket.close());
    const sinks = pool(scope, { ffi });
    sinks.get({ type: "udp", host: "::1", port }).write("six");
    const [bytes] = await socket.receive();
    assert.equal(new TextDecoder().decode(bytes), "six\n");
    const named = startSyslogSink(scope);
    const sink = sinks.get({
      type: "udp",
      host: "localhost",
      port: Number(named.address.split(":")[1]),
    });
    sink.write("named");
    await waitFor("the line", () => named.messages.includes("named\n") || sink.stats.sent === 1);
  });

  scopedTest(
    `nobody listening on the UDP port costs nothing but lines, by ${how}`,
    {},
    async (scope) => {
      const sink = pool(scope, { ffi }).get({ type: "udp", host: "127.0.0.1", port: freePort() });
      for (let i = 0; i < 20; i++) {
        sink.write("lost");
        await sink.flush();
      }
      assert.equal(sink.stats.queued, 0);
    },
  );

  scopedTest(`lines wait while the Unix socket's reader restarts, by ${how}`, {}, async (scope) => {
    const path = scope.path("log.sock");
    const sink = pool(scope, { ffi }).get({ type: "unix", path });
    sink.write("nobody yet");
    await delay(20);
    const first = unixReceiver(scope, path);
    await waitFor("the line of before", () => first.lines.length === 1);
    await first.close();
    Deno.removeSync(path);
    sink.write("between");
    await delay(20);
    const second = unixReceiver(scope, path);
    sink.write("after");
    await waitFor("both lines", () => second.lines.length === 2);
    assert.deepEqual([...first.lines, ...second.lines], ["nobody yet\n", "between\n", "after\n"]);
  });
}

/** Accepts TCP log connections one after the other, with all their bytes. */
function tcpReceiver(scope: Scope, port: number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  const texts: string[] = [];
  const conns: Deno.Conn[] = [];
  (async () => {
    for await (const conn of listener) {
      const at = texts.push("") - 1;
      conns.push(conn);
      (async () => {
        const into = new Uint8Array(65_536);
        try {
          for (let n = await conn.read(into); n !== null; n = await conn.read(into)) {
            texts[at] += new TextDecoder().decode(into.subarray(0, n));
          }
        } catch {
          // Closed by the test.
        }
      })();
    }
  })();
  const close = () => {
    for (const each of [listener, ...conns]) {
      try {
        each.close();
      } catch {
        // Closed before.
      }
    }
  };
  scope.defer("tcp receiver", close);
  return { texts, close };
}

scopedTest(
  "TCP lines are framed by line feeds, and a new connection is made when the old one ends",
  {},
  async (scope) => {
    const port = freePort();
    const sink = pool(scope).get({ type: "tcp", host: "127.0.0.1", port });
    sink.write("before anybody listens");
    await delay(20);
    const first = tcpReceiver(scope, port);
    await waitFor("the first line", () => first.texts.join("").includes("\n"));
    for (let i = 0; i < 1000; i++) sink.write(`line ${i}`);
    await waitFor("all lines", () => first.texts.join("").split("\n").length === 1002);
    first.close();
    await delay(30);
    sink.write("while it is away");
    const second = tcpReceiver(scope, port);
    await waitFor("the line", () => second.texts.join("") === "while it is away\n");
    assert.equal(first.texts.length, 1);
    assert.ok(first.texts[0].startsWith("before anybody listens\nline 0\nline 1\n"));
    assert.ok(first.texts[0].endsWith("line 999\n"));
    assert.equal(sink.stats.dropped, 0);
  },
);

scopedTest(
  "a TCP receiver that does not read fills a bounded queue, and nothing waits for it",
  {},
  async (scope) => {
    const port = freePort();
    const listener = Deno.listen({ hostname: "127.0.0.1", port });
    scope.defer("listener", () => listener.close());
    const sink = pool(scope, { maxLines: 500 }).get({ type: "tcp", host: "127.0.0.1", port });
    sink.write("first");
    const conn = await listener.accept();
    scope.defer("conn", () => conn.close());
    const line = "x".repeat(1000);
    const begin = performance.now();
    for (let i = 0; i < 60; i++) {
      for (let j = 0; j < 400; j++) sink.write(line);
      await delay(1);
    }
    assert.ok(performance.now() - begin < 5000);
    assert.ok(sink.stats.dropped > 0);
    assert.equal(sink.stats.queued, 500);
    assert.equal(sink.stats.sent + sink.stats.dropped + sink.stats.queued, 24_001);
  },
);

Deno.test("lost lines are reported once an interval, on the pool's own report", async () => {
  const clock = new FakeClock();
  const reports: string[] = [];
  const sinks = new SinkPool({
    clock,
    maxLines: 2,
    ffi: false,
    onDrop: (text) => reports.push(text),
  });
  const sink = sinks.get({ type: "unix", path: "/nowhere/at/all" });
  for (let i = 0; i < 5; i++) sink.write("x");
  assert.deepEqual(reports, []);
  await clock.advanceAsync(10_000);
  assert.deepEqual(reports, ["3 log lines to unix /nowhere/at/all were dropped"]);
  await clock.advanceAsync(60_000);
  assert.equal(reports.length, 1);
  sink.write("x");
  await clock.advanceAsync(10_000);
  assert.equal(reports[1], "1 log line to unix /nowhere/at/all was dropped");
  assert.equal(sinks.dropped, 4);
  sinks.close();
});

scopedTest(
  "after a reload the pool closes what no logger names any more, and keeps the others",
  {},
  async (scope) => {
    const receiver = startSyslogSink(scope);
    const port = Number(receiver.address.split(":")[1]);
    const sinks = pool(scope);
    const kept = { type: "udp", host: "127.0.0.1", port } as const;
    const sink = sinks.get(kept);
    const gone = sinks.get({ type: "udp", host: "127.0.0.1", port: freePort() });
    gone.write("last words");
    sink.write("waits");
    await sinks.keepOnly([kept]);
    assert.equal(gone.stats.sent, 1);
    assert.equal(sinks.get(kept), sink);
    assert.equal(sinks.sinks.length, 1);
    await receiver.find(/waits/);
  },
);

/** Runs a script that writes to these descriptors through the pool; answers what came out. */
function child(body: string, redirect: string) {
  const script = `
import { SinkPool } from "${rootDirectory}lib/log/sink_pool.ts";
import { systemClock } from "${rootDirectory}lib/net/clock.ts";
const sinks = new SinkPool({ clock: systemClock, maxLines: 1000 });
${body}
`;
  return run([
    "bash",
    "-c",
    `"$0" run -q -A --unstable-net --no-check <(cat <<'END'\n${script}\nEND\n) ${redirect}`,
    Deno.execPath(),
  ]);
}

scopedTest(
  "lines for stdout, stderr and an inherited descriptor come out whole and in order",
  {},
  async (scope) => {
    const file = scope.path("three.log");
    Deno.writeTextFileSync(file, "was here\n");
    const { stdout, stderr } = await child(
      `for (let i = 0; i < 500; i++) {
  sinks.get({ type: "stdout" }).write("out " + i);
  sinks.get({ type: "fd", fd: 2 }).write("err " + i);
  sinks.get({ type: "fd", fd: 3 }).write("three " + i);
}
await sinks.flush(2000);
Deno.exit(0);`,
      `3>>${file}`,
    );
    const expected = (word: string) =>
      Array.from({ length: 500 }, (_, i) => `${word} ${i}\n`).join("");
    assert.equal(stdout, expected("out"));
    assert.equal(stderr, expected("err"));
    assert.equal(Deno.readTextFileSync(file), `was here\n${expected("three")}`);
  },
);

scopedTest("a socket given as a descriptor takes lines", { programs: ["socat"] }, async (scope) => {
  const { stdout } = await run([
    "socat",
    "-u",
    `EXEC:'${Deno.execPath()} run -q -A --unstable-net --no-check ${
      scope.write(
        "fd3.ts",
        `import { SinkPool } from "${rootDirectory}lib/log/sink_pool.ts";
import { systemClock } from "${rootDirectory}lib/net/clock.ts";
const sinks = new SinkPool({ clock: systemClock });
const sink = sinks.get({ type: "fd", fd: 7 });
for (let i = 0; i < 300; i++) sink.write("line " + i);
await sinks.flush(2000);
Deno.exit(0);`,
      )
    }',fdout=7`,
    "-",
  ]);
  assert.equal(stdout, Array.from({ length: 300 }, (_, i) => `line ${i}\n`).join(""));
});

scopedTest("a reader of stdout that has stopped delays nothing in the process", {}, async () => {
  const { stderr } = await child(
    `let ticks = 0;
const timer = setInterval(() => ticks++, 5);
const sink = sinks.get({ type: "stdout" });
const line = "x".repeat(1000);
for (let i = 0; i < 50; i++) {
  for (let j = 0; j < 100; j++) sink.write(line);
  await new Promise((r) => setTimeout(r, 5));
}
clearInterval(timer);
console.error(ticks > 25 && sink.stats.dropped > 3000 && sink.stats.queued === 1000 ? "free" : "held " + ticks + JSON.stringify(sink.stats));
Deno.exit(0);`,
    `| sleep 3`,
  );
  assert.equal(stderr.trim(), "free");
});

scopedTest("a reader of stdout that has gone away ends nothing", {}, async () => {
  const { stderr } = await child(
    `const sink = sinks.get({ type: "stdout" });
for (let i = 0; i < 20; i++) {
  sink.write("x");
  await new Promise((r) => setTimeout(r, 10));
}
console.error("alive");
Deno.exit(0);`,
    `| true`,
  );
  assert.equal(stderr.trim(), "alive");
});
