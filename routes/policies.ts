/** Compiles what a configuration says about requests into the frontends and backends of a Generation. */
import type { Diagnostics } from "../lib/config/diagnostic.ts";
import type { ProxyConfig, ProxyOptions } from "../lib/config/model.ts";
import { sendsProxy } from "../lib/config/model_proxy_header.ts";
import { type AclTable, compileAcls } from "../lib/expr/acl.ts";
import { destinationOf, sourceOf } from "../lib/expr/addresses.ts";
import type { CompileContext } from "../lib/expr/context_compile.ts";
import type { Observer } from "../lib/expr/observer.ts";
import type { Shared } from "../lib/expr/shared.ts";
import { latin1 } from "../lib/http1/bytes.ts";
import type { Server } from "../lib/balance/server.ts";
import type { Backend } from "../lib/proxy/backend.ts";
import { CookieValues } from "../lib/proxy/cookie_values.ts";
import { failure, forward } from "../lib/proxy/forward.ts";
import type { Frontend, Handler } from "../lib/proxy/frontend.ts";
import type { HttpSession } from "../lib/proxy/http_session.ts";
import { prepareRequest } from "../lib/proxy/prepare_request.ts";
import { compileProxyHeader } from "../lib/proxy/proxy_header.ts";
import { bytesOfRule } from "../lib/proxy/rule_reply.ts";
import type { Stream } from "../lib/proxy/stream.ts";
import { compileHttpError } from "../lib/rules/http_error.ts";
import { compileGlobalVariables } from "../lib/rules/global_variables.ts";
import { compileRules, type RuleSet } from "../lib/rules/rule_set.ts";
import type { Built } from "../lib/runtime/generation.ts";
import type { ProcessState } from "../lib/runtime/process_state.ts";
import { compileLogs } from "./log_line.ts";
import { bufferRequest } from "./policy/buffer_request.ts";
import { addressField } from "./policy/forwardfor.ts";
import { forwardedField } from "./policy/forwarded.ts";
import { buildPolicy, type PolicyMiddleware } from "./policy/policy.ts";
import {
  admitRules,
  afterResponseRules,
  contentRules,
  requestRules,
  responseRules,
} from "./policy/rules.ts";
import {
  compressAnswers,
  type CompressionParts,
  compressionParts,
  offloadStep,
} from "./policy/compression.ts";
import { adjustCase } from "../lib/proxy/case_adjust.ts";
import { caseForClients } from "./policy/case_adjust.ts";
import { captureSlots } from "../lib/rules/capture_slots.ts";
import { captureHeaders } from "./policy/capture.ts";
import { cacheEnd } from "./policy/cache.ts";
import { compileFilters } from "./policy/filters.ts";
import { captureCookie } from "./policy/capture_cookie.ts";
import { uniqueIdField } from "./policy/unique_id.ts";
import { monitorUri } from "./policy/monitor.ts";
import { type BackendChoice, compileChoice } from "./policy/choose_backend.ts";
import {
  bothSteps,
  persistStep,
  rdpCookieStep,
  stepMiddleware,
  useServerStep,
} from "./policy/choose_server.ts";
import { compileSni } from "./policy/server_name.ts";
import { statsPage } from "./stats/middleware.ts";
import {
  countAnswers,
  countRequests,
  type StickSteps,
  stickSteps,
  storeMiddleware,
} from "./policy/stick.ts";
import { cookieRequest, cookieResponse, PersistenceCookie } from "./policy/cookies.ts";

