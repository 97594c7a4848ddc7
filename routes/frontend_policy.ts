/** What a frontend does with a request. */
import type { CompileContext } from "../lib/expr/context_compile.ts";
import { traceContext } from "./policy/trace_context.ts";
import { failure } from "../lib/proxy/failure.ts";
import type { Frontend, Handler } from "../lib/proxy/frontend.ts";
import type { HttpSession } from "../lib/proxy/http_session.ts";
import type { Stream } from "../lib/proxy/stream.ts";
import { compileRules, type RuleSet } from "../lib/rules/rule_set.ts";
import type { Built } from "../lib/runtime/builder.ts";
import type { ProcessState } from "../lib/runtime/process_state.ts";
import { acmeChallenge } from "./policy/acme.ts";
import { bufferRequest } from "./policy/buffer_request.ts";
import { buildPolicy } from "./policy/policy.ts";
import { afterResponse, afterResponseRules, responseRules } from "./policy/rules.ts";
import { compressAnswers, type CompressionParts } from "./policy/compression.ts";
import { caseForClients } from "./policy/case_adjust.ts";
import { captureSlots } from "../lib/rules/capture_slots.ts";
import { captureHeaders } from "./policy/capture.ts";
import { refetcher } from "./policy/inner.ts";
import { cacheEnd, cacheStandIn } from "./policy/cache.ts";
import { captureCookie } from "./policy/capture_cookie.ts";
import { monitorUri } from "./policy/monitor.ts";
import type { BackendChoice } from "./policy/choose_backend.ts";
import { requestsForProxies } from "./policy/proxied.ts";
import { countRequests } from "./policy/stick.ts";
import { cookieResponse, PersistenceCookie } from "./policy/cookies.ts";
import { present, requestSteps } from "./request_steps.ts";

/** Manual 4.2: rules of the frontend, then the choice of a backend; on the way back its response rules. */
export function frontendPolicy(
  frontend: Frontend,
  built: Built,
  process: ProcessState,
  choose: BackendChoice,
  context: CompileContext,
  afterOfBackends: ReadonlyMap<string, RuleSet>,
  cookies: ReadonlyMap<string, PersistenceCookie>,
  compression: CompressionParts,
): Handler {
  const { config } = frontend;
  const after = compileRules("http-after-response", config.httpAfterResponse, context);
  const afterRules = afterResponse(after, afterOfBackends);
  const own = config.kind === "listen" ? cookies.get(config.name) : undefined;
  const middlewares = present([
    acmeChallenge(built.tls.challenges),
    requestsForProxies(config.options.httpUseProxyHeader),
    monitorUri(config, context, afterRules),
    traceContext(built.config.global.openTelemetry, process),
    countRequests(context),
    caseForClients(config.options.caseAdjustClient, built.config.global.caseAdjust ?? new Map()),
    afterResponseRules(afterRules),
    cacheEnd(built.caches),
    compressAnswers(
      config,
      built.config.proxies.filter(({ kind }) => kind !== "frontend"),
      compression,
    ),
    captureHeaders(captureSlots(config)),
    cookieResponse(cookies),
    captureCookie(config.cookieCapture),
    responseRules(config, context),
    cacheStandIn(built.caches),
    bufferRequest(config),
    ...requestSteps(config, context, process, own),
  ]);
  if (built.config.caches.some(({ staleWhileRevalidate }) => staleWhileRevalidate > 0)) {
    refetcher(frontend, choose, present([cacheEnd(built.caches), responseRules(config, context)]), {
      built,
      process,
      onError: frontend.handleError,
    });
  }
  return buildPolicy(
    middlewares,
    (stream) => {
      const backend = choose(stream);
      // A connection that became HTTP cannot go to a backend of TCP any more.
      if (backend === undefined || backend.mode !== "http") {
        stream.fail("S", "C");
        stream.reply = failure(stream, 503);
        return;
      }
      backend.enter(stream);
      return backend.handle(stream);
    },
    frontend.handleError,
  );
}

/** Requests on a connection that came in TCP mode: those that a backend was chosen for before go straight to it. */
export function upgraded(
  policy: Handler,
  onError: (stream: Stream, error: unknown) => void,
): Handler {
  const straight = buildPolicy([], (stream) => {
    const { pinned } = stream.session as HttpSession;
    pinned!.enter(stream);
    return pinned!.handle(stream);
  }, onError);
  return (stream) =>
    (stream.session as HttpSession).pinned === undefined ? policy(stream) : straight(stream);
}
