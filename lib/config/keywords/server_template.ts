/** `server-template` (manual 4.2): many servers from one line. */
import { parseServerAddress } from "../addresses.ts";
import type { NamedServer } from "../draft.ts";
import type { ServerAddress } from "../model.ts";
import { type ArgType, name, Refusal } from "./args.ts";
import { readOptions } from "./option_table.ts";
import { addServer } from "./proxy.ts";
import { serverOptions } from "./server.ts";
import { type KeywordRow, one, options, proxyKeyword } from "./types.ts";

/** Servers that one line may make. */
const MOST = 65_535;

interface Range {
  readonly low: number;
  readonly high: number;
}

const range: ArgType<Range> = {
  label: "<num>|<low>-<high>",
  describe: "how many, or the first and the last number: '3' or '1-3'",
  schema: { anyOf: [{ type: "integer", minimum: 1 }, { type: "string" }] },
  parse({ text }) {
    const match = /^([0-9]{1,9})(?:-([0-9]{1,9}))?$/.exec(text);
    const low = match?.[2] === undefined ? 1 : Number(match[1]);
    const high = Number(match?.[2] ?? match?.[1]);
    if (match === null || high < low || high - low >= MOST) {
      return new Refusal(`'${text}' is not a range of numbers`, range.describe);
    }
    return { low, high };
  },
};

const address: ArgType<ServerAddress> = {
  label: "<fqdn>[:<port>]",
  describe:
    "a host name, the name of SRV records, or an address that all of them have: 'app.example:80'",
  schema: { type: "string" },
  parse: ({ text }) => parseServerAddress(text),
};

export const serverTemplateRows: readonly KeywordRow[] = [
  proxyKeyword({
    name: "server-template",
    sections: ["listen", "backend"],
    strict: true,
    args: {
      prefix: one(name("<prefix>")),
      count: one(range),
      address: one(address),
      settings: options(() => serverOptions),
    },
    repeatable: true,
    summary: "Servers that share a name, for all its addresses, or an address, and their settings",
    manual: "4.2",
    apply(proxy, { prefix, count, address, settings }, context) {
      const { statement, words } = context;
      const where = `server-template ${proxy.name}/${prefix}`;
      const template: NamedServer = {
        ...proxy.defaultServer,
        name: prefix,
        address,
        span: statement.span,
        nameWord: words[0],
        addressWord: words[2],
      };
      readOptions(serverOptions, settings, template, where, "server", context);
      const { id } = template;
      for (let n = count.low; n <= count.high; n++) {
        const own = id === undefined ? undefined : id + n - count.low;
        const server = { ...template, name: `${prefix}${n}`, id: own };
        if (!addServer(proxy, server, settings, context)) return;
      }
    },
  }),
];
