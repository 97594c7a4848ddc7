/** `log-forward`, `ring` and `mode log` (manual 3.9, 3.10) with real senders and a real rsyslog. */
import assert from "node:assert/strict";
import { waitFor } from "../support/poll.ts";
import { freePort, isBoundUdp, isListening } from "../support/ports.ts";
import { mustRun } from "../support/process.ts";
import { startRsyslog } from "../support/rsyslog.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { forms, startProxy } from "../support/sluice.ts";
import { startSyslogSink } from "../support/syslog_sink.ts";
import { connect } from "../support/tcp.ts";

/** What the runtime socket answers. */
const ask = (socket: string, command: string) =>
  mustRun(["sh", "-c", `echo "${command}" | socat -t 5 - "${socket}"`]);

interface Ports {
  readonly udp: number;
  readonly tcp: number;
  readonly rsyslog: number;
  readonly socket: string;
}

const text = ({ udp, tcp, rsyslog, socket }: Ports) => ({
  cfg: `global
    stats socket ${socket} level admin
    log ring@kept local7

ring kept
    description "What was sent"
    format rfc3164
    maxlen 1200
    size 32764
    timeout connect 5s
    timeout server 10s
    server central 127.0.0.1:${rsyslog} log-proto octet-count

log-forward incoming
    dgram-bind 127.0.0.1:${udp}
    bind 127.0.0.1:${tcp}
    maxconn 20
    timeout client 30s
    log global
    log 127.0.0.1:${rsyslog} format rfc5424 local0
`,
  yaml: `global:
  stats socket: "${socket} level admin"
  log: "ring@kept local7"
rings:
  kept:
    description: What was sent
    format: rfc3164
    maxlen: 1200
    size: 32764
    timeout: { connect: 5s, server: 10s }
    servers:
      central: { address: "127.0.0.1:${rsyslog}", log-proto: octet-count }
log-forwards:
  incoming:
    dgram-bind: "127.0.0.1:${udp}"
    bind: "127.0.0.1:${tcp}"
    maxconn: 20
    timeout: { client: 30s }
    log:
      - global
      - { address: "127.0.0.1:${rsyslog}", format: rfc5424, facility: local0 }
`,
});

for (const form of forms) {
  scopedTest(
    `log-forward takes syslog over UDP and TCP and copies it to a ring and to rsyslog (${form})`,
    { programs: ["rsyslogd", "logger", "socat"], limit: 120_000 },
    async (scope) => {
      const rsyslog = freePort();
      const central = await startRsyslog(scope, {
        udp: [{ host: "127.0.0.1", port: rsyslog }],
        tcp: { host: "127.0.0.1", port: rsyslog },
        facilities: ["local3"],
      });
      const ports = { udp: freePort(), tcp: freePort(), rsyslog, socket: scope.path("cli.sock") };
      await startProxy(scope, text(ports)[form], { form, listening: [`127.0.0.1:${ports.tcp}`] });
      const { udp, tcp } = ports;
      await waitFor("the UDP port", () => isBoundUdp("127.0.0.1", udp), { limit: 60_000 });
      const to = (port: number, ...more: string[]) => ["-n", "127.0.0.1", "-P", `${port}`, ...more];
      const log = (message: string, args: readonly string[]) =>
        mustRun(["logger", "-p", "local3.notice", "-t", "tester", ...args, message]);
      await log("by UDP, old", to(udp, "-d", "--rfc3164"));
      await log("by UDP, new", to(udp, "-d", "--rfc5424"));
      await log("by TCP, lines", to(tcp, "-T", "--rfc3164"));
      await log("by TCP, counted", to(tcp, "-T", "--octet-count", "--rfc5424"));
      const all = ["by UDP, old", "by UDP, new", "by TCP, lines", "by TCP, counted"];
      // Each comes twice: over TCP from the ring, by UDP from the 'log' line.
      await waitFor("all messages, twice", () => {
        const lines = central.lines("local3");
        return all.every((each) => lines.filter((line) => line.endsWith(each)).length === 2);
      }, { explain: () => central.all().join("\n") });
      for (const line of central.lines("local3")) assert.match(line, / tester(\[\d+\])?:? by /);
      const shown = await ask(ports.socket, "show events kept");
      for (const each of all) assert.match(shown, new RegExp(`^<157>.* tester.*: ${each}$`, "m"));
      assert.match(
        await ask(ports.socket, "show events"),
        /^ {4}kept +: type=buffer, 0 dropped, What was sent$/m,
      );
      assert.match(await ask(ports.socket, "show info"), /^CumRecvLogs: 4$/m);
    },
  );
}

/** A proxy with a `log-forward` on one TCP and one UDP port. */
async function forward(scope: Scope, lines: string, more = "") {
  const [tcp, udp] = [freePort(), freePort()];
  const socket = scope.path("cli.sock");
  const proxy = await startProxy(
    scope,
    `global
    stats socket ${socket} level admin
log-forward in
    bind 127.0.0.1:${tcp}
    dgram-bind 127.0.0.1:${udp}
    timeout client 30s
${lines.split("\n").map((line) => `    ${line.trim()}\n`).join("")}
${more}`,
    { listening: [`127.0.0.1:${tcp}`] },
  );
  await waitFor("the UDP port", () => isBoundUdp("127.0.0.1", udp), { limit: 60_000 });
  return { tcp, udp, socket, proxy };
}

