/** `balance` and what belongs to it (manual 4.2): the algorithms that choose a server, each a row. */
import type { Diagnostics } from "../diagnostic.ts";
import type { Word } from "../document.ts";
import { DEFAULT_HASH_TYPE } from "../model_balance.ts";
import type { BalanceSettings, HashTypeConfig } from "../model_balance.ts";
import { nearest } from "../suggest.ts";
import {
  type ArgType,
  COUNT,
  integer,
  type JsonSchema,
  oneOf,
  Refusal,
  text,
  word,
} from "./args.ts";
import { type OptionTable, optionTable } from "./option_table.ts";
import { parseArguments } from "./parse_args.ts";
import {
  type Args,
  type KeywordRow,
  named,
  one,
  optional,
  proxyKeyword,
  type SectionKind,
  unsupported,
  type Values,
  words,
} from "./types.ts";

const BACK: readonly SectionKind[] = ["defaults", "listen", "backend"];

/** What stands in the parenthesis behind an algorithm's name. */
interface Inside {
  readonly type: ArgType<string | number>;
  readonly needed: boolean;
  readonly example: string;
}

export interface AlgorithmRow {
  readonly name: string;
  /** as the manual writes it */
  readonly usage: string;
  readonly summary: string;
  /** absent: sluice has it; otherwise why not */
  readonly refused?: string;
  /** chooses by what only HTTP has: in `mode tcp` it is round robin, as in HAProxy */
  readonly needsHttp?: boolean;
  readonly inside?: Inside;
  readonly args: Args;
  readonly settings?: (inside: string | number | undefined, values: never) => BalanceSettings;
}

function algorithm<const A extends Args>(
  row: Omit<AlgorithmRow, "args" | "settings"> & {
    readonly args?: A;
    readonly settings?: (inside: string | number | undefined, values: Values<A>) => BalanceSettings;
  },
): AlgorithmRow {
  return { ...row, args: row.args ?? {} } as AlgorithmRow;
}

const fieldName: ArgType<string> = {
  ...text("<name>", "the name of an HTTP header"),
  parse({ text }) {
    return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(text)
      ? text.toLowerCase()
      : new Refusal(`'${text}' is not the name of an HTTP header`, fieldName.describe);
  },
};

/** All algorithms that the manual has, also those that sluice refuses. */
export const algorithmRows: readonly AlgorithmRow[] = [
  algorithm({
    name: "roundrobin",
    usage: "roundrobin",
    summary: "Each server in turn, as often as its weight says, spread as evenly as can be",
  }),
  algorithm({
    name: "static-rr",
    usage: "static-rr",
    summary: "Each server in turn by a fixed plan; weights cannot be changed while running",
  }),
  algorithm({
    name: "leastconn",
    usage: "leastconn",
    summary: "The server with the fewest connections for its weight; equal ones in turn",
  }),
  algorithm({
    name: "first",
    usage: "first",
    summary:
      "The server with the lowest 'id' that has room under its 'maxconn'; weights do not count",
  }),
  algorithm({
    name: "source",
    usage: "source",
    summary: "The client's address chooses the server",
  }),
  algorithm({
    name: "uri",
    usage: "uri [len <number>] [depth <number>] [whole] [path-only]",
    summary: "The part of the URI before the question mark chooses the server",
    needsHttp: true,
    args: {
      settings: named({
        len: integer(1, COUNT),
        depth: integer(1, COUNT),
        whole: null,
        "path-only": null,
      }),
    },
    settings: (_, { settings }) => ({
      len: settings.len,
      depth: settings.depth,
      whole: settings.whole,
      pathOnly: settings["path-only"],
    }),
  }),
  algorithm({
    name: "url_param",
    usage: "url_param <name> [check_post]",
    summary:
      "A parameter of the query, or of a POST request's body, chooses the server; without it round robin",
    needsHttp: true,
    args: {
      name: one(text("<name>", "the name of a query parameter")),
      post: optional(oneOf("check_post")),
      // It was a number of bytes to wait for.
      most: optional(integer(1, COUNT, "<max_wait>")),
    },
    settings: (_, { name, post }) => ({ name, checkPost: post === undefined ? undefined : true }),
  }),
  algorithm({
    name: "hdr",
    usage: "hdr(<name>) [use_domain_only]",
    summary: "A request header chooses the server; without it round robin",
    needsHttp: true,
    inside: { type: fieldName, needed: true, example: "'hdr(host)'" },
    args: { settings: named({ "use_domain_only": null }) },
    settings: (name, { settings }) => ({
      name: name as string,
      domainOnly: settings.use_domain_only,
    }),
  }),
  algorithm({
    name: "hash",
    usage: "hash <expression>",
    summary: "A sample expression chooses the server; without a value round robin",
    args: { expression: one(word("<expression>", "a sample expression such as 'req.cookie(id)'")) },
    settings: (_, { expression }) => ({ expression }),
  }),
  algorithm({
    name: "random",
    usage: "random[(<draws>)]",
    summary: "The least loaded of some servers drawn at random (2 when no number is given)",
    inside: { type: integer(1, COUNT, "<draws>"), needed: false, example: "'random(2)'" },
    settings: (draws) => ({ draws: draws as number | undefined }),
  }),
  algorithm({
    name: "rdp-cookie",
    usage: "rdp-cookie[(<name>)]",
    summary: "The cookie of the Remote Desktop Protocol chooses the server",
    inside: {
      type: text("<name>", "the name of a cookie of RDP"),
      needed: false,
      example: "'rdp-cookie(mstshash)'",
    },
    settings: (name) => ({ name: (name ?? "mstshash") as string }),
  }),
  algorithm({
    name: "log-hash",
    usage: "log-hash [<converter>,...]",
    summary: "In 'mode log', what converters make of a message chooses the server",
    args: { converters: optional(word("<converters>", "converters such as 'field(1, )'")) },
    settings: (_, { converters }) => ({ expression: converters }),
  }),
  algorithm({
    name: "sticky",
    usage: "sticky",
    summary: "In 'mode log', one server as long as it is up",
  }),
];

