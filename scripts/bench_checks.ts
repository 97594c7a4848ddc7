/**
 * Whether many health checks disturb the traffic: the latency of requests through a proxy that checks 2,000 servers
 * every 2 s, in turn with the checks on and off (`disable health`), in one run; the same with HAProxy beside it.
 *
 *   deno run -A scripts/bench_checks.ts [--tcp] [--servers N] [--seconds N] [--rounds N] [--rate N] [--transport T]
 *     [--shared]
 *
 * Requests come by a clock (300 a second), and each latency is counted from the time at which its request was due, so
 * that a proxy that stands still for a moment is seen to. What the machine's other work does is kept out: all runs at
 * real-time priority where that is permitted (`--shared`: not), requests are left out during which the client itself
 * was not let run, and "waited" is the share of the time in which the proxy wanted a CPU and had none.
 *
 * Ends with 1 when checks disturb more than they do in HAProxy: when the slowest hundredth waits longer than there and
 * than without checks, by half and 2 ms. Needs haproxy, which also plays the servers; loopback only.
 */
import { parseArgs } from "node:util";
import { freePort, waitListening } from "../tests/support/ports.ts";
import { start } from "../tests/support/process.ts";
import { type Scope, withScope } from "../tests/support/scope.ts";
import { V8_FLAGS } from "./v8_flags.ts";
import { CheckedServers } from "./bench/checked_servers.ts";
import { type Latencies, measure } from "./bench/paced.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    tcp: { type: "boolean", default: false },
    servers: { type: "string", default: "2000" },
    seconds: { type: "string", default: "8" },
    rounds: { type: "string", default: "3" },
    rate: { type: "string", default: "300" },
    transport: { type: "string", default: "auto" },
    shared: { type: "boolean", default: false },
  },
});
const servers = Number(values.servers);
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const rate = Number(values.rate);

/** The servers' own addresses, all of one listener. */
const addressOf = (n: number) => `127.${16 + (n >> 16)}.${n >> 8 & 255}.${n & 255}`;

function configuration(port: number, socket: string, traffic: number, checked: number): string {
  const lines = Array.from(
    { length: servers },
    (_, n) => `    server s${n} ${addressOf(n)}:${checked} check inter 2s`,
  );
  return `global
    nbthread 1
    stats socket ${socket} level admin
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend f
    bind 127.0.0.1:${port}
    default_backend traffic
backend traffic
    server t 127.0.0.1:${traffic}
backend checked
${values.tcp ? "" : "    option httpchk GET /health\n"}${lines.join("\n")}
`;
}

async function command(socket: string, line: string): Promise<void> {
  const conn = await Deno.connect({ transport: "unix", path: socket });
  await conn.write(new TextEncoder().encode(line + "\n"));
  const buffer = new Uint8Array(65536);
  while (await conn.read(buffer) !== null);
  conn.close();
}

async function health(socket: string, word: "enable" | "disable"): Promise<void> {
  for (let from = 0; from < servers; from += 100) {
    const to = Math.min(servers, from + 100);
    const lines = Array.from(
      { length: to - from },
      (_, i) => `${word} health checked/s${from + i}`,
    );
    await command(socket, lines.join(";"));
  }
}

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** CPU seconds of a process, resident MiB, and the seconds that its first thread has waited for a CPU. */
function usage(pid: number): { cpu: number; memory: number; waited: number } {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1].split(" ");
  const pages = Number(Deno.readTextFileSync(`/proc/${pid}/statm`).split(" ")[1]);
  const waited = Number(Deno.readTextFileSync(`/proc/${pid}/schedstat`).split(" ")[1]) / 1e9;
  return { cpu: (Number(stat[11]) + Number(stat[12])) / 100, memory: pages / 256, waited };
}

