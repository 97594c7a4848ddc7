/** All health checks of a Generation: who is checked, and when each begins. */
import type { GlobalConfig, ProxyConfig } from "../config/model.ts";
import type { OnError } from "../config/model_check.ts";
import type { Server } from "../balance/server.ts";
import type { ProcessView } from "../expr/context.ts";
import type { Target, Transport } from "../net/conn.ts";
import type { TimerWheel } from "../net/timers.ts";
import { remember } from "../state/remember.ts";
import type { Lease } from "../state/store.ts";
import { AgentCheck } from "./agent/agent_check.ts";
import { AGENT_INTER, AgentChecker } from "./agent/agent_checker.ts";
import { type CheckContext, type CheckMaker, limitsOf } from "./check.ts";
import { CheckGate } from "./check_gate.ts";
import { type CheckMemory, HealthChecker } from "./checker.ts";
import { observerOf } from "./observer.ts";
import type { CheckResult } from "./result.ts";
import type { BackendStatus, StatusEvent } from "./status.ts";
import { adoptStates, linkTracker, linkTrackers } from "./track.ts";

/** Intervals below this do not count when the starts are spread (ms). */
const SPREAD_THRESHOLD = 1000;

export interface CheckedBackend {
  readonly config: ProxyConfig;
  readonly status: BackendStatus;
}

export interface HealthOptions {
  readonly backends: readonly CheckedBackend[];
  /** by the backend's name, from `compileChecks` */
  readonly makers: ReadonlyMap<string, CheckMaker>;
  readonly global: Pick<GlobalConfig, "spreadChecks" | "maxSpreadChecks">;
  readonly transport: Transport;
  readonly process: ProcessView;
  /** most bytes of an answer that are looked at (`tune.bufsize`) */
  readonly bufsize: number;
  readonly wheel: TimerWheel;
  /** the Generation's lease: what is remembered of the checks goes with the last that knows the server */
  readonly lease: Lease;
  /** 0 <= x < 1 */
  random(): number;
  onEvent(event: StatusEvent, backend: string): void;
  onResult?(server: Server, result: CheckResult, backend: string): void;
  /** In a thread that does not check: `observe` has seen too many errors of a server. */
  onSuspect?(backend: string, server: string, onError: OnError, info: string): void;
}

interface GatedOptions extends HealthOptions {
  /** of all checks and agents */
  readonly gate: CheckGate;
}

export class HealthChecks {
  readonly checkers: HealthChecker[];
  readonly agents: AgentChecker[];
  /** checks and agents in the order of their servers */
  readonly #all: (HealthChecker | AgentChecker)[];
  readonly #options: GatedOptions;
  readonly #byName: ReadonlyMap<string, CheckedBackend>;
  readonly #lease: Lease;
  readonly #maxSpread: number | undefined;
  #followers: ReturnType<typeof linkTrackers>;
  readonly #wall: () => number;
  readonly #checkerOf: Map<Server, HealthChecker>;
  readonly #agentOf: Map<Server, AgentChecker>;

  #started = false;

  /** Throws when a checked backend has no maker. */
  constructor(given: HealthOptions) {
    const options: GatedOptions = { ...given, gate: new CheckGate(given.wheel) };
    const all: (HealthChecker | AgentChecker)[] = [];
    for (const backend of options.backends) {
      for (const server of backend.status.pool.servers) {
        if (server.config.check) all.push(checkerOf(backend, server, options));
        if (server.config.agentCheck) all.push(agentOf(backend, server, options));
      }
    }
    this.#options = options;
    this.#byName = new Map(options.backends.map((backend) => [backend.config.name, backend]));
    this.#lease = options.lease;
    this.#maxSpread = options.global.maxSpreadChecks;
    this.#all = all;
    this.checkers = all.filter((each) => each instanceof HealthChecker);
    this.agents = all.filter((each) => each instanceof AgentChecker);
    this.#checkerOf = new Map(this.checkers.map((each) => [each.server, each]));
    for (const checker of this.checkers) this.#observe(checker);
    this.#followers = linkTrackers(options.backends);
    this.#wall = () => options.process.wall();
    this.#agentOf = new Map(this.agents.map((each) => [each.server, each]));
  }

