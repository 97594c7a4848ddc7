/** The one ProcessContext of a thread: clock, timers, transport, buffers, counters. */
import { hkdfSync } from "node:crypto";
import { hostname } from "node:os";
import { BufferPool, SlabPool } from "../net/buffers.ts";
import { type Clock, systemClock } from "../net/clock.ts";
import type { TlsMeter } from "../net/tls/engine.ts";
import type { Transport } from "../net/conn.ts";
import { type OpenDatagram, openDenoDatagram } from "../net/datagram.ts";
import { bestTransport, type TransportName } from "../net/best_transport.ts";
import { libcDatagrams } from "../net/epoll/datagram.ts";
import { systemLookup } from "../net/lookup.ts";
import { Pipes } from "../net/epoll/pipes.ts";
import { poller } from "../net/epoll/poller.ts";
import { TimerWheel } from "../net/timers.ts";
import { type OpenDatagrams, openDatagrams } from "../resolve/udp.ts";
import type { TuneConfig } from "../config/model.ts";
import { VariableLimits, Variables } from "../expr/variables.ts";
import { EventLog } from "./event_log.ts";
import { openFilesLimit } from "./file_limit.ts";
import { Captures } from "../proxy/captures.ts";
import type { BufferSource } from "../proxy/inbox.ts";
import type { Message } from "../proxy/message.ts";
import type { Limits, ProcessContext } from "../proxy/process_context.ts";
import manifest from "../../deno.json" with { type: "json" };
import { SpanExport, type Spans } from "../telemetry/span_export.ts";
import type { StateStore } from "../state/store.ts";
import type { RuntimeHost } from "./socket/command.ts";
import { StatsHistory } from "./stats/history.ts";
import { ProcessShared } from "../state/process.ts";
import { ProcessCounters } from "../state/traffic.ts";

/** bytes that a connection waits with */
const WAIT_SIZE = 1536;
/** bytes that bodies and tunnels are pumped with while much data comes */
const BULK_SIZE = 64 * 1024;

const SECRET_BYTES = 32;

export interface ProcessOptions {
  readonly store: StateStore;
  readonly tune: TuneConfig;
  readonly onInternalError: (where: string, error: unknown) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly transport?: Transport;
  /** which of the machine's own, when none is given */
  readonly transportName?: TransportName;
  readonly buffers?: BufferSource;
  /** among the processes of `nbproc`, from 1 (default) */
  readonly number?: number;
  /** `nbproc`, 1 by default */
  readonly processes?: number;
  /** the system's name resolution, and UDP to nameservers */
  readonly lookup?: typeof systemLookup;
  readonly openDatagrams?: OpenDatagrams;
  /** UDP sockets of `mode udp` */
  readonly openDatagram?: OpenDatagram;
  /** takes the spans of traced requests; undefined: an exporter that tells `report` */
  readonly spans?: Spans;
  readonly report?: (message: string) => void;
  /** `node` of the configuration, else the machine's name */
  readonly node?: string;
}

export class ProcessState implements ProcessContext {
  readonly pid: number = Deno.pid;
  /** among the processes of `nbproc`, from 1 */
  readonly number: number;
  readonly processes: number;
  /** the number of this thread, from 0 */
  readonly thread: number;
  readonly threads: number;
  readonly hostname: string;
  /** `node`, or the host's name: what statistics and checks call this instance */
  readonly node: string;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly transport: Transport;
  readonly buffers: BufferSource;
  readonly lookup: typeof systemLookup;
  readonly openDatagrams: OpenDatagrams;
  readonly openDatagram: OpenDatagram;
  readonly pipes: Pipes | undefined;
  readonly counters: ProcessCounters;
  readonly limits: Limits;
  readonly random: () => number;
  readonly now: () => number;
  readonly wall: () => number;
  readonly internalError: (where: string, error: unknown) => void;
  readonly messages: Message[] = [];
  readonly captures: Captures = new Captures();
  readonly events: EventLog;
  readonly spans: Spans;
  readonly history: StatsHistory = new StatsHistory(this);
  /** the process itself, for what shows or changes it (statistics page, exporter) */
  host: RuntimeHost | undefined = undefined;
  readonly variables: Variables = new Variables();
  readonly variableLimits: VariableLimits = new VariableLimits();
  /** Reads a file that the configuration names; after `chroot`, from outside it. Throws as Deno does. */
  readFile: (path: string) => Uint8Array = Deno.readFileSync;
  /** The names of files in a directory; undefined: it is none, or cannot be read. */
  listFiles: (path: string) => string[] | undefined = listFiles;
  readonly shared: ProcessShared;
  /** random bytes that all threads share and nobody else knows: what one signs, another believes */
  readonly secret: Uint8Array;
  readonly tlsMeter: TlsMeter;
  /** keys of TLS tickets, which all threads make of the secret */
  readonly ticketSecret: Uint8Array<ArrayBuffer>;
  readonly descriptorLimit: number = openFilesLimit() ?? Infinity;
  stopping = false;
  #streams = 0;

