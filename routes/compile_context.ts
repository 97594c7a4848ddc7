/** What the compilers of rules and conditions may refer to in one proxy. */
import type { Diagnostics } from "../lib/config/diagnostic.ts";
import type { ProxyConfig } from "../lib/config/model.ts";
import type { CompileContext } from "../lib/expr/context_compile.ts";
import type { Shared } from "../lib/expr/shared.ts";
import { latin1 } from "../lib/http1/bytes.ts";
import type { Built } from "../lib/runtime/builder.ts";
import { mirrors } from "./policy/inner.ts";
import { broken } from "./request_steps.ts";
import type { ProcessState } from "../lib/runtime/process_state.ts";

export function compileContext(
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
    mirrorTo: mirrors(built, process, (stream, error) => broken(stream, process, error)),
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
