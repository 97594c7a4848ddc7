/**
 * A whole proxy on a network in memory and a clock that is moved by hand: configuration text in, scripted clients
 * and servers on both sides, log lines caught. Nothing happens but what a test does, so every byte, every
 * millisecond and every log line can be stated.
 */
import assert from "node:assert/strict";
import { Diagnostics } from "../../lib/config/diagnostic.ts";
import type { Config } from "../../lib/config/model.ts";
import type { Sinks } from "../../lib/log/sink_pool.ts";
import type { Listener } from "../../lib/net/conn.ts";
import { SluiceProcess } from "../../lib/runtime/process.ts";
import { compilePolicies } from "../../routes/policies.ts";
import { build } from "../config/support.ts";
import { FakeClock } from "./fake_clock.ts";
import type { MemoryConn } from "./memory_conn.ts";
import { MemoryPeer, settle } from "./memory_peer.ts";
import { MemoryTransport } from "./memory_transport.ts";
import { poisonedBuffers } from "./poisoned_buffers.ts";

export interface RigOptions {
  readonly mode?: "http" | "tcp";
  /** lines of `global` */
  readonly global?: string;
  /** lines of `defaults`, after ours */
  readonly defaults?: string;
  /** lines of frontend `fe` */
  readonly frontend?: string;
  /** lines of backend `be`; by default one server `s1` */
  readonly backend?: string;
  /** options of `s1`, when `backend` is not given */
  readonly server?: string;
  /** more sections */
  readonly more?: string;
  /** the whole configuration, in place of all of the above */
  readonly text?: string;
  /** files that the configuration names */
  readonly files?: Readonly<Record<string, string>>;
  /** bytes that one direction of a connection holds, 65536 */
  readonly capacity?: number;
  /** reads and writes answer at once when they can, as epoll's do */
  readonly immediate?: boolean;
}

/** Where clients connect to, and where `s1` and `s2` listen. */
export const FRONTEND = "127.0.0.1:80";
export const S1 = "127.0.0.1:8001";
export const S2 = "127.0.0.1:8002";

export class Rig {
  readonly clock = new FakeClock();
  readonly transport: MemoryTransport;
  readonly process: SluiceProcess;
  readonly reports: string[] = [];
  readonly #lines: string[] = [];
  readonly #clients: MemoryPeer[] = [];
  readonly #origins = new Map<string, Origin>();
  readonly #options: RigOptions;

  constructor(options: RigOptions) {
    this.#options = options;
    const { capacity, immediate } = options;
    this.transport = new MemoryTransport(this.clock, {
      ...(capacity === undefined ? {} : { capacity }),
      ...(immediate === undefined ? {} : { immediate }),
    });
    const config = configOf(options);
    const lines = this.#lines;
    const sink = {
      name: "test",
      stats: { sent: 0, dropped: 0, queued: 0 },
      write: (line: string) => void lines.push(line),
      refuse: () => {},
      reopen: () => {},
      flush: () => Promise.resolve(),
      close: () => {},
    };
    const sinks: Sinks = { get: () => sink, flush: () => Promise.resolve() };
    this.process = new SluiceProcess({
      config,
      compilePolicies,
      report: (message) => void this.reports.push(message),
      parts: {
        clock: {
          now: () => this.clock.now(),
          wall: () => this.clock.wall(),
          after: (ms, fn) => this.clock.after(ms, fn),
        },
        random: () => 0.5,
        transport: this.transport,
        buffers: poisonedBuffers(
          Math.min(2048, config.global.tune.bufsize),
          config.global.tune.bufsize,
          Math.max(65536, config.global.tune.bufsize),
        ),
        sinks,
      },
    });
    const { files } = options;
    if (files !== undefined) {
      this.process.readFilesBy({
        readSync: (path) =>
          path in files ? new TextEncoder().encode(files[path]) : Deno.readFileSync(path),
        listSync: () => [],
      });
    }
  }

