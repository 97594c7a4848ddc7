/** The settings of `server` lines that concern names (manual 5.2, 5.3). */
import { isIP } from "node:net";
import type { ServerDraft } from "../draft.ts";
import type { InitAddr } from "../model_resolvers.ts";
import { nearest } from "../suggest.ts";
import { type ArgType, oneOf, Refusal, text } from "./args.ts";
import { setting } from "./option_table.ts";

/** Words separated by commas, each read by `read`. */
function list<T>(
  label: string,
  describe: string,
  read: (part: string) => T | Refusal,
): ArgType<readonly T[]> {
  return {
    label,
    describe,
    schema: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
    parse({ text }) {
      const values: T[] = [];
      for (const part of text.split(",")) {
        const value = read(part);
        if (value instanceof Refusal) return value;
        values.push(value);
      }
      return values;
    },
  };
}

const METHODS = ["last", "libc", "none"] as const;
const METHODS_ALLOWED = "'last', 'libc', 'none' or an IP address, separated by commas";

const initAddr = list<InitAddr>("<method>,...", METHODS_ALLOWED, (part) => {
  const method = METHODS.find((each) => each === part);
  if (method !== undefined) return method;
  if (isIP(part) !== 0) return { ip: part };
  return new Refusal(
    `'${part}' is no way to find an address`,
    METHODS_ALLOWED,
    nearest(part, METHODS),
  );
});

const networks = list<string>("<network>,...", "networks such as 10.0.0.0/8", (part) => {
  const [ip, bits = "", more] = part.split("/");
  const version = isIP(ip);
  const most = version === 4 ? 32 : 128;
  const good = version !== 0 && more === undefined &&
    (!part.includes("/") || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= most));
  return good ? part : new Refusal(`'${part}' is not a network`, "networks such as 10.0.0.0/8");
});

const OPTIONS = ["allow-dup-ip", "ignore-weight", "prevent-dup-ip"] as const;

const resolveOptions = list<typeof OPTIONS[number]>(
  "<option>,...",
  "'allow-dup-ip', 'ignore-weight' or 'prevent-dup-ip', separated by commas",
  (part) =>
    OPTIONS.find((each) => each === part) ??
      new Refusal(`'${part}' is not possible here`, undefined, nearest(part, OPTIONS)),
);

export const serverNameSettings = [
  setting({
    name: "init-addr",
    value: initAddr,
    summary: "How the address of a name is found at the start: the first of these that works",
    apply(server: ServerDraft, value) {
      server.initAddr = value;
    },
  }),
  setting({
    name: "resolve-net",
    value: networks,
    summary: "Networks whose addresses are preferred when a name has several",
    apply(server: ServerDraft, value) {
      server.resolveNet = value;
    },
  }),
  setting({
    name: "resolve-opts",
    value: resolveOptions,
    summary: "Whether servers of one name may have the same address, and SRV records give weights",
    apply(server: ServerDraft, value) {
      for (const option of value) {
        if (option === "ignore-weight") server.ignoreSrvWeight = true;
        else server.allowDupIp = option === "allow-dup-ip";
      }
    },
  }),
  setting({
    name: "resolve-prefer",
    value: oneOf("ipv4", "ipv6"),
    summary: "The family that is asked for first, 'ipv6' when it is not set",
    apply(server: ServerDraft, value) {
      server.resolvePrefer = value;
    },
  }),
  setting({
    name: "resolvers",
    value: text("<id>", "the name of a 'resolvers' section"),
    summary: "The 'resolvers' section that is asked for the server's name while running",
    apply(server: ServerDraft, value) {
      server.resolvers = value;
    },
  }),
];
