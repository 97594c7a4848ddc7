/**
 * Servers that come and go while a Generation runs (management manual 9.3 `add server`, `del server`).
 *
 * Laws:
 * - An added server is in maintenance until an operator takes it out; streams never see it half made.
 * - A server is deleted only when nothing leads to it: it is in maintenance, no stream uses it or waits for it, no other
 *   server follows it, and no rule names it. What is left of it, idle connections and checks, ends with it.
 * - Neither outlives a reload: then the configuration says which servers there are.
 */
import { provisionServer } from "../balance/provision.ts";
import type { Server } from "../balance/server.ts";
import { checkServers } from "../config/check_servers.ts";
import { Diagnostics } from "../config/diagnostic.ts";
import type { Span, Word } from "../config/document.ts";
import { type NamedServer, newServerDraft, type ProxyDraft } from "../config/draft.ts";
import { parseServerAddress } from "../config/addresses.ts";
import { name as nameType, Refusal } from "../config/keywords/args.ts";
import { readOptions } from "../config/keywords/option_table.ts";
import { serverOptions } from "../config/keywords/server.ts";
import type { ServerConfig } from "../config/model.ts";
import type { HealthChecks } from "../health/health.ts";
import type { BackendStatus } from "../health/status.ts";
import type { Backend } from "../proxy/backend.ts";
import type { ServerNames } from "../servers/server_names.ts";
import { Admin, OpState } from "../state/server_fields.ts";
import type { Lease, StateStore } from "../state/store.ts";
import type { ProcessState } from "./process_state.ts";
import type { ReusePools } from "./reuse_pools.ts";
import type { ServerChange } from "./threads/messages.ts";

export interface DynamicServersParts {
  readonly store: StateStore;
  /** the Generation's: added servers go with it at last */
  readonly lease: Lease;
  readonly process: ProcessState;
  readonly reuse: ReusePools;
  readonly backends: ReadonlyMap<string, Backend>;
  readonly statuses: ReadonlyMap<string, BackendStatus>;
  readonly checks: HealthChecks;
  readonly names: ServerNames;
  /** Tells the other threads; resolves when all know it. */
  changed(change: ServerChange): Promise<void>;
}

/**
 * Settings that concern names: those of added servers are looked up when connecting. `redir` is a step of the backend's
 * policy, which stays as it was compiled.
 */
const NOT_DYNAMIC = [
  "init-addr",
  "redir",
  "resolve-net",
  "resolve-opts",
  "resolve-prefer",
  "resolvers",
];

const NAME = nameType();
const SERVER: Span = { file: "add server", line: 1, column: 1, length: 1 };

export class DynamicServers {
  readonly #parts: DynamicServersParts;
  /** of the servers that were added */
  readonly #leases = new Map<Server, Lease>();

  constructor(parts: DynamicServersParts) {
    this.#parts = parts;
    parts.lease.onEnd(() => {
      for (const lease of this.#leases.values()) lease.end();
    });
  }

  /** Adds a server; `words`: its address and settings, as on a `server` line. Answers what is to be told. */
  add(backendName: string, name: string, words: readonly string[]): string {
    const backend = this.#parts.backends.get(backendName);
    if (backend === undefined) return "No such backend.";
    if (!backend.pool.dynamic) {
      return "Backend must use a dynamic load balancing to support dynamic servers.";
    }
    if (backend.pool.server(name) !== undefined) {
      return "Already exists a server with the same name in backend.";
    }
    const diagnostics = new Diagnostics();
    const config = this.#read(backend, name, words, diagnostics);
    if (typeof config === "string") return config;
    const { process, store, reuse, checks } = this.#parts;
    const lease = store.lease();
    const { pool } = backend;
    const server = provisionServer(
      config,
      pool.servers.length,
      backend.state,
      lease,
      process.wall(),
    );
    backend.compileServer?.(server, diagnostics);
    if (diagnostics.failed) {
      lease.end();
      return firstOf(diagnostics);
    }
    this.#begin(server, lease);
    const [connections] = reuse.of(backendName, [server]).values();
    server.onMoved = () => connections.renew();
    backend.reuse.set(server, connections);
    this.#leases.set(server, lease);
    pool.addServer(server);
    if (store.owner) {
      checks.addServer(backendName, server, lease);
      this.#parts.changed({ backend: backendName, name, words });
    }
    return "New server registered.";
  }

  /** The first thread has added or deleted a server. */
  follow({ backend, name, words }: ServerChange): void {
    if (words !== undefined) this.add(backend, name, words);
    else {
      const found = this.#parts.backends.get(backend);
      const server = found?.pool.server(name);
      if (found === undefined || server === undefined) return;
      this.#remove(found, server);
      this.#leases.get(server)?.end();
      this.#leases.delete(server);
    }
  }

  #begin({ state, config }: Server, lease: Lease): void {
    const { process, store } = this.#parts;
    lease.commit();
    if (!store.owner) return;
    state.setAdmin(Admin.ForcedMaint | (config.disabled ? Admin.ConfigMaint : 0), process.wall());
    state.setOp(OpState.Stopped, process.wall());
    state.setHealth(0);
    if (config.check) state.setCheckState(state.checkState | 8);
  }

