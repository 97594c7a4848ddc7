/**
 * `deno task bench [--quick] [--rows small,rules,…] [--rounds N] [--seconds N] [--sluice FILE] [--transport NAME]`
 *
 * CPU time for each request of sluice beside the real HAProxy, in alternating runs on one core, and memory for each
 * idle connection. Prints a Markdown table. Needs haproxy, nginx, wrk, h2load and taskset.
 */
import { freePort, waitListening } from "../tests/support/ports.ts";
import { findProgram } from "../tests/support/needs.ts";
import { type Scope, withScope } from "../tests/support/scope.ts";
import { mustRun } from "../tests/support/process.ts";
import { startNginx } from "../tests/support/nginx.ts";
import { idleBytes } from "./bench/idle.ts";
import { costOf, median, OTHER_CORE, runH2load, runWrk } from "./bench/machine.ts";
import { type Contender, sourceCommand, startBareServer, startContender } from "./bench/proxies.ts";
import {
  type BenchRow,
  configText,
  mapText,
  ORIGIN_LOCATIONS,
  originFiles,
  ROWS,
} from "./bench/rows.ts";
import { measureUdp } from "./bench/udp.ts";
import { installMissing } from "./test/packages.ts";

interface Options {
  rows: readonly string[];
  rounds: number;
  seconds: number;
  idle: number;
  settleMs: number;
  sluice: readonly string[];
}

const IDLE_ROW = "idle";
const UDP_ROW = "udp";

function parse(args: readonly string[]): Options {
  const names = [...ROWS.map((row) => row.name), UDP_ROW, IDLE_ROW];
  const options: Options = {
    rows: names,
    rounds: 5,
    seconds: 4,
    idle: 10_000,
    settleMs: 5000,
    sluice: sourceCommand(),
  };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--quick") Object.assign(options, { rounds: 2, seconds: 1, settleMs: 2000 });
    else if (arg === "--rounds") options.rounds = Number(rest.shift());
    else if (arg === "--seconds") options.seconds = Number(rest.shift());
    else if (arg === "--sluice") options.sluice = [rest.shift() ?? ""];
    else if (arg === "--transport") {
      options.sluice = [...options.sluice, arg, rest.shift() ?? ""];
    } else if (arg === "--rows") {
      options.rows = (rest.shift() ?? "").split(",");
      const unknown = options.rows.find((each) => !names.includes(each));
      if (unknown !== undefined) stop(`no row ${unknown}; there are ${names.join(", ")}`);
    } else stop(`${arg}: no such option`);
  }
  return options;
}

function stop(message: string): never {
  console.error(`bench: ${message}`);
  Deno.exit(2);
}

async function measureRow(row: BenchRow, origin: string, options: Options): Promise<string> {
  return await withScope(async (scope) => {
    const file = row.entries === undefined ? "" : scope.write("bench.map", mapText(row.entries));
    const crt = row.tls ? await certificate(scope) : "";
    const text = (bind: string) => configText(row, bind, origin, file, crt);
    const contenders = [
      await startContender(scope, "haproxy", text, options.sluice),
      await startContender(scope, "sluice", text, options.sluice),
    ];
    const load = (contender: Contender, seconds: number) => () => {
      const url = `${row.tls ? "https" : "http"}://127.0.0.1:${contender.port}${row.path}`;
      return row.streams === undefined
        ? runWrk(url, row.connections, seconds, row.wrk)
        : runH2load(url, row.connections, seconds, row.streams);
    };
    for (const each of contenders) await load(each, options.seconds > 1 ? 2 : 1)();
    const costs: number[][] = [[], []];
    const rates: number[][] = [[], []];
    for (let round = 0; round < options.rounds; round++) {
      for (const [n, each] of contenders.entries()) {
        const { cost, perSecond } = await costOf(each.process, load(each, options.seconds));
        costs[n].push(cost);
        rates[n].push(perSecond);
      }
    }
    const [haproxy, sluice] = costs.map(median);
    const spread = costs.map((each) => `${digits(Math.min(...each))}–${digits(Math.max(...each))}`);
    return `| ${row.title} | ${digits(haproxy)} (${spread[0]}) | ${digits(sluice)} (${
      spread[1]
    }) | **${(sluice / haproxy).toFixed(2)}** | ${Math.round(median(rates[0]))} | ${
      Math.round(median(rates[1]))
    } |`;
  });
}

