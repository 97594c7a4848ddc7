/** The keys of the `tests` section: reader, messages, JSON Schema and docs read the same rows. */
import type { JsonSchema } from "../keywords/args.ts";

export type FieldKind =
  | "text"
  | "texts"
  | "names"
  | "number"
  | "status"
  | "statuses"
  | "time"
  | "date"
  | "flag"
  | "headers"
  | "wanted"
  | "wanted map"
  | "counts"
  | "answer"
  | "expect"
  | "sent"
  | "steps";

export interface FieldRow {
  readonly name: string;
  readonly kind: FieldKind;
  readonly doc: string;
}

const row = (name: string, kind: FieldKind, doc: string): FieldRow => ({ name, kind, doc });

export const STEP_FIELDS: readonly FieldRow[] = [
  row(
    "request",
    "text",
    "Method and URL: `GET https://www.example.com/a`; left out: a TCP connection",
  ),
  row("src", "text", "The client's address, with or without a port (192.0.2.1)"),
  row("dst", "text", "The address that the client came to"),
  row("headers", "headers", "Fields of the request: a map, or a list of `Name: value`"),
  row("data", "text", "The body of the request, or what a TCP client sends"),
  row("sni", "text", "A TCP client begins TLS with this server name"),
  row("frontend", "text", "Where the request comes in, when its URL does not tell"),
  row("bind", "text", "The bind line, by address, port or name"),
  row("repeat", "number", "How often the request is made (1)"),
  row("after", "time", "Time that passes before: `10s`"),
  row("down", "texts", "Servers that go down before: `backend/server`"),
  row("up", "texts", "Servers that come up again before"),
  row("answer", "answer", "What servers answer from now on"),
  row("expect", "expect", "What every one of the requests should come to"),
];

export const TEST_FIELDS: readonly FieldRow[] = [
  row("name", "text", "What the test says"),
  ...STEP_FIELDS,
  row("at", "date", "The time at which it begins: `2026-01-31T12:00:00Z` (now)"),
  row("cookies", "flag", "The client keeps cookies and sends them again"),
  row("steps", "steps", "Requests one after the other, on the same state and clock"),
];

export const ANSWER_FIELDS: readonly FieldRow[] = [
  row("status", "status", "200 when it is not said"),
  row("headers", "headers", "A map, or a list of `Name: value`"),
  row("body", "text", ""),
];

export const EXPECT_FIELDS: readonly FieldRow[] = [
  row("frontend", "text", "Where it came in"),
  row("backend", "names", "The backend's name, or one of several; null: none"),
  row(
    "server",
    "names",
    "The server's name, one of several, `same` or `other` than before; null: none",
  ),
  row("servers", "counts", "How many of the repeated requests each server got"),
  row("status", "statuses", "What the client gets, or one of several"),
  row("headers", "wanted map", "Fields that the client gets"),
  row("body", "wanted", "The body that the client gets"),
  row("closed", "flag", "The connection is closed without an answer"),
  row("termination", "text", "The termination state of the log: `PR--`"),
  row("because", "wanted", "The first reason, as `sluice explain` gives it"),
  row("sent", "sent", "What the server gets"),
  row("variables", "wanted map", "Variables that are set in the end"),
];

export const SENT_FIELDS: readonly FieldRow[] = [
  row("method", "text", ""),
  row("target", "wanted", "Path and query"),
  row("headers", "wanted map", ""),
  row("body", "wanted", ""),
];

/** Top-level keys of a file that has nothing but tests. */
export const FILE_KEYS: readonly string[] = ["config", "tests"];

const TEXT: JsonSchema = { type: ["string", "number", "boolean"] };
const many = (value: JsonSchema): JsonSchema => ({
  anyOf: [value, { type: "array", items: value }],
});
const STATUS: JsonSchema = { type: "integer", minimum: 100, maximum: 999 };
const WANTED: JsonSchema = {
  anyOf: [
    { type: ["string", "number", "boolean", "null"] },
    {
      type: "object",
      properties: { contains: TEXT, matches: { type: "string" } },
      minProperties: 1,
      maxProperties: 1,
      additionalProperties: false,
    },
  ],
};

const ref = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` });

const SCHEMAS: Readonly<Record<FieldKind, JsonSchema>> = {
  text: TEXT,
  texts: many(TEXT),
  names: { anyOf: [{ type: "null" }, many(TEXT)] },
  number: { type: "integer", minimum: 1 },
  status: STATUS,
  statuses: many(STATUS),
  time: { type: ["string", "integer"], pattern: "^[0-9]+(us|ms|s|m|h|d)?$" },
  date: { type: "string" },
  flag: { type: "boolean" },
  headers: {
    anyOf: [
      { type: "object", additionalProperties: many(TEXT) },
      { type: "array", items: { type: "string", pattern: "^[^:]+:" } },
    ],
  },
  wanted: WANTED,
  "wanted map": { type: "object", additionalProperties: WANTED },
  counts: { type: "object", additionalProperties: { type: "integer", minimum: 0 } },
  answer: ref("test-answer"),
  expect: ref("test-expect"),
  sent: ref("test-sent"),
  steps: { type: "array", items: ref("test-step"), minItems: 1 },
};

function map(fields: readonly FieldRow[], required: readonly string[] = []): JsonSchema {
  return {
    type: "object",
    properties: Object.fromEntries(
      fields.map(({ name, kind, doc }) => [
        name,
        doc === "" ? SCHEMAS[kind] : { ...SCHEMAS[kind], description: doc },
      ]),
    ),
    ...(required.length > 0 ? { required } : undefined),
    additionalProperties: false,
  };
}

/** The definitions that the `tests` key of the configuration's schema refers to. */
export function testDefinitions(): Record<string, JsonSchema> {
  return {
    tests: {
      type: "array",
      items: map(TEST_FIELDS, ["name"]),
      description: "Tests of the configuration, run by 'sluice test'",
    },
    "test-step": map(STEP_FIELDS),
    "test-answer": map(ANSWER_FIELDS),
    "test-expect": map(EXPECT_FIELDS),
    "test-sent": map(SENT_FIELDS),
  };
}
