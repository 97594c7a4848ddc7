/** A `peers` section as it is used: which of its peers is this instance, and where it listens (manual 3.5). */
import type { Diagnostics } from "./diagnostic.ts";
import type { BindDraft, GlobalDraft, NamedServer } from "./draft.ts";
import type { PeersDraft } from "./draft_section.ts";
import { finishBind, finishLogs } from "./finish.ts";
import type { ServerConfig } from "./model.ts";
import type { PeersConfig } from "./model_peers.ts";

export interface LocalPeer {
  readonly diagnostics: Diagnostics;
  readonly localPeer?: string;
  readonly hostname?: string;
}

export function finishPeers(
  draft: PeersDraft,
  global: GlobalDraft,
  { diagnostics, localPeer, hostname }: LocalPeer,
): PeersConfig {
  const { name, span, disabled, servers, tables, addressed } = draft;
  if (localPeer !== undefined && global.localPeer !== undefined) {
    diagnostics.warning(
      global.places.get("localpeer")!.span,
      `'localpeer' is not used: '-L ${localPeer}' was given`,
    );
  }
  const own = localPeer ?? global.localPeer ?? hostname ?? "";
  const local = servers.find((server) => server.name === own);
  const logs = draft.logs.flatMap((log) => log === "global" ? global.logs : [log]);
  if (local === undefined && !disabled) {
    diagnostics.warning(
      span,
      `'peers ${name}': nothing is shared, for there is no peer '${own}', as this instance is called`,
      { allowed: "'-L NAME' or 'localpeer NAME' with one of its peers' names" },
    );
  }
  return {
    name,
    span,
    disabled,
    binds: local === undefined
      ? []
      : bindsOf(draft, local, addressed.has(own), diagnostics).map((bind) =>
        finishBind(bind, global)
      ),
    local: local && finishPeer(local, 0),
    peers: servers.filter((server) => server !== local).flatMap((server, i) => {
      if (addressed.has(server.name)) return [finishPeer(server, i + 1)];
      if (local !== undefined) {
        diagnostics.alert(
          server.nameWord.span,
          `'peers ${name}': '${server.name}' needs an address, for it is not this instance ('${own}')`,
          { allowed: "an address with a port: '10.0.0.1:1024'" },
        );
      }
      return [];
    }),
    tables,
    logs: finishLogs(logs, global, global.implicitLogFormats),
  };
}

/** The `bind` lines, or the address that the local peer's line has. */
function bindsOf(
  draft: PeersDraft,
  local: NamedServer,
  addressed: boolean,
  diagnostics: Diagnostics,
): readonly BindDraft[] {
  const { binds, defaultBind } = draft;
  if (!addressed) {
    if (binds.length === 0) {
      diagnostics.alert(
        local.nameWord.span,
        `'peers ${draft.name}': this instance ('${local.name}') listens nowhere`,
        { allowed: "a 'bind' line, or an address on its own line" },
      );
    }
    return binds;
  }
  if (binds.length > 0) {
    diagnostics.alert(
      local.addressWord.span,
      `'peers ${draft.name}': with 'bind' lines this instance ('${local.name}') has no address of its own`,
      { related: { span: binds[0].span, message: "it listens here" } },
    );
    return binds;
  }
  const { address } = local;
  if (address.type === "tcp" && address.port === undefined) return [];
  return [{
    ...defaultBind,
    addresses: [address.type === "tcp" ? { ...address, port: address.port! } : address],
    v4v6: defaultBind.v4v6 ?? false,
    v6only: defaultBind.v6only ?? false,
    deferAccept: false,
    span: local.span,
  }];
}

function finishPeer(
  { nameWord: _name, addressWord: _address, ...server }: NamedServer,
  id: number,
): ServerConfig {
  return { ...server, id };
}
