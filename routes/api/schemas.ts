/** JSON Schemas (2020-12) of what the REST API takes and answers; the OpenAPI document is made of them. */

export type Schema = Readonly<Record<string, unknown>>;

const text = { type: "string" };
const whole = { type: "integer" };
const object = (properties: Record<string, Schema>, optional: readonly string[] = []): Schema => ({
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
});
const list = (items: Schema): Schema => ({ type: "array", items });
const fields: Schema = {
  type: "object",
  description: "fields of `show stat` that have a value",
  additionalProperties: { type: ["string", "number"] },
};

const tableEntry = object({
  key: text,
  /** ms until it is forgotten */
  expires: whole,
  data: { type: "object", additionalProperties: { type: ["integer", "string"] } },
});

const server = object({
  backend: text,
  name: text,
  address: text,
  status: text,
  weight: whole,
  initialWeight: whole,
  maxconn: whole,
  backup: { type: "boolean" },
  stats: fields,
});

export const schemas = {
  Error: object({ error: text }),
  Info: { type: "object", additionalProperties: { type: ["string", "number"] } },
  Frontends: list(object({
    name: text,
    status: { enum: ["OPEN", "PAUSED", "STOP"] },
    mode: { enum: ["http", "tcp"] },
    stats: fields,
  })),
  Backends: list(object({
    name: text,
    status: text,
    mode: { enum: ["http", "tcp"] },
    servers: list(text),
    stats: fields,
  })),
  Server: server,
  Servers: list(server),
  ServerChange: object({
    state: { enum: ["ready", "drain", "maint"] },
    weight: { type: "integer", minimum: 0, maximum: 256 },
    maxconn: { type: "integer", minimum: 0 },
    health: { enum: ["up", "stopping", "down"] },
  }, ["state", "weight", "maxconn", "health"]),
  Events: list(object({
    id: whole,
    at: whole,
    level: whole,
    message: text,
    backend: text,
    server: text,
  }, ["backend", "server"])),
  Lists: list(object({ id: whole, name: text, entries: whole })),
  Patterns: list(object({ pattern: text })),
  Pattern: object({ pattern: text }),
  MapEntries: list(object({ key: text, value: text })),
  MapEntry: object({ key: text, value: text }),
  Tables: list(object({ name: text, type: text, size: whole, used: whole })),
  TableEntries: list(tableEntry),
  TableEntry: tableEntry,
  TableData: { type: "object", additionalProperties: { type: ["integer", "string"] } },
  Sessions: list(object({
    id: text,
    client: text,
    frontend: text,
    backend: text,
    server: text,
    age: text,
  })),
  Certificates: list(text),
  Certificate: { type: "object", additionalProperties: text },
  Done: object({ done: { const: true } }),
  Command: object({ command: text }),
  Answer: object({ answer: text }),
  Config: object({ path: text, text }),
  Outcome: object({ good: { type: "boolean" }, messages: text }),
  Versions: list(object({ id: text, at: { type: "number" }, bytes: whole })),
  Rollback: object({ id: text }, ["id"]),
} as const satisfies Record<string, Schema>;

export type SchemaName = keyof typeof schemas;
