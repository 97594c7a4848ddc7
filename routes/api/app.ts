/** The REST API as a hono application: who may, what is asked for, and the answer as JSON. */
import { Hono } from "hono";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { RuntimeHost } from "../../lib/runtime/socket/command.ts";
import { FailureLimit, mayDo, type Scope, type Verifier } from "./auth.ts";
import { openapi } from "./openapi.ts";
import { ApiError, type ApiRoute } from "./route.ts";
import { apiRoutes } from "./routes.ts";
import { schemas } from "./schemas.ts";

/** Bytes that a request may have. */
const LONGEST_BODY = 4 * 1024 * 1024;

export interface ApiEnvironment {
  /** the client's address */
  readonly remote: string;
  /** what its certificate permits; undefined: it has none that counts */
  readonly scope?: Scope;
}

type Env = { Bindings: ApiEnvironment };

const ajv = new Ajv2020({ strict: false });

function validatorOf(route: ApiRoute): ValidateFunction | undefined {
  return route.takes === undefined ? undefined : ajv.compile(schemas[route.takes]);
}

/** The application for one process; `verifier` may be another one after a reload. */
export function apiApp(host: RuntimeHost, verifier: () => Verifier): Hono<Env> {
  const app = new Hono<Env>();
  const limit = new FailureLimit(() => host.state.wall());
  const error = (status: number, message: string, fields: Record<string, string> = {}) =>
    Response.json({ error: message }, {
      status,
      headers: { ...fields, "cache-control": "no-store" },
    });

  app.get("/v1/openapi.json", (c) => c.json(openapi));
  for (const route of apiRoutes) {
    const validate = validatorOf(route);
    app.on(route.method.toUpperCase(), `/v1${route.path}`, async (context) => {
      const { remote, scope: certified } = context.env;
      const wait = limit.wait(remote);
      if (wait > 0) {
        const seconds = String(Math.ceil(wait / 1000));
        return error(429, "too many wrong tokens", { "retry-after": seconds });
      }
      const token = /^bearer +(\S+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
      const told = token === undefined ? undefined : await verifier()(token);
      const scope = higher(told, certified);
      if (scope === undefined) {
        if (token !== undefined) limit.failed(remote);
        const challenge = token === undefined ? "Bearer" : 'Bearer error="invalid_token"';
        return error(401, "a valid token, or a client certificate that is known, is needed", {
          "www-authenticate": challenge,
        });
      }
      if (!mayDo(scope, route.scope)) {
        const challenge = `Bearer error="insufficient_scope", scope="${route.scope}"`;
        return error(403, `the scope '${route.scope}' is needed`, {
          "www-authenticate": challenge,
        });
      }
      const body = await readBody(context.req.raw, validate);
      if (body instanceof ApiError) return error(body.status, body.message);
      const answer = await route.run({ host, context, scope, body });
      if (answer instanceof ApiError) return error(answer.status, answer.message);
      if (answer instanceof Response) return answer;
      return Response.json(answer, { headers: { "cache-control": "no-store" } });
    });
  }
  app.notFound(() => error(404, "there is no such resource; see /v1/openapi.json"));
  app.onError((problem) => {
    host.state.internalError("the REST API", problem);
    return error(500, "internal error");
  });
  return app;
}

function higher(one: Scope | undefined, other: Scope | undefined): Scope | undefined {
  return one === undefined || (other !== undefined && mayDo(other, one)) ? other : one;
}

/** The body as a text, or with a schema as JSON. */
async function readBody(
  request: Request,
  validate: ValidateFunction | undefined,
): Promise<unknown | ApiError> {
  if (request.method === "GET") return undefined;
  if (Number(request.headers.get("content-length") ?? 0) > LONGEST_BODY) {
    return new ApiError(400, "the request is too long");
  }
  const text = await request.text();
  if (text.length > LONGEST_BODY) return new ApiError(400, "the request is too long");
  if (validate === undefined) return text;
  let value: unknown;
  try {
    value = text === "" ? {} : JSON.parse(text);
  } catch {
    return new ApiError(400, "the body is no JSON");
  }
  if (validate(value)) return value;
  return new ApiError(400, `the body is not what it should be: ${ajv.errorsText(validate.errors)}`);
}