  async start(): Promise<void> {
    const diagnostics = new Diagnostics();
    assert.ok(
      this.process.provision(diagnostics),
      diagnostics.list.map((d) => d.message).join("\n"),
    );
    for (const address of [S1, S2]) this.origin(address);
    assert.equal(await this.process.start(), undefined);
    await settle();
  }

  /** The scripted server at `host:port`; it is made when it is first asked for. */
  origin(address = S1): Origin {
    let origin = this.#origins.get(address);
    if (origin === undefined) {
      origin = new Origin(this.transport, address);
      this.#origins.set(address, origin);
    }
    return origin;
  }

  /** A new client connection, from `source`. `reading: false`: it does not read until `resume`. */
  async client(address = FRONTEND, reading = true, source = "127.0.0.1"): Promise<MemoryPeer> {
    const options = { source: { host: source } };
    const answer = await this.transport.connect(targetOf(address), options).promise;
    assert.ok(!("failed" in answer), "the frontend does not listen");
    const peer = new MemoryPeer(answer as MemoryConn, reading);
    this.#clients.push(peer);
    await settle();
    return peer;
  }

  /** The next connection that came to `address`. */
  server(address = S1): Promise<MemoryPeer> {
    return this.origin(address).next();
  }

  /** Moves the clock on, letting everything that comes due run to its end before the next. */
  async pass(ms: number): Promise<void> {
    let left = ms;
    await settle();
    for (let next = this.clock.next; next !== undefined && next <= left; next = this.clock.next) {
      this.clock.advance(next);
      left -= next;
      await settle();
    }
    this.clock.advance(left);
    await settle();
  }

  /** The lines that were logged since the last call, from the frontend's name on. */
  async takeLog(): Promise<string[]> {
    await settle();
    return this.#lines.splice(0).map((line) => /\] (fe.*)$/.exec(line)?.[1] ?? line);
  }

  /** Exactly these lines were logged since the last call. */
  async logged(...lines: string[]): Promise<void> {
    assert.deepEqual(await this.takeLog(), lines);
  }

