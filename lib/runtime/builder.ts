/** The frontends and backends of a configuration, their pools, tables and loggers; not yet their rules. */
import { provisionPool } from "../balance/provision.ts";
import type { Diagnostics } from "../config/diagnostic.ts";
import type { Config, ProxyConfig } from "../config/model.ts";
import { Shared } from "../expr/shared.ts";
import { PatternStore } from "../expr/pattern_store.ts";
import { Userlist } from "../expr/userlist.ts";
import { SlowStart } from "../health/slow_start.ts";
import { BackendStatus, type StatusEvent } from "../health/status.ts";
import { type AlertRoute, alertRoute } from "../mail/mailer.ts";
import { createLogger } from "../log/logger.ts";
import { SyslogForwarder } from "../log/syslog/forwarder.ts";
import type { Logger } from "../log/types.ts";
import { Answers } from "../proxy/answers.ts";
import { Backend } from "../proxy/backend.ts";
import { Frontend } from "../proxy/frontend.ts";
import { LatencyBook } from "../proxy/latency.ts";
import type { Lifetime } from "../proxy/lifetime.ts";
import { FrontendState } from "../state/proxy.ts";
import { provisionResolvers } from "../resolve/provision.ts";
import { randomId, type Resolver } from "../resolve/resolver.ts";
import type { Lease } from "../state/store.ts";
import { ProxyCounters } from "../state/traffic.ts";
import { TlsMaterial } from "../tls/material.ts";
import { defaultFullconns } from "./fullconn.ts";
import type { StickTable } from "../stick/table.ts";
import type { Cache } from "../cache/cache.ts";
import { provisionCaches } from "./caches.ts";
import { stickTables } from "./stick_tables.ts";
import type { GenerationDeps } from "./generation_deps.ts";
import { LogTargets } from "./log_targets.ts";
import { socketStats } from "./socket_stats.ts";

/** ms that one step of a request of sluice's own may take on its side */
const INNER_TIMEOUT = 20_000;

/** The frontends and backends of a Config, without their rules. */
export class Builder {
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
  readonly logForwards: readonly Frontend[];
  readonly logTargets: LogTargets;
  readonly #deps: GenerationDeps;
  readonly #lease: Lease;
  readonly #lifetime: Lifetime;
  readonly #fullconns: ReadonlyMap<string, number>;
  /** of backends that send mails */
  readonly #routes = new Map<string, AlertRoute>();
  /** Histograms of the times of a backend's streams, for an exporter. */
  readonly measureTimes = (backend: Backend): void => {
    backend.latency ??= new LatencyBook(this.#lease, backend.name, backend.pool.servers);
  };

  /** Memory that all threads share, as long as Generations ask for this key one after the other. */
  takeBlock(key: string, bytes: number): SharedArrayBuffer {
    return this.#lease.takeBlock(key, bytes).buffer;
  }

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
    this.#lifetime = lifetime;
    const { sinks, process } = deps;
    this.logTargets = new LogTargets(config, lease, sinks, this.backends, process.wall);
    const processMaxconn = deps.processMaxconn(config);
    this.#fullconns = defaultFullconns(config, processMaxconn);
    for (const proxy of config.proxies) {
      if (proxy.disabled) continue;
      const logger = this.logger(proxy.logs, proxy.logTag ?? config.global.logTag);
      const answers = new Answers(proxy.errorfiles);
      if (proxy.kind !== "backend") {
        this.frontends.push(this.#frontend(proxy, logger, answers, lifetime));
      }
      if (proxy.kind !== "frontend") this.#backend(proxy, logger, answers);
    }
    this.logForwards = config.logForwards.map((forward) => this.#logForward(forward, lifetime));
  }

  #frontend(
    config: ProxyConfig,
    logger: Logger,
    answers: Answers,
    lifetime: Lifetime,
  ): Frontend {
    return new Frontend({
      config,
      counters: ProxyCounters.takeFrontend(this.#lease, config.name),
      state: FrontendState.take(this.#lease, config.name),
      answers,
      logger,
      maxhdr: this.#deps.process.limits.maxhdr,
      anyPayload: this.config.global.h1AnyPayload,
      h2: this.config.global.tune.h2,
      lifetime,
      sockets: socketStats(config, this.#lease),
    });
  }

  /** A frontend that only sluice itself is a client of: it logs nothing and is in no statistics. */
  readonly inner = (config: ProxyConfig): Frontend => {
    const name = `inner ${config.name}`;
    return this.#frontend(
      {
        ...config,
        name,
        kind: "frontend",
        binds: [],
        logs: [],
        timeouts: { ...config.timeouts, client: INNER_TIMEOUT },
      },
      this.logger([], undefined),
      new Answers([]),
      this.#lifetime,
    );
  };

  /** What is wrong on its connections is told where the process itself logs. */
  #logForward(config: ProxyConfig, lifetime: Lifetime): Frontend {
    const { process } = this.#deps;
    const { logs, logTag } = this.config.global;
    const frontend = this.#frontend(
      config,
      this.logger(logs, logTag),
      new Answers(config.errorfiles),
      lifetime,
    );
    frontend.syslog = new SyslogForwarder(config.logs, config.forward!, {
      clock: process.clock,
      sinks: this.logTargets,
      hostname: this.#hostname,
      threads: process.threads,
    });
    return frontend;
  }

  /** `log-send-hostname` */
  get #hostname(): string | undefined {
    const { logSendHostname } = this.config.global;
    return logSendHostname === true ? this.#deps.process.hostname : logSendHostname;
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
  tell(backend: string, { level, message, server, mail }: StatusEvent): void {
    const { process, mailers } = this.#deps;
    this.backends.get(backend)?.logger.send(level, message);
    process.events.add(level, message, backend, server?.name);
    const route = this.#routes.get(backend);
    if (route !== undefined && mail !== undefined && mail <= route.level) {
      mailers().alert(route, message);
    }
  }

  logger(targets: ProxyConfig["logs"], tag: string | undefined): Logger {
    const { process } = this.#deps;
    return createLogger(targets, {
      tag: tag ?? "sluice",
      hostname: this.#hostname,
      pid: process.pid,
      clock: process.clock,
      sinks: this.logTargets,
      threads: process.threads,
    });
  }
}

export type Built = Builder;
