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

const SERVERS = 20;
const CLIENTS = 48;
/** ms that any request may take: waiting, four connections and answers, the pauses between them. */
const LONGEST = 12_000;

const text = new TextDecoder();
const encoder = new TextEncoder();
const bytes = (value: string) => encoder.encode(value);

/** How often a request that says `pool` may reach servers, by its method. */
const MOST_SENT: Readonly<Record<string, { readonly GET: number; readonly POST: number }>> = {
  // Only failed connections are tried again, and a GET on an idle connection that was dead.
  once: { GET: 2, POST: 1 },
  // Three retries, and the same for a GET.
  again: { GET: 5, POST: 4 },
};

export interface ChaosOptions {
  readonly seconds: number;
  readonly seed: number;
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

/** One server: it does with each request what chance says. */
class Server {
  readonly port = freePort();
  readonly #seen: Map<string, number>;
  readonly #rng: Random;
  readonly #conns = new Set<Deno.Conn>();
  #listener: Deno.TcpListener | undefined;
  calm = false;

  /** `host`: its own, so that no outgoing connection takes its port while it is stopped. */
  constructor(readonly host: string, seed: number, seen: Map<string, number>) {
    this.#rng = new Random(seed);
    this.#seen = seen;
    this.start();
  }

  get open(): number {
    return this.#conns.size;
  }

  get running(): boolean {
    return this.#listener !== undefined;
  }

  /** Listens, unless the socket of before is not gone yet: then the next time. */
  start(): void {
    let listener: Deno.TcpListener;
    try {
      listener = this.#listener = Deno.listen({ hostname: this.host, port: this.port });
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse) return;
      throw error;
    }
    (async () => {
      for (;;) {
        let conn: Deno.TcpConn;
        try {
          conn = await listener.accept();
        } catch {
          if (this.#listener !== listener) return;
          await delay(5);
          continue;
        }
        this.#serve(conn);
      }
    })();
  }

  stop(): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.close();
    for (const conn of this.#conns) close(conn);
    this.#conns.clear();
  }

  async #serve(conn: Deno.TcpConn): Promise<void> {
    this.#conns.add(conn);
    try {
      await this.#talk(conn);
    } catch {
      // The proxy, or we ourselves, closed it.
    }
    this.#conns.delete(conn);
    close(conn);
  }

  async #talk(conn: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(16_384);
    let have = "";
    for (;;) {
      let end = have.indexOf("\r\n\r\n");
      while (end < 0) {
        const n = await conn.read(buffer);
        if (n === null) return;
        have += text.decode(buffer.subarray(0, n));
        end = have.indexOf("\r\n\r\n");
      }
      const head = have.slice(0, end);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      while (have.length < end + 4 + length) {
        const n = await conn.read(buffer);
        if (n === null) return;
        have += text.decode(buffer.subarray(0, n));
      }
      have = have.slice(end + 4 + length);
      const [, path] = head.split(" ", 2);
      if (path === "/check") await conn.write(bytes(answer(200, "good")));
      else if (!await this.#answer(conn, path)) return;
    }
  }

  /** False: the connection ends. */
  async #answer(conn: Deno.TcpConn, path: string): Promise<boolean> {
    this.#seen.set(path, (this.#seen.get(path) ?? 0) + 1);
    const rng = this.#rng;
    const chance = this.calm ? 0 : rng.below(100);
    if (chance < 55) {
      await conn.write(bytes(answer(200, path)));
      return rng.below(20) > 0;
    }
    if (chance < 70) {
      await delay(rng.below(300));
      await conn.write(bytes(answer(200, path)));
      return true;
    }
    if (chance < 78) {
      await conn.write(bytes(answer(rng.pick([500, 502, 503, 504]), "bad")));
      return true;
    }
    if (chance < 86) return false;
    if (chance < 90) {
      await conn.write(bytes("this is no HTTP\r\n\r\n"));
      return false;
    }
    if (chance < 94) {
      await conn.write(bytes("HTTP/1.1 200 OK\r\nContent-Len"));
      return false;
    }
    if (chance < 97) {
      // The head promises more than comes.
      await conn.write(bytes("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\ncut"));
      return false;
    }
    // Silence: the proxy's patience ends first.
    await delay(1500);
    return false;
  }
}

