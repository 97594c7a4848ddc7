/** Requests that sluice makes itself: copies for `mirror-to`, and objects of caches that are fetched anew. */
import type { StreamView } from "../../lib/expr/context.ts";
import { copyOfRequest, InnerClient } from "../../lib/proxy/inner_client.ts";
import type { Backend } from "../../lib/proxy/backend.ts";
import type { Frontend, Handler } from "../../lib/proxy/frontend.ts";
import type { HttpSession } from "../../lib/proxy/http_session.ts";
import type { Stream } from "../../lib/proxy/stream.ts";
import type { Built } from "../../lib/runtime/builder.ts";
import type { ProcessState } from "../../lib/runtime/process_state.ts";
import { buildPolicy, type PolicyMiddleware } from "./policy.ts";

type OnError = (stream: Stream, error: unknown) => void;

/** `mirror-to`, by the name of the backend; one client for each backend. */
export function mirrors(
  built: Built,
  process: ProcessState,
  onError: OnError,
): (name: string) => ((stream: StreamView) => void) | undefined {
  const clients = new Map<string, InnerClient>();
  return (name) => {
    const backend = built.backends.get(name);
    if (backend === undefined || backend.mode !== "http") return undefined;
    let client = clients.get(name);
    if (client === undefined) {
      const frontend = built.inner(backend.config);
      frontend.handle = straightTo(onError);
      frontend.handleError = onError;
      clients.set(name, client = new InnerClient(frontend, process));
    }
    const to = client;
    return (stream) => {
      const { request } = stream;
      if (request === undefined || stream.session.inner !== undefined) return;
      const body = stream.requestBody?.();
      // What has not come yet cannot be sent twice without letting the original wait.
      if (body !== undefined && !body.complete) return;
      to.send({ ...placeOf(stream), backend, bytes: copyOfRequest(request, body?.text ?? "") });
    };
  };
}

function placeOf({ session }: StreamView) {
  const { remote, local, tls } = session;
  return { remote: session.source ?? remote, local: session.destination ?? local, tls };
}

/** Straight to the backend that the request names. */
function straightTo(onError: OnError): Handler {
  return buildPolicy([], (stream) => {
    const backend = (stream.session as HttpSession).inner!.backend!;
    backend.enter(stream);
    return backend.handle(stream);
  }, onError);
}

/** Fields that would give something else than the whole object. */
const CONDITIONAL: ReadonlySet<string> = new Set([
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
  "if-range",
  "range",
  "cache-control",
  "pragma",
]);

/**
 * Gives `frontend` what fetches objects anew (`stale-while-revalidate`): the choice of a backend and what comes behind
 * it, and of its own rules those that see answers. `http-request` rules, which may count and limit clients, have seen
 * the request that the object was asked for by.
 */
export function refetcher(
  frontend: Frontend,
  choose: (stream: Stream) => Backend | undefined,
  middlewares: readonly PolicyMiddleware[],
  { built, process, onError }: { built: Built; process: ProcessState; onError: OnError },
): void {
  const inner = built.inner(frontend.config);
  inner.handle = buildPolicy(middlewares, (stream) => {
    const backend = choose(stream);
    if (backend === undefined || backend.mode !== "http") return undefined;
    backend.enter(stream);
    return backend.handle(stream);
  }, onError);
  inner.handleError = onError;
  const client = new InnerClient(inner, process);
  frontend.refetch = (stream, key, done) =>
    client.send({
      ...placeOf(stream),
      refreshes: key,
      bytes: copyOfRequest(stream.request!, "", CONDITIONAL),
      done,
    });
}
