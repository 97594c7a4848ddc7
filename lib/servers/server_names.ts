/**
 * The names of a Generation's servers: how their addresses are found at the start (manual 5.2 `init-addr`), and who
 * keeps asking for them while it runs (manual 5.3).
 *
 * Laws:
 * - Before `start` nothing of a running Generation's records is changed: what `findAddresses` found waits for it.
 * - An address that a server had before a reload stays until an answer says otherwise.
 */
import type { Server } from "../balance/server.ts";
import type { ProxyConfig } from "../config/model.ts";
import type { InitAddr } from "../config/model_resolvers.ts";
import { isSrvName, nameOf } from "../config/validate_names.ts";
import type { BackendStatus } from "../health/status.ts";
import { parseIp } from "../net/address.ts";
import type { TimerWheel } from "../net/timers.ts";
import type { Resolver } from "../resolve/resolver.ts";
import { Admin, OpState } from "../state/server_fields.ts";
import { remember } from "../state/remember.ts";
import type { Lease } from "../state/store.ts";
import { memberOf } from "./members.ts";
import { NameWatch } from "./name_watch.ts";
import { type SrvMemory, SrvWatch } from "./srv_watch.ts";

export interface ServerNamesOptions {
  readonly backends: readonly { readonly config: ProxyConfig; readonly status: BackendStatus }[];
  /** by name */
  readonly resolvers: ReadonlyMap<string, Resolver>;
  readonly wheel: TimerWheel;
  readonly lease: Lease;
  /** wall ms */
  wall(): number;
  /** The system's resolver: all addresses of a name, or none. Never rejects. */
  lookup(name: string): Promise<readonly string[]>;
  /** The address that a state file of before has for a server (`init-addr last`). */
  lastAddress?(backend: string, server: Server): string | undefined;
}

/** A server whose name is not only looked up when connecting. */
interface Named {
  readonly backend: string;
  readonly status: BackendStatus;
  readonly server: Server;
  readonly name: string;
  /** what SRV records had given it */
  readonly target: string | undefined;
  readonly resolver: Resolver | undefined;
  /** undefined: none is known */
  found: Uint8Array | undefined;
}

const DEFAULT_INIT: readonly InitAddr[] = ["last", "libc"];

export class ServerNames {
  readonly #o: ServerNamesOptions;
  readonly #named: Named[] = [];
  /** by resolver, name and family */
  readonly #watches = new Map<string, NameWatch>();
  readonly #services = new Map<string, SrvWatch>();
  #running = false;

