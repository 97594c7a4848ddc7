/**
 * The state of servers from before the start (manual 3.1 `server-state-file`, 4.2 `load-server-state-from-file`).
 *
 * Laws:
 * - Only servers that are new to the process get it: what runs is newer than any file.
 * - What the configuration has changed since wins: another weight, `disabled` added or removed.
 */
import type { Server } from "../balance/server.ts";
import type { Diagnostics } from "../config/diagnostic.ts";
import type { Config, ProxyConfig } from "../config/model.ts";
import { isSrvName, nameOf } from "../config/validate_names.ts";
import type { BackendStatus } from "../health/status.ts";
import { parseIp } from "../net/address.ts";
import { Admin, OpState } from "../state/server_fields.ts";
import { parseServerStates, type SavedServer, SavedServers } from "./state_file.ts";

export interface RestoreParts {
  readonly config: Pick<Config, "global">;
  readonly backends: readonly { readonly config: ProxyConfig; readonly status: BackendStatus }[];
  readonly diagnostics: Diagnostics;
  /** wall ms */
  readonly wallMs: number;
  readFile(path: string): Uint8Array;
}

/** What `init-addr last` finds. */
export type LastAddress = (backend: string, server: Server) => string | undefined;

/** Reads the files that the configuration names and gives new servers their state. */
export function restoreServers(parts: RestoreParts): LastAddress {
  const { config: { global }, backends, diagnostics } = parts;
  const files = new Map<string, SavedServers | undefined>();
  const addresses = new Map<Server, string>();
  const read = (path: string, what: string): SavedServers | undefined => {
    if (files.has(path)) return files.get(path);
    let saved: SavedServers | undefined;
    try {
      const lines = parseServerStates(parts.readFile(path));
      if (typeof lines !== "string") saved = new SavedServers(lines);
      else {
        diagnostics.add("warning", undefined, `${what} '${path}' is not used: ${lines}`);
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      diagnostics.add("warning", undefined, `${what} '${path}' cannot be read: ${why}`);
    }
    files.set(path, saved);
    return saved;
  };
  for (const { config, status } of backends) {
    const { servers } = status.pool;
    if (config.serverStateFrom === undefined || !servers.some(({ state }) => state.fresh)) continue;
    let saved: SavedServers | undefined;
    if (config.serverStateFrom === "local") {
      const path = pathOf(config.serverStateFileName ?? config.name, global.serverStateBase);
      saved = read(path, `backend ${config.name}: the state file`);
    } else if (global.serverStateFile !== undefined) {
      const path = pathOf(global.serverStateFile, global.serverStateBase);
      saved = read(path, "the global state file");
    }
    if (saved === undefined) continue;
    for (const server of servers) {
      const line = saved.find(config.name, server.config);
      if (line === undefined || !server.state.fresh) continue;
      restore(server, line, parts.wallMs);
      const address = restoreAddress(server, line);
      if (address !== undefined) addresses.set(server, address);
    }
  }
  return (_, server) => addresses.get(server);
}

function pathOf(file: string, base: string | undefined): string {
  return file.startsWith("/") || base === undefined ? file : `${base.replace(/\/$/, "")}/${file}`;
}

function restore({ state, config }: Server, line: SavedServer, wallMs: number): void {
  const { rise, fall } = config;
  const most = rise + fall - 1;
  if (config.check) {
    state.setCheckResult(line.checkResult);
    switch (line.op) {
      case OpState.Stopped:
        state.setHealth(0);
        state.setOp(OpState.Stopped, wallMs);
        break;
      case OpState.Stopping:
        state.setHealth(most);
        state.setOp(OpState.Stopping, wallMs);
        break;
      default:
        // One that was starting goes on from where it was.
        state.setHealth(Math.max(rise, Math.min(most, line.health)));
        state.setOp(OpState.Running, wallMs);
    }
  }
  restoreAdmin(state, line.admin, wallMs);
  if (line.initialWeight === state.initialWeight) state.setWeight(line.weight);
  state.dateChange(Math.floor(wallMs / 1000) - line.sinceChange);
}

/** What an operator did counts as long as the configuration says the same about `disabled` as before. */
function restoreAdmin(state: Server["state"], saved: number, wallMs: number): void {
  const configured = state.admin & Admin.ConfigMaint;
  if ((saved & Admin.ConfigMaint) === configured) {
    const forced = (saved & Admin.ForcedMaint) !== 0;
    const maint = configured | (forced ? Admin.ForcedMaint : 0);
    const drain = forced ? 0 : saved & Admin.ForcedDrain;
    state.setAdmin(maint | drain, wallMs);
    if (forced) {
      state.setOp(OpState.Stopped, wallMs);
      state.setHealth(0);
      state.setCheckState(state.checkState === 0 ? 0 : state.checkState | 8);
    } else if (configured !== 0) state.setOp(OpState.Running, wallMs);
  } else if (configured === 0) {
    state.setAdmin(saved & Admin.ForcedDrain, wallMs);
  }
}

/** Where a server with a name was; its name, when an operator or SRV records had given it another. */
function restoreAddress(server: Server, line: SavedServer): string | undefined {
  const { state, config } = server;
  const name = nameOf(config);
  if (name === undefined) return undefined;
  const records = isSrvName(name);
  if (records && line.srvRecord !== name) return undefined;
  if (
    line.port > 0 && (records || config.address.type !== "tcp" || config.address.port !== undefined)
  ) {
    const own = config.address.type === "tcp" ? config.address.port : undefined;
    state.setAddress(undefined, line.port === own ? undefined : line.port);
  }
  if (
    line.fqdn !== undefined && line.fqdn !== name &&
    (records || (line.admin & Admin.FqdnChanged) !== 0)
  ) {
    server.fqdn = line.fqdn;
  }
  return line.address !== undefined && parseIp(line.address) !== undefined
    ? line.address
    : undefined;
}