/** All threads of this program, and what they start, before all others of the machine. False: not permitted. */
function first(): boolean {
  try {
    const args = ["-a", "-r", "-p", "10", String(Deno.pid)];
    return new Deno.Command("chrt", { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[list.length >> 1];
}

/** ms of the slowest hundredth */
interface Slowest {
  readonly off: number;
  readonly on: number;
}

async function compare(scope: Scope, name: string, command: readonly string[]): Promise<Slowest> {
  const [port, traffic] = [freePort(), freePort()];
  const checked = await CheckedServers.start();
  scope.defer("the checked servers", () => checked.close());
  const backend = scope.write(
    `${name}/servers.cfg`,
    `defaults
    mode http
    timeout connect 1m
    timeout client 1m
    timeout server 1m
frontend f
    bind 127.0.0.1:${traffic}
    http-request return status 200
`,
  );
  const origin = start(scope, "servers", ["haproxy", "-db", "-f", backend]);
  await waitListening(origin, [`127.0.0.1:${traffic}`]);
  const socket = scope.path(`${name}.sock`);
  const file = scope.write(
    `${name}/haproxy.cfg`,
    configuration(port, socket, traffic, checked.port),
  );
  const proxy = start(scope, name, [...command, "-db", "-f", file]);
  await waitListening(proxy, [`127.0.0.1:${port}`]);
  await sleep(6000);
  await checked.report();
  await sleep(6000);
  const { count, mostAtOnce, least, most } = await checked.report();
  console.log(
    `${name}: ${servers} servers, ${count} checks in 6 s, at most ${mostAtOnce} at once for one server; ` +
      `in 100 ms ${least} to ${most}, evenly it is ${(servers / 20).toFixed(0)}`,
  );
  type Row = Latencies & { cpu: number; waited: number };
  const rows: Record<"on" | "off", Row[]> = { on: [], off: [] };
  for (let round = 0; round < rounds; round++) {
    for (const checks of round % 2 === 0 ? ["off", "on"] as const : ["on", "off"] as const) {
      await health(socket, checks === "on" ? "enable" : "disable");
      await sleep(2500);
      const before = usage(proxy.pid);
      const latencies = await measure(port, rate, seconds);
      const after = usage(proxy.pid);
      rows[checks].push({
        ...latencies,
        cpu: (after.cpu - before.cpu) / seconds,
        waited: (after.waited - before.waited) / seconds,
      });
    }
  }
  const of = (checks: "on" | "off", key: keyof Row) => median(rows[checks].map((row) => row[key]));
  for (const checks of ["off", "on"] as const) {
    const ms = (key: keyof Row) => of(checks, key).toFixed(2);
    const percent = (key: keyof Row) => `${(of(checks, key) * 100).toFixed(1)} %`;
    console.log(
      `${name}: checks ${checks.padEnd(3)} p50 ${ms("p50")}  p99 ${ms("p99")}  p99.9 ${
        ms("p999")
      }  most ${ms("most")} ms  CPU ${percent("cpu")}  waited ${percent("waited")}  left out ${
        percent("leftOut")
      }`,
    );
  }
  console.log(`${name}: ${usage(proxy.pid).memory.toFixed(0)} MiB`);
  return { off: of("off", "p99"), on: of("on", "p99") };
}

const transport = values.transport === "auto" ? [] : ["--transport", values.transport];
const main = new URL("../main.ts", import.meta.url).pathname;
const realTime = !values.shared && first();
console.log(realTime ? "at real-time priority" : "beside the machine's other work");
const theirs = await withScope((scope) => compare(scope, "haproxy", ["haproxy"]));
const ours = await withScope((scope) =>
  compare(scope, "sluice", [Deno.execPath(), "run", "-A", V8_FLAGS, main, ...transport])
);
const disturbed = (than: number) => ours.on > 1.5 * than + 2;
const tooMuch = disturbed(theirs.on) && disturbed(ours.off);
console.log(
  tooMuch ? "checks disturb more than in HAProxy" : "checks disturb no more than in HAProxy",
);
Deno.exit(tooMuch ? 1 : 0);
