/**
 * Generation: a Config compiled for running. Everything that can be wrong with it is found here, before anything
 * of the running one is touched (parse → validate → provision → start → drain → stop).
 */
import type { Server } from "../balance/server.ts";
import type { Config } from "../config/model.ts";
import { Tracing } from "./tracing.ts";
import { PatternStore } from "../expr/pattern_store.ts";
import type { OnError } from "../config/model_check.ts";
import { HealthChecks } from "../health/health.ts";
import type { CheckResult } from "../health/result.ts";
import { BackendStatus } from "../health/status.ts";
import type { RingSink } from "../log/syslog/ring_sink.ts";
import type { Logger } from "../log/types.ts";
import { Backend } from "../proxy/backend.ts";
import { Frontend } from "../proxy/frontend.ts";
import { Lifetime } from "../proxy/lifetime.ts";
import type { Resolver } from "../resolve/resolver.ts";
import { ServerNames } from "../servers/server_names.ts";
import type { Lease } from "../state/store.ts";
import { DynamicServers } from "./dynamic_servers.ts";
import type { ServerChange } from "./threads/messages.ts";
import { TlsMaterial } from "../tls/material.ts";
import type { StickTable } from "../stick/table.ts";
import type { Cache } from "../cache/cache.ts";
import type { PeersPlan } from "./peers/plan.ts";
import type { GenerationDeps } from "./generation_deps.ts";

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
  /** `log-forward` sections */
  readonly logForwards: readonly Frontend[];
  /** `ring` sections by name, in the order of the file */
  readonly rings: ReadonlyMap<string, RingSink>;
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
  /** what is shared with other nodes */
  peerPlans: readonly PeersPlan[] = [];
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
    logForwards: readonly Frontend[],
    rings: ReadonlyMap<string, RingSink>,
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
    this.logForwards = logForwards;
    this.rings = rings;
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
