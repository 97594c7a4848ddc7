/** The JSON Schema (2020-12) of the YAML form, made from the keyword tables and the YAML shapes. */
import type { JsonSchema } from "./keywords/args.ts";
import { BALANCE_SCHEMA, HASH_TYPE_SCHEMA } from "./keywords/balance.ts";
import { statusOf } from "./keywords/describe.ts";
import { bindOptions, statsSocketOptions } from "./keywords/bind.ts";
import { cookieOptions } from "./keywords/cookie_options.ts";
import { keywordsOf, sectionRows } from "./keywords/index.ts";
import type { OptionTable } from "./keywords/option_table.ts";
import { usage } from "./keywords/parse_args.ts";
import { serverOptions } from "./keywords/server.ts";
import type { KeywordRow, ModelSection, SectionKind } from "./keywords/types.ts";
import { NAMED_SECTIONS } from "./draft_section.ts";
import { testDefinitions } from "./tests/rows.ts";
import { SECTION_KINDS } from "./sections.ts";
import { shapeOfKeyword } from "./yaml_shapes.ts";

const TRUE: JsonSchema = { const: true };
const WORDS: JsonSchema = { type: ["string", "number"] };
const ref = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` });

/** One or several: a list is one statement for each of its items. */
function many(value: JsonSchema): JsonSchema {
  return { anyOf: [value, { type: "array", items: value }] };
}

/** Settings as the keys of a map. Values that sluice does not take are left out: an editor marks them. */
function settings(table: OptionTable, line: string): Record<string, JsonSchema> {
  const properties: Record<string, JsonSchema> = {};
  for (const row of table.rows) {
    if (row.status === "unsupported" || row.notOn?.includes(line)) continue;
    const status = statusOf(row);
    const description = status === undefined ? row.summary : `${row.summary} (${status})`;
    properties[row.name] = row.value === undefined
      ? { ...(row.arity ? WORDS : { type: "boolean" }), description }
      : { ...row.value.schema, description };
  }
  return properties;
}

function lineMap(table: OptionTable, line: string, first: Record<string, JsonSchema>): JsonSchema {
  return {
    type: "object",
    properties: { ...first, ...settings(table, line) },
    required: Object.keys(first),
    additionalProperties: false,
  };
}

/** The value of one statement, when the key is the whole keyword. */
function statementValue(row: KeywordRow): JsonSchema {
  const specs = Object.values(row.args);
  if (specs.length === 0) return row.prefixes?.includes("no") ? { type: "boolean" } : TRUE;
  if (specs.length === 1) {
    const [spec] = specs;
    if (spec.kind === "one") return spec.type.schema;
    if (spec.kind === "optional") {
      return { anyOf: [{ type: "boolean" }, spec.type.schema] };
    }
    if (spec.kind === "named") {
      const properties: Record<string, JsonSchema> = {};
      for (const [name, type] of Object.entries(spec.options)) {
        properties[name] = type === null ? { type: "boolean" } : type.schema;
      }
      return {
        anyOf: [{ type: "boolean" }, { type: "string" }, {
          type: "object",
          properties,
          additionalProperties: false,
        }],
      };
    }
  }
  return WORDS;
}

function described(row: KeywordRow, schema: JsonSchema): JsonSchema {
  const status = statusOf(row);
  const more = status === undefined ? "" : ` (${status})`;
  return { ...schema, description: `${usage(row)}\n${row.summary}${more}. Manual ${row.manual}.` };
}

/** Keywords whose YAML value has a shape of its own. */
const SHAPED: Readonly<Record<string, JsonSchema>> = {
  bind: many({ anyOf: [WORDS, ref("bind")] }),
  server: many({ anyOf: [{ type: "string" }, ref("server")] }),
  "server-template": many({ anyOf: [{ type: "string" }, ref("server-template")] }),
  "default-server": many({ anyOf: [{ type: "string" }, ref("default-server")] }),
  "stats socket": many({ anyOf: [{ type: "string" }, ref("stats-socket")] }),
  balance: BALANCE_SCHEMA,
  "hash-type": HASH_TYPE_SCHEMA,
  log: many({ anyOf: [{ type: "string" }, ref("log")] }),
  use_backend: many({ anyOf: [{ type: "string" }, ref("use_backend")] }),
  "use-server": many({ anyOf: [{ type: "string" }, ref("use-server")] }),
  cookie: { anyOf: [{ type: "string" }, ref("cookie")] },
};

function valueOf(row: KeywordRow): JsonSchema {
  const value = SHAPED[row.name] ?? statementValue(row);
  return row.repeatable && SHAPED[row.name] === undefined ? many(value) : value;
}

/** Proxies share their definitions. */
function prefixOf(kind: ModelSection): string {
  return kind === "global" || (NAMED_SECTIONS as readonly string[]).includes(kind) ? kind : "proxy";
}

/** The settings behind a name, `tiger: {password: …, groups: [G1]}`; nothing or a text will do. */
function settingsOf(row: KeywordRow): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  for (const spec of Object.values(row.args)) {
    if (spec.kind !== "named") continue;
    for (const [name, type] of Object.entries(spec.options)) properties[name] = type!.schema;
  }
  return {
    anyOf: [{ type: "string" }, { type: "null" }, TRUE, {
      type: "object",
      properties,
      additionalProperties: false,
    }],
  };
}

/** The map of keywords inside a section. */
function sectionMap(kind: ModelSection, defs: Record<string, JsonSchema>): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const families = new Map<string, Record<string, JsonSchema>>();
  const rows = [...keywordsOf(kind).byName.values()].filter((row) => row.status !== "unsupported");
  for (const row of rows) {
    if (row.name === "log global") continue; // a value of `log`
    const def = `${prefixOf(kind)}.${row.name.replaceAll(" ", "-")}`;
    defs[def] ??= described(row, row.status === "ignored" ? {} : valueOf(row));
    const schema = ref(def);
    properties[row.name] = schema;
    for (const prefix of row.prefixes ?? []) {
      if (!(prefix === "no" && row.name.startsWith("option "))) {
        properties[`${prefix} ${row.name}`] = ref(`prefix-${prefix}`);
      }
    }
    const [first, ...rest] = row.name.split(" ");
    if (rest.length > 0 && shapeOfKeyword(first, kind)?.kind === "entries") {
      families.set(first, { ...families.get(first), [rest.join(" ")]: schema });
    }
  }
  for (const [first, members] of families) {
    properties[first] = many({
      anyOf: [{ type: "string" }, {
        type: "object",
        properties: members,
        additionalProperties: false,
      }],
    });
  }
  entriesByName(properties, rows);
  if (rows.some((row) => row.name === "server")) {
    properties.servers = {
      type: "object",
      description: "Servers by name",
      additionalProperties: { anyOf: [{ type: "string" }, ref("server-by-name")] },
    };
  }
  for (const [name, key] of [["nameserver", "nameservers"], ["mailer", "mailers"]]) {
    if (!rows.some((row) => row.name === name)) continue;
    properties[key] = { type: "object", additionalProperties: { type: "string" } };
  }
  if (kind === "userlist") {
    for (const name of ["user", "group"]) {
      const row = rows.find((r) => r.name === name)!;
      properties[`${name}s`] = { type: "object", additionalProperties: settingsOf(row) };
    }
  }
  if (sectionRows.find((row) => row.kind === kind)!.from) {
    properties.from = {
      type: "string",
      description: "Name of the 'defaults' section to start from",
    };
    properties.name = {
      type: ["string", "number"],
      description: "Name, when sections stand in a list",
    };
  }
  return { type: "object", properties, additionalProperties: false };
}

/** The inside of a section: a map, lines of text, or a list of both. */
function sectionBody(kind: ModelSection, description: string): JsonSchema {
  const map = ref(`${kind}-map`);
  return {
    anyOf: [
      { type: "null" },
      { type: "string" },
      map,
      { type: "array", items: { anyOf: [{ type: "string" }, map] } },
    ],
    description,
  };
}

/** `acl: {name: test}`, `errorfile: {503: path}`, `setenv: {NAME: value}` */
function entriesByName(properties: Record<string, JsonSchema>, rows: readonly KeywordRow[]): void {
  const names = [
    "acl",
    "errorfile",
    "errorloc",
    "errorloc302",
    "errorloc303",
    "setenv",
    "presetenv",
  ];
  for (const name of names) {
    const row = rows.find((r) => r.name === name);
    if (row === undefined) continue;
    const text = { type: ["string", "number", "boolean"] };
    properties[name] = described(row, {
      anyOf: [
        { type: "string" },
        { type: "array", items: { type: "string" } },
        { type: "object", additionalProperties: name === "acl" ? many(text) : text },
      ],
    });
  }
}

/** The schema as an object; `JSON.stringify` of it is `docs/sluice.schema.json`. */
export function jsonSchema(): JsonSchema {
  const defs: Record<string, JsonSchema> = {
    "prefix-no": { ...TRUE, description: "Switches it off" },
    "prefix-default": { ...TRUE, description: "As if no 'defaults' section had said anything" },
    bind: lineMap(bindOptions, "bind", {
      address: {
        anyOf: [WORDS, { type: "array", items: WORDS }],
        description: "Addresses and ports",
      },
    }),
    server: lineMap(serverOptions, "server", { name: WORDS, address: { type: "string" } }),
    "server-template": lineMap(serverOptions, "server", {
      prefix: WORDS,
      count: WORDS,
      address: { type: "string" },
    }),
    "server-by-name": lineMap(serverOptions, "server", { address: { type: "string" } }),
    "default-server": lineMap(serverOptions, "default-server", {}),
    "stats-socket": lineMap(statsSocketOptions, "stats socket", { address: { type: "string" } }),
    log: logMap(),
    use_backend: ruleMap("backend"),
    "use-server": ruleMap("server"),
    cookie: cookieMap(),
  };
  const properties: Record<string, JsonSchema> = {};
  const heads: Record<string, JsonSchema> = {};
  for (const row of sectionRows) {
    if (row.status === "unsupported") continue;
    const kind = row.kind as ModelSection;
    defs[`${kind}-map`] = sectionMap(kind, defs);
    defs[kind] = sectionBody(kind, row.summary);
    addSection(properties, heads, kind, row.name);
  }
  Object.assign(defs, testDefinitions());
  properties.tests = ref("tests");
  const top: JsonSchema = {
    type: "object",
    properties,
    patternProperties: heads,
    additionalProperties: false,
  };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "sluice configuration",
    description: "The YAML form of sluice's configuration: HAProxy's keywords as keys",
    anyOf: [ref("sections"), { type: "array", items: ref("sections") }, { type: "null" }],
    $defs: { sections: top, ...defs },
  };
}

/** `{backend: app, if: static}` */
function ruleMap(first: string): JsonSchema {
  const text: JsonSchema = { type: "string" };
  return {
    type: "object",
    properties: { [first]: text, if: text, unless: text },
    required: [first],
    additionalProperties: false,
  };
}

/** `domain` and `attr` may be lists. */
function cookieMap(): JsonSchema {
  const map = lineMap(cookieOptions, "cookie", { name: { type: "string" } });
  const properties = map.properties as Record<string, JsonSchema>;
  for (const name of ["domain", "attr"]) properties[name] = many(properties[name]);
  return map;
}

function addSection(
  properties: Record<string, JsonSchema>,
  heads: Record<string, JsonSchema>,
  kind: SectionKind,
  name: "none" | "optional" | "required",
): void {
  const body = ref(kind);
  const plural = SECTION_KINDS.find((k) => k.name === kind)!.plural;
  const byName: JsonSchema = { type: "object", additionalProperties: body };
  const list: JsonSchema = { type: "array", items: ref(`${kind}-map`) };
  if (name === "none") properties[kind] = body;
  else if (name === "optional") {
    const maps: JsonSchema = { type: "object", additionalProperties: ref(`${kind}-map`) };
    properties[plural] = { anyOf: [body, maps, list] };
  } else {
    properties[plural] = { anyOf: [byName, list] };
    properties[kind] = { anyOf: [byName, list] };
  }
  // a whole header line as the key: `frontend web from base`
  if (name !== "none") heads[`^${kind} +\\S`] = body;
}

function logMap(): JsonSchema {
  const row = keywordsOf("global").byName.get("log")!;
  const properties: Record<string, JsonSchema> = {};
  for (const [name, spec] of Object.entries(row.args)) {
    if (spec.kind === "named") {
      for (const [setting, type] of Object.entries(spec.options)) {
        properties[setting] = type!.schema;
      }
    } else if (spec.kind === "one" || spec.kind === "optional") {
      properties[name.toLowerCase()] = spec.type.schema;
    }
  }
  return {
    type: "object",
    properties,
    required: ["address", "facility"],
    additionalProperties: false,
  };
}
