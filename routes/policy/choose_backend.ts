/** `use_backend` and `default_backend` (manual 4.2): which backend a stream goes to. */
import { type StreamTest } from "../../lib/expr/acl.ts";
import { compileCondition } from "../../lib/expr/condition.ts";
import type { CompileContext } from "../../lib/expr/context_compile.ts";
import { compileLogFormat } from "../../lib/expr/log_format.ts";
import type { StreamView } from "../../lib/expr/context.ts";
import type { Backend } from "../../lib/proxy/backend.ts";
import type { Frontend } from "../../lib/proxy/frontend.ts";
import type { Stream } from "../../lib/proxy/stream.ts";

/** undefined: no backend, 503 */
export type BackendChoice = (stream: Stream) => Backend | undefined;

interface Rule {
  readonly test: StreamTest | undefined;
  readonly backend: (stream: StreamView) => Backend | undefined;
}

/** Compiles the choice of `frontend`; the first rule whose condition holds and whose backend exists wins. */
export function compileChoice(
  frontend: Frontend,
  find: (name: string) => Backend | undefined,
  context: CompileContext,
): BackendChoice {
  const { config } = frontend;
  const rules: Rule[] = [];
  for (const { words } of config.useBackends) {
    const name = words[0];
    const condition = words.slice(1);
    const test = condition.length === 0
      ? undefined
      : compileCondition(condition, { ...context, place: "use_backend" });
    if (condition.length > 0 && test === undefined) continue;
    if (name.text.includes("%")) {
      const format = compileLogFormat(name, { ...context, place: "use_backend" });
      if (format === undefined) continue;
      rules.push({ test, backend: (stream) => find(format(stream)) });
    } else {
      const backend = find(name.text);
      rules.push({ test, backend: () => backend });
    }
  }
  // A `listen` is its own default.
  const standard = config.defaultBackend !== undefined
    ? find(config.defaultBackend.text)
    : config.kind === "listen"
    ? find(config.name)
    : undefined;
  if (rules.length === 0) return () => standard;
  return (stream) => {
    for (const rule of rules) {
      if (rule.test !== undefined && !rule.test(stream)) continue;
      const backend = rule.backend(stream);
      if (backend !== undefined) return backend;
    }
    return standard;
  };
}
