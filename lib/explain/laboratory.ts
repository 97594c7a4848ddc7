/**
 * Laboratory: a configuration compiled as the proxy compiles it, with servers in memory and a clock that passes only
 * when somebody waits. Requests that are put in at one end go the way of every request: sessions, policies, rules,
 * balancing, forwarding. Nothing of it is written a second time here.
 */
import { setImmediate } from "node:timers";
import type { Diagnostics } from "../config/diagnostic.ts";
import type { Config } from "../config/model.ts";
import { latin1 } from "../http1/bytes.ts";
import type { Sinks } from "../log/sink_pool.ts";
import type { Address, Listener, TlsInfo } from "../net/conn.ts";
import { ManualClock } from "../net/manual_clock.ts";
import { connPair, type MemoryConn } from "../net/memory_conn.ts";
import type { Frontend } from "../proxy/frontend.ts";
import { Listening } from "../proxy/listening.ts";
import type { Stream } from "../proxy/stream.ts";
import { SluiceProcess } from "../runtime/process.ts";
import type { SluiceOptions } from "../runtime/process_options.ts";
import { findServer } from "../runtime/socket/command.ts";
import type { Generation } from "../runtime/generation.ts";
import { Recorder, Trace } from "../trace/recorder.ts";
import { variablesOf } from "../trace/effects.ts";
import type { Entrance } from "./entrance.ts";
import { type Arrival, Origins } from "./origin.ts";
import { quietConfig, wrappingOf } from "./quiet_config.ts";
import type { ReadyRequest } from "./request.ts";

/** Compiles rules with somebody who looks on (routes/policies.ts). */
export type ObservedCompiler = SluiceOptions["compilePolicies"];

export interface LaboratoryOptions {
  readonly config: Config;
  readonly compile: ObservedCompiler;
  /** wall ms at the beginning; now when it is not said */
  readonly at?: number;
  /** told of internal errors */
  readonly report: (message: string) => void;
}

/** What became of one request. */
export interface Outgoing {
  readonly entrance: Entrance;
  readonly request: ReadyRequest;
  readonly trace: Trace;
  /** undefined: it was no request at all, or the connection was not admitted */
  readonly stream: Stream | undefined;
  readonly variables: ReadonlyMap<string, string>;
  /** connections to servers and what they were sent; none when no server was asked */
  readonly arrivals: readonly Arrival[];
  /** how the server got it: over TLS, after a PROXY header */
  readonly wrapping: string;
  /** what the client got (latin1) */
  readonly received: string;
  /** the connection was closed without a word */
  readonly closed: boolean;
  /** ms that passed on the clock */
  readonly took: number;
  readonly log: readonly string[];
}

/** ms: what is not done by then is given up */
const LONGEST = 2 * 3600_000;
const CAPACITY = 1 << 26;

export class Laboratory {
  readonly recorder = new Recorder();
  readonly origins = new Origins();
  readonly clock: ManualClock;
  readonly process: SluiceProcess;
  readonly #log: string[] = [];
  readonly #config: Config;
  readonly #listenings = new Map<string, Listening>();
  #seen: Stream | undefined;

