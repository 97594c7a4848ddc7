/**
 * The policy of a frontend or backend: a Hono application that finds the answer to a request.
 *
 * The middlewares stand in the manual's order; one that has nothing to do is not installed. Hono is given a light
 * request (nothing is parsed or copied); the stream travels as its environment, and the answer in `stream.reply`,
 * so what Hono hands back is only a token. HAProxy's rules do their own matching: every request has one route.
 */
import { Hono, type MiddlewareHandler } from "hono";
import type { Handler } from "../../lib/proxy/frontend.ts";
import type { Stream } from "../../lib/proxy/stream.ts";

/** The environment that a policy's middlewares see as `c.env`. */
export type PolicyEnv = { Bindings: Stream };
export type PolicyMiddleware = MiddlewareHandler<PolicyEnv>;

/** Hono sees every request as this one. */
const LIGHT_REQUEST = { method: "GET", url: "/" } as unknown as Request;

/** What a middleware returns that has set `stream.reply` itself, instead of calling `next`. */
export const ANSWERED = { answered: true } as unknown as Response;
const answered = () => ANSWERED;

/**
 * Builds a policy: the middlewares in order, then `last`, which sets `stream.reply`. `onError` is told of an
 * exception (a bug of ours) and sets the answer for it.
 */
export function buildPolicy(
  middlewares: readonly PolicyMiddleware[],
  last: Handler,
  onError: (stream: Stream, error: unknown) => void,
): Handler {
  const app = new Hono<PolicyEnv>({ getPath: () => "/" });
  for (const middleware of middlewares) app.use("/", middleware);
  if (middlewares.length === 0) return alone(app, last, onError);
  app.all("/", (c) => {
    const done = last(c.env);
    const response = done instanceof Promise ? done.then(answered) : ANSWERED;
    return response as Response;
  });
  app.onError((error, c) => {
    onError(c.env, error);
    return ANSWERED;
  });
  return (stream) => {
    const response: unknown = app.fetch(LIGHT_REQUEST, stream);
    if (response !== ANSWERED) return response as Promise<unknown>;
  };
}

/** Nobody waits between Hono and `last`: what is pending is handed round Hono, which saves its promises. */
function alone(
  app: Hono<PolicyEnv>,
  last: Handler,
  onError: (stream: Stream, error: unknown) => void,
): Handler {
  app.all("/", (c) => {
    c.env.pending = last(c.env);
    return ANSWERED;
  });
  app.onError((error, c) => {
    onError(c.env, error);
    return ANSWERED;
  });
  return (stream) => {
    app.fetch(LIGHT_REQUEST, stream);
    const { pending } = stream;
    stream.pending = undefined;
    return pending?.catch((error) => onError(stream, error));
  };
}
