/** Options that tell the server about the client: `forwardfor`, `originalto`, `forwarded` (manual 4.2). */
import { isIP } from "node:net";
import type { ForwardedConfig, WordsAt } from "../model.ts";
import { type ArgType, headerName, Refusal, word } from "./args.ts";
import { ALL, BACK } from "./option_kinds.ts";
import { type KeywordRow, named, proxyKeyword } from "./types.ts";

/** The length of the prefix that an IPv4 netmask stands for: 8 for 255.0.0.0; undefined: it has holes. */
function maskLength(mask: string): number | undefined {
  if (isIP(mask) !== 4) return undefined;
  const bits = mask.split(".").map((byte) => Number(byte).toString(2).padStart(8, "0")).join("");
  return /^1*0*$/.test(bits) ? bits.replace(/0+$/, "").length : undefined;
}

/** An address or network, `127.0.0.0/8`, `::1`; a netmask is turned into the length of its prefix. */
const network: ArgType<string> = {
  label: "<network>",
  describe: "an IP address, optionally followed by '/' and the length of the prefix",
  schema: { type: "string", pattern: "^[0-9A-Fa-f.:]+(/[0-9.]+)?$" },
  parse({ text }) {
    const [address, suffix, more] = text.split("/");
    const version = isIP(address);
    const refusal = new Refusal(`'${text}' is not an address or a network`, network.describe);
    if (version === 0 || more !== undefined) return refusal;
    if (suffix === undefined) return text;
    const length = /^[0-9]{1,3}$/.test(suffix)
      ? Number(suffix)
      : version === 4
      ? maskLength(suffix)
      : undefined;
    return length !== undefined && length <= (version === 4 ? 32 : 128)
      ? `${address}/${length}`
      : refusal;
  },
};

const expression = word("<expression>", "a sample expression");

/** `option forwarded` writes parts in the order it names them; each part alone or with its expression. */
function forwarded(values: Record<string, unknown>): ForwardedConfig {
  const part = (name: string): true | WordsAt | undefined => {
    const expr = values[`${name}-expr`] as { text: string; span: WordsAt["span"] } | undefined;
    if (expr !== undefined) return { words: [expr], span: expr.span };
    return values[name] === true ? true : undefined;
  };
  if (Object.keys(values).length === 0) return { proto: true, for: true };
  return {
    proto: values.proto === true,
    host: part("host"),
    by: part("by"),
    byPort: part("by_port"),
    for: part("for"),
    forPort: part("for_port"),
  };
}

export const forwardOptionRows: readonly KeywordRow[] = [
  proxyKeyword({
    name: "option forwardfor",
    sections: ALL,
    args: { settings: named({ except: network, header: headerName, "if-none": null }) },
    summary: "Adds a header with the client's address to requests",
    manual: "4.2",
    apply(proxy, { settings }) {
      proxy.options.forwardfor = {
        except: settings.except,
        header: settings.header ?? "X-Forwarded-For",
        ifNone: settings["if-none"] === true,
      };
    },
  }),
  proxyKeyword({
    name: "option originalto",
    sections: ALL,
    args: { settings: named({ except: network, header: headerName }) },
    summary: "Adds a header with the address the client connected to to requests",
    manual: "4.2",
    apply(proxy, { settings }) {
      proxy.options.originalto = {
        except: settings.except,
        header: settings.header ?? "X-Original-To",
        ifNone: false,
      };
    },
  }),
  proxyKeyword({
    name: "option forwarded",
    sections: BACK,
    args: {
      parts: named({
        proto: null,
        host: null,
        "host-expr": expression,
        by: null,
        "by-expr": expression,
        by_port: null,
        "by_port-expr": expression,
        for: null,
        "for-expr": expression,
        for_port: null,
        "for_port-expr": expression,
      }),
    },
    prefixes: ["no"],
    summary: "Adds the header of RFC 7239 to requests; alone it is 'proto for'",
    manual: "4.2 (HAProxy 2.8)",
    apply(proxy, { parts }) {
      proxy.options.forwarded = forwarded(parts);
    },
    reset(proxy) {
      delete proxy.options.forwarded;
    },
  }),
];
