/** Builds backends for the tests of lib/balance and lib/health. */
import { Diagnostics } from "../../lib/config/diagnostic.ts";
import { newProxyDraft, type ProxyDraft } from "../../lib/config/draft.ts";
import { findKeyword } from "../../lib/config/keywords/index.ts";
import { parseArguments } from "../../lib/config/keywords/parse_args.ts";
import type {
  BalanceSettings,
  HashTypeConfig,
  ProxyConfig,
  ServerConfig,
} from "../../lib/config/model.ts";
import { type ProvisionedPool, provisionPool } from "../../lib/balance/provision.ts";
import { type Lease, StateStore } from "../../lib/state/store.ts";

const span = { file: "test.cfg", line: 1, column: 1, length: 1 };

export function serverConfig(name: string, more: Partial<ServerConfig> = {}): ServerConfig {
  return {
    name,
    id: undefined as unknown as number,
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
  readonly settings?: BalanceSettings;
  readonly hashType?: HashTypeConfig;
  readonly balanceFactor?: number;
  readonly affinity?: "maxconn" | "maxqueue";
  readonly random?: () => number;
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
    balance: { algorithm: b.algorithm ?? "roundrobin", args: [], settings: b.settings },
    hashType: b.hashType,
    hashBalanceFactor: b.balanceFactor,
    hashPreserveAffinity: b.affinity,
    servers: withIds(servers),
    fullconn: b.fullconn,
    checks: { kind: "tcp", rules: [], disableOn404: false, sendState: false },
  } as unknown as ProxyConfig;
}

/** Servers without an id get the lowest free ones, as when a configuration is read. */
function withIds(servers: readonly ServerConfig[]): ServerConfig[] {
  const taken = new Set(servers.map((s) => s.id));
  let next = 1;
  return servers.map((s) => {
    if (s.id !== undefined) return s;
    while (taken.has(next)) next++;
    return { ...s, id: next++ };
  });
}

/** What a line of a backend writes into its draft. */
function draftOf(line: string): ProxyDraft {
  const draft = newProxyDraft("backend", "b", span);
  const words = line.split(" ").map((text) => ({ text, span }));
  const statement = { words, span };
  const diagnostics = new Diagnostics();
  const { row, length } = findKeyword("backend", words)!;
  const values = parseArguments(row, words.slice(length), span, diagnostics);
  if (values !== undefined) {
    row.apply!(
      draft as never,
      values as never,
      { section: "backend", statement, words: words.slice(length), diagnostics } as never,
    );
  }
  if (diagnostics.failed) throw new Error(diagnostics.list.map((d) => d.message).join("; "));
  return draft;
}

/** What the lines `balance <balance>` and `hash-type <hashType>` say. */
export function balanceOf(balance: string, hashType?: string): BackendShape {
  const { algorithm, settings } = draftOf(`balance ${balance}`).balance;
  const type = hashType === undefined ? undefined : draftOf(`hash-type ${hashType}`).hashType;
  return { algorithm, settings, hashType: type };
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
  const provisioned = provisionPool(config, {
    lease,
    wallMs: 0,
    defaultFullconn: 0,
    random: shape.random,
  });
  lease.commit();
  return { ...provisioned, store, lease };
}

/** Servers A, B, C … with these weights. */
export function weighted(weights: readonly number[]): ServerConfig[] {
  return weights.map((weight, i) =>
    serverConfig(weights.length > 26 ? `s${i}` : String.fromCharCode(65 + i), { weight })
  );
}