  constructor({ config, compile, at, report }: LaboratoryOptions) {
    this.#config = config;
    const clock = this.clock = new ManualClock(0, at ?? Date.now());
    this.process = new SluiceProcess({
      config: quietConfig(config),
      compilePolicies: (built, state, diagnostics) =>
        compile(built, state, diagnostics, this.recorder),
      report,
      parts: {
        clock: {
          now: () => clock.now(),
          wall: () => clock.wall(),
          after: (ms, fn) => clock.after(ms, fn),
        },
        random: fixedRandom(),
        transport: this.origins,
        lookup: () => Promise.resolve([]),
        sinks: collecting(this.#log),
        spans: { adopt: () => Promise.resolve(), take: () => {}, stop: () => Promise.resolve() },
      },
    });
  }

  /** Compiles the configuration; false: the diagnostics tell why it cannot be used. */
  provision(diagnostics: Diagnostics): boolean {
    if (!this.process.provision(diagnostics)) return false;
    const { generation } = this.process;
    for (const frontend of generation.frontends) this.#watch(frontend);
    generation.start();
    return true;
  }

  get generation(): Generation {
    return this.process.generation;
  }

  /** Takes `backend/server` down; a sentence when there is none of that name. */
  takeDown(name: string): string | undefined {
    const found = findServer(name, this.generation);
    if (typeof found === "string") return `'${name}': ${found.trim()}`;
    found.status.setHealth(found.server, "down");
    if (found.server.usable) found.status.setMaint(found.server);
    return undefined;
  }

  /** Brings `backend/server` up again; a sentence when there is none of that name. */
  bringUp(name: string): string | undefined {
    const found = findServer(name, this.generation);
    if (typeof found === "string") return `'${name}': ${found.trim()}`;
    found.status.setReady(found.server);
    found.status.setHealth(found.server, "up");
    return undefined;
  }

  /** Keeps the streams that come to `frontend`. */
  #watch(frontend: Frontend): void {
    const { handle, selectBackend, content } = frontend;
    if (content !== undefined) {
      // Tried again whenever more has come: the last time is told.
      let before = 0;
      frontend.content = {
        ...content,
        run: (stream) => {
          const lines = this.recorder.only?.lines ?? [];
          if (this.#seen === stream) lines.length = before;
          before = lines.length;
          return content.run(this.#seen = stream);
        },
      };
    }
    if (handle !== undefined) {
      frontend.handle = (stream) => {
        if (this.recorder.only !== undefined) this.recorder.only.target = stream.request?.target;
        return handle(this.#seen = stream);
      };
    }
    if (selectBackend !== undefined) {
      frontend.selectBackend = (stream) => selectBackend(this.#seen = stream);
    }
  }

  /** Lets `ms` pass. */
  async pass(ms: number): Promise<void> {
    await settle();
    let left = ms;
    for (let next = this.clock.next; next !== undefined && next <= left; next = this.clock.next) {
      this.clock.advance(next);
      left -= next;
      await settle();
    }
    this.clock.advance(left);
    await settle();
  }

  /** Puts one request in and waits for its end. */
  async ask(request: ReadyRequest, entrance: Entrance): Promise<Outgoing> {
    const { acceptor } = this.process;
    const trace = new Trace();
    this.recorder.only = trace;
    this.#forget();
    const began = this.clock.now();
    const conn = this.#connect(request, entrance);
    const client = new Client(conn);
    if (request.bytes.length > 0) await conn.write(request.bytes);
    let finished = false;
    // Those who wait for the clock get it, as soon as nobody can go on without.
    while (acceptor.sessions.size > 0 && this.clock.now() - began < LONGEST) {
      await settle();
      if (this.#ended) break;
      if (request.plain && !finished && this.#connected) {
        finished = true;
        conn.closeWrite();
        continue;
      }
      await realTurn();
      if (this.#ended) break;
      this.clock.advance(this.clock.next ?? LONGEST);
    }
    await settle();
    const took = this.clock.now() - began;
    const stream = this.#seen;
    const variables = stream === undefined ? new Map() : variablesOf(stream);
    this.recorder.only = undefined;
    const closed = client.text === "" && client.ended;
    conn.close();
    for (let turns = 0; acceptor.sessions.size > 0 && turns < 100; turns++) {
      await settle();
      if (turns > 2) this.clock.advance(Math.min(this.clock.next ?? 1000, 1000));
    }
    return {
      entrance,
      request,
      trace,
      stream,
      variables,
      arrivals: this.origins.take(),
      wrapping: stream === undefined ? "" : this.#wrapping(stream),
      received: client.text,
      closed,
      took,
      log: [...this.#log],
    };
  }

  /** By the configuration as it is, of which nothing was taken away. */
  #wrapping({ backend, lastServer }: Stream): string {
    const server = this.#config.proxies.find(({ name, kind }) =>
      name === backend?.name && kind !== "frontend"
    )?.servers.find(({ name }) => name === lastServer?.name);
    return server === undefined ? "" : wrappingOf(server);
  }

  #forget(): void {
    this.#seen = undefined;
    this.#log.length = 0;
    this.origins.take();
  }

  get #ended(): boolean {
    return this.process.acceptor.sessions.size === 0 || (this.#seen?.endedAt ?? -1) >= 0;
  }

  get #connected(): boolean {
    return (this.#seen?.connectedAt ?? -1) >= 0;
  }

  #connect(request: ReadyRequest, entrance: Entrance): MemoryConn {
    const { address, bind, frontend, tls } = entrance;
    const { src } = request;
    const local = localAddress(request, entrance);
    const key = `${frontend.name} ${address.type} ${JSON.stringify(address)}`;
    let listening = this.#listenings.get(key);
    if (listening === undefined) {
      listening = new Listening(nobody(local), key, bind, frontend);
      this.#listenings.set(key, listening);
    }
    const remote: Address = local.family === "unix"
      ? { family: "unix", host: local.host, port: 0 }
      : src;
    const pair = connPair(remote, local, {
      local,
      remote,
      ...(tls || request.scheme === "https" ? { tls: tlsInfo(request) } : undefined),
    }, { capacity: CAPACITY, immediate: true });
    this.process.acceptor.accept(pair.server, listening);
    return pair.client;
  }
}

/** The address that the request came to. */
function localAddress({ dst, src, port }: ReadyRequest, { address }: Entrance): Address {
  switch (address.type) {
    case "unix":
      return { family: "unix", host: address.path, port: 0 };
    case "abstract":
      return { family: "unix", host: `@${address.name}`, port: 0 };
    case "fd":
      return dst ?? { family: 4, host: "127.0.0.1", port: port ?? 0 };
  }
  if (dst !== undefined) return { ...dst, port: dst.port || address.port };
  const any = ["", "*", "0.0.0.0", "::"].includes(address.host);
  const host = any ? (src.family === 6 ? "::1" : "127.0.0.1") : address.host;
  return { family: host.includes(":") ? 6 : 4, host, port: address.port };
}

function tlsInfo({ host }: ReadyRequest): TlsInfo {
  return {
    version: "TLSv1.3",
    cipher: "TLS_AES_256_GCM_SHA384",
    alpn: "http/1.1",
    ...(host === "" || host.startsWith("[") ? undefined : { sni: host }),
    resumed: false,
  };
}

/** Keeps what a client gets. */
class Client {
  text = "";
  ended = false;

  constructor(conn: MemoryConn) {
    this.#read(conn);
  }

  async #read(conn: MemoryConn): Promise<void> {
    const buffer = new Uint8Array(65536);
    for (;;) {
      const n = await conn.read(buffer);
      if (n <= 0) break;
      this.text += latin1(buffer, 0, n);
    }
    this.ended = true;
  }
}

function nobody(address: Address): Listener {
  return { address, start: () => {}, pause: () => {}, resume: () => {}, close: () => {} };
}

/** The same numbers in every run: an explanation that is asked for twice is the same. */
function fixedRandom(): () => number {
  let state = 987_654_321;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

function collecting(lines: string[]): Sinks {
  const sink = {
    name: "memory",
    stats: { sent: 0, dropped: 0, queued: 0 },
    write: (line: string) => void lines.push(line),
    refuse: () => {},
    reopen: () => {},
    flush: () => Promise.resolve(),
    close: () => {},
  };
  return { get: () => sink, flush: () => Promise.resolve() };
}

/** Lets every promise that can run do so. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** A moment for what the machine does on other threads (digests, signatures). */
function realTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