function close(conn: { close(): void }): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}

function answer(status: number, body: string): string {
  return `HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** What clients saw. */
class Clients {
  readonly statuses: Record<string, number> = {};
  readonly problems: string[] = [];
  sent = 0;
  slowest = 0;
  readonly #running: Promise<void>[] = [];
  #stopped = false;

  constructor(readonly port: number, readonly seed: number) {
    for (let n = 0; n < CLIENTS; n++) this.#running.push(this.#run(n));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  async #run(who: number): Promise<void> {
    const rng = new Random(this.seed + 1000 + who);
    const keeps = who % 2 === 0;
    let conn: Deno.Conn | undefined;
    for (let n = 0; !this.#stopped; n++) {
      const pool = rng.pick(Object.keys(MOST_SENT));
      // A POST on a connection that is not new may be dropped without a word: its sender knows that (RFC 9112 9.3.1).
      const post = !keeps && rng.below(3) === 0;
      const path = `/${pool}/${post ? "POST" : "GET"}/${who}-${n}`;
      const head = post
        ? `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n`
        : `GET ${path} HTTP/1.1\r\nHost: x\r\n`;
      const began = performance.now();
      try {
        conn ??= await Deno.connect({ hostname: "127.0.0.1", port: this.port });
        const last = keeps ? "" : "Connection: close\r\n";
        this.sent++;
        await conn.write(bytes(`${head}${last}\r\n${post ? "body" : ""}`));
        const { status, whole } = await this.#read(conn);
        this.statuses[status] = (this.statuses[status] ?? 0) + 1;
        const took = performance.now() - began;
        this.slowest = Math.max(this.slowest, took);
        if (took > LONGEST) this.problems.push(`${path} took ${Math.round(took)} ms`);
        if (!keeps || !whole) {
          close(conn);
          conn = undefined;
        }
      } catch (error) {
        this.problems.push(`${path}: ${error instanceof Error ? error.message : error}`);
        if (conn !== undefined) close(conn);
        conn = undefined;
      }
      if (rng.below(4) === 0) await delay(rng.below(20));
    }
    if (conn !== undefined) close(conn);
  }

  async #read(conn: Deno.Conn): Promise<{ status: number; whole: boolean }> {
    const buffer = new Uint8Array(16_384);
    let have = "";
    for (;;) {
      const n = await conn.read(buffer).catch(() => null);
      if (n !== null) have += text.decode(buffer.subarray(0, n));
      const end = have.indexOf("\r\n\r\n");
      if (end < 0) {
        if (n === null) throw new Error("the connection ended without an answer");
        continue;
      }
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(have)?.[1]);
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(have.slice(0, end))?.[1] ?? 0);
      const closes = /\r\nconnection: close/i.test(have.slice(0, end));
      if (have.length >= end + 4 + length) return { status, whole: !closes };
      // Cut off by the server: the status had gone out already.
      if (n === null) return { status, whole: false };
    }
  }
}

function configuration(socket: string, port: number, servers: readonly Server[]): string {
  const lines = servers.map(({ host, port }, n) =>
    `    server s${n} ${host}:${port} check inter 300ms fall 2 rise 2 maxconn 3\n`
  ).join("");
  return `global
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
  const { seconds, seed } = options;
  const seen = new Map<string, number>();
  const servers = Array.from(
    { length: SERVERS },
    (_, n) => new Server(`127.0.3.${n + 1}`, seed + n, seen),
  );
  scope.defer("the servers", () => servers.forEach((server) => server.stop()));
  const socket = scope.path("chaos.sock");
  const port = freePort();
  const { process } = await startProxy(scope, configuration(socket, port, servers), {
    listening: [`127.0.0.1:${port}`],
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
