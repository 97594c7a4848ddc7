/** What the settings of server lines about checks need of one another (manual 5.2). */
import type { Diagnostics } from "./diagnostic.ts";
import type { NamedServer, ProxyDraft } from "./draft.ts";

/** Tells settings that cannot be, and those that do nothing. */
export function checkServers(draft: ProxyDraft, diagnostics: Diagnostics): void {
  for (const server of draft.servers) {
    const where = `server ${draft.name}/${server.name}`;
    const at = server.nameWord.span;
    if (server.agentCheck && server.agentPort === undefined) {
      diagnostics.alert(at, `${where}: 'agent-check' needs 'agent-port'`);
    }
    if (server.observe === "layer7" && draft.mode !== "http") {
      diagnostics.alert(at, `${where}: 'observe layer7' needs 'mode http'`, {
        allowed: "'observe layer4' in a proxy of mode 'tcp'",
      });
    }
    if (server.redir !== undefined && draft.mode !== "http") {
      diagnostics.alert(at, `${where}: 'redir' needs 'mode http'`);
    }
    if (server.check && server.track !== undefined) {
      diagnostics.alert(at, `${where}: 'check' and 'track' exclude each other`, {
        allowed: "'no-check' with 'track'",
      });
    }
    const idle = withoutEffect(server);
    if (idle !== undefined) {
      diagnostics.warning(at, `${where}: ${idle}`);
    }
  }
}

function withoutEffect(server: NamedServer): string | undefined {
  if (server.observe !== undefined && !server.check) {
    return "'observe' does nothing without 'check'";
  }
  return undefined;
}
