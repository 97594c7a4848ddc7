/**
 * How the YAML form spells statements that are more than "keyword: words". Reader and writer share these rows;
 * a keyword that has none is `options`.
 *
 *     entries   timeout: {connect: 5s}                 one statement per entry: `timeout connect 5s`
 *     named     servers: {web1: {address: a, check: true}}   the same with a name: `server web1 a check`
 *     options   bind: {address: "*:443", ssl: true}    the whole map is one statement: `bind *:443 ssl`
 */
export interface YamlShape {
  /** The YAML key. */
  readonly key: string;
  /** The keyword it stands for. */
  readonly keyword: string;
  readonly kind: "entries" | "named" | "options";
  /** Keys of a map of options that give only their value, in this order, before everything else. */
  readonly first?: readonly string[];
  /** True when the `first` keys may be left out; otherwise each must be there. */
  readonly firstOptional?: boolean;
  /** The same behind everything else (before `if` and `unless`). */
  readonly last?: readonly string[];
  /** Options that a list repeats (`crt a crt b`); the lists of all others are joined by commas. */
  readonly repeated?: readonly string[];
  /** For `entries`: a list is the words of one statement instead of one statement each. */
  readonly listIsWords?: boolean;
  /** The sections it applies to; all when absent. */
  readonly sections?: readonly string[];
}

export const YAML_SHAPES: readonly YamlShape[] = [
  { key: "timeout", keyword: "timeout", kind: "entries" },
  { key: "option", keyword: "option", kind: "entries" },
  { key: "acl", keyword: "acl", kind: "entries" },
  { key: "rate-limit", keyword: "rate-limit", kind: "entries" },
  { key: "stats", keyword: "stats", kind: "entries", first: ["address"], firstOptional: true },
  { key: "opentelemetry", keyword: "opentelemetry", kind: "entries", sections: ["global"] },
  { key: "api", keyword: "api", kind: "entries", sections: ["global"] },
  { key: "errorfile", keyword: "errorfile", kind: "entries" },
  { key: "errorloc", keyword: "errorloc", kind: "entries" },
  { key: "errorloc302", keyword: "errorloc302", kind: "entries" },
  { key: "errorloc303", keyword: "errorloc303", kind: "entries" },
  { key: "compression", keyword: "compression", kind: "entries", listIsWords: true },
  { key: "email-alert", keyword: "email-alert", kind: "entries" },
  { key: "hold", keyword: "hold", kind: "entries", sections: ["resolvers"] },
  { key: "setenv", keyword: "setenv", kind: "entries", sections: ["global"] },
  { key: "presetenv", keyword: "presetenv", kind: "entries", sections: ["global"] },
  { key: "cpu-map", keyword: "cpu-map", kind: "entries", sections: ["global"] },
  {
    key: "servers",
    keyword: "server",
    kind: "named",
    first: ["address"],
    firstOptional: true,
    sections: ["peers"],
  },
  { key: "servers", keyword: "server", kind: "named", first: ["address"] },
  { key: "nameservers", keyword: "nameserver", kind: "named", sections: ["resolvers"] },
  {
    key: "peers",
    keyword: "peer",
    kind: "named",
    first: ["address"],
    firstOptional: true,
    sections: ["peers"],
  },
  { key: "mailers", keyword: "mailer", kind: "named", sections: ["mailers"] },
  { key: "users", keyword: "user", kind: "named", sections: ["userlist"] },
  { key: "groups", keyword: "group", kind: "named", sections: ["userlist"] },
  { key: "server", keyword: "server", kind: "options", first: ["name", "address"] },
  {
    key: "server-template",
    keyword: "server-template",
    kind: "options",
    first: ["prefix", "count", "address"],
  },
  { key: "default-server", keyword: "default-server", kind: "options" },
  {
    key: "bind",
    keyword: "bind",
    kind: "options",
    first: ["address"],
    repeated: ["crt", "crt-list", "default-crt"],
  },
  { key: "dgram-bind", keyword: "dgram-bind", kind: "options", first: ["address"] },
  { key: "load", keyword: "load", kind: "options", sections: ["crt-store"] },
  { key: "use_backend", keyword: "use_backend", kind: "options", first: ["backend"] },
  { key: "use-server", keyword: "use-server", kind: "options", first: ["server"] },
  {
    key: "cookie",
    keyword: "cookie",
    kind: "options",
    first: ["name"],
    repeated: ["domain", "attr"],
  },
  { key: "stick-table", keyword: "stick-table", kind: "options" },
  { key: "tables", keyword: "table", kind: "named", sections: ["peers"] },
  { key: "default-bind", keyword: "default-bind", kind: "options", sections: ["peers"] },
  {
    key: "log",
    keyword: "log",
    kind: "options",
    first: ["address"],
    last: ["facility", "level", "minlevel"],
  },
];

/** Options whose value is a comma separated list that reads better as a YAML list. */
export const COMMA_LISTS: ReadonlySet<string> = new Set([
  "alpn",
  "check-alpn",
  "npn",
  "store",
  "domains",
  "groups",
  "users",
  "init-addr",
  "resolve-net",
  "resolve-opts",
]);

const BY_KEY = new Map<string, YamlShape[]>();
const BY_KEYWORD = new Map<string, YamlShape[]>();
for (const shape of YAML_SHAPES) {
  BY_KEY.set(shape.key, [...(BY_KEY.get(shape.key) ?? []), shape]);
  BY_KEYWORD.set(shape.keyword, [...(BY_KEYWORD.get(shape.keyword) ?? []), shape]);
}

function applies(shape: YamlShape, section: string): boolean {
  return shape.sections === undefined || shape.sections.includes(section);
}

/** The row for a YAML key in this kind of section. */
export function shapeOfKey(key: string, section: string): YamlShape | undefined {
  return BY_KEY.get(key)?.find((shape) => applies(shape, section));
}

/** The row by which a keyword is written; `named` before `options`. */
export function shapeOfKeyword(keyword: string, section: string): YamlShape | undefined {
  return BY_KEYWORD.get(keyword)?.find((shape) => applies(shape, section));
}

/** True when a map under this key is a statement's shape, whatever the section: then it is no section's name. */
export function isShapeKey(key: string): boolean {
  return BY_KEY.has(key);
}