  /** Loads another configuration; answers what was said about it. */
  async reload(options: RigOptions): Promise<string[]> {
    const diagnostics = await this.process.reload(
      configOf({ mode: this.#options.mode, ...options }),
    );
    await settle();
    return diagnostics.list.map((d) => d.message);
  }

  /**
   * All clients go, then all servers; after the time that a lingering close may take, nothing of the work that was
   * done is left.
   */
  async clean(): Promise<void> {
    for (const client of this.#clients) client.close();
    await settle();
    for (const origin of this.#origins.values()) origin.hangUp();
    await this.pass(LONGEST_LINGER);
    const { state, acceptor, generation } = this.process;
    assert.deepEqual(this.reports, [], "internal errors");
    assert.equal(state.actconn, 0, "actconn");
    assert.equal(acceptor.sessions.size, 0, "sessions");
    let idle = 0;
    for (const backend of generation.backends.values()) {
      assert.equal(backend.state.current, 0, `streams in ${backend.name}`);
      assert.equal(backend.state.served, 0, `slots taken in ${backend.name}`);
      assert.equal(backend.state.queued, 0, `streams queued in ${backend.name}`);
      for (const server of backend.pool.servers) {
        assert.equal(server.state.current, 0, `slots taken on ${server.name}`);
        assert.equal(server.state.queued, 0, `streams queued on ${server.name}`);
      }
      for (const pool of backend.reuse.values()) idle += pool.size;
    }
    for (const frontend of generation.frontends) {
      assert.equal(frontend.state.current, 0, `connections of ${frontend.name}`);
    }
    const { wait, full, bulk } = state.buffers;
    assert.deepEqual(
      { wait: wait.stats.lent, full: full.stats.lent, bulk: bulk.stats.lent },
      { wait: idle, full: 0, bulk: 0 },
      "buffers lent; one for each idle server connection",
    );
  }

  /** Stops the proxy; after that not even idle connections, timers or open sockets are left. */
  async stop(): Promise<void> {
    await this.clean();
    this.process.stop();
    await settle();
    assert.equal(await this.process.finished, 0);
    const { state } = this.process;
    const { wait, full, bulk } = state.buffers;
    assert.deepEqual([wait.stats.lent, full.stats.lent, bulk.stats.lent], [0, 0, 0], "buffers");
    assert.equal(state.wheel.armed, 0, "armed timers");
    assert.equal(this.clock.pending, 0, "callbacks that wait for the clock");
    assert.equal(this.transport.connecting, 0, "connects without an answer");
    for (const origin of this.#origins.values()) origin.close();
    await settle();
    assert.equal(this.transport.openEnds, 0, "open ends of connections");
    assert.deepEqual(this.reports, [], "internal errors");
  }
}

/** ms */
const LONGEST_LINGER = 2100;

/** A scripted server: connections wait here until the test takes them. */
export class Origin {
  readonly #transport: MemoryTransport;
  readonly #address: string;
  readonly #all: MemoryPeer[] = [];
  #listener!: Listener;
  #taken = 0;
  #gone = false;
  /** false: new connections are not read */
  reading = true;

  constructor(transport: MemoryTransport, address: string) {
    this.#transport = transport;
    this.#address = address;
    this.open();
  }

  /** Listens (again). */
  open(): void {
    const target = targetOf(this.#address);
    const listener = this.#transport.listen(target, {});
    if ("failed" in listener) throw new Error(listener.message);
    this.#listener = listener;
    listener.start((conn) => {
      if (this.#gone) return conn.close();
      this.#all.push(new MemoryPeer(conn as MemoryConn, this.reading));
    });
  }

  /** Does not listen any more: connects are refused. */
  shut(): void {
    this.#listener.close();
  }

  /** Connections that came so far. */
  get accepted(): number {
    return this.#all.length;
  }

  /** The next one that was not taken yet. */
  async next(): Promise<MemoryPeer> {
    await settle();
    const peer = this.#all[this.#taken];
    assert.ok(peer !== undefined, `no new connection came to ${this.#address}`);
    this.#taken++;
    return peer;
  }

  /** Those that were not taken yet. */
  async all(): Promise<MemoryPeer[]> {
    await settle();
    const peers = this.#all.slice(this.#taken);
    this.#taken = this.#all.length;
    return peers;
  }

  /** Closes its connections, and every one that still comes. */
  hangUp(): void {
    this.#gone = true;
    for (const peer of this.#all) peer.close();
  }

  close(): void {
    this.#listener.close();
    this.hangUp();
  }
}

function targetOf(address: string): { type: "tcp"; host: string; port: number } {
  const colon = address.lastIndexOf(":");
  return { type: "tcp", host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

export function configOf(options: RigOptions): Config {
  const text = options.text ?? textOf(options);
  const { config, said } = build(text, { files: options.files });
  assert.ok(config !== undefined, `not valid:\n${said.join("\n")}\n${text}`);
  return config;
}

function textOf(options: RigOptions): string {
  const mode = options.mode ?? "http";
  return `global
${indent(options.global ?? "maxconn 1000")}
defaults
    mode ${mode}
    log 127.0.0.1:514 local0
    option ${mode}log
    timeout connect 1600ms
    timeout client 16s
    timeout server 16s
${indent(options.defaults)}
frontend fe
    bind ${FRONTEND}
    default_backend be
${indent(options.frontend)}
backend be
${indent(options.backend ?? `server s1 ${S1} ${options.server ?? ""}`)}
${options.more ?? ""}
`;
}

function indent(text = ""): string {
  return text.split("\n").filter((line) => line.trim() !== "").map((line) => `    ${line.trim()}\n`)
    .join("");
}

/** Registers a test that runs on a new rig, on both kinds of transport, and leaves nothing behind. */
export function rigTest(
  name: string,
  options: RigOptions,
  play: (rig: Rig) => Promise<void>,
): void {
  for (const immediate of [false, true]) {
    Deno.test(`${name}${immediate ? " (immediate)" : ""}`, async () => {
      const rig = new Rig({ ...options, immediate });
      await rig.start();
      await play(rig);
      await rig.stop();
    });
  }
}
