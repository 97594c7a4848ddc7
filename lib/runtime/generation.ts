/**
 * Generation: a Config compiled for running. Everything that can be wrong with it is found here, before anything
 * of the running one is touched (parse → validate → provision → start → drain → stop).
 */
import { provisionPool } from "../balance/provision.ts";
import type { Server } from "../balance/server.ts";
import type { Diagnostics } from "../config/diagnostic.ts";
import type { Config, ProxyConfig } from "../config/model.ts";
import type { Observer } from "../expr/observer.ts";
import { Shared } from "../expr/shared.ts";
import type { LiveTraces } from "../trace/live.ts";
import { Tracing } from "./tracing.ts";
import type { CompileContext } from "../expr/context_compile.ts";
import { compileChecks } from "../health/compile_checks.ts";
import { PatternStore } from "../expr/pattern_store.ts";
import { Userlist } from "../expr/userlist.ts";
import type { OnError } from "../config/model_check.ts";
import { HealthChecks, type HealthOptions } from "../health/health.ts";
import type { CheckResult } from "../health/result.ts";
import { SlowStart } from "../health/slow_start.ts";
import { BackendStatus, type StatusEvent } from "../health/status.ts";
import { type AlertRoute, alertRoute, type Mailers } from "../mail/mailer.ts";
import { createLogger } from "../log/logger.ts";
import type { Sinks } from "../log/sink_pool.ts";
import type { Logger } from "../log/types.ts";
import { Answers } from "../proxy/answers.ts";
import { Backend } from "../proxy/backend.ts";
import { Frontend } from "../proxy/frontend.ts";
import { LatencyBook } from "../proxy/latency.ts";
import { Lifetime } from "../proxy/lifetime.ts";
import { FrontendState } from "../state/proxy.ts";
import { provisionResolvers } from "../resolve/provision.ts";
import { randomId, type Resolver } from "../resolve/resolver.ts";
import { restoreServers } from "../servers/restore.ts";
import { ServerNames } from "../servers/server_names.ts";
import type { Lease, StateStore } from "../state/store.ts";
import { ProxyCounters } from "../state/traffic.ts";
import { DynamicServers } from "./dynamic_servers.ts";
import type { ServerChange } from "./threads/messages.ts";
import type { TlsEngine } from "../net/tls/engine.ts";
import { TlsMaterial } from "../tls/material.ts";
import { defaultFullconns } from "./fullconn.ts";
import type { ProcessState } from "./process_state.ts";
import type { StickTable } from "../stick/table.ts";
import type { Cache } from "../cache/cache.ts";
import { provisionCaches } from "./caches.ts";
import { stickTables } from "./stick_tables.ts";
import type { ReusePools } from "./reuse_pools.ts";

/** What outlives Generations. */
export interface GenerationDeps {
  readonly store: StateStore;
  readonly process: ProcessState;
  readonly sinks: Sinks;
  readonly reuse: ReusePools;
  /** made when it is first asked for */
  readonly mailers: () => Mailers;
  /** a server was added or deleted: resolves when all threads know it */
  readonly onServersChanged: (change: ServerChange) => Promise<void>;
  /** Compiles the rules into the frontends and backends (routes/policies.ts). */
  /** Answers what is to be done when the Generation becomes the running one. */
  readonly compilePolicies: (
    built: Built,
    process: ProcessState,
    diagnostics: Diagnostics,
    observer?: Observer,
  ) => () => void;
  /** asked only when a configuration has TLS; undefined: there is none */
  readonly tlsEngine: () => TlsEngine | undefined;
  /** traces of live requests, whatever Generation they were of */
  readonly traces: LiveTraces;
  /** most client connections of a process with this configuration */
  readonly processMaxconn: (config: Config) => number;
  /** `on-marked-down shutdown-sessions` */
  readonly onServerDown: (backend: string, server: Server) => void;
  /** `on-marked-up shutdown-backup-sessions`: these backup servers shall serve no more */
  readonly onBackupsIdle: (backend: string, servers: readonly Server[]) => void;
  /** in a thread that does not check: tells the one that does what `observe` has seen */
  readonly onSuspect?: HealthOptions["onSuspect"];
  /** with several threads, in the one that checks */
  readonly onCheck?: HealthOptions["onResult"];
}