  constructor(options: ProcessOptions) {
    const { tune } = options;
    this.clock = options.clock ??
      (options.transportName === "deno" ? undefined : poller()?.clock) ?? systemClock;
    this.number = options.number ?? 1;
    this.processes = options.processes ?? 1;
    this.now = this.clock.now;
    this.wall = this.clock.wall;
    this.events = new EventLog(this.wall);
    this.random = options.random ?? Math.random;
    this.hostname = hostname();
    this.node = options.node ?? this.hostname;
    this.internalError = options.onInternalError;
    this.wheel = new TimerWheel(this.clock, (error) => this.internalError("timer", error));
    this.transport = options.transport ??
      bestTransport(options.transportName, this.clock, this.wheel);
    const own = this.transport.name === "epoll" && tune.splice ? poller() : undefined;
    this.pipes = own &&
      new Pipes(own, tune.maxPipes ?? this.descriptorLimit / 8, tune.pipeSize);
    this.lookup = options.lookup ?? systemLookup;
    this.openDatagrams = options.openDatagrams ?? openDatagrams;
    this.openDatagram = options.openDatagram ??
      (options.transportName === "deno" ? undefined : libcDatagrams()) ?? openDenoDatagram;
    this.buffers = options.buffers ?? {
      wait: new SlabPool(Math.min(WAIT_SIZE, tune.bufsize)),
      full: new BufferPool(tune.bufsize),
      bulk: new BufferPool(Math.max(BULK_SIZE, tune.bufsize), 64),
    };
    this.spans = options.spans ?? new SpanExport({
      version: manifest.version,
      hostname: this.hostname,
      wall: this.wall,
      now: this.now,
      report: options.report ?? (() => {}),
      readFile: (path) => this.readFile(path),
    });
    const lease = options.store.lease();
    this.counters = ProcessCounters.take(lease);
    this.shared = ProcessShared.take(lease);
    const { buffer, fresh } = lease.takeBlock("secret of the process", SECRET_BYTES);
    this.secret = new Uint8Array(buffer);
    if (fresh) this.secret.set(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
    this.tlsMeter = {
      opened: (isServer, resumed) => this.counters.secured(this.wall(), isServer, resumed),
      closed: () => this.counters.unsecured(),
    };
    this.ticketSecret = new Uint8Array(hkdfSync("sha256", this.secret, "", "tickets of TLS", 80));
    this.thread = options.store.thread;
    this.threads = options.store.threads;
    this.limits = { headBytes: tune.bufsize - tune.maxrewrite, maxhdr: tune.httpMaxhdr };
  }

  get actconn(): number {
    return this.shared.actconn;
  }

  /** Unique in the process: what is left over after division by `threads` is the thread. */
  nextStreamId(): number {
    return ++this.#streams * this.threads + this.thread;
  }
}

function listFiles(path: string): string[] | undefined {
  try {
    return [...Deno.readDirSync(path)].filter((each) => !each.isDirectory).map(({ name }) => name);
  } catch {
    return undefined;
  }
}
