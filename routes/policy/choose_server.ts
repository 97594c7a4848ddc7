/** Which server a stream goes to before anything is balanced: persist rules, then `use-server` (manual 4.2). */
import { rdpCookie, rdpToken } from "../../lib/expr/rdp.ts";
import type { CompileContext } from "../../lib/expr/context_compile.ts";
import type { Backend } from "../../lib/proxy/backend.ts";
import { Persistence } from "../../lib/proxy/persistence.ts";
import type { Stream } from "../../lib/proxy/stream.ts";
import { compilePersistRules, compileUseServers } from "../../lib/rules/use_server.ts";
import { onRequest, type PolicyMiddleware } from "./policy.ts";

export type StreamStep = (stream: Stream) => void;

/** `force-persist`, `ignore-persist`: tried when a stream comes to the backend. */
export function persistStep(backend: Backend, context: CompileContext): StreamStep | undefined {
  const rules = compilePersistRules(backend.config.persistRules, context);
  if (rules === undefined) return undefined;
  return (stream) => {
    const kind = rules(stream);
    if (kind === undefined) return;
    stream.persistence ??= new Persistence();
    if (kind === "force") stream.persistence.forced = true;
    else stream.persistence.ignored = true;
  };
}

/** `persist rdp-cookie`: the cookie names a server by its address and port. */
export function rdpCookieStep({ config, pool }: Backend): StreamStep | undefined {
  const { persistRdpCookie: name, options } = config;
  if (name === undefined) return undefined;
  return (stream) => {
    const cookie = stream.arriving && rdpCookie(stream.arriving.text, name);
    const token = typeof cookie === "string" ? rdpToken(cookie) : undefined;
    if (token === undefined) return;
    const server = pool.servers.find(({ address }) =>
      address.host === token.host && address.port === token.port
    );
    const persistence = stream.persistence ?? new Persistence();
    if (server === undefined || persistence.ignored) return;
    if (!persistence.mayUse(server, options.persist)) return;
    stream.persistence = persistence;
    persistence.choose(stream, server);
  };
}

/** `use-server`: tried behind the backend's rules, before its cookie. */
export function useServerStep(backend: Backend, context: CompileContext): StreamStep | undefined {
  const rules = compileUseServers(backend.config.useServers, context);
  if (rules === undefined) return undefined;
  const { persist } = backend.config.options;
  return (stream) =>
    rules(stream, (name) => {
      const server = backend.pool.server(name);
      // A format may make the name of no server: then the other rules are not tried either.
      if (server === undefined) return true;
      const persistence = stream.persistence ?? new Persistence();
      if (!persistence.mayUse(server, persist)) return false;
      stream.persistence = persistence;
      persistence.choose(stream, server);
      return true;
    });
}

/** Two in one, for streams of TCP. */
export function bothSteps(
  first: StreamStep | undefined,
  second: StreamStep | undefined,
): StreamStep | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return (stream) => {
    first(stream);
    second(stream);
  };
}

/** A step as a middleware. */
export function stepMiddleware(step: StreamStep | undefined): PolicyMiddleware | undefined {
  if (step === undefined) return undefined;
  return onRequest((stream) => {
    step(stream);
    return undefined;
  });
}
