/** `filter` lines of a proxy (manual 9). */
import type { ProxyConfig } from "../../lib/config/model.ts";
import { nearest } from "../../lib/config/suggest.ts";
import type { CompileContext } from "../../lib/expr/context_compile.ts";
import { type BandwidthFilter, compileBandwidth } from "../../lib/rules/bandwidth.ts";

const compiled = new WeakMap<ProxyConfig, ReadonlyMap<string, BandwidthFilter>>();

/**
 * Compiles them; answers the bandwidth limits by name, which know on which side of `compression` they stand.
 */
export function compileFilters(
  config: ProxyConfig,
  context: CompileContext,
): ReadonlyMap<string, BandwidthFilter> {
  const known = compiled.get(config);
  if (known !== undefined) return known;
  const { diagnostics } = context;
  for (const { words: [kind, name] } of config.filters) {
    if (kind.text !== "cache" || context.findCache?.(name.text) !== undefined) continue;
    diagnostics.alert(name.span, `there is no cache '${name.text}'`, {
      nearest: nearest(name.text, context.cacheNames ?? []),
    });
  }
  const filters = compileBandwidth(config, context);
  compiled.set(config, filters);
  return filters;
}
