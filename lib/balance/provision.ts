/** Builds the servers and the pool of a backend from its Config, over the State it had before. */
import type { ProxyConfig, ServerConfig } from "../config/model.ts";
import { DEFAULT_HASH_TYPE } from "../config/model_balance.ts";
import { BackendState } from "../state/proxy.ts";
import { ServerState } from "../state/server.ts";
import type { Lease } from "../state/store.ts";
import { ProxyCounters, ServerCounters } from "../state/traffic.ts";
import { algorithmNamed } from "./balancer.ts";
import { probeOf } from "./probe.ts";
import { PoolGroup } from "./group.ts";
import { ServerPool } from "./pool.ts";
import { Server } from "./server.ts";

export interface PoolSetup {
  /** holds the state records as long as the Generation lives */
  readonly lease: Lease;
  /** now, wall ms: dates new records */
  readonly wallMs: number;
  /** what `fullconn` is when the configuration does not say: 10 % of the frontends' maxconns */
  readonly defaultFullconn: number;
  /** 0 <= x < 1, for `balance random`; Math.random when absent */
  readonly random?: () => number;
  /** clock ms; performance.now when absent */
  readonly now?: () => number;
}

export interface ProvisionedPool {
  readonly pool: ServerPool;
  readonly servers: readonly Server[];
  readonly state: BackendState;
  readonly counters: ProxyCounters;
}

/**
 * Builds the pool of a backend. Throws when the algorithm is unknown: the configuration was not checked
 * against `algorithms`.
 */
export function provisionPool(proxy: ProxyConfig, setup: PoolSetup): ProvisionedPool {
  const { lease, wallMs } = setup;
  const algorithm = algorithmNamed(proxy.balance.algorithm);
  if (algorithm === undefined) throw new Error(`unknown balance ${proxy.balance.algorithm}`);
  const state = BackendState.take(lease, proxy.name);
  state.date(wallMs);
  const counters = ProxyCounters.takeBackend(lease, proxy.name);
  const servers = proxy.servers.map((config, index) =>
    provisionServer(config, index, state, lease, wallMs)
  );
  const pool = new ServerPool(servers, {
    algorithm,
    settings: proxy.balance.settings ?? {},
    hashType: proxy.hashType ?? DEFAULT_HASH_TYPE,
    balanceFactor: proxy.hashBalanceFactor ?? 0,
    affinity: proxy.hashPreserveAffinity,
    random: setup.random ?? Math.random,
    now: setup.now ?? (() => performance.now()),
    state,
    counters,
    allBackups: proxy.options.allbackups,
    redispatch: proxy.options.redispatch !== false,
    persist: proxy.options.persist,
    fullconn: proxy.fullconn ?? setup.defaultFullconn,
    group: PoolGroup.of(lease.store, proxy.name),
  });
  lease.onEnd(() => pool.close());
  return { pool, servers, state, counters };
}

/** A server of the backend that `state` belongs to, over the State it had before. */
export function provisionServer(
  config: ServerConfig,
  index: number,
  state: BackendState,
  lease: Lease,
  wallMs: number,
): Server {
  return new Server(
    config,
    ServerState.take(lease, state, config.name, config, wallMs),
    ServerCounters.take(lease, state.name, config.name),
    index,
    probeOf(state.name, config, lease),
  );
}
