/**
 * SluiceProcess: one running proxy. Its life: provision → start → (reload …) → drain → stop.
 *
 * Laws:
 * - A Generation is built completely before anything of the running one is touched; if it cannot be built, or one
 *   of its new listeners cannot be opened, nothing has happened but messages.
 * - A listener whose place stays keeps its socket: a reload exchanges the frontend behind it.
 * - Old streams finish on their old Generation; it is let go when its last stream has ended.
 */
import type { Config } from "../config/model.ts";
import type { Diagnostics } from "../config/diagnostic.ts";
import { Acceptor } from "../proxy/acceptor.ts";
import type { Listening } from "../proxy/listening.ts";
import { StateStore } from "../state/store.ts";
import { GC } from "../state/traffic.ts";
import { SinkPool, type Sinks } from "../log/sink_pool.ts";
import { LiveTraces, type TraceWish } from "../trace/live.ts";
import { LogLevel } from "../log/types.ts";
import { logTransports } from "./log_targets.ts";
import type { Generation } from "./generation.ts";
import type { GenerationDeps } from "./generation_deps.ts";
import { openAll, type Places } from "./open_all.ts";
import { countThreads, maxconnOf, type SluiceOptions } from "./process_options.ts";
import { provision } from "./provision.ts";
import { reload } from "./reload.ts";
import { handOver } from "./open_listeners.ts";
import type { OutsideFiles } from "./outside_files.ts";
import { Mailers } from "../mail/mailer.ts";
import { processDeps, processState } from "./process_deps.ts";
import { ConfigReads } from "./config_reads.ts";
import { Generations } from "./generations.ts";
import { Beside } from "./beside.ts";
import type { Peers } from "./peers/peers.ts";
import type { ProcessState } from "./process_state.ts";
import type { AcmeManager } from "../acme/manager.ts";
import { adoptAcme } from "./acme.ts";
import type { ConfigStore } from "./config_store.ts";
import type { Worker } from "./master/worker.ts";
import { Crew } from "./threads/crew.ts";
import { birthsOf } from "./threads/births.ts";
import { crewEvents } from "./threads/crew_events.ts";
import type { OtherThreads } from "./socket/command.ts";
import type { Blueprint, KillCause, PatternsChanged } from "./threads/messages.ts";
import type { ProxyProcess, StartFailure } from "./types.ts";

export class SluiceProcess implements ProxyProcess {
  readonly state: ProcessState;
  readonly acceptor: Acceptor;
  readonly finished: Promise<number>;
  configStore: ConfigStore | undefined = undefined;
  /** wall ms */
  readonly startedAt: number;
  /** traces of live requests */
  readonly traces: LiveTraces;
  readonly #places: Places;
  readonly #beside: Beside;
  readonly #options: SluiceOptions;
  /** certificates from an authority: the first thread gets them */
  acme: AcmeManager | undefined = undefined;
  readonly #files: ConfigReads;
  readonly #store: StateStore;
  readonly #sinks: Sinks;
  readonly #deps: GenerationDeps;
  #generation: Generation | undefined;
  #mailers: Mailers | undefined;
  #listenings = new Map<string, Listening>();
  #finish!: (code: number) => void;
  #draining = false;
  #cancelGrace: (() => void) | undefined;
  /** the other threads */
  #crew: Crew | undefined;
  threadsReady: Promise<void> | undefined;
  readonly #generations = new Generations();