  constructor(options: ServerNamesOptions) {
    this.#o = options;
    for (const { config, status } of options.backends) {
      for (const server of status.pool.servers) {
        const { resolvers, initAddr } = server.config;
        if (server.fqdn === undefined || (resolvers === undefined && initAddr === undefined)) {
          continue;
        }
        const resolver = resolvers === undefined ? undefined : options.resolvers.get(resolvers);
        const written = nameOf(server.config)!;
        // A state file may have another name: an operator's, or what SRV records had given.
        const records = isSrvName(written);
        const kept = server.fqdn === written ? undefined : server.fqdn;
        this.#named.push({
          backend: config.name,
          status,
          server,
          name: records ? written : server.fqdn,
          target: records ? kept : undefined,
          resolver,
          found: undefined,
        });
      }
    }
  }

  /** No server needs anything of this. */
  get idle(): boolean {
    return this.#named.length === 0;
  }

  /**
   * Finds an address for each server as `init-addr` says; answers a sentence for each that must have one and has none.
   */
  async findAddresses(): Promise<string[]> {
    const lookups = new Map<string, Promise<readonly string[]>>();
    const lookup = (name: string) => {
      let running = lookups.get(name);
      if (running === undefined) lookups.set(name, running = this.#o.lookup(name));
      return running;
    };
    const messages: string[] = [];
    await Promise.all(this.#named.map(async (named) => {
      if (!await this.#find(named, lookup)) {
        messages.push(
          `server ${named.backend}/${named.server.name}: '${named.name}' could not be resolved; ` +
            "'init-addr last,libc,none' starts without an address",
        );
      }
    }));
    return messages.sort();
  }

  async #find(
    named: Named,
    lookup: (name: string) => Promise<readonly string[]>,
  ): Promise<boolean> {
    const { server, name, backend } = named;
    // Kept over a reload: what runs now runs on.
    const { address } = server.state;
    if (address instanceof Uint8Array) {
      named.found = address;
      return true;
    }
    if (isSrvName(name)) {
      const ip = this.#o.lastAddress?.(backend, server);
      named.found = ip === undefined || named.target === undefined ? undefined : parseIp(ip);
      return true;
    }
    for (const method of server.config.initAddr ?? DEFAULT_INIT) {
      if (method === "none") return true;
      let ip: string | undefined;
      if (method === "last") ip = this.#o.lastAddress?.(backend, server);
      else if (method === "libc") ip = preferred(await lookup(name), server.config.resolvePrefer);
      else ip = method.ip;
      named.found = ip === undefined ? undefined : parseIp(ip);
      if (named.found !== undefined) return true;
    }
    return false;
  }

  /** The lease is committed: addresses are set, and resolvers are asked from now on. */
  start(): void {
    this.#running = true;
    this.#release();
    for (const named of this.#named) {
      this.#settle(named);
      if (named.resolver !== undefined) this.#watch(named, named.resolver);
    }
    for (const watch of this.#watches.values()) watch.ask();
    for (const watch of this.#services.values()) watch.ask();
  }

  /** Another Generation has taken over, or the process ends. */
  stop(): void {
    this.#running = false;
    for (const watch of this.#watches.values()) watch.stop();
    for (const watch of this.#services.values()) watch.stop();
  }

  /** Servers that were without an address before the configuration stopped asking for their names. */
  #release(): void {
    const named = new Set(this.#named.map(({ server }) => server));
    for (const { status } of this.#o.backends) {
      for (const server of status.pool.servers) {
        const { state } = server;
        const wall = this.#o.wall();
        const written = nameOf(server.config);
        if (server.fqdn !== written) state.setAdmin(state.admin | Admin.FqdnChanged, wall);
        else if (written === undefined || !isSrvName(written)) {
          state.setAdmin(state.admin & ~Admin.FqdnChanged, wall);
        }
        if (named.has(server) || (state.admin & Admin.ResolveMaint) === 0) continue;
        state.setAdmin(state.admin & ~Admin.ResolveMaint, wall);
        if ((state.admin & Admin.Maint) === 0) state.setOp(OpState.Running, wall);
        state.startHealth(server.config);
        status.move(server, undefined, undefined);
      }
    }
  }

  /** What a Generation begins with, without a word. */
  #settle({ server, status, found }: Named): void {
    const { state } = server;
    if (found !== undefined) {
      if (state.address === undefined) status.move(server, found, state.port);
      return;
    }
    status.move(server, "none", state.port);
    const wall = this.#o.wall();
    state.setAdmin(state.admin | Admin.ResolveMaint, wall);
    state.setOp(OpState.Stopped, wall);
    state.setHealth(0);
    if (server.config.check) state.setCheckState(state.checkState | 8);
    status.pool.updateAll();
  }

  #watch({ backend, server, status, name, target }: Named, resolver: Resolver): void {
    const prefer = server.config.resolvePrefer ?? "ipv6";
    if (isSrvName(name)) {
      // Records are servers of one backend: another backend has servers of its own for them.
      const key = [resolver.name, name, prefer, backend].join(" ");
      let watch = this.#services.get(key);
      if (watch === undefined) {
        watch = new SrvWatch(resolver, name, prefer, this.#o.wheel);
        this.#services.set(key, watch);
      }
      server.fqdn = undefined;
      const memory = remember<SrvMemory>(
        this.#o.lease,
        `SRV record of ${backend}/${server.name} ${name}`,
        () => ({ target, port: server.state.port ?? 0 }),
      );
      watch.add(memberOf(status, server), memory);
      return;
    }
    this.#nameWatch(resolver, name, prefer).add(memberOf(status, server));
  }

  #nameWatch(resolver: Resolver, name: string, prefer: "ipv4" | "ipv6"): NameWatch {
    const key = [resolver.name, name.toLowerCase(), prefer].join(" ");
    let watch = this.#watches.get(key);
    if (watch === undefined) {
      watch = new NameWatch(resolver, name, prefer, this.#o.wheel);
      this.#watches.set(key, watch);
    }
    return watch;
  }

  /**
   * `set server … fqdn`: from now on the addresses of another name. Answers what is to be told.
   */
  rename(status: BackendStatus, server: Server, name: string, by: string): string {
    const { resolvers, resolvePrefer = "ipv6" } = server.config;
    const resolver = resolvers === undefined ? undefined : this.#o.resolvers.get(resolvers);
    const records = [...this.#services.values()].some((watch) => watch.has(server));
    if (resolver === undefined || records || !this.#running) {
      return "set server <b>/<s> fqdn failed because no resolution is configured.";
    }
    this.forget(server);
    const words = status.rename(server, name, by);
    const watch = this.#nameWatch(resolver, name, resolvePrefer);
    watch.add(memberOf(status, server));
    watch.ask();
    return words;
  }

  /** The server is deleted, or has another name: its name is not asked for any more, unless others have it. */
  forget(server: Server): void {
    for (const [key, watch] of this.#watches) {
      if (!watch.remove(server) || !watch.empty) continue;
      watch.stop();
      this.#watches.delete(key);
    }
  }
}

function preferred(
  addresses: readonly string[],
  family: "ipv4" | "ipv6" = "ipv6",
): string | undefined {
  return addresses.find((each) => each.includes(":") === (family === "ipv6")) ?? addresses[0];
}
