/** `stick-table` and `stick …` (manual 4.2): tables by key, and the persistence that rests on them. */
import { dataType, EXCLUDES, MAX_ELEMENTS, STICK_DATA } from "../stick_data.ts";
import type { Word } from "../document.ts";
import type { RedisConfig, StickKind, StickTableConfig, StoredData } from "../model_stick.ts";
import { nearest } from "../suggest.ts";
import { type ArgType, integer, MAX_TIME, oneOf, Refusal, text, time } from "./args.ts";
import {
  type ApplyContext,
  type KeywordRow,
  named,
  type NamedValues,
  proxyKeyword,
  type SectionKind,
  words,
} from "./types.ts";

const REAL: readonly SectionKind[] = ["frontend", "listen", "backend"];
const REAL_BACK: readonly SectionKind[] = ["listen", "backend"];

/** Bytes of a key of type string (without `len` HAProxy keeps 32 with the zero behind it) and binary. */
const DEFAULT_LENGTH = { string: 31, binary: 32 } as const;
const MOST_ENTRIES = 2 ** 30;

/** Entries: a number with the suffixes k, m, g. */
const entries: ArgType<number> = {
  label: "<size>",
  describe: "a number of entries such as 1000, 100k or 1m (k, m, g: powers of 1024)",
  schema: {
    anyOf: [{ type: "integer", minimum: 1 }, { type: "string", pattern: "^[0-9]+[kKmMgG]?$" }],
  },
  parse({ text }) {
    const match = /^([0-9]{1,12})([kKmMgG]?)$/.exec(text);
    if (match === null) return new Refusal(`'${text}' is not a size`, entries.describe);
    const count = Number(match[1]) *
      { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[match[2].toLowerCase()]!;
    if (count < 1 || count > MOST_ENTRIES) {
      return new Refusal(`the size '${text}' is out of range`, `1 to ${MOST_ENTRIES} entries`);
    }
    return count;
  },
};

const period = time({ min: 1, label: "<period>" });
const elements = integer(1, MAX_ELEMENTS);

/** `conn_cnt,http_req_rate(10s),gpc(4)` */
const store: ArgType<readonly StoredData[]> = {
  label: "<data_type>,...",
  describe: `data types such as conn_cur,http_req_rate(10s): ${
    STICK_DATA.map(({ name }) => name).join(", ")
  }`,
  schema: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
  parse(word) {
    const stored: StoredData[] = [];
    // a comma in parentheses parts arguments
    for (const part of word.text.split(/,(?![^()]*\))/)) {
      const read = readData(part, word.span);
      if (read instanceof Refusal) return read;
      stored.push(read);
    }
    return stored;
  },
};

function readData(text: string, span: ApplyContext["keyword"]["span"]): StoredData | Refusal {
  const match = /^([^(]*)(?:\(([^)]*)\))?$/.exec(text.trim());
  const type = match === null ? undefined : dataType(match[1]);
  if (match === null || type === undefined) {
    const name = match?.[1] ?? text;
    const names = STICK_DATA.map(({ name }) => name);
    return new Refusal(`'${name}' is no data type`, names.join(", "), nearest(name, names));
  }
  const { name } = type;
  const args = match[2] === undefined ? [] : match[2].split(",").map((arg) => arg.trim());
  const wanted = [
    ...(type.array ? ["<number of elements>"] : []),
    ...(type.kind === "rate" ? ["<period>"] : []),
  ];
  if (args.length !== wanted.length) {
    const usage = wanted.length === 0 ? name : `${name}(${wanted.join(",")})`;
    return new Refusal(`'${text}' ${args.length === 0 ? "needs" : "has other"} arguments`, usage);
  }
  const count = type.array ? elements.parse({ text: args.shift()!, span }) : undefined;
  if (count instanceof Refusal) return count;
  const ms = type.kind === "rate" ? period.parse({ text: args.shift()!, span }) : undefined;
  if (ms instanceof Refusal) return ms;
  return { name, period: ms, count };
}

/** All `store` settings of a line, which may be there more than once; mistakes were told already. */
function storedOf({ words, diagnostics }: ApplyContext): StoredData[] {
  const stored: StoredData[] = [];
  words.forEach((word, i) => {
    if (word.text !== "store" || i + 1 >= words.length) return;
    const list = store.parse(words[i + 1]);
    if (list instanceof Refusal) {
      diagnostics.alert(words[i + 1].span, `'stick-table': ${list.message}`, {
        allowed: list.allowed,
        nearest: list.nearest,
      });
      return;
    }
    for (const data of list) {
      if (stored.some(({ name }) => name === data.name)) {
        diagnostics.warning(
          words[i + 1].span,
          `'stick-table': '${data.name}' is stored already; the first one counts`,
        );
      } else stored.push(data);
    }
  });
  for (const { name } of stored) {
    const other = EXCLUDES[name]?.find((each) => stored.some(({ name }) => name === each));
    if (other === undefined) continue;
    diagnostics.alert(
      words[0].span,
      `'stick-table': '${name}' and '${other}' cannot be stored together: '${name}' has it as an element`,
    );
  }
  return stored;
}

function stickRule(kind: StickKind, summary: string): KeywordRow {
  const keyword = `stick ${kind}`;
  return proxyKeyword({
    name: keyword,
    sections: REAL_BACK,
    args: { rule: words("<pattern> [table <table>] [{ if | unless } <condition>]") },
    repeatable: true,
    summary,
    manual: "4.2",
    apply(proxy, { rule }, { statement }) {
      proxy.stickRules.push({ kind, words: rule, span: statement.span });
    },
  });
}

