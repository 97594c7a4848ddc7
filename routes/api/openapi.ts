/** The OpenAPI 3.1 document of the REST API, made of its rows and schemas. */
import { VERSION } from "../../lib/runtime/socket/info.ts";
import { apiRoutes } from "./routes.ts";
import { schemas } from "./schemas.ts";

const json = (name: string) => ({
  "application/json": { schema: { $ref: `#/components/schemas/${name}` } },
});

const ERRORS = {
  "400": "the request is not understood",
  "401": "there is no valid token",
  "403": "the token's scope does not suffice",
  "404": "there is no such thing",
  "409": "it cannot be done here",
  "422": "the configuration has mistakes",
  "429": "too many wrong tokens came from this address",
} as const;

function operation(route: typeof apiRoutes[number]) {
  const names = [...route.path.matchAll(/:([a-z]+)/g)].map(([, name]) => name);
  const errors = Object.entries(ERRORS).map(([status, description]) => [
    status,
    { description, content: json("Error") },
  ]);
  return {
    summary: route.summary,
    security: [{ bearer: [route.scope] }],
    parameters: [...names, ...route.query ?? []].map((name) => ({
      name,
      in: names.includes(name) ? "path" : "query",
      required: true,
      schema: { type: "string" },
    })),
    ...(route.takes === undefined
      ? route.takesText === undefined ? {} : {
        requestBody: {
          required: true,
          content: { "text/plain": { schema: { type: "string", description: route.takesText } } },
        },
      }
      : { requestBody: { required: true, content: json(route.takes) } }),
    responses: {
      "200": {
        description: "done",
        ...(route.gives === undefined ? {} : { content: json(route.gives) }),
      },
      ...Object.fromEntries(errors),
    },
  };
}

const paths: Record<string, Record<string, unknown>> = {};
for (const route of apiRoutes) {
  const path = `/v1${route.path.replace(/:([a-z]+)/g, "{$1}")}`;
  paths[path] = { ...paths[path], [route.method]: operation(route) };
}

export const openapi = {
  openapi: "3.1.0",
  info: { title: "sluice", version: VERSION, description: "Administration of a running sluice" },
  paths,
  components: {
    schemas,
    securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
  },
};
