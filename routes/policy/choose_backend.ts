/** `use_backend` and `default_backend` (manual 4.2): which backend a stream goes to. */
import type { CompileContext } from "../../lib/expr/context_compile.ts";
import type { Backend } from "../../lib/proxy/backend.ts";
import type { Frontend } from "../../lib/proxy/frontend.ts";
import type { Stream } from "../../lib/proxy/stream.ts";
import { compileUseBackends } from "../../lib/rules/use_backend.ts";

/** undefined: no backend, 503 */
export type BackendChoice = (stream: Stream) => Backend | undefined;

/** Compiles the choice of `frontend`: the first rule that applies and names a backend, else the default. */
export function compileChoice(
  { config }: Frontend,
  find: (name: string) => Backend | undefined,
  context: CompileContext,
): BackendChoice {
  const rules = compileUseBackends(config.useBackends, context);
  // A `listen` is its own default.
  const standard = config.defaultBackend !== undefined
    ? find(config.defaultBackend.text)
    : config.kind === "listen"
    ? find(config.name)
    : undefined;
  if (rules === undefined) return () => standard;
  return (stream) => {
    const name = rules(stream);
    return (name === undefined ? undefined : find(name)) ?? standard;
  };
}
