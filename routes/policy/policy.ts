/**
 * The policy of a frontend or backend: Hono middlewares that find the answer to a request.
 *
 * They stand in the manual's order; one that has nothing to do is not installed. Hono is given a light request
 * (nothing is parsed or copied); the stream travels as its environment, and the answer in `stream.reply`, so what Hono
 * hands back is only a token. HAProxy's rules do their own matching: every request has one route. So where all
 * middlewares are two plain halves (`stepped`), which is so for all but one, they are one handler of that route; and
 * those of a backend run inside its frontend's, without an application and a context of their own.
 */
import { Hono, type MiddlewareHandler } from "hono";
import type { Handler } from "../../lib/proxy/frontend.ts";
import type { Stream } from "../../lib/proxy/stream.ts";

/** The environment that a policy's middlewares see as `c.env`. */
export type PolicyEnv = { Bindings: Stream };

/** What a step towards the server answers that has set `stream.reply` itself: nothing behind it runs. */
type Answered = typeof ANSWERED;

/** A middleware in two halves that know nothing of Hono. Those of a policy that are all such run one after the other. */
export interface PolicyStep {
  /** on the way to the server */
  before?(stream: Stream): Answered | undefined | Promise<Answered | undefined>;
  /** on the way back; it runs also when a step behind it has answered */
  after?(stream: Stream): void | Promise<void>;
}

export type PolicyMiddleware = MiddlewareHandler<PolicyEnv> & { readonly step?: PolicyStep };

/** A middleware of these halves. */
export function stepped(step: PolicyStep): PolicyMiddleware {
  const middleware: MiddlewareHandler<PolicyEnv> = async (c, next) => {
    const early = step.before?.(c.env);
    const answered = early instanceof Promise ? await early : early;
    if (answered !== undefined) return answered;
    await next();
    await step.after?.(c.env);
  };
  return Object.assign(middleware, { step });
}

/** A middleware that does something on the way to the server only. */
export const onRequest = (before: NonNullable<PolicyStep["before"]>): PolicyMiddleware =>
  stepped({ before });

/** A middleware that does something on the way back only. */
export const onAnswer = (after: NonNullable<PolicyStep["after"]>): PolicyMiddleware =>
  stepped({ after });

/** Hono sees every request as this one. */
const LIGHT_REQUEST = { method: "GET", url: "/" } as unknown as Request;

/** What a middleware returns that has set `stream.reply` itself, instead of calling `next`. */
export const ANSWERED = { answered: true } as unknown as Response;
const answered = () => ANSWERED;

/**
 * Builds a policy: the middlewares in order, then `last`, which sets `stream.reply`. `onError` is told of an
 * exception (a bug of ours) and sets the answer for it; a promise that rejects is left to who waits for it.
 */
export function buildPolicy(
  middlewares: readonly PolicyMiddleware[],
  last: Handler,
  onError: (stream: Stream, error: unknown) => void,
): Handler {
  const app = new Hono<PolicyEnv>({ getPath: () => "/" });
  const steps = plainSteps(middlewares);
  if (steps !== undefined) {
    return alone(app, steps.length === 0 ? last : inTurn(steps, last, onError), onError);
  }
  for (const middleware of middlewares) app.use("/", middleware);
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

/** As `buildPolicy`, of a backend: it runs inside a frontend's. */
export function buildInnerPolicy(
  middlewares: readonly PolicyMiddleware[],
  last: Handler,
  onError: (stream: Stream, error: unknown) => void,
): Handler {
  if (middlewares.length === 0) return last;
  const steps = plainSteps(middlewares);
  return steps === undefined
    ? buildPolicy(middlewares, last, onError)
    : inTurn(steps, last, onError);
}

/** undefined: one of them is not two plain halves. */
function plainSteps(middlewares: readonly PolicyMiddleware[]): PolicyStep[] | undefined {
  const steps = middlewares.map(({ step }) => step).filter((step) => step !== undefined);
  return steps.length === middlewares.length ? steps : undefined;
}

/** Nobody waits between Hono and `last`: what is pending is handed round Hono, which saves its promises. */
function alone(
  app: Hono<PolicyEnv>,
  last: Handler,
  onError: (stream: Stream, error: unknown) => void,
): Handler {
  let pending: Promise<unknown> | undefined;
  app.all("/", (c) => {
    pending = last(c.env);
    return ANSWERED;
  });
  app.onError((error, c) => {
    onError(c.env, error);
    return ANSWERED;
  });
  return (stream) => {
    app.fetch(LIGHT_REQUEST, stream);
    const handed = pending;
    pending = undefined;
    return handed;
  };
}

/**
 * The steps in order, then `last`, then the way back: without a promise as long as nobody waits. An exception is told to
 * `onError`, and the steps before the one that threw it have their way back.
 */
function inTurn(
  steps: readonly PolicyStep[],
  last: Handler,
  onError: (stream: Stream, error: unknown) => void,
): Handler {
  const returns = steps.some(({ after }) => after !== undefined);
  return (stream) => forwards(stream, 0);

  /** Step `from` and those behind it. */
  function forwards(stream: Stream, from: number): Promise<unknown> | undefined {
    let i = from;
    try {
      for (; i < steps.length; i++) {
        const answered = steps[i].before?.(stream);
        if (answered === undefined) continue;
        if (answered instanceof Promise) return waiting(stream, i, answered);
        return returns ? back(stream, i - 1) : undefined;
      }
      const done = last(stream);
      if (!returns) return done;
      return done instanceof Promise ? finishing(stream, done) : back(stream, i - 1);
    } catch (error) {
      onError(stream, error);
      return back(stream, i - 1);
    }
  }

  /** Step `i` waits. */
  async function waiting(
    stream: Stream,
    i: number,
    pending: Promise<Answered | undefined>,
  ): Promise<unknown> {
    try {
      if (await pending === undefined) return await forwards(stream, i + 1);
    } catch (error) {
      onError(stream, error);
    }
    return await back(stream, i - 1);
  }

  async function finishing(stream: Stream, done: Promise<unknown>): Promise<unknown> {
    try {
      await done;
    } catch (error) {
      onError(stream, error);
    }
    return await back(stream, steps.length - 1);
  }

  /** The way back of step `from` and those before it. */
  function back(stream: Stream, from: number): Promise<unknown> | undefined {
    for (let i = from; i >= 0; i--) {
      try {
        const done = steps[i].after?.(stream);
        if (done instanceof Promise) return backAfter(stream, i, done);
      } catch (error) {
        onError(stream, error);
      }
    }
    return undefined;
  }

  async function backAfter(stream: Stream, i: number, done: Promise<void>): Promise<unknown> {
    try {
      await done;
    } catch (error) {
      onError(stream, error);
    }
    return await back(stream, i - 1);
  }
}
