/** Builds backends for the tests of lib/balance and lib/health. */
import type { ProxyConfig, ServerConfig } from "../../lib/config/model.ts";
import { type ProvisionedPool, provisionPool } from "../../lib/balance/provision.ts";
import { type Lease, StateStore } from "../../lib/state/store.ts";

const span = { file: "test.cfg", line: 1, column: 1, length: 1 };

export function serverConfig(name: string, more: Partial<ServerConfig> = {}): ServerConfig {
  return {
    name,
    id: 1,
    address: { type: "tcp", host: "127.0.0.1", port: 80 },
    span,
    weight: 1,
    backup: false,
    disabled: false,
    check: false,
    inter: 2000,
    fall: 3,
    rise: 2,
    poolPurgeDelay: 5000,
    ...more,
  };
}

/** The parts of a backend's Config that balancing and checking look at. */
export interface BackendShape {
  readonly name?: string;
  readonly algorithm?: string;
  readonly allbackups?: boolean;
  readonly redispatch?: number | false;
  readonly persist?: boolean;
  readonly fullconn?: number;
  readonly logHealthChecks?: boolean;
  readonly timeouts?: ProxyConfig["timeouts"];
}

export function backendConfig(servers: readonly ServerConfig[], b: BackendShape = {}): ProxyConfig {
  return {
    name: b.name ?? "b",
    id: 2,
    kind: "backend",
    span,
    mode: "tcp",
    timeouts: b.timeouts ?? {},
    options: {
      allbackups: b.allbackups ?? false,
      redispatch: b.redispatch ?? 1,
      persist: b.persist ?? false,
      logHealthChecks: b.logHealthChecks ?? false,
    },
    balance: { algorithm: b.algorithm ?? "roundrobin", args: [] },
    servers: servers.map((s, i) => ({ ...s, id: i + 1 })),
    fullconn: b.fullconn,
  } as unknown as ProxyConfig;
}

export interface Backend extends ProvisionedPool {
  readonly store: StateStore;
  readonly lease: Lease;
}

/** A backend over a new store, or over `store` as after a reload. */
export function backend(
  servers: readonly ServerConfig[],
  shape: BackendShape = {},
  store: StateStore = new StateStore(),
): Backend {
  const lease = store.lease();
  const config = backendConfig(servers, shape);
  const provisioned = provisionPool(config, { lease, wallMs: 0, defaultFullconn: 0 });
  lease.commit();
  return { ...provisioned, store, lease };
}

/** Servers A, B, C … with these weights. */
export function weighted(weights: readonly number[]): ServerConfig[] {
  return weights.map((weight, i) =>
    serverConfig(weights.length > 26 ? `s${i}` : String.fromCharCode(65 + i), { weight })
  );
}
