/** What is known of stick tables only once all proxies were read (manual 4.2 `stick-table`). */
import type { Diagnostics } from "./diagnostic.ts";
import type { ProxyConfig } from "./model.ts";
import { tableOfStickRule } from "./model_stick.ts";

/** Tables that `stick` lines lead to store the server, whether their line says so or not. */
export function completeStickTables(proxies: readonly ProxyConfig[]): readonly ProxyConfig[] {
  const sticky = new Set<string>();
  for (const { name, stickRules, disabled } of proxies) {
    if (disabled) continue;
    for (const rule of stickRules) sticky.add(tableOfStickRule(rule)?.text ?? name);
  }
  if (sticky.size === 0) return proxies;
  return proxies.map((proxy) => {
    const { stickTable } = proxy;
    if (stickTable === undefined || !sticky.has(proxy.name)) return proxy;
    const missing = ["server_id", "server_key"].filter((name) =>
      !stickTable.store.some((data) => data.name === name)
    );
    const store = [...stickTable.store, ...missing.map((name) => ({ name }))];
    return { ...proxy, stickTable: { ...stickTable, store } };
  });
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