/** Gives every frontend and backend its policy; mistakes in rules go to `diagnostics`. `observer` sees them run. */
export function compilePolicies(
  built: Built,
  process: ProcessState,
  diagnostics: Diagnostics,
  observer?: Observer,
): () => void {
  const find = (name: string) => built.backends.get(name);
  const { shared } = built;
  const acls = new Map<ProxyConfig, AclTable>();
  const contextOf = (config: ProxyConfig, side: "frontend" | "backend"): CompileContext => {
    const base = { ...compileContext(config, side, built, process, diagnostics, shared), observer };
    let table = acls.get(config);
    if (table === undefined) {
      table = compileAcls(config.acls, base);
      acls.set(config, table);
    }
    const bandwidth = compileFilters(config, { ...base, acls: table });
    return { ...base, acls: table, bandwidth };
  };
  const compression = compressionParts(built.config.global, process);
  const after = new Map<string, RuleSet>();
  const cookies = new Map<string, PersistenceCookie>();
  for (const backend of built.backends.values()) {
    const { config } = backend;
    const context = contextOf(config, "backend");
    if (config.kind !== "listen") {
      const set = compileRules("http-after-response", config.httpAfterResponse, context);
      if (set !== undefined) after.set(config.name, set);
    }
    backend.pool.compile(context);
    for (const server of backend.servers) compileServer(server, built, context);
    backend.compileServer = (server, diagnostics) =>
      compileServer(server, built, { ...context, diagnostics });
    if (config.kind !== "listen") setHttpErrors(backend, context);
    const persist = persistStep(backend, context);
    const useServer = useServerStep(backend, context);
    const stick = stickSteps(backend, context);
    const persisted = bothSteps(bothSteps(persist, useServer), rdpCookieStep(backend));
    backend.chooseServer = bothSteps(persisted, stick.request);
    backend.serverReached = stick.response;
    if (backend.mode !== "http") {
      if (config.kind !== "listen") {
        backend.content = contentRules("tcp-request content", config, context);
      }
      backend.answerContent = contentRules("tcp-response content", config, context);
      continue;
    }
    const cookie = persistenceCookie(backend);
    if (cookie !== undefined) cookies.set(backend.name, cookie);
    backend.handle = backendPolicy(backend, built, process, context, {
      first: stepMiddleware(persist),
      useServer: stepMiddleware(useServer),
      cookie,
      stick,
    });
  }
  for (const frontend of built.frontends) {
    const slots = captureSlots(frontend.config);
    const context = {
      ...contextOf(frontend.config, "frontend"),
      captureSlot: slots.ofRule,
    };
    frontend.captureLengths = {
      request: slots.request.map(({ length }) => length),
      response: slots.response.map(({ length }) => length),
    };
    compileLogs(frontend, context);
    admitRules(frontend, process, context);
    setHttpErrors(frontend, context);
    const choose = compileChoice(frontend, find, context);
    if (frontend.mode === "http") {
      frontend.handle = frontendPolicy(
        frontend,
        built,
        process,
        choose,
        context,
        after,
        cookies,
        compression,
      );
      continue;
    }
    frontend.content = contentRules("tcp-request content", frontend.config, context);
    frontend.selectBackend = choose;
    if (built.config.proxies.some(({ kind, mode }) => kind !== "frontend" && mode === "http")) {
      const http = { ...context, mode: "http" as const };
      frontend.handle = upgraded(
        frontendPolicy(frontend, built, process, choose, http, after, cookies, compression),
        (stream, error) => broken(stream, process, error),
      );
    }
  }
  const variables = compileGlobalVariables(built.config.global.variables, {
    diagnostics,
    side: "frontend",
    mode: "http",
    env: (name) => Deno.env.get(name),
    bufsize: built.config.global.tune.bufsize,
  });
  warnOfUnusedLists(shared, diagnostics);
  const exports = built.config.proxies.some(({ httpRequest }) =>
    httpRequest.some(({ words }) => words[0]?.text === "use-service")
  );
  if (exports) built.backends.forEach(built.measureTimes);
  const shows = built.config.proxies.some(({ stats, disabled }) => stats && !disabled);
  return () => {
    variables(process);
    if (shows) process.history.start();
  };
}

/** What a server's connections begin with. */
function compileServer(server: Server, { tls }: Built, context: CompileContext): void {
  const { sendProxy } = server.config;
  if (sendsProxy(sendProxy)) server.proxyHeader = compileProxyHeader(sendProxy, context);
  const client = tls.client(server.config, context.proxyName ?? "", context.diagnostics);
  server.tls = client;
  const sni = client?.config.sni;
  if (sni !== undefined) server.tlsName = compileSni(sni, context);
}

/** Rules that change a list which nothing reads do nothing that anybody could see. */
function warnOfUnusedLists({ changed }: Shared, diagnostics: Diagnostics): void {
  for (const { reference, span } of changed) {
    if (reference.used) continue;
    const reader = reference.kind === "map" ? "no 'map' converter" : "no acl with '-f'";
    diagnostics.warning(span, `${reader} reads '${reference.name}': changing it has no effect`);
  }
}

/** `http-error`: answers of its own for the statuses that the proxy answers with. */
function setHttpErrors({ answers, config }: Frontend | Backend, context: CompileContext): void {
  if (config.mode !== "http") return;
  for (const error of config.httpErrors) {
    const answer = compileHttpError(error, context);
    if (answer === undefined) continue;
    answers.set(
      error.status,
      typeof answer === "function" ? (stream) => bytesOfRule(answer(stream)) : bytesOfRule(answer),
    );
  }
}