  /** What live traffic shows goes to the checker, in a thread that does not check to the one that does. */
  #observe(checker: HealthChecker): void {
    const { server, backend } = checker;
    const { onSuspect } = this.#options;
    server.observer = observerOf(
      server,
      onSuspect === undefined
        ? (onError, info) => checker.suspect(onError, info)
        : (onError, info) => onSuspect(backend, server.name, onError, info),
    );
  }

  /**
   * Commits the lease, as checks count on the state that this Generation's configuration asks for, and starts
   * all, spread over the smallest interval, so that a machine with many servers is not hammered.
   */
  start(): void {
    this.#lease.commit();
    this.#started = true;
    adoptStates(this.#followers, this.#wall());
    let least = 0;
    for (const each of this.#all) {
      const i = each.interval();
      if (i >= SPREAD_THRESHOLD && (least === 0 || i < least)) least = i;
    }
    this.#all.forEach((each, position) => {
      const range = Math.max(least, each.interval());
      each.start(Math.min(range, this.#maxSpread ?? Infinity) * position / this.#all.length);
    });
  }

  /**
   * A server was added to the backend of this name: it follows the one that it tracks, and is checked from now on.
   * `lease`: goes with it.
   */
  addServer(backend: string, server: Server, lease: Lease): void {
    const own = this.#byName.get(backend)!;
    const options = { ...this.#options, lease };
    const follower = linkTracker(this.#byName, own, server);
    if (follower !== undefined) adoptStates([follower], this.#wall());
    if (server.config.check) {
      const checker = checkerOf(own, server, options);
      this.#observe(checker);
      this.checkers.push(checker);
      this.#checkerOf.set(server, checker);
      this.#all.push(checker);
      if (this.#started) checker.start(0);
    }
    if (server.config.agentCheck) {
      const agent = agentOf(own, server, options);
      this.agents.push(agent);
      this.#agentOf.set(server, agent);
      this.#all.push(agent);
      if (this.#started) agent.start(0);
    }
  }

  /** The server is deleted: it is not checked any more, and follows nobody. */
  removeServer(server: Server): void {
    for (const each of [this.#checkerOf.get(server), this.#agentOf.get(server)]) {
      if (each === undefined) continue;
      each.stop();
      for (const list of [this.checkers, this.agents, this.#all]) {
        const at = (list as unknown[]).indexOf(each);
        if (at >= 0) list.splice(at, 1);
      }
    }
    this.#checkerOf.delete(server);
    this.#agentOf.delete(server);
    for (const { status } of this.#byName.values()) status.unlink(server);
    this.#followers = this.#followers.filter((follower) => follower.server !== server);
  }

  /** Ends all. Call it before the next Generation's checks are started. */
  stop(): void {
    for (const each of this.#all) each.stop();
  }

  /** Another thread has seen too many errors of a server. */
  suspect(backend: string, server: string, onError: OnError, info: string): void {
    this.#find(backend, server)?.suspect(onError, info);
  }

  #find(backend: string, name: string): HealthChecker | undefined {
    const server = this.#byName.get(backend)?.status.pool.server(name);
    return server && this.#checkerOf.get(server);
  }

  /** What another thread has found. */
  setLast(backend: string, server: string, result: CheckResult): void {
    const checker = this.#find(backend, server);
    if (checker !== undefined) checker.last = result;
  }

  /** The last result of a server's check. */
  lastOf(server: Server): CheckResult | undefined {
    return this.#checkerOf.get(server)?.last;
  }

  /** The last result of a server's agent. */
  lastAgentOf(server: Server): CheckResult | undefined {
    return this.#agentOf.get(server)?.last;
  }
}

function contextOf({ config, status }: CheckedBackend, server: Server, o: HealthOptions) {
  return {
    transport: o.transport,
    wheel: o.wheel,
    process: o.process,
    proxy: config,
    pool: status.pool,
    server,
    bufsize: o.bufsize,
  } satisfies CheckContext;
}

/** What checks and agents are given alike. */
function commonOf({ config, status }: CheckedBackend, server: Server, o: GatedOptions) {
  return {
    server,
    status,
    wheel: o.wheel,
    gate: o.gate,
    backend: config.name,
    logAll: config.options.logHealthChecks,
    spread: o.global.spreadChecks,
    random: () => o.random(),
    onEvent: (event: StatusEvent) => o.onEvent(event, config.name),
  };
}

function checkerOf(backend: CheckedBackend, server: Server, o: GatedOptions): HealthChecker {
  const { config } = backend;
  const make = o.makers.get(config.name);
  if (make === undefined) throw new Error(`the checks of ${config.name} are not compiled`);
  return new HealthChecker({
    ...commonOf(backend, server, o),
    target: () => checkTarget(server),
    check: make(contextOf(backend, server, o)),
    limits: limitsOf(config, server.config.inter),
    memory: memoryOf(o.lease, `check of ${config.name}/${server.name}`),
    onResult: o.onResult,
  });
}

function agentOf(backend: CheckedBackend, server: Server, o: GatedOptions): AgentChecker {
  const { config } = backend;
  return new AgentChecker({
    ...commonOf(backend, server, o),
    target: () => agentTarget(server),
    check: new AgentCheck(contextOf(backend, server, o)),
    limits: limitsOf(config, server.config.agentInter ?? AGENT_INTER),
    memory: memoryOf(o.lease, `agent of ${config.name}/${server.name}`),
  });
}

function memoryOf(lease: Lease, key: string): CheckMemory {
  return remember<CheckMemory>(lease, key, () => ({ last: undefined, nextAt: undefined }));
}

/**
 * What is checked: `addr` and `port` of the server line, else the server itself. Port 0 when neither says one: then
 * the check does, or it needs none.
 */
export function checkTarget(server: Server): Target {
  const { target, probe: { checkAddr, checkPort } } = server;
  if (target.type === "unix") {
    if (checkAddr === undefined || checkPort === undefined) return target;
    return { type: "tcp", host: checkAddr, port: checkPort };
  }
  return { type: "tcp", host: checkAddr ?? target.host, port: checkPort ?? target.port };
}

/** Where the agent is: `agent-addr`, else where checks go; at `agent-port`. */
export function agentTarget(server: Server): Target {
  const { agentAddr, agentPort, checkAddr } = server.probe;
  const own = server.target.type === "tcp" ? server.target.host : "127.0.0.1";
  return { type: "tcp", host: agentAddr ?? checkAddr ?? own, port: agentPort ?? 0 };
}