/** The same as a table for help and reference. */
export const algorithmTable: OptionTable = {
  ...optionTable(
    "balance",
    "4.2",
    algorithmRows.map(({ name, usage, summary, refused }) => ({
      name,
      usage,
      summary,
      status: refused === undefined ? "supported" : "unsupported",
      reason: refused,
    })),
  ),
  noun: "algorithm",
};

const byName = new Map(algorithmRows.map((row) => [row.name, row]));
const supported = algorithmRows.filter((row) => row.refused === undefined);
const names = supported.map((row) => row.name);

/** The row of an algorithm; undefined: there is none of that name. */
export function algorithmRow(name: string): AlgorithmRow | undefined {
  return byName.get(name);
}

interface Chosen {
  readonly row: AlgorithmRow;
  /** the word in the parenthesis, and its value */
  readonly inside: string | number | undefined;
}

/** The value of `balance` in the YAML form: the line without its keyword. */
export const BALANCE_SCHEMA: JsonSchema = {
  type: "string",
  pattern: `^(${
    supported.map(({ name, inside, args }) => {
      const parenthesis = inside === undefined ? "" : `(\\(.*\\))${inside.needed ? "" : "?"}`;
      return name + parenthesis + (Object.keys(args).length > 0 ? "( .*)?" : "");
    }).join("|")
  })$`,
};

/** The same for `hash-type`. */
export const HASH_TYPE_SCHEMA: JsonSchema = {
  type: "string",
  pattern: "^(map-based|consistent)( (sdbm|djb2|wt6|crc32|none)( avalanche)?)?$",
};

const ALLOWED = `'${names.slice(0, -1).join("', '")}' or '${names.at(-1)}'`;