/** Where Redis or Valkey is. */
const redisAddress: ArgType<string> = {
  label: "<url>",
  describe: "'redis://[user:password@]host[:port][/database]', or 'rediss://…' for TLS",
  schema: { type: "string" },
  parse({ text }) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url !== undefined && /^rediss?:$/.test(url.protocol) && url.hostname !== "" &&
        /^(\/[0-9]*)?$/.test(url.pathname) && url.search === "" && url.hash === ""
      ? text
      // The address may hold a password: it is not repeated.
      : new Refusal("this is no address of a Redis server", redisAddress.describe);
  },
};

/** What can be added up over nodes; the rest is each node's own, or the last one's word. */
const SUMMED = /_cnt$|_rate$|^gpc/;

/** `redis` and its settings; undefined: there is none, or a mistake was told. */
function redisOf(
  settings: TableSettings,
  stored: readonly StoredData[],
  wordBehind: (name: string) => Word,
  { diagnostics, words, keyword }: ApplyContext,
): RedisConfig | undefined {
  const { redis: url } = settings;
  const at = (name: string) => words.find(({ text }) => text === name)?.span ?? keyword.span;
  if (url === undefined) {
    for (const name of ["redis-sync", "redis-prefix"] as const) {
      if (settings[name] === undefined) continue;
      diagnostics.alert(at(name), `'${name}' needs 'redis' and the address of a server`);
    }
    return undefined;
  }
  if (settings.peers !== undefined) {
    diagnostics.alert(
      at("redis"),
      "'redis' and 'peers' exclude each other: peers overwrite what Redis adds up",
    );
  }
  if (settings.expire === undefined) {
    diagnostics.alert(at("redis"), "'redis' needs 'expire': Redis would keep entries for ever");
  }
  for (const { name } of stored) {
    if (SUMMED.test(name)) continue;
    diagnostics.alert(
      at("redis"),
      `'redis' adds numbers up, and '${name}' is none to be added`,
      { allowed: "counts and rates: *_cnt, *_rate, gpc; for others use 'peers'" },
    );
  }
  return {
    url,
    sync: settings["redis-sync"] ?? 100,
    prefix: settings["redis-prefix"] ?? "sluice",
    word: wordBehind("redis"),
  };
}

/** The settings of `stick-table` lines, and of `table` lines in `peers` sections. */
export const tableSettings = {
  type: oneOf("ip", "ipv6", "integer", "string", "binary"),
  len: integer(1, 4096, "<length>"),
  size: entries,
  expire: time({ min: 1, max: MAX_TIME }),
  nopurge: null,
  srvkey: oneOf("name", "addr"),
  peers: text("<peersect>", "the name of a 'peers' section"),
  "write-to": text("<table>", "the name of another table"),
  redis: redisAddress,
  "redis-sync": time({ min: 10, max: 60_000 }),
  "redis-prefix": text("<prefix>", "what names in Redis begin with"),
  store,
};

type TableSettings = NamedValues<typeof tableSettings>;

/** The table that a line says; undefined after a mistake. */
export function readStickTable(
  keywordName: string,
  settings: TableSettings,
  context: ApplyContext,
): StickTableConfig | undefined {
  const { diagnostics, keyword, statement, words } = context;
  const { type, size, expire, peers } = settings;
  if (type === undefined || size === undefined) {
    diagnostics.alert(
      keyword.span,
      `'${keywordName}' needs '${type === undefined ? "type" : "size"}'`,
      { allowed: `${keywordName} type ip|ipv6|integer|string|binary size <size> …` },
    );
    return undefined;
  }
  if (settings.len !== undefined && type !== "string" && type !== "binary") {
    const word = words.find(({ text }) => text === "len") ?? keyword;
    diagnostics.alert(word.span, `'${keywordName}': a key of type '${type}' has no 'len'`);
    return undefined;
  }
  if (settings.nopurge && expire === undefined) {
    diagnostics.warning(
      keyword.span,
      `'${keywordName}': with 'nopurge' and without 'expire' a full table takes nothing new for ever`,
    );
  }
  const wordBehind = (name: string) => words[words.findIndex(({ text }) => text === name) + 1];
  const stored = storedOf(context);
  return {
    type,
    length: settings.len ?? (type === "string" || type === "binary" ? DEFAULT_LENGTH[type] : 0),
    size,
    expire,
    nopurge: settings.nopurge ?? false,
    srvkey: settings.srvkey ?? "name",
    store: stored,
    redis: redisOf(settings, stored, wordBehind, context),
    peers,
    peersWord: peers === undefined ? undefined : wordBehind("peers"),
    writeTo: settings["write-to"] === undefined ? undefined : wordBehind("write-to"),
    span: statement.span,
  };
}

export const stickRows: readonly KeywordRow[] = [
  proxyKeyword({
    name: "stick-table",
    sections: REAL,
    args: { settings: named(tableSettings) },
    summary: "Declares the proxy's stick table: keys, how many, how long, and what is stored",
    manual: "4.2",
    apply(proxy, { settings }, context) {
      const { diagnostics, keyword, previous } = context;
      if (previous !== undefined) {
        diagnostics.alert(keyword.span, "'stick-table': a proxy has one table", {
          related: { span: previous.span, message: "it is declared here" },
        });
        return;
      }
      proxy.stickTable = readStickTable("stick-table", settings, context) ?? proxy.stickTable;
    },
  }),
  stickRule("on", "Keeps clients on their server by a stick table"),
  stickRule("match", "Finds the server in a stick table"),
  stickRule("store-request", "Writes the server into a stick table, by a sample of the request"),
  stickRule("store-response", "Writes the server into a stick table, by a sample of the response"),
];
