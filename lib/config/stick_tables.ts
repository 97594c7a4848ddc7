/** What is known of stick tables only once all proxies were read (manual 4.2 `stick-table`). */
import type { Diagnostics } from "./diagnostic.ts";
import type { ProxyConfig } from "./model.ts";
import type { PeersConfig } from "./model_peers.ts";
import { type StickTableConfig, tableOfStickRule } from "./model_stick.ts";

/** Tables that `stick` lines lead to store the server, whether their line says so or not. */
export function completeStickTables(proxies: readonly ProxyConfig[]): readonly ProxyConfig[] {
  const sticky = stickyNames(proxies);
  if (sticky.size === 0) return proxies;
  return proxies.map((proxy) => {
    const { stickTable } = proxy;
    if (stickTable === undefined || !sticky.has(proxy.name)) return proxy;
    return { ...proxy, stickTable: withServer(stickTable) };
  });
}

/** The tables that `stick` lines lead to. */
function stickyNames(proxies: readonly ProxyConfig[]): Set<string> {
  const sticky = new Set<string>();
  for (const { name, stickRules, disabled } of proxies) {
    if (disabled) continue;
    for (const rule of stickRules) sticky.add(tableOfStickRule(rule)?.text ?? name);
  }
  return sticky;
}

function withServer(table: StickTableConfig): StickTableConfig {
  const missing = ["server_id", "server_key"].filter((name) =>
    !table.store.some((data) => data.name === name)
  );
  return { ...table, store: [...table.store, ...missing.map((name) => ({ name }))] };
}

/** The same for the tables of `peers` sections. */
export function completePeerTables(
  peers: readonly PeersConfig[],
  proxies: readonly ProxyConfig[],
): readonly PeersConfig[] {
  const sticky = stickyNames(proxies);
  return peers.map((section) => ({
    ...section,
    tables: section.tables.map(({ name, table }) => ({
      name,
      table: sticky.has(`${section.name}/${name}`) ? withServer(table) : table,
    })),
  }));
}

/** A table is named as its proxy: two proxies of one name cannot both have one. */
export function checkStickTables(
  proxies: readonly ProxyConfig[],
  diagnostics: Diagnostics,
): void {
  const seen = new Map<string, ProxyConfig>();
  for (const proxy of proxies) {
    if (proxy.stickTable === undefined || proxy.disabled) continue;
    const twin = seen.get(proxy.name);
    if (twin === undefined) {
      seen.set(proxy.name, proxy);
      continue;
    }
    diagnostics.alert(
      proxy.stickTable.span,
      `'stick-table': there is a table '${proxy.name}' in '${twin.kind} ${twin.name}'`,
      { related: { span: twin.stickTable!.span, message: "it is declared here" } },
    );
  }
}
