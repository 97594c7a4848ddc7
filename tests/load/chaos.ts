/**
 * Twenty servers that stop, come back, are slow, reset, answer wrongly or not at all, under load, with full queues. What
 * must hold whatever they do:
 *
 * - Every request is answered within what the timeouts permit.
 * - No request reaches servers more often than `retry-on`, or RFC 9110 section 9.2.2 for dead idle connections, permits.
 * - The counters add up exactly with what clients and servers have seen.
 * - At the end nothing is left: no slot, no place in a queue, no connection but the idle ones, no growing memory.
 */
import assert from "node:assert/strict";
import { delay, waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { Random } from "../support/random.ts";
import type { Scope } from "../support/scope.ts";
import { startProxy } from "../support/sluice.ts";
import { Clients } from "./chaos_clients.ts";
import { Server } from "./chaos_server.ts";
import { bytes, MOST_SENT } from "./chaos_wire.ts";

const SERVERS = 20;

export interface ChaosOptions {
  readonly seconds: number;
  readonly seed: number;
  /** `nbthread`; 1 when it is not said */
  readonly threads?: number;
  /** `--transport`; the program's choice when it is not said */
  readonly transport?: string;
}

export interface ChaosReport {
  readonly requests: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** requests that servers got more than once */
  readonly repeated: number;
  readonly slowest: number;
  readonly stops: number;
  readonly memory: readonly [before: number, after: number];
}

function configuration(
  socket: string,
  port: number,
  servers: readonly Server[],
  threads: number,
): string {
  const lines = servers.map(({ host, port }, n) =>
    `    server s${n} ${host}:${port} check inter 300ms fall 2 rise 2 maxconn 3${
      n % 2 === 0 ? " maxqueue 4" : ""
    }\n`
  ).join("");
  return `global
    nbthread ${threads}
    stats socket ${socket} level admin
defaults
    mode http
    timeout client 20s
    timeout server 1s
    timeout connect 500ms
    timeout queue 1s
    retries 3
    option redispatch
    option httpchk GET /check
frontend fe
    bind 127.0.0.1:${port}
    use_backend again if { path_beg /again/ }
    default_backend once
backend once
    balance roundrobin
${lines}
backend again
    balance leastconn
    retry-on all-retryable-errors
${lines}`;
}

async function ask(socket: string, command: string): Promise<string> {
  const conn = await Deno.connect({ transport: "unix", path: socket });
  await conn.write(bytes(`${command}\n`));
  const answer = await new Response(conn.readable).text();
  return answer;
}

type StatRow = Readonly<Record<string, string>>;

async function stats(socket: string): Promise<StatRow[]> {
  const [head, ...lines] = (await ask(socket, "show stat")).trim().split("\n");
  const names = head.slice(2).split(",");
  return lines.map((line) => {
    const fields = line.split(",");
    return Object.fromEntries(names.map((name, i) => [name, fields[i]]));
  });
}

const number = (row: StatRow, field: string) => Number(row[field] === "" ? 0 : row[field]);
const sum = (rows: readonly StatRow[], field: string) =>
  rows.reduce((total, row) => total + number(row, field), 0);

/** Resident memory of a process, MiB. */
function residentOf(pid: number): number {
  return Number(Deno.readTextFileSync(`/proc/${pid}/statm`).split(" ")[1]) * 4096 / 2 ** 20;
}

/** Runs the chaos and checks all that must hold. */
export async function runChaos(scope: Scope, options: ChaosOptions): Promise<ChaosReport> {
  const { seconds, seed, threads = 1, transport } = options;
  const seen = new Map<string, number>();
  const servers = Array.from(
    { length: SERVERS },
    (_, n) => new Server(`127.0.3.${n + 1}`, seed + n, seen),
  );
  scope.defer("the servers", () => servers.forEach((server) => server.stop()));
  const socket = scope.path("chaos.sock");
  const port = freePort();
  const { process } = await startProxy(scope, configuration(socket, port, servers, threads), {
    listening: [`127.0.0.1:${port}`],
    args: transport === undefined ? [] : ["--transport", transport],
  });
  const { pid } = process.child;
  const clients = new Clients(port, seed);

  // Stops and restarts; now and then nearly all are gone, so that queues fill and run over.
  const rng = new Random(seed + 77);
  let stops = 0;
  let before = 0;
  const began = performance.now();
  const left = () => seconds * 1000 - (performance.now() - began);
  while (left() > 0) {
    await delay(Math.min(left(), 100 + rng.below(400)));
    if (before === 0 && left() < seconds * 500) before = residentOf(pid);
    const storm = rng.below(12) === 0;
    for (const server of servers) {
      if (!server.running) {
        if (rng.below(3) === 0) server.start();
      } else if (rng.below(storm ? 2 : 25) === 0) {
        server.stop();
        stops++;
      }
    }
  }
  for (const server of servers) {
    server.calm = true;
    await waitFor("a server to listen again", () => {
      if (!server.running) server.start();
      return Promise.resolve(server.running);
    });
  }
  await clients.stop();
  assert.deepEqual(clients.problems, [], `seed ${seed}`);

  let repeated = 0;
  for (const [path, times] of seen) {
    const [, pool, method] = path.split("/");
    const most = MOST_SENT[pool][method as "GET" | "POST"];
    assert.ok(
      times <= most,
      `${path} was sent ${times} times, ${most} are permitted (seed ${seed})`,
    );
    if (times > 1) repeated++;
  }

  let rows: StatRow[] = [];
  await waitFor("everything to come to rest", async () => {
    rows = await stats(socket);
    return sum(rows, "scur") === 0 && sum(rows, "qcur") === 0;
  });
  checkCounters(rows, clients, seed);
  await waitFor("the servers to see the connections that the proxy has", async () => {
    const lines = (await ask(socket, "show servers conn")).trim().split("\n");
    const column = lines[0].slice(2).split(" ").indexOf("idle_cur");
    const idle = lines.slice(1).reduce((total, line) => total + Number(line.split(" ")[column]), 0);
    // A check may be under way.
    return servers.reduce((total, server) => total + server.open, 0) - idle <= 2;
  });
  const after = residentOf(pid);
  assert.ok(after - before < 64, `memory grew from ${before} to ${after} MiB (seed ${seed})`);
  return {
    requests: clients.sent,
    statuses: clients.statuses,
    repeated,
    slowest: clients.slowest,
    stops,
    memory: [before, after],
  };
}

/** What was counted is what clients have seen, and the parts are the whole. */
function checkCounters(rows: readonly StatRow[], clients: Clients, seed: number): void {
  const where = `seed ${seed}`;
  const [fe] = rows.filter((row) => row["svname"] === "FRONTEND" && row["pxname"] === "fe");
  const backends = rows.filter((row) => row["svname"] === "BACKEND");
  assert.equal(number(fe, "req_tot"), clients.sent, `requests (${where})`);
  assert.equal(sum(backends, "req_tot"), clients.sent, `requests of backends (${where})`);
  for (const first of [2, 4, 5]) {
    const seen = Object.entries(clients.statuses)
      .filter(([status]) => status.startsWith(`${first}`))
      .reduce((total, [, times]) => total + times, 0);
    assert.equal(number(fe, `hrsp_${first}xx`), seen, `answers ${first}xx (${where})`);
    assert.equal(sum(backends, `hrsp_${first}xx`), seen, `answers ${first}xx (${where})`);
  }
  for (const backend of backends) {
    const servers = rows.filter((row) =>
      row["pxname"] === backend["pxname"] && !["FRONTEND", "BACKEND"].includes(row["svname"])
    );
    for (const field of ["wretr", "wredis", "eresp", "econ", "lbtot", "connect", "reuse"]) {
      const { pxname } = backend;
      assert.equal(sum(servers, field), number(backend, field), `${field} of ${pxname} (${where})`);
    }
  }
}
