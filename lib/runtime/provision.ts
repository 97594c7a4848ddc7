/** Config to Generation: everything that can be wrong with it is found here. */
import type { Diagnostics } from "../config/diagnostic.ts";
import type { Config, ProxyConfig } from "../config/model.ts";
import { namespacesOf } from "../config/validate_source.ts";
import { openNamespaces } from "../net/namespace.ts";
import { Tracing } from "./tracing.ts";
import type { CompileContext } from "../expr/context_compile.ts";
import { compileChecks } from "../health/compile_checks.ts";
import { HealthChecks } from "../health/health.ts";
import { Lifetime } from "../proxy/lifetime.ts";
import { restoreServers } from "../servers/restore.ts";
import { ServerNames } from "../servers/server_names.ts";
import { AcmeChallenges, CHALLENGE_BYTES } from "../tls/challenges.ts";
import { TlsMaterial } from "../tls/material.ts";
import { planPeers } from "./peers/plan.ts";
import { Builder, type Built } from "./builder.ts";
import type { GenerationDeps } from "./generation_deps.ts";
import { Generation } from "./generation.ts";

/** Compiles `config`; undefined when it has mistakes, which `diagnostics` then tells. Never throws for them. */
export function provision(
  config: Config,
  deps: GenerationDeps,
  diagnostics: Diagnostics,
): Generation | undefined {
  const namespaces = namespacesOf(config);
  for (const [name, problem] of openNamespaces(namespaces)) {
    diagnostics.alert(namespaces.get(name)!, `namespace '${name}': ${problem}`);
  }
  const lease = deps.store.lease();
  const lifetime = new Lifetime();
  const tls = new TlsMaterial(config.global, [
    ...config.proxies,
    ...config.logForwards,
    ...config.peers,
  ], {
    engine: deps.tlsEngine,
    files: { read: deps.process.readFile, list: deps.process.listFiles },
    clock: deps.process.clock,
    diagnostics,
    acmes: config.acmes,
    crtStores: config.crtStores,
    meter: deps.process.tlsMeter,
    ticketSecret: deps.process.ticketSecret,
    challenges: () => {
      const { buffer } = lease.takeBlock("challenges of ACME", CHALLENGE_BYTES);
      return new AcmeChallenges(buffer, deps.process.clock);
    },
  });
  const built = new Builder(config, deps, lease, lifetime, diagnostics, tls);
  const begin = deps.compilePolicies(built, deps.process, diagnostics);
  const makers = compileChecks(
    built.checked.map(({ config }) => config),
    (proxy) => checkContext(proxy, built, diagnostics),
  );
  const peerPlans = planPeers(
    config,
    built.tables,
    tls,
    diagnostics,
    (section) => built.logger(section.logs, config.global.logTag),
  );
  if (diagnostics.failed) {
    lease.end();
    tls.free();
    return undefined;
  }
  const checks = new HealthChecks({
    backends: built.checked,
    makers,
    global: config.global,
    process: deps.process,
    bufsize: config.global.tune.bufsize,
    transport: deps.process.transport,
    wheel: deps.process.wheel,
    lease,
    random: deps.process.random,
    onSuspect: deps.onSuspect,
    onResult: deps.onCheck,
    onEvent: (event, backend) => {
      built.tell(backend, event);
    },
  });
  const names = new ServerNames({
    backends: built.checked,
    resolvers: built.resolvers,
    wheel: deps.process.wheel,
    lease,
    wall: deps.process.wall,
    lookup: deps.process.lookup,
    lastAddress: restoreServers({
      config,
      backends: built.checked,
      diagnostics,
      wallMs: deps.process.wall(),
      readFile: (path) => deps.process.readFile(path),
    }),
  });
  const generation = new Generation(
    config,
    built.frontends,
    built.backends,
    built.tables,
    built.caches,
    new Map(built.checked.map(({ config, status }) => [config.name, status])),
    built.logger(config.global.logs, config.global.logTag),
    built.logForwards,
    built.logTargets.rings,
    tls,
    lease,
    lifetime,
    checks,
    names,
    built.resolvers,
    deps,
    begin,
    built.patterns,
    new Tracing({
      running: built,
      compile: (into, recorder, diagnostics) => {
        const { frontends, backends } = into;
        const twin: Built = Object.create(built, {
          frontends: { value: frontends },
          backends: { value: backends },
        });
        deps.compilePolicies(twin, deps.process, diagnostics, recorder);
      },
      traces: deps.traces,
      process: deps.process,
      header: config.global.traceHeader,
    }),
  );
  generation.peerPlans = peerPlans;
  return generation;
}

/** What the formats of a backend's checks may refer to. */
function checkContext(
  proxy: ProxyConfig,
  built: Built,
  diagnostics: Diagnostics,
): CompileContext {
  const { backends, frontends } = built;
  const findProxy: CompileContext["findProxy"] = (name, side) =>
    side === "backend" ? backends.get(name) : frontends.find((each) => each.name === name);
  return {
    diagnostics,
    side: "backend",
    mode: proxy.mode === "http" ? "http" : "tcp",
    env: (name) => Deno.env.get(name),
    findProxy,
    findServer: (backend, server) => backends.get(backend)?.pool.server(server),
    hasProxy: (name, side) => findProxy(name, side) !== undefined,
    proxyNames: [...backends.keys(), ...frontends.map(({ name }) => name)],
  };
}
