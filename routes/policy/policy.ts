/**
 * The policy of a frontend or backend: a Hono application that finds the answer to a request.
 *
 * The middlewares stand in the manual's order; one that has nothing to do is not installed. Hono is given a light
 * request (nothing is parsed or copied) and light answers (our Reply), which it passes through untouched; the
 * stream travels as the environment. HAProxy's rules do their own matching, so every request has the same route.
 */
import { Hono, type MiddlewareHandler } from "hono";
import type { Handler } from "../../lib/proxy/frontend.ts";
import type { Reply } from "../../lib/proxy/reply.ts";
import type { Stream } from "../../lib/proxy/stream.ts";

/** The environment that a policy's middlewares see as `c.env`. */
export type PolicyEnv = { Bindings: Stream };
export type PolicyMiddleware = MiddlewareHandler<PolicyEnv>;

/** Hono sees every request as this one. */
const LIGHT_REQUEST = { method: "GET", url: "/" } as unknown as Request;

/** Hono's answers are ours: the one answer for "close without a word" must be an object as well. */
export const SILENCE = { silent: true } as unknown as Reply;

/** A Reply on its way through Hono. */
export function asResponse(reply: Reply | undefined): Response {
  return (reply ?? SILENCE) as unknown as Response;
}

/** The Reply that Hono gave back. */
export function asReply(response: Response): Reply | undefined {
  const reply = response as unknown as Reply;
  return reply === SILENCE ? undefined : reply;
}

/**
 * Builds a policy: the middlewares in order, then `last`, which always answers. `onError` is told of an
 * exception (a bug of ours) and gives the answer for it.
 */
export function buildPolicy(
  middlewares: readonly PolicyMiddleware[],
  last: Handler,
  onError: (stream: Stream, error: unknown) => Reply,
): Handler {
  const app = new Hono<PolicyEnv>({ getPath: () => "/" });
  for (const middleware of middlewares) app.use("/", middleware);
  app.all("/", (c) => {
    const reply = last(c.env);
    const response = reply instanceof Promise ? reply.then(asResponse) : asResponse(reply);
    return response as Response;
  });
  app.onError((error, c) => asResponse(onError(c.env, error)));
  return (stream) => {
    const response = app.fetch(LIGHT_REQUEST, stream);
    return response instanceof Promise ? response.then(asReply) : asReply(response);
  };
}