/** `hdr(host)`, `random(2)`: the algorithm is the word before the parenthesis. */
const algorithmWord: ArgType<Chosen> = {
  label: "<algorithm>",
  describe: ALLOWED,
  words: names,
  schema: { type: "string" },
  parse(word) {
    const open = word.text.indexOf("(");
    const name = open < 0 ? word.text : word.text.slice(0, open);
    const row = byName.get(name);
    if (row === undefined) {
      return new Refusal(`unknown algorithm '${word.text}'`, ALLOWED, nearest(name, names));
    }
    if (row.refused !== undefined) {
      return new Refusal(unsupported(name, row.refused), ALLOWED);
    }
    const { inside } = row;
    if (inside === undefined) {
      return open < 0
        ? { row, inside: undefined }
        : new Refusal(`'${name}' takes nothing in parentheses`, `'${row.usage}'`);
    }
    if (open >= 0 && !word.text.endsWith(")")) {
      return new Refusal(`the parenthesis of '${word.text}' is not closed`, inside.example);
    }
    const between = open < 0 ? "" : word.text.slice(open + 1, -1);
    if (between === "") {
      return inside.needed
        ? new Refusal(`'${name}' needs ${inside.type.label} in parentheses`, inside.example)
        : { row, inside: undefined };
    }
    const value = inside.type.parse({ ...word, text: between });
    return value instanceof Refusal ? value : { row, inside: value };
  },
};

/** Reads the words behind the algorithm by its own row; undefined when they were refused. */
function readSettings(
  { row, inside }: Chosen,
  args: readonly Word[],
  at: Word,
  diagnostics: Diagnostics,
): BalanceSettings | undefined {
  const keyword = { name: `balance ${at.text}`, args: row.args } as KeywordRow;
  const values = parseArguments(keyword, args, at.span, diagnostics);
  if (values === undefined) return undefined;
  return row.settings?.(inside, values as never) ?? {};
}

const hashFunction = oneOf("sdbm", "djb2", "wt6", "crc32", "none");

export const balanceRows: readonly KeywordRow[] = [
  proxyKeyword({
    name: "balance",
    sections: BACK,
    args: { algorithm: one(algorithmWord), args: words("[<argument> ...]", 0) },
    summary: "How the server is chosen",
    manual: "4.2",
    apply(proxy, { algorithm, args }, { diagnostics, statement, words }) {
      const settings = readSettings(algorithm, args, words[0], diagnostics);
      if (settings === undefined) return;
      proxy.balance = { algorithm: algorithm.row.name, args, span: statement.span, settings };
    },
  }),
  proxyKeyword({
    name: "hash-type",
    sections: BACK,
    args: {
      method: one(oneOf("map-based", "consistent")),
      function: optional(hashFunction),
      modifier: optional(oneOf("avalanche")),
    },
    summary: "How a hash leads to a server, which function hashes, and whether its bits are mixed",
    manual: "4.2",
    apply(proxy, values) {
      const type: HashTypeConfig = {
        method: values.method,
        function: values.function ?? DEFAULT_HASH_TYPE.function,
        // Without a function, consistent hashing mixes the bits: sdbm alone spreads too badly over the ring.
        avalanche: values.modifier !== undefined ||
          (values.function === undefined && values.method === "consistent"),
      };
      proxy.hashType = type;
    },
  }),
  proxyKeyword({
    name: "hash-balance-factor",
    sections: BACK,
    args: { factor: one(balanceFactor()) },
    summary:
      "Most load of a server in percent of the average, with consistent hashing or 'random'; 0: any",
    manual: "4.2",
    apply(proxy, { factor }) {
      proxy.hashBalanceFactor = factor === 0 ? undefined : factor;
    },
  }),
  proxyKeyword({
    name: "hash-preserve-affinity",
    sections: BACK,
    args: { until: one(oneOf("always", "maxconn", "maxqueue")) },
    summary: "Whether a hash leads to the next server when its own is full, or its queue",
    manual: "4.2 (HAProxy 3.2)",
    apply(proxy, { until }) {
      proxy.hashPreserveAffinity = affinities[until];
    },
  }),
];

/** HAProxy 3.2. */
const affinities = { always: undefined, maxconn: "maxconn", maxqueue: "maxqueue" } as const;

function balanceFactor(): ArgType<number> {
  const number = integer(0, COUNT, "<factor>");
  return {
    ...number,
    describe: "0, or a percentage greater than 100",
    schema: { type: "integer", anyOf: [{ const: 0 }, { minimum: 101 }] },
    parse(word) {
      const value = number.parse(word);
      return value instanceof Refusal || value === 0 || value > 100 ? value : new Refusal(
        `the factor '${word.text}' is out of range`,
        "0, or a percentage greater than 100",
      );
    },
  };
}
