/** Argument types of addresses. */
import { isIP } from "node:net";
import { parseListenAddresses } from "../addresses.ts";
import type { ListenAddress } from "../model.ts";
import { type ArgType, Refusal } from "./args.ts";

/** An IP address without a port, or a host name. */
export const ipAddress: ArgType<string> = {
  label: "<ip>",
  describe: "an IPv4 or IPv6 address, or a host name",
  schema: { type: "string" },
  parse({ text }) {
    const bare = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
    const good = isIP(bare) !== 0 ||
      (/^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,253}[A-Za-z0-9_])?$/.test(bare) && !/^[0-9.]+$/.test(bare));
    return good ? bare : new Refusal(`'${text}' is not an address`, ipAddress.describe);
  },
};

export const listenAddresses: ArgType<readonly ListenAddress[]> = {
  label: "<address>",
  describe:
    "addresses such as ':80', '*:8000-8010', '[::]:80' or '/run/app.sock', separated by commas",
  schema: { type: ["string", "integer"] },
  parse: ({ text }) => parseListenAddresses(text),
};
