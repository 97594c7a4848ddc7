/** Compiling what backends say of their checks, before a Generation takes over. */
import type { ProxyConfig } from "../config/model.ts";
import type { CompileContext } from "../expr/context_compile.ts";
import type { CheckMaker } from "./check.ts";
import { checkKindNamed } from "./kinds.ts";

/** By the backend's name. Mistakes go to the context's diagnostics. */
export function compileChecks(
  backends: readonly ProxyConfig[],
  contextOf: (proxy: ProxyConfig) => CompileContext,
): Map<string, CheckMaker> {
  const makers = new Map<string, CheckMaker>();
  for (const proxy of backends) {
    const kind = checkKindNamed(proxy.checks.kind);
    if (kind === undefined) throw new Error(`unknown check ${proxy.checks.kind}`);
    const maker = kind.compile(proxy, contextOf(proxy));
    if (maker !== undefined) makers.set(proxy.name, maker);
  }
  return makers;
}
