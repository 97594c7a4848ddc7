/**
 * `deno task bench [--quick] [--rows small,rules,…] [--rounds N] [--seconds N] [--sluice FILE] [--transport NAME]
 * [--write]`
 *
 * CPU time for each request of sluice beside the real HAProxy, nginx and Caddy, in alternating runs on one core,
 * latencies below saturation, and memory for each idle connection. Prints a Markdown table; `--write` puts it into
 * docs/performance.md. Needs haproxy, nginx, wrk, h2load and taskset; without caddy its column stays empty.
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
import { measureThreads } from "./bench/threads.ts";
import { measureUdp } from "./bench/udp.ts";
import { latenciesOf } from "./bench/latency.ts";
import { BENCH_PACKAGES, othersHere, startOther } from "./bench/others.ts";
import {
  circumstances,
  type Measured,
  putBetweenMarks,
  type RowResult,
  TABLE_HEAD,
  tableLine,
  unmeasuredLine,
} from "./bench/report.ts";
import { installMissing, PACKAGES } from "./test/packages.ts";

interface Options {
  rows: readonly string[];
  rounds: number;
  seconds: number;
  idle: number;
  settleMs: number;
  /** seconds of load before counting, so that sluice's code is compiled to the end: some 50,000 requests */
  warmUp: number;
  write: boolean;
  sluice: readonly string[];
}

const IDLE_ROW = "idle";
const UDP_ROW = "udp";
const THREADS_ROW = "threads";

function parse(args: readonly string[]): Options {
  const names = [...ROWS.map((row) => row.name), UDP_ROW, THREADS_ROW, IDLE_ROW];
  const options: Options = {
    rows: names,
    rounds: 5,
    seconds: 4,
    idle: 10_000,
    settleMs: 5000,
    warmUp: 15,
    write: false,
    sluice: sourceCommand(),
  };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--quick") {
      const quick = ["small", "rules", "close", "tcp-small", "tls-small", IDLE_ROW];
      const few = { rows: quick, rounds: 2, seconds: 1, settleMs: 1000, warmUp: 2, idle: 2000 };
      Object.assign(options, few);
    } else if (arg === "--write") options.write = true;
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

async function measureRow(row: BenchRow, origin: string, options: Options): Promise<RowResult> {
  return await withScope(async (scope) => {
    const file = row.entries === undefined ? "" : scope.write("bench.map", mapText(row.entries));
    const crt = row.tls ? await certificate(scope) : "";
    const text = (bind: string) => configText(row, bind, origin, file, crt);
    const contenders = [
      await startContender(scope, "haproxy", text, options.sluice),
      await startContender(scope, "sluice", text, options.sluice),
    ];
    for (const name of row.others ? othersHere() : []) {
      contenders.push(await startOther(scope, name, origin, crt));
    }
    const urlOf = ({ port }: Contender) =>
      `${row.tls ? "https" : "http"}://127.0.0.1:${port}${row.path}`;
    const load = (contender: Contender, seconds: number) => () =>
      row.streams === undefined
        ? runWrk(urlOf(contender), row.connections, seconds, row.wrk)
        : runH2load(urlOf(contender), row.connections, seconds, row.streams);
    for (const each of contenders) {
      await load(each, each.name === "sluice" ? options.warmUp : Math.min(2, options.warmUp))();
    }
    const costs: number[][] = contenders.map(() => []);
    const rates: number[][] = contenders.map(() => []);
    for (let round = 0; round < options.rounds; round++) {
      for (const [n, each] of contenders.entries()) {
        const { cost, perSecond } = await costOf(each.process, load(each, options.seconds));
        costs[n].push(cost);
        rates[n].push(perSecond);
      }
    }
    // Half of what the slower of the two can do: neither is at its limit.
    const rate = row.unpaced ? undefined : Math.min(median(rates[0]), median(rates[1])) / 2;
    const measured: Measured[] = [];
    for (const [n, each] of contenders.entries()) {
      const latencies = rate === undefined || n > 1 ? undefined : await latenciesOf(scope, {
        url: urlOf(each),
        connections: row.connections,
        rate,
        seconds: options.seconds,
        streams: row.streams,
      });
      measured.push({
        name: each.name,
        cost: median(costs[n]),
        lowest: Math.min(...costs[n]),
        highest: Math.max(...costs[n]),
        perSecond: median(rates[n]),
        ...latencies,
      });
    }
    return { title: row.title, measured, rate };
  });
}

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
    for (const name of ["haproxy", "sluice", "bare", ...othersHere()] as const) {
      const each = name === "bare"
        ? await startBareServer(scope)
        : name === "nginx" || name === "caddy"
        ? await startOther(scope, name, origin, "")
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
      }; ${
        othersHere().map((name) => `${name} ${kB(measured[name])}`).join(", ")
      }. Ratio to HAProxy **${(measured.sluice / measured.haproxy).toFixed(1)}**.`,
    );
    return lines;
  });
}

const options = parse(Deno.args);
await installMissing((line) => console.error(line), [...PACKAGES, ...BENCH_PACKAGES]);
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
  const lines: string[] = [];
  const tell = (...more: string[]) => {
    for (const line of more) console.log(line);
    lines.push(...more);
  };
  tell(
    circumstances(new Date()),
    "",
    `CPU time in µs for each request, user and system, medians of ${options.rounds} ` +
      `alternating runs of ${options.seconds} s (lowest–highest); one core each, logs off. ` +
      "Latencies at half the rate of the slower of HAProxy and sluice.",
    "",
    ...TABLE_HEAD,
  );
  for (const row of ROWS) {
    if (!options.rows.includes(row.name)) continue;
    try {
      tell(tableLine(await measureRow(row, origin, options)));
    } catch (error) {
      // A request failed: that row says nothing, the others do.
      console.error(`bench: ${row.name}: ${error instanceof Error ? error.message : error}`);
      tell(unmeasuredLine(row.title));
    }
  }
  if (options.rows.includes(UDP_ROW)) tell("", ...await measureUdp(options));
  if (options.rows.includes(THREADS_ROW)) tell("", ...await measureThreads(origin, options));
  if (options.rows.includes(IDLE_ROW)) tell("", ...await measureIdle(origin, options));
  if (options.write) {
    const page = new URL("../docs/performance.md", import.meta.url);
    Deno.writeTextFileSync(page, putBetweenMarks(Deno.readTextFileSync(page), lines));
    await mustRun([Deno.execPath(), "fmt", "-q", page.pathname]);
  }
});

function workersOf(pid: number): string[] {
  return Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim().split(" ")
    .filter((each) => each !== "");
}
