/** Compiles what a configuration says about requests into the frontends and backends of a Generation. */
import { hasSocketCalls } from "../lib/net/live_socket.ts";
import type { Diagnostics } from "../lib/config/diagnostic.ts";
import type { ProxyConfig, ServerConfig } from "../lib/config/model.ts";
import { sendsProxy } from "../lib/config/model_proxy_header.ts";
import { type AclTable, compileAcls } from "../lib/expr/acl.ts";
import type { CompileContext } from "../lib/expr/context_compile.ts";
import { cellBytes } from "../lib/expr/shared_cell.ts";
import { shareProcess } from "../lib/expr/variables.ts";
import type { Observer } from "../lib/expr/observer.ts";
import type { Shared } from "../lib/expr/shared.ts";
import type { Server } from "../lib/balance/server.ts";
import type { Backend } from "../lib/proxy/backend.ts";
import type { Frontend } from "../lib/proxy/frontend.ts";
import { compileProxyHeader } from "../lib/proxy/proxy_header.ts";
import { bytesOfRule } from "../lib/proxy/rule_reply.ts";
import { compileHttpError } from "../lib/rules/http_error.ts";
import { compileGlobalVariables } from "../lib/rules/global_variables.ts";
import { compileRules, type RuleSet } from "../lib/rules/rule_set.ts";
import type { Built } from "../lib/runtime/builder.ts";
import type { ProcessState } from "../lib/runtime/process_state.ts";
import { compileLogs } from "./log_line.ts";
import { admitRules, contentRules } from "./policy/rules.ts";
import { compressionParts } from "./policy/compression.ts";
import { captureSlots } from "../lib/rules/capture_slots.ts";
import { compileFilters } from "./policy/filters.ts";
import { compileChoice } from "./policy/choose_backend.ts";
import {
  bothSteps,
  persistStep,
  rdpCookieStep,
  stepMiddleware,
  useServerStep,
} from "./policy/choose_server.ts";
import { compileSource } from "./policy/source_address.ts";
import { outgoingOf } from "../lib/proxy/server_socket.ts";
import { compileSni } from "./policy/server_name.ts";
import { stickSteps } from "./policy/stick.ts";
import { PersistenceCookie } from "./policy/cookies.ts";
import { compileContext } from "./compile_context.ts";
import { frontendPolicy, upgraded } from "./frontend_policy.ts";
import { broken } from "./request_steps.ts";
import { backendPolicy, persistenceCookie } from "./backend_policy.ts";

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
    }, compression);
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
    frontend.handleError = (stream, error) => broken(stream, process, error);
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
      const http = { ...context, mode: "http" as const, upgraded: true as const };
      frontend.handle = upgraded(
        frontendPolicy(frontend, built, process, choose, http, after, cookies, compression),
        frontend.handleError,
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
  if (process.threads > 1) {
    const bytes = cellBytes(built.config.global.tune.bufsize);
    shareProcess(process.variables, (name) => built.takeBlock(`variable ${name} ${bytes}`, bytes));
  }
  warnOfUnusedLists(shared, diagnostics);
  const exports = built.config.proxies.some(({ httpRequest }) =>
    httpRequest.some(({ words }) => words[0]?.text === "use-service")
  );
  if (exports) built.backends.forEach(built.measureTimes);
  const shows = built.config.proxies.some(({ stats, disabled }) => stats && !disabled);
  return () => {
    process.shared.compression.limit = built.config.global.maxcomprate ?? 0;
    variables(process);
    if (shows) process.history.start();
  };
}

/** What a server's connections begin with. */
function compileServer(server: Server, { tls, config }: Built, context: CompileContext): void {
  const proxy = config.proxies.find(({ name, kind }) =>
    name === context.proxyName && kind !== "frontend"
  );
  const { options, serverKeepAlive } = proxy ?? {};
  const keepAlive = options?.srvtcpka === true ? serverKeepAlive : undefined;
  server.outgoing = outgoingOf(server.config, options?.nolinger === true, keepAlive);
  server.sourceAddress = compileSource(server.config.source?.usesrc, context);
  const { sendProxy, tcpUt, span } = server.config;
  const needs = tcpUt !== undefined ? "tcp-ut" : keepAlive && "srvtcpka-*";
  if (needs !== undefined && !hasSocketCalls()) {
    context.diagnostics.alert(
      span,
      `server ${server.name}: '${needs}' needs libc by FFI, which is not permitted or not there`,
    );
  }
  if (sendsProxy(sendProxy)) server.proxyHeader = compileProxyHeader(sendProxy, context);
  const ruleAlpn = alpnOfChecks(proxy, server.config);
  const client = tls.client(server.config, context.proxyName ?? "", context.diagnostics, ruleAlpn);
  server.tls = client;
  const sni = client?.config.sni;
  if (sni !== undefined) server.tlsName = compileSni(sni, context);
}

/** What `connect` rules of a server's checks offer over TLS; undefined: none of them speaks it. */
function alpnOfChecks(
  proxy: ProxyConfig | undefined,
  { check, tls }: ServerConfig,
): readonly (readonly string[])[] | undefined {
  if (!check || proxy === undefined) return undefined;
  const over = proxy.checks.rules.flatMap((rule) =>
    rule.type === "connect" && (rule.ssl === true || (rule.asServer && tls !== undefined))
      ? [rule]
      : []
  );
  if (!over.some(({ ssl, alpn }) => ssl === true || alpn !== undefined)) return undefined;
  return over.flatMap(({ alpn }) => alpn === undefined ? [] : [alpn]);
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
