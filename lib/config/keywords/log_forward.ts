/** What only `log-forward` sections have (manual 3.10); they are proxies otherwise (`bind`, `log`, `maxconn` …). */
import { parseListenAddresses } from "../addresses.ts";
import type { ProxyDraft } from "../draft.ts";
import type { ForwardOptions } from "../model_log.ts";
import { type ArgType, oneOf, Refusal } from "./args.ts";
import { bindOptions } from "./bind.ts";
import { readOptions } from "./option_table.ts";
import type { ListenAddress } from "../model.ts";
import { type KeywordRow, one, options, proxyKeyword } from "./types.ts";

const datagramAddresses: ArgType<ListenAddress[]> = {
  label: "<address>:<port>[,...]",
  describe: "addresses and ports: ':514', '127.0.0.1:1514'",
  schema: { type: "string" },
  parse({ text }) {
    const addresses = parseListenAddresses(text.replace(/(^|,)udp([46]?)@/g, bareFamily));
    if (addresses instanceof Refusal) return addresses;
    return addresses.every(({ type }) => type === "tcp")
      ? addresses
      : new Refusal(`'${text}': datagrams need an address and a port`, datagramAddresses.describe);
  },
};

/** `udp@` says nothing here that is not known; `udp6@` says which family. */
function bareFamily(_whole: string, before: string, family: string): string {
  return before + (family === "" ? "" : `ipv${family}@`);
}

function forwardOption(
  name: string,
  summary: string,
  set: (value: boolean) => Partial<ForwardOptions>,
): KeywordRow {
  const change = (proxy: ProxyDraft, value: boolean) => {
    proxy.forward = { ...proxy.forward!, ...set(value) };
  };
  return proxyKeyword({
    name: `option ${name}`,
    sections: ["log-forward"],
    args: {},
    prefixes: ["no"],
    summary,
    manual: "3.10 (HAProxy 3.1)",
    apply: (proxy) => change(proxy, true),
    reset: (proxy) => change(proxy, false),
  });
}

export const logForwardRows: readonly KeywordRow[] = [
  proxyKeyword({
    name: "dgram-bind",
    sections: ["log-forward"],
    args: { addresses: one(datagramAddresses), settings: options(() => bindOptions) },
    repeatable: true,
    summary: "Takes syslog messages by UDP",
    manual: "3.10",
    apply(proxy, { addresses, settings }, context) {
      const { statement, words } = context;
      const bind = {
        addresses,
        v4v6: false,
        v6only: false,
        deferAccept: false,
        span: statement.span,
      };
      readOptions(bindOptions, settings, bind, `dgram-bind ${words[0].text}`, "bind", context);
      proxy.datagramBinds = [...proxy.datagramBinds ?? [], bind];
    },
  }),
  forwardOption(
    "dont-parse-log",
    "Passes messages on as they came, without looking for a header ('format raw' keeps them so)",
    (dontParse) => ({ dontParse }),
  ),
  forwardOption(
    "assume-rfc6587-ntf",
    "Over TCP a line feed ends each message, also of those that begin with a digit",
    (linesOnly) => ({ linesOnly }),
  ),
  proxyKeyword({
    name: "option host",
    sections: ["log-forward"],
    args: { strategy: one(oneOf("keep", "fill", "replace", "append")) },
    summary: "What becomes of the host in a message: the sender's address may fill its place",
    manual: "3.10 (HAProxy 3.2)",
    apply(proxy, { strategy }) {
      proxy.forward = { ...proxy.forward!, host: strategy };
    },
  }),
];
