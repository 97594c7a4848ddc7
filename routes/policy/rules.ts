/** placeholder while lib/rules is written */
import type { CompileContext } from "../../lib/expr/context_compile.ts";
import type { ProxyConfig } from "../../lib/config/model.ts";
import type { PolicyMiddleware } from "./policy.ts";
// deno-lint-ignore no-explicit-any
type Any = any;
export function requestRules(_c: ProxyConfig, _x: CompileContext): PolicyMiddleware | undefined {
  return undefined;
}
export function responseRules(
  _c: ProxyConfig,
  _k: string,
  _x: CompileContext,
): PolicyMiddleware | undefined {
  return undefined;
}
export function admitRules(_f: Any, _p: Any, _x: CompileContext): undefined {
  return undefined;
}
