/** The caches of a configuration, in memory that stays as long as their size does. */
import { Cache } from "../cache/cache.ts";
import { CacheStore } from "../cache/store.ts";
import type { Diagnostics } from "../config/diagnostic.ts";
import type { Config } from "../config/model.ts";
import type { Clock } from "../net/clock.ts";
import type { Lease } from "../state/store.ts";

/** Makes or finds the memory of each `cache` section; what is too large for the machine is told. */
export function provisionCaches(
  config: Config,
  lease: Lease,
  clock: Clock,
  diagnostics: Diagnostics,
): ReadonlyMap<string, Cache> {
  const caches = new Map<string, Cache>();
  for (const cache of config.caches) {
    const { name, totalMaxSize, span } = cache;
    try {
      const block = lease.takeBlock(`cache ${name} ${totalMaxSize}`, totalMaxSize);
      const store = new CacheStore(block.buffer, block.fresh);
      caches.set(name, new Cache({ config: cache, store, after: (ms, fn) => clock.after(ms, fn) }));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      diagnostics.alert(span, `'cache ${name}': there is no room for ${totalMaxSize} bytes`);
    }
  }
  return caches;
}