  #read(
    backend: Backend,
    name: string,
    [address, ...rest]: readonly string[],
    diagnostics: Diagnostics,
  ): ServerConfig | string {
    const bad = NAME.parse({ text: name, span: SERVER });
    if (bad instanceof Refusal) return `${bad.message}.`;
    if (address === undefined) {
      return "'server' expects <name> and <addr>[:<port>] as arguments.";
    }
    const parsed = parseServerAddress(address);
    if (parsed instanceof Refusal) return `${parsed.message}.`;
    const words = rest.map((text): Word => ({ text, span: SERVER }));
    const fixed = words.find(({ text }) => NOT_DYNAMIC.includes(text));
    if (fixed !== undefined) {
      return `'${fixed.text}' option is not accepted for dynamic server`;
    }
    const draft: NamedServer = {
      ...newServerDraft(),
      name,
      address: parsed,
      span: SERVER,
      nameWord: { text: name, span: SERVER },
      addressWord: { text: address, span: SERVER },
    };
    const where = `server ${backend.name}/${name}`;
    readOptions(serverOptions, words, draft, where, "server", {
      diagnostics,
      readFile: (path) => this.#parts.process.readFile(path),
    });
    const { mode } = backend;
    checkServers(
      { name: backend.name, mode, servers: [draft] } as unknown as ProxyDraft,
      diagnostics,
    );
    if (diagnostics.failed) return firstOf(diagnostics);
    if (draft.track !== undefined && !this.#mayTrack(backend.name, draft.track.text)) {
      return `'track': there is no server '${draft.track.text}' of the configuration.`;
    }
    const { servers } = backend.pool;
    const twin = draft.id === undefined ? undefined : servers.find(({ id }) => id === draft.id);
    if (twin !== undefined) {
      return `'id' : custom id ${draft.id} already used by server '${twin.name}'.`;
    }
    const { nameWord: _name, addressWord: _address, ...settings } = draft;
    return {
      ...settings,
      id: draft.id ?? freeId(servers),
      idForced: draft.id !== undefined,
      source: draft.source ?? backend.config.source,
    };
  }

  /** Only servers of the configuration may be followed: they stay. */
  #mayTrack(backend: string, text: string): boolean {
    const slash = text.indexOf("/");
    const there = this.#parts.backends.get(slash < 0 ? backend : text.slice(0, slash));
    const leader = there?.pool.server(text.slice(slash + 1));
    return leader !== undefined && !this.#leases.has(leader);
  }

  /** Deletes a server; answers what is to be told. */
  delete(backendName: string, server: Server): string {
    const { backends, statuses, checks, names, changed } = this.#parts;
    const backend = backends.get(backendName)!;
    const { state } = server;
    if (statuses.get(backendName)!.isTracked(server) || isNamed(backend, server)) {
      return "This server cannot be removed at runtime due to other configuration elements " +
        "pointing to it.";
    }
    if ((state.admin & Admin.Maint) === 0) {
      return "Only servers in maintenance mode can be deleted.";
    }
    if (state.current > 0 || state.queued > 0) {
      return "Server still has connections attached to it, cannot remove it.";
    }
    checks.removeServer(server);
    names.forget(server);
    this.#remove(backend, server);
    state.deleted();
    const lease = this.#leases.get(server);
    this.#leases.delete(server);
    // Its records may become another server's only when no thread looks at them any more.
    changed({ backend: backendName, name: server.name }).then(() => lease?.end());
    return "Server deleted.";
  }

  #remove(backend: Backend, server: Server): void {
    backend.pool.removeServer(server);
    const connections = backend.reuse.get(server);
    backend.reuse.delete(server);
    if (connections !== undefined) this.#parts.reuse.drop(connections);
  }
}

/** A `use-server` rule leads to it. */
function isNamed({ config }: Backend, { name }: Server): boolean {
  return config.useServers.some(({ words }) => words[0].text === name);
}

/** As when a configuration is read: the lowest number that nobody has. */
function freeId(servers: readonly Server[]): number {
  const taken = new Set(servers.map(({ id }) => id));
  let id = 1;
  while (taken.has(id)) id++;
  return id;
}

function firstOf({ list }: Diagnostics): string {
  const { message, nearest } = list.find(({ severity }) => severity === "alert")!;
  return nearest === undefined ? `${message}.` : `${message}; did you mean '${nearest}'?`;
}
