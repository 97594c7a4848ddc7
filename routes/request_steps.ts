/** What frontends and backends have in common. */
import type { ProxyConfig } from "../lib/config/model.ts";
import type { CompileContext } from "../lib/expr/context_compile.ts";
import { failure } from "../lib/proxy/failure.ts";
import type { Stream } from "../lib/proxy/stream.ts";
import type { ProcessState } from "../lib/runtime/process_state.ts";
import type { PolicyMiddleware } from "./policy/policy.ts";
import { requestRules } from "./policy/rules.ts";
import { restrictNames } from "./policy/restrict_names.ts";
import { statsPage } from "./stats/middleware.ts";
import { PersistenceCookie } from "./policy/cookies.ts";

/** A proxy's rules for requests; its statistics page stands between `http-request` and `redirect`. */
export function requestSteps(
  config: ProxyConfig,
  context: CompileContext,
  process: ProcessState,
  cookie: PersistenceCookie | undefined,
): (PolicyMiddleware | undefined)[] {
  const restrict = restrictNames(config);
  if (config.stats === undefined) {
    return [requestRules(config, context, process, cookie), restrict];
  }
  const { redirects } = config;
  const rest = { ...config, tcpRequestContent: [], httpRequest: [], redirects };
  return [
    requestRules({ ...config, redirects: [] }, context, process, cookie),
    statsPage(config, context, process),
    requestRules(rest, context, process, cookie),
    restrict,
  ];
}

/** A bug of ours: the client gets 500, everything else goes on. */
export function broken(stream: Stream, process: ProcessState, error: unknown): void {
  process.internalError("policy", error);
  stream.giveUp("I");
  stream.reply = failure(stream, 500);
}

export function present(list: readonly (PolicyMiddleware | undefined)[]): PolicyMiddleware[] {
  return list.filter((m) => m !== undefined);
}