scopedTest(
  "samples spread messages over servers",
  { programs: ["socat"], limit: 120_000 },
  async (scope) => {
    const [a, b] = [startSyslogSink(scope), startSyslogSink(scope)];
    const { tcp } = await forward(
      scope,
      `log ${a.address} sample 1:2 local0
     log ${b.address} sample 2:2 local0`,
    );
    const client = await connect(scope, `127.0.0.1:${tcp}`);
    await client.write("<13>m1\n<13>m2\n5 <13>m\n<13>m4\n");
    await b.find(/m4/);
    assert.deepEqual(a.messages.map((each) => each.trim()), ["<13>m1", "<13>m"]);
    assert.deepEqual(b.messages.map((each) => each.trim()), ["<13>m2", "<13>m4"]);
  },
);

scopedTest(
  "a stream that cannot be framed ends, another one goes on",
  { programs: ["socat"], limit: 120_000 },
  async (scope) => {
    const log = startSyslogSink(scope);
    const { tcp } = await forward(scope, `log ${log.address} local0`);
    const good = await connect(scope, `127.0.0.1:${tcp}`);
    const bad = await connect(scope, `127.0.0.1:${tcp}`);
    await bad.write("99999999 <13>no such length");
    assert.equal(await bad.closed(), true);
    await good.write("<13>still here\n");
    await log.find(/still here/);
  },
);

scopedTest(
  "a backend of mode log spreads lines over its servers, by key or to one, and leaves one that is down",
  { programs: ["socat"], limit: 120_000 },
  async (scope) => {
    const sinks = [startSyslogSink(scope), startSyslogSink(scope), startSyslogSink(scope)];
    const servers = sinks.map(({ address }, n) => `    server s${n} udp@${address}\n`).join("");
    const { udp, tcp, socket } = await forward(
      scope,
      "log backend@keyed local0\nlog backend@one format raw local1",
      `backend keyed
    mode log
    balance log-hash field(1,:)
${servers}backend one
    mode log
    balance sticky
${servers}`,
    );
    const client = await connect(scope, `127.0.0.1:${tcp}`);
    const keys = Array.from({ length: 12 }, (_, n) => `k${n}`);
    for (let round = 0; round < 3; round++) {
      for (const key of keys) await client.write(`<13>${key}: ${round}\n`);
    }
    const count = () => sinks.reduce((sum, { messages }) => sum + messages.length, 0);
    await waitFor("every line twice", () => count() === 72, { explain: () => `${count()}` });
    for (const { messages } of sinks) {
      const raw = messages.filter((each) => !each.startsWith("<"));
      assert.equal(raw.length, messages === sinks[0].messages ? 36 : 0, "'sticky' has one server");
    }
    for (const key of keys) {
      const homes = sinks.filter(({ messages }) =>
        messages.some((each) => each.startsWith(`<13>${key}: `))
      );
      assert.equal(homes.length, 1, `${key} has one home`);
    }
    assert.ok(sinks.slice(1).some(({ messages }) => messages.length > 0), "keys are spread");
    await ask(socket, "disable server one/s0");
    const datagram = Deno.listenDatagram({ hostname: "127.0.0.1", port: 0, transport: "udp" });
    scope.defer("the sender", () => datagram.close());
    const before = sinks[1].messages.length;
    await waitFor("the next server", async () => {
      const to = { transport: "udp", hostname: "127.0.0.1", port: udp } as const;
      await datagram.send(new TextEncoder().encode("<13>moved"), to);
      return sinks[1].messages.slice(before).some((each) => each.includes("moved"));
    });
    assert.match(await ask(socket, "show stat"), /^keyed,BACKEND,/m);
  },
);

scopedTest(
  "show events -w follows a ring, of all threads",
  { programs: ["socat"], limit: 120_000 },
  async (scope) => {
    const [tcp, socket] = [freePort(), scope.path("cli.sock")];
    await startProxy(
      scope,
      `global
    nbthread 2
    stats socket ${socket} level admin
ring r
log-forward in
    bind 127.0.0.1:${tcp}
    timeout client 30s
    log ring@r local0
`,
      { listening: [`127.0.0.1:${tcp}`] },
    );
    await waitFor("the listener", () => isListening("127.0.0.1", tcp));
    const follower = await Deno.connect({ transport: "unix", path: socket });
    let shown = "";
    const reading = (async () => {
      for await (const piece of follower.readable) shown += new TextDecoder().decode(piece);
    })().catch(() => {});
    scope.defer("the follower", async () => {
      follower.close();
      await reading;
    });
    await follower.write(new TextEncoder().encode("show events r -w\n"));
    const clients = await Promise.all(
      Array.from({ length: 8 }, () => connect(scope, `127.0.0.1:${tcp}`)),
    );
    for (const [n, client] of clients.entries()) await client.write(`<13>from ${n}\n`);
    await waitFor(
      "all messages",
      () => [...clients.keys()].every((n) => shown.includes(`from ${n}\n`)),
      {
        limit: 60_000,
        explain: () => shown,
      },
    );
  },
);
