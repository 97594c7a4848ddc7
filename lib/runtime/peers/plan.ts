/** What a Generation shares with peers: its sections with their tables and their TLS. */
import type { Diagnostics } from "../../config/diagnostic.ts";
import type { Config } from "../../config/model.ts";
import { type PeersConfig, tablesOf } from "../../config/model_peers.ts";
import type { SharedTable } from "../../stick/peers/shared_table.ts";
import type { StickTable } from "../../stick/table.ts";
import type { ServerTlsClient } from "../../tls/client.ts";
import type { TlsMaterial } from "../../tls/material.ts";
import type { Logger } from "../../log/types.ts";

export interface PeersPlan {
  readonly config: PeersConfig;
  readonly tables: readonly SharedTable[];
  /** of peers that are spoken to by TLS, by name; the local one's is for its successor */
  readonly clients: ReadonlyMap<string, ServerTlsClient>;
  readonly logger: Logger;
}

/** The sections that share something. */
export function planPeers(
  config: Config,
  tables: ReadonlyMap<string, StickTable>,
  tls: TlsMaterial,
  diagnostics: Diagnostics,
  logger: (section: PeersConfig) => Logger,
): readonly PeersPlan[] {
  const named = [...tablesOf(config)];
  return config.peers.flatMap((section) => {
    if (section.disabled || section.local === undefined) return [];
    const shared = named.filter(({ table }) => table.peers === section.name)
      .flatMap(({ name, wireName }, i): SharedTable[] => {
        const table = tables.get(name);
        if (table === undefined) return [];
        const other = table.config.writeTo?.text;
        const writeTo = other === undefined ? undefined : tables.get(other);
        return [{ id: i + 1, name: wireName, table, writeTo }];
      });
    const clients = new Map<string, ServerTlsClient>();
    for (const server of [section.local, ...section.peers]) {
      const client = tls.client(server, section.name, diagnostics);
      if (client !== undefined) clients.set(server.name, client);
    }
    return [{ config: section, tables: shared, clients, logger: logger(section) }];
  });
}

/** What must stay the same for the connections of a section to go on over a reload. */
export function signatureOf({ config, tables }: PeersPlan): string {
  const { name, local, peers } = config;
  return JSON.stringify([
    name,
    local?.name,
    peers.map(({ name, address, tls, source }) => [name, address, tls, source]),
    tables.map(({ id, name, table: { config } }) => [
      id,
      name,
      { ...config, span: undefined, peersWord: undefined, writeTo: config.writeTo?.text },
    ]),
  ], (key, value) => key === "span" ? undefined : value);
}
