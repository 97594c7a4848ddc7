/** Manual 4.2 `fullconn`: what it is when the configuration does not say. */
import type { Config, ProxyConfig } from "../config/model.ts";

/**
 * For each backend, a tenth (rounded up) of the sum of the maxconns of the frontends that may lead there by
 * name: by `default_backend`, by `use_backend`, or because a `listen` has no other backend. At least 1, as for
 * a backend that only names computed at run time lead to. `processMaxconn` stands for a frontend without a
 * `maxconn` of its own.
 */
export function defaultFullconns(
  config: Config,
  processMaxconn: number,
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const proxy of config.proxies) {
    if (proxy.kind === "backend" || proxy.disabled) continue;
    for (const name of targets(proxy)) {
      sums.set(name, (sums.get(name) ?? 0) + (proxy.maxconn ?? processMaxconn));
    }
  }
  return new Map(
    config.proxies.map(({ name }) => [name, Math.max(1, Math.ceil((sums.get(name) ?? 0) / 10))]),
  );
}

function targets(proxy: ProxyConfig): ReadonlySet<string> {
  const names = new Set(proxy.useBackends.map(({ words }) => words[0].text));
  if (proxy.defaultBackend !== undefined) names.add(proxy.defaultBackend.text);
  else if (proxy.kind === "listen") names.add(proxy.name);
  return names;
}