  constructor(options: SluiceOptions) {
    this.#options = options;
    const { member } = options;
    this.traces = new LiveTraces({
      thread: member?.store.thread ?? 0,
      send: member && ((trace) => member.say({ type: "traced", trace })),
    });
    this.#store = member?.store ?? new StateStore({ threads: countThreads(options) });
    this.state = processState(options, this.#store);
    this.#sinks = options.parts?.sinks ??
      new SinkPool({
        clock: this.state.clock,
        onDrop: options.report,
        onLost: () => this.state.counters.add(GC.dropped_logs, 1),
      });
    this.#deps = processDeps(options, {
      store: this.#store,
      state: this.state,
      sinks: this.#sinks,
      traces: this.traces,
      mailers: () =>
        this.#mailers ??= new Mailers({
          clock: this.state.clock,
          hostname: this.state.hostname,
          report: (message) => this.log(LogLevel.warning, message),
          send: options.parts?.sendMail,
        }),
      kill: (backend, server, cause) => this.#kill(backend, server, cause),
      crew: () => this.#crew,
    });
    this.acceptor = new Acceptor(
      this.state,
      member === undefined ? maxconnOf(options.config, options.maxconn) : this.state.shared.maxconn,
      () => this.#listenings.values(),
    );
    this.acceptor.limitRates(options.config.global);
    this.startedAt = this.state.wall();
    this.#files = new ConfigReads(this.state);
    this.state.host = this;
    this.#beside = new Beside(this, options, (level, text) => this.log(level, text));
    this.#places = { ...this.#beside, state: this.state, owner: this.#store.owner };
    this.finished = new Promise((resolve) => this.#finish = resolve);
  }

  /** Compiles the configuration; mistakes go to `diagnostics`. Must have succeeded before `start`. */
  provision(diagnostics: Diagnostics): boolean {
    this.#generation = this.prepare(this.#options.config, diagnostics);
    return this.#generation !== undefined;
  }

  /** Compiles a configuration; nothing of the running one is touched. Undefined: it has mistakes. */
  prepare(config: Config, diagnostics: Diagnostics): Generation | undefined {
    this.#files.begin();
    const generation = provision(config, this.#deps, diagnostics);
    if (generation !== undefined) this.#files.belongTo(generation);
    if (generation !== undefined && this.state.threads > 1) {
      generation.patterns.onChange = (change) => {
        const notice = { type: "patterns", generation: generation.number, change } as const;
        this.#crew?.patternsChanged(notice);
        this.#options.member?.say(notice);
      };
    }
    return generation;
  }

  /** The Generation that new streams belong to. */
  get generation(): Generation {
    return this.#generation!;
  }

  get listenings(): Iterable<Listening> {
    return this.#listenings.values();
  }

  /** Writes a line to the targets of the global section (levels of RFC 5424). */
  log(level: number, text: string): void {
    this.generation.logger.send(level, text);
  }

  /** Traces requests in all threads, or (undefined) no more. A sentence says why that cannot be. */
  trace(wish: TraceWish | undefined): string | undefined {
    const { tracing } = this.generation;
    if (wish === undefined) tracing.stop();
    const problem = wish && tracing.start(wish);
    if (problem === undefined) this.#crew?.tell({ type: "trace", wish });
    return problem;
  }

  /** From now on files that a configuration names are read by `read` (after `chroot`). */
  readFilesBy(files: Pick<OutsideFiles, "readSync" | "listSync">): void {
    this.#files.readBy(files);
  }

  /** Log lines that could not be sent, of all threads. */
  get droppedLogs(): number {
    return this.state.counters.total(GC.dropped_logs);
  }

  /** Paths of the files that the last configuration names. */
  filesRead(): Iterable<string> {
    return this.#files.read.contents.keys();
  }

  /** Log files are opened anew, in all threads. */
  reopenLogs(): void {
    this.#sinks.reopen?.();
    this.#crew?.tell({ type: "reopen-logs" });
  }

  /** the `peers` sections */
  get peers(): Peers {
    return this.#beside.peers;
  }

  /** Certificates that the configuration wants from an authority. */
  #adoptAcme(): void {
    const { member, report, parts } = this.#options;
    if (member !== undefined) return;
    this.acme = adoptAcme(this.acme, this.generation, {
      process: this,
      read: (path) => this.#files.outside(path),
      report,
      remember: (path, bytes) => this.#files.remember(this.generation, path, bytes),
      connect: parts?.acmeConnect,
    });
  }

  /** What was said when the configuration was read (`show startup-logs`). */
  get startupLogs(): string {
    return this.#options.startupLogs ?? "";
  }

  /** `shutdown frontend`: its listeners are closed until a reload opens them again. */
  shutFrontend(name: string): void {
    for (const listening of this.#listenings.values()) {
      if (listening.frontend.name === name && !listening.closed) listening.close();
    }
  }

  /** Opens every listener, then starts serving and checking. On a failure nothing stays open. */
  async start(): Promise<StartFailure | undefined> {
    const generation = this.#generation!;
    if (!generation.names.idle && this.#store.owner) {
      const messages = await generation.names.findAddresses();
      if (messages.length > 0) return { messages };
    }
    const opened = openAll(generation, new Map(), this.#places);
    if ("messages" in opened) return opened;
    this.#listenings = opened.listenings;
    for (const listening of opened.fresh) this.#serve(listening);
    this.#beside.adopt(opened, generation);
    generation.start();
    this.#adoptAcme();
    this.threadsReady = this.#startThreads(generation);
    return undefined;
  }

  /** Starts the other threads, which join this one in serving. */
  async #startThreads(generation: Generation): Promise<void> {
    const { openThread, maxconn, transport, processNumber, report } = this.#options;
    const count = this.#store.threads;
    if (count === 1 || openThread === undefined) return;
    this.#crew = new Crew({
      births: birthsOf(generation.config, this.state, count, { maxconn, transport, processNumber }),
      open: openThread,
      report,
      ...crewEvents({
        running: () => this.generation,
        killHere: (...what) => this.killHere(...what),
        traces: this.traces,
        crew: () => this.#crew,
        retired: (number) => this.#generations.letGo(number),
        patternsChanged: (notice) => this.patternsChanged(notice),
      }),
      image: () => this.#store.image(),
      wish: () => this.generation.tracing.remaining,
    });
    const started = this.#crew.start(this.#blueprint(generation));
    this.state.events.listen((event) => this.#crew?.tell({ type: "event", event }));
    await started;
  }

  /** Another thread has changed a list of patterns. */
  patternsChanged({ generation, change }: PatternsChanged): void {
    if (this.generation.number === generation) this.generation.patterns.apply(change);
  }

  /** For commands; undefined: there are none. */
  get otherThreads(): OtherThreads | undefined {
    const crew = this.#crew;
    return crew && {
      execute: (words, payload, only) => crew.command(words, payload, this.#store.image(), only),
    };
  }

  #blueprint(generation: Generation): Blueprint {
    return {
      generation: this.#generations.count(generation),
      config: generation.config,
      image: this.#store.image(),
      files: this.#files.read,
    };
  }

  /** Another one has taken over: its records stay until the last thread has let go of it. */
  #retire(old: Generation): void {
    const holders = this.#crew?.holders(old.number) ?? 0;
    this.#generations.retire(
      old,
      holders,
      (number) => this.#options.member?.say({ type: "retired", generation: number }),
    );
  }

  killStreams(backend: string, server: string): void {
    this.#kill(backend, server, "D");
  }

  /** Ends the streams of a server, in this thread. */
  killHere(backend: string, server: string, cause: KillCause): void {
    this.acceptor.killStreams(backend, server, cause);
    this.#beside.datagrams.killStreams(backend, server);
  }

  /** Ends the streams of a server, in all threads. */
  #kill(backend: string, server: string, cause: KillCause): void {
    this.killHere(backend, server, cause);
    this.#crew?.kill(backend, server, cause);
    this.#options.member?.say({ type: "kill", backend, server, cause });
  }

  #serve(listening: Listening): void {
    listening.listener.start(
      (conn) => this.acceptor.accept(conn, listening),
      (reason) => this.#options.report(`accepting on ${listening.key} failed: ${reason}`),
    );
  }

  /** Takes `config` in place of the running one; the running one stays when the diagnostics tell of mistakes. */
  reload(config: Config): Promise<Diagnostics> {
    return reload(config, {
      started: this.#options.config,
      running: () => this.generation,
      prepare: (config, diagnostics) => this.prepare(config, diagnostics),
      blueprint: (next) => this.#blueprint(next),
      takeOver: (next) => this.takeOver(next),
      stopping: () => this.#draining,
      crew: this.#crew,
      report: this.#options.report,
    });
  }

  /** Puts `next` in place of the running Generation, or discards it and answers why that cannot be. */
  takeOver(next: Generation): readonly string[] {
    const old = this.#generation!;
    const { config } = next;
    const opened = openAll(next, this.#listenings, this.#places);
    if ("messages" in opened) {
      next.discard();
      return opened.messages;
    }
    // From here on nothing can fail.
    const before = this.#listenings;
    this.#listenings = opened.listenings;
    this.#generation = next;
    handOver(opened.listenings, next, this.state);
    for (const [key, listening] of before) if (!opened.listenings.has(key)) listening.close();
    for (const listening of opened.fresh) this.#serve(listening);
    if (this.#store.owner) {
      this.acceptor.maxconn = this.acceptor.hardMaxconn = maxconnOf(config, this.#options.maxconn);
    }
    this.acceptor.limitRates(config.global);
    this.acceptor.adoptAll();
    this.acceptor.admitWaiting();
    this.#beside.adopt(opened, next);
    this.#retire(old);
    next.start();
    this.#adoptAcme();
    this.#sinks.keepOnly?.(logTransports(config));
    return [];
  }

  /**
   * SIGUSR1: after `grace`, during which all goes on as before, accepts nothing more, lets streams end (at most
   * `hard-stop-after`), then finishes with 0.
   */
  async drain(graceIsOver = false): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    this.state.stopping = true;
    const { grace, hardStopAfter, closeSpreadTime } = this.#generation!.config.global;
    if (grace !== undefined && !graceIsOver) {
      await new Promise<void>((over) => this.#cancelGrace = this.state.clock.after(grace, over));
    }
    const stays = closeSpreadTime === undefined ? undefined : this.#spread(closeSpreadTime);
    for (const listening of this.#listenings.values()) {
      listening.stays = stays;
      listening.close();
    }
    this.#beside.closeListeners();
    this.acceptor.retireAll(closeSpreadTime);
    const cancel = hardStopAfter === undefined
      ? undefined
      : this.state.clock.after(hardStopAfter, () => this.acceptor.closeAll());
    await Promise.all([this.acceptor.empty(), this.#crew?.drain(), this.peers.drain()]);
    await this.#beside.flush();
    cancel?.();
    this.stop();
  }

  /** Answers, of a connection that is busy, whether it may stay: ever fewer over `ms`. */
  #spread(ms: number): () => boolean {
    const { now, random } = this.state;
    const begun = now();
    return () => ms === Infinity || random() > (now() - begun) / ms;
  }

  /** SIGTERM: ends at once. */
  stop(): void {
    this.state.stopping = true;
    this.#cancelGrace?.();
    this.state.history.stop();
    for (const listening of this.#listenings.values()) listening.close();
    this.#beside.close();
    this.acme?.stop();
    this.#generation?.stop();
    this.#mailers?.stop();
    this.acceptor.closeAll();
    Promise.all([this.#sinks.flush(LAST_LOGS_MS), this.state.spans.stop(), this.#crew?.stop()])
      .then(() => this.#finish(0));
  }

  /** For a master socket: this process is the one that serves. */
  workers(): readonly Worker[] {
    const { number, pid } = this.state;
    const { startedAt } = this;
    return [{ number, pid, startedAt, execute: this.#beside.sockets.execute }];
  }

  /** SIGTTOU / SIGTTIN. */
  pause(): void {
    for (const listening of this.#listenings.values()) listening.hold();
    this.#crew?.pause();
  }
  resume(): void {
    for (const listening of this.#listenings.values()) listening.release();
    this.#crew?.resume();
  }
}

/** ms that the last log lines get */
const LAST_LOGS_MS = 200;