export class Generation {
  /** the same in all threads */
  number = 0;
  readonly config: Config;
  readonly frontends: readonly Frontend[];
  readonly backends: ReadonlyMap<string, Backend>;
  /** stick tables by the name of their proxy, in the order of the file */
  readonly tables: ReadonlyMap<string, StickTable>;
  readonly caches: ReadonlyMap<string, Cache>;
  /** by the backend's name: what an operator may do to its servers */
  readonly statuses: ReadonlyMap<string, BackendStatus>;
  readonly logger: Logger;
  /** by name */
  readonly resolvers: ReadonlyMap<string, Resolver>;
  readonly names: ServerNames;
  readonly tls: TlsMaterial;
  readonly #lease: Lease;
  readonly #lifetime: Lifetime;
  /** the lists of ACLs and maps that may change at run time */
  readonly patterns: PatternStore;
  readonly #checks: HealthChecks;
  readonly #deps: GenerationDeps;
  readonly #begin: () => void;
  readonly #dynamic: DynamicServers;
  /** live requests that are looked at */
  readonly tracing: Tracing;

  constructor(
    config: Config,
    frontends: readonly Frontend[],
    backends: ReadonlyMap<string, Backend>,
    tables: ReadonlyMap<string, StickTable>,
    caches: ReadonlyMap<string, Cache>,
    statuses: ReadonlyMap<string, BackendStatus>,
    logger: Logger,
    tls: TlsMaterial,
    lease: Lease,
    lifetime: Lifetime,
    checks: HealthChecks,
    names: ServerNames,
    resolvers: ReadonlyMap<string, Resolver>,
    deps: GenerationDeps,
    begin: () => void,
    patterns: PatternStore,
    tracing: Tracing,
  ) {
    this.tracing = tracing;
    this.config = config;
    this.frontends = frontends;
    this.backends = backends;
    this.tables = tables;
    this.caches = caches;
    this.statuses = statuses;
    this.logger = logger;
    this.tls = tls;
    this.#lease = lease;
    this.#lifetime = lifetime;
    this.#checks = checks;
    this.names = names;
    this.resolvers = resolvers;
    this.#deps = deps;
    this.#begin = begin;
    this.#dynamic = new DynamicServers({
      store: deps.store,
      lease,
      process: deps.process,
      reuse: deps.reuse,
      backends,
      statuses,
      checks,
      names,
      changed: deps.onServersChanged,
    });
    this.patterns = patterns;
  }

  /**
   * Begins: checks run, connections to servers that are gone are closed. Of several threads, only the first checks
   * and changes what is shared.
   */
  start(): void {
    this.#lease.commit();
    this.#begin();
    this.tracing.begin();
    this.#deps.reuse.keepOnly(this.backends.values());
    if (!this.#deps.store.owner) return;
    for (const status of this.statuses.values()) status.start();
    this.names.start();
    this.#checks.start();
  }

  /** `add server`: see dynamic_servers.ts. */
  addServer(backend: string, name: string, words: readonly string[]): string {
    return this.#dynamic.add(backend, name, words);
  }

  /** `del server` */
  deleteServer(backend: string, server: Server): string {
    return this.#dynamic.delete(backend, server);
  }

  /** The first thread has added or deleted a server: this one follows. */
  changeServer(change: ServerChange): void {
    this.#dynamic.follow(change);
  }

  /** Another thread uses it as well, until `letGo`. */
  hold(): void {
    this.#lifetime.hold();
  }

  letGo(): void {
    this.#lifetime.letGo();
  }

  /** Another thread has seen too many errors of a server (`observe`). */
  suspect(backend: string, server: string, onError: OnError, info: string): void {
    this.#checks.suspect(backend, server, onError, info);
  }

  /** The last result of a server's health check; undefined: it has none, or there was none yet. */
  lastCheck(server: Server): CheckResult | undefined {
    return this.#checks.lastOf(server);
  }

  /** What the thread that checks has found. */
  setLastCheck(backend: string, server: string, result: CheckResult): void {
    this.#checks.setLast(backend, server, result);
  }

  /** The last result of a server's agent; undefined: it has none, or there was none yet. */
  lastAgent(server: Server): CheckResult | undefined {
    return this.#checks.lastAgentOf(server);
  }

  /** Another one has taken over: this one is let go, and `onEnd` called, when its last user has ended. */
  retire(onEnd?: () => void): void {
    this.#rest();
    this.#lifetime.retire(() => {
      this.discard();
      onEnd?.();
    });
  }

  /** Nobody uses it: it was never started, or its last stream has ended. */
  discard(): void {
    this.#lease.end();
    this.tls.free();
  }

  /** The process ends. */
  stop(): void {
    this.#rest();
    for (const resolver of this.resolvers.values()) resolver.close();
    this.#deps.reuse.keepOnly([]);
  }

  #rest(): void {
    this.tracing.end();
    this.names.stop();
    this.#checks.stop();
    for (const status of this.statuses.values()) status.stop();
  }
}

