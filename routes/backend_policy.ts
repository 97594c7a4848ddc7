/** What a backend does with a request. */
import type { ProxyConfig, ProxyOptions } from "../lib/config/model.ts";
import { destinationOf, sourceOf } from "../lib/expr/addresses.ts";
import type { CompileContext } from "../lib/expr/context_compile.ts";
import type { Backend } from "../lib/proxy/backend.ts";
import { CookieValues } from "../lib/proxy/cookie_values.ts";
import { forward } from "../lib/proxy/forward.ts";
import type { Handler } from "../lib/proxy/frontend.ts";
import type { HttpSession } from "../lib/proxy/http_session.ts";
import { prepareRequest } from "../lib/proxy/prepare_request.ts";
import { hasRedirects, redirectOrForward } from "../lib/proxy/server_redirect.ts";
import type { Stream } from "../lib/proxy/stream.ts";
import type { Built } from "../lib/runtime/builder.ts";
import type { ProcessState } from "../lib/runtime/process_state.ts";
import { bufferRequest } from "./policy/buffer_request.ts";
import { addressField } from "./policy/forwardfor.ts";
import { forwardedField } from "./policy/forwarded.ts";
import { buildInnerPolicy, type PolicyMiddleware } from "./policy/policy.ts";
import { responseRules } from "./policy/rules.ts";
import { compressRequests } from "./policy/compress_requests.ts";
import { type CompressionParts, offloadStep } from "./policy/compression.ts";
import { adjustCase } from "../lib/proxy/case_adjust.ts";
import { uniqueIdField } from "./policy/unique_id.ts";
import { stepMiddleware } from "./policy/choose_server.ts";
import { countAnswers, type StickSteps, storeMiddleware } from "./policy/stick.ts";
import { cookieRequest, PersistenceCookie } from "./policy/cookies.ts";
import { broken, present, requestSteps } from "./request_steps.ts";

export function persistenceCookie(backend: Backend): PersistenceCookie | undefined {
  const { config, pool } = backend;
  const { cookie } = config;
  if (cookie === undefined) return undefined;
  const values = new CookieValues(pool, config.dynamicCookieKey, cookie.dynamic);
  backend.cookieValues = values;
  return new PersistenceCookie(cookie, values, config.options.persist);
}

/** What chooses a backend's server: before its rules, and behind them. */
interface ServerChoice {
  readonly first: PolicyMiddleware | undefined;
  readonly useServer: PolicyMiddleware | undefined;
  readonly cookie: PersistenceCookie | undefined;
  readonly stick: StickSteps;
}

/** A backend's rules, its persistence, the fields that options add, then the server. */
export function backendPolicy(
  backend: Backend,
  built: Built,
  process: ProcessState,
  context: CompileContext,
  { first, useServer, cookie, stick }: ServerChoice,
  parts: CompressionParts,
): Handler {
  const { config } = backend;
  // A `listen` is one proxy: its rules were run on the frontend's side.
  const own = config.kind === "listen";
  const rules = own ? [] : [
    responseRules(config, context),
    bufferRequest(config),
    ...requestSteps(config, context, process, cookie),
  ];
  const steps = [
    useServer,
    cookieRequest(cookie),
    stepMiddleware(stick.request),
    storeMiddleware(stick.response),
    countAnswers(context),
  ];
  const cases = config.options.caseAdjustServer ? built.config.global.caseAdjust : undefined;
  const answer = hasRedirects(backend) ? redirectOrForward : forward;
  const last: Handler = (stream) => {
    prepareRequest(stream);
    if (cases !== undefined) adjustCase(stream.request!, cases);
    return answer(stream, stream.session as HttpSession, backend);
  };
  const onError = (stream: Stream, error: unknown) => broken(stream, process, error);
  // One application for each set of options that the frontends leading here have.
  const byOptions = new Map<string, Handler>();
  const handlers = new Map<ProxyConfig, Handler>();
  for (const frontend of built.frontends) {
    const front = frontend.config.options;
    const { compression, uniqueIdHeader } = frontend.config;
    const key = JSON.stringify([front.forwardfor, front.originalto, compression, uniqueIdHeader]);
    let handler = byOptions.get(key);
    if (handler === undefined) {
      const packed = stepMiddleware(
        compressRequests(compression, config.compression, parts),
      );
      const offload = stepMiddleware(offloadStep(compression, config.compression));
      const fields = [
        uniqueIdField(uniqueIdHeader),
        ...addedFields(front, own ? undefined : config.options, config, context),
        offload,
        packed,
      ];
      const middlewares = present([first, ...rules, ...steps, ...fields]);
      handler = buildInnerPolicy(middlewares, last, onError);
      byOptions.set(key, handler);
    }
    handlers.set(frontend.config, handler);
  }
  if (byOptions.size === 1) return [...byOptions.values()][0];
  return (stream) => handlers.get(stream.frontend.config)!(stream);
}

/** `option forwardfor`, `originalto`, `forwarded`. */
function addedFields(
  front: ProxyOptions,
  back: ProxyOptions | undefined,
  config: ProxyConfig,
  context: CompileContext,
): (PolicyMiddleware | undefined)[] {
  const { forwarded } = config.options;
  return [
    addressField(
      front.forwardfor,
      back?.forwardfor,
      "X-Forwarded-For",
      sourceOf,
    ),
    addressField(
      front.originalto,
      back?.originalto,
      "X-Original-To",
      destinationOf,
    ),
    forwarded && forwardedField(forwarded, { ...context, place: "http-request" }),
  ];
}