function compileContext(
  config: ProxyConfig,
  side: "frontend" | "backend",
  built: Built,
  process: ProcessState,
  diagnostics: Diagnostics,
  shared: Shared,
): CompileContext {
  const frontends = new Map(built.frontends.map((f) => [f.name, f]));
  return {
    diagnostics,
    side,
    mode: config.mode === "http" ? "http" : "tcp",
    bufsize: built.config.global.tune.bufsize,
    readFile: (path) => shared.once(`file ${path}`, () => readLatin1(path, process)),
    shared,
    env: (name) => Deno.env.get(name),
    findProxy: (name, of) => of === "frontend" ? frontends.get(name) : built.backends.get(name),
    findServer: (backend, server) => built.backends.get(backend)?.pool.server(server),
    proxyName: config.name,
    findResolver: (name) => built.resolvers.get(name),
    resolverNames: [...built.resolvers.keys()],
    findUserlist: (name) => built.userlists.get(name),
    userlistNames: [...built.userlists.keys()],
    findErrors: (name) => built.config.httpErrors.find((section) => section.name === name),
    hasProxy: (name, of) => of === "frontend" ? frontends.has(name) : built.backends.has(name),
    proxyNames: [...frontends.keys(), ...built.backends.keys()],
    logasap: config.options.logasap,
    findCache: (name) => built.caches.get(name),
    cacheNames: [...built.caches.keys()],
    findTable: (name) => built.tables.get(name),
    tableNames: [...built.tables.keys()],
    stickCounters: built.config.global.tune.stickCounters,
  };
}

function readLatin1(path: string, process: ProcessState): string | undefined {
  try {
    const bytes = process.readFile(path);
    return latin1(bytes, 0, bytes.length);
  } catch {
    return undefined;
  }
}

/** Manual 4.2: rules of the frontend, then the choice of a backend; on the way back its response rules. */
function frontendPolicy(
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
  const own = config.kind === "listen" ? cookies.get(config.name) : undefined;
  const middlewares = present([
    monitorUri(config, context),
    countRequests(context),
    caseForClients(config.options.caseAdjustClient, built.config.global.caseAdjust ?? new Map()),
    afterResponseRules(after, afterOfBackends),
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
    bufferRequest(config),
    ...requestSteps(config, context, process, own),
  ]);
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
    (stream, error) => broken(stream, process, error),
  );
}

/** Requests on a connection that came in TCP mode: those that a backend was chosen for before go straight to it. */
function upgraded(policy: Handler, onError: (stream: Stream, error: unknown) => void): Handler {
  const straight = buildPolicy([], (stream) => {
    const { pinned } = stream.session as HttpSession;
    pinned!.enter(stream);
    return pinned!.handle(stream);
  }, onError);
  return (stream) =>
    (stream.session as HttpSession).pinned === undefined ? policy(stream) : straight(stream);
}

/** A proxy's rules for requests; its statistics page stands between `http-request` and `redirect`. */
function requestSteps(
  config: ProxyConfig,
  context: CompileContext,
  process: ProcessState,
  cookie: PersistenceCookie | undefined,
): (PolicyMiddleware | undefined)[] {
  if (config.stats === undefined) return [requestRules(config, context, process, cookie)];
  const { redirects } = config;
  const rest = { ...config, tcpRequestContent: [], httpRequest: [], redirects };
  return [
    requestRules({ ...config, redirects: [] }, context, process, cookie),
    statsPage(config, context, process),
    requestRules(rest, context, process, cookie),
  ];
}

function persistenceCookie(backend: Backend): PersistenceCookie | undefined {
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
function backendPolicy(
  backend: Backend,
  built: Built,
  process: ProcessState,
  context: CompileContext,
  { first, useServer, cookie, stick }: ServerChoice,
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
  const last: Handler = async (stream) => {
    prepareRequest(stream);
    if (cases !== undefined) adjustCase(stream.request!, cases);
    stream.reply = await forward(stream, stream.session as HttpSession, backend);
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
      const offload = stepMiddleware(offloadStep(compression, config.compression));
      const fields = [
        uniqueIdField(uniqueIdHeader),
        ...addedFields(front, own ? undefined : config.options, config, context),
        offload,
      ];
      handler = buildPolicy(present([first, ...rules, ...steps, ...fields]), last, onError);
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

/** A bug of ours: the client gets 500, everything else goes on. */
function broken(stream: Stream, process: ProcessState, error: unknown): void {
  process.internalError("policy", error);
  stream.giveUp("I");
  stream.reply = failure(stream, 500);
}

function present(list: readonly (PolicyMiddleware | undefined)[]): PolicyMiddleware[] {
  return list.filter((m) => m !== undefined);
}