/** Compiles `config`; undefined when it has mistakes, which `diagnostics` then tells. Never throws for them. */
export function provision(
  config: Config,
  deps: GenerationDeps,
  diagnostics: Diagnostics,
): Generation | undefined {
  const lease = deps.store.lease();
  const lifetime = new Lifetime();
  const tls = new TlsMaterial(config.global, config.proxies, {
    engine: deps.tlsEngine,
    files: { read: deps.process.readFile, list: deps.process.listFiles },
    clock: deps.process.clock,
    diagnostics,
  });
  const built = new Builder(config, deps, lease, lifetime, diagnostics, tls);
  const begin = deps.compilePolicies(built, deps.process, diagnostics);
  const makers = compileChecks(
    built.checked.map(({ config }) => config),
    (proxy) => checkContext(proxy, built, diagnostics),
  );
  if (diagnostics.failed) {
    lease.end();
    tls.free();
    return undefined;
  }
  const checks = new HealthChecks({
    backends: built.checked,
    makers,
    global: config.global,
    process: deps.process,
    bufsize: config.global.tune.bufsize,
    transport: deps.process.transport,
    wheel: deps.process.wheel,
    lease,
    random: deps.process.random,
    onSuspect: deps.onSuspect,
    onResult: deps.onCheck,
    onEvent: (event, backend) => {
      built.tell(backend, event);
    },
  });
  const names = new ServerNames({
    backends: built.checked,
    resolvers: built.resolvers,
    wheel: deps.process.wheel,
    lease,
    wall: deps.process.wall,
    lookup: deps.process.lookup,
    lastAddress: restoreServers({
      config,
      backends: built.checked,
      diagnostics,
      wallMs: deps.process.wall(),
      readFile: (path) => deps.process.readFile(path),
    }),
  });
  return new Generation(
    config,
    built.frontends,
    built.backends,
    built.tables,
    built.caches,
    new Map(built.checked.map(({ config, status }) => [config.name, status])),
    built.logger(config.global.logs, config.global.logTag),
    tls,
    lease,
    lifetime,
    checks,
    names,
    built.resolvers,
    deps,
    begin,
    built.patterns,
    new Tracing({
      running: built,
      compile: (into, recorder, diagnostics) => {
        const { frontends, backends } = into;
        const twin: Built = Object.create(built, {
          frontends: { value: frontends },
          backends: { value: backends },
        });
        deps.compilePolicies(twin, deps.process, diagnostics, recorder);
      },
      traces: deps.traces,
      process: deps.process,
      header: config.global.traceHeader,
    }),
  );
}

/** What the formats of a backend's checks may refer to. */
function checkContext(
  proxy: ProxyConfig,
  built: Built,
  diagnostics: Diagnostics,
): CompileContext {
  const { backends, frontends } = built;
  const findProxy: CompileContext["findProxy"] = (name, side) =>
    side === "backend" ? backends.get(name) : frontends.find((each) => each.name === name);
  return {
    diagnostics,
    side: "backend",
    mode: proxy.mode === "http" ? "http" : "tcp",
    env: (name) => Deno.env.get(name),
    findProxy,
    findServer: (backend, server) => backends.get(backend)?.pool.server(server),
    hasProxy: (name, side) => findProxy(name, side) !== undefined,
    proxyNames: [...backends.keys(), ...frontends.map(({ name }) => name)],
  };
}