const digits = (value: number) => value >= 1000 ? value.toFixed(0) : value.toFixed(1);

/** A certificate with an RSA key of 2048 bits, as most sites have. */
async function certificate(scope: Scope): Promise<string> {
  const [key, crt] = [scope.path("bench.key"), scope.path("bench.crt")];
  await mustRun(
    ["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=localhost"]
      .concat("-keyout", key, "-out", crt),
  );
  return scope.write("bench.pem", Deno.readTextFileSync(key) + Deno.readTextFileSync(crt));
}

async function measureIdle(origin: string, options: Options): Promise<string[]> {
  return await withScope(async (scope: Scope) => {
    const text = (bind: string) => configText(ROWS[0], bind, origin);
    const lines: string[] = [];
    const measured: Record<string, number> = {};
    for (const name of ["haproxy", "sluice", "bare"] as const) {
      const each = name === "bare"
        ? await startBareServer(scope)
        : await startContender(scope, name, text, options.sluice);
      // So that heaps and pools have their working size before counting begins.
      await runWrk(`http://127.0.0.1:${each.port}/small`, 64, 2);
      measured[name] = await idleBytes(each.process.pid, each.port, options.idle, options.settleMs);
      await each.process.stop();
    }
    const kB = (bytes: number) => `${(bytes / 1024).toFixed(1)} kB`;
    lines.push(
      `Memory for each of ${options.idle} idle keep-alive connections: haproxy ${
        kB(measured.haproxy)
      }, sluice ${kB(measured.sluice)}, of which the runtime's own (a bare Deno server) ${
        kB(measured.bare)
      }: sluice adds **${kB(measured.sluice - measured.bare)}**.`,
    );
    return lines;
  });
}

const options = parse(Deno.args);
await installMissing((line) => console.error(line));
for (const program of ["haproxy", "nginx", "wrk", "h2load", "taskset", "openssl"]) {
  if (findProgram(program) === undefined) stop(`${program} is not installed`);
}
await withScope(async (scope) => {
  const origin = `127.0.0.1:${freePort()}`;
  const nginx = await startNginx(scope, {
    name: "origin",
    listen: [origin],
    files: originFiles(),
    extra: ORIGIN_LOCATIONS,
  });
  await waitListening(nginx.process, [origin]);
  await mustRun(["taskset", "-a", "-c", "-p", OTHER_CORE, String(nginx.process.pid)]);
  for (const pid of workersOf(nginx.process.pid)) {
    await mustRun(["taskset", "-a", "-c", "-p", OTHER_CORE, pid]);
  }
  console.log(
    `CPU time in µs for each request, user and system, medians of ${options.rounds} ` +
      `alternating runs of ${options.seconds} s (lowest–highest); one core each, logs off.\n`,
  );
  console.log("| row | haproxy µs | sluice µs | ratio | haproxy req/s | sluice req/s |");
  console.log("|---|---|---|---|---|---|");
  for (const row of ROWS) {
    if (options.rows.includes(row.name)) console.log(await measureRow(row, origin, options));
  }
  if (options.rows.includes(UDP_ROW)) {
    console.log("");
    for (const line of await measureUdp(options)) console.log(line);
  }
  if (options.rows.includes(IDLE_ROW)) {
    console.log("");
    for (const line of await measureIdle(origin, options)) console.log(line);
  }
});

function workersOf(pid: number): string[] {
  return Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim().split(" ")
    .filter((each) => each !== "");
}