/** The frontends and backends of a Config, without their rules. */
class Builder {
  readonly frontends: Frontend[] = [];
  readonly backends = new Map<string, Backend>();
  readonly checked: { config: ProxyConfig; status: BackendStatus }[] = [];
  readonly config: Config;
  readonly userlists: ReadonlyMap<string, Userlist>;
  /** by name, for servers and for `do-resolve` */
  readonly resolvers: ReadonlyMap<string, Resolver>;
  readonly tables: ReadonlyMap<string, StickTable>;
  readonly caches: ReadonlyMap<string, Cache>;
  readonly patterns: PatternStore = new PatternStore();
  /** files that rules name, read and compiled once */
  readonly shared: Shared = new Shared(this.patterns);
  readonly #deps: GenerationDeps;
  readonly #lease: Lease;
  readonly #fullconns: ReadonlyMap<string, number>;
  /** of backends that send mails */
  readonly #routes = new Map<string, AlertRoute>();
  /** Histograms of the times of a backend's streams, for an exporter. */
  readonly measureTimes = (backend: Backend): void => {
    backend.latency ??= new LatencyBook(this.#lease, backend.name, backend.pool.servers);
  };

  constructor(
    config: Config,
    deps: GenerationDeps,
    lease: Lease,
    lifetime: Lifetime,
    diagnostics: Diagnostics,
    readonly tls: TlsMaterial,
  ) {
    this.config = config;
    this.resolvers = provisionResolvers(config.resolvers, {
      transport: deps.process.transport,
      openDatagrams: deps.process.openDatagrams,
      wheel: deps.process.wheel,
      id: randomId,
    }, (path) => deps.process.readFile(path));
    lease.onEnd(() => {
      for (const resolver of this.resolvers.values()) resolver.close();
    });
    this.userlists = new Map(config.userlists.map((list) => [list.name, new Userlist(list)]));
    this.tables = stickTables(config, lease, diagnostics);
    this.caches = provisionCaches(config, lease, deps.process.clock, diagnostics);
    this.#deps = deps;
    this.#lease = lease;
    const processMaxconn = deps.processMaxconn(config);
    this.#fullconns = defaultFullconns(config, processMaxconn);
    for (const proxy of config.proxies) {
      if (proxy.disabled) continue;
      const logger = this.logger(proxy.logs, proxy.logTag ?? config.global.logTag);
      const answers = new Answers(proxy.errorfiles);
      if (proxy.kind !== "backend") {
        this.frontends.push(
          new Frontend({
            config: proxy,
            counters: ProxyCounters.takeFrontend(lease, proxy.name),
            state: FrontendState.take(lease, proxy.name),
            answers,
            logger,
            maxhdr: deps.process.limits.maxhdr,
            h2: config.global.tune.h2,
            lifetime,
          }),
        );
      }
      if (proxy.kind !== "frontend") this.#backend(proxy, logger, answers);
    }
  }

  #backend(proxy: ProxyConfig, logger: Logger, answers: Answers): void {
    const { process } = this.#deps;
    const pool = provisionPool(proxy, {
      lease: this.#lease,
      wallMs: process.wall(),
      defaultFullconn: this.#fullconns.get(proxy.name) ?? 1,
      random: process.random,
      now: process.now,
    });
    const reuse = this.#deps.reuse.of(proxy.name, pool.servers);
    for (const [server, connections] of reuse) server.onMoved = () => connections.renew();
    const backend = new Backend({
      config: proxy,
      counters: pool.counters,
      state: pool.state,
      answers,
      logger,
      pool: pool.pool,
      reuse,
      maxhdr: process.limits.maxhdr,
      h2: this.config.global.tune.h2,
    });
    this.backends.set(proxy.name, backend);
    const route = alertRoute(proxy.emailAlert, this.config.mailers, process.hostname);
    if (route !== undefined) {
      this.#routes.set(proxy.name, route);
      // Made now, not with the first mail: what it needs is read from files.
      this.#deps.mailers();
    }
    this.checked.push({
      config: proxy,
      status: new BackendStatus({
        backend: proxy.name,
        pool: pool.pool,
        counters: pool.counters,
        wall: process.wall,
        slowStart: new SlowStart({
          pool: pool.pool,
          wheel: process.wheel,
          wall: process.wall,
        }),
        onEvent: (event) => this.tell(proxy.name, event),
        onDown: (server) => {
          if (server.config.onMarkedDown !== undefined) this.#deps.onServerDown(proxy.name, server);
        },
        onUp: (server) => {
          if (server.config.onMarkedUp === undefined || server.backup) return;
          this.#deps.onBackupsIdle(proxy.name, pool.servers.filter(({ backup }) => backup));
        },
      }),
    });
  }

  /** An event of a backend goes into its log, among the process's events, and where `email-alert` says. */
  tell(backend: string, { level, message, server }: StatusEvent): void {
    const { process, mailers } = this.#deps;
    this.backends.get(backend)?.logger.send(level, message);
    process.events.add(level, message, backend, server?.name);
    const route = this.#routes.get(backend);
    if (route !== undefined && server !== undefined && level <= route.level) {
      mailers().alert(route, message);
    }
  }

  logger(targets: ProxyConfig["logs"], tag: string | undefined): Logger {
    const { process, sinks } = this.#deps;
    const { logSendHostname } = this.config.global;
    return createLogger(targets, {
      tag: tag ?? "sluice",
      hostname: logSendHostname === true ? process.hostname : logSendHostname,
      pid: process.pid,
      clock: process.clock,
      sinks,
    });
  }
}

export type Built = Builder;
