/** The settings of `server` lines about the PROXY protocol (manual 5.2). */
import type { ServerDraft } from "../draft.ts";
import {
  NO_PROXY_HEADER,
  PROXY_V2_OPTIONS,
  type ProxyV2Option,
  type SendProxyConfig,
} from "../model_proxy_header.ts";
import { nearest } from "../suggest.ts";
import { type ArgType, Refusal, word } from "./args.ts";
import { flag, setting } from "./option_table.ts";

function change(server: ServerDraft, changes: Partial<SendProxyConfig>): void {
  server.sendProxy = { ...(server.sendProxy ?? NO_PROXY_HEADER), ...changes };
}

function withOptions(server: ServerDraft, added: readonly ProxyV2Option[]): void {
  const options = server.sendProxy?.options ?? [];
  change(server, { options: [...new Set([...options, ...added])] });
}

function without(server: ServerDraft, removed: readonly ProxyV2Option[]): void {
  const options = server.sendProxy?.options ?? [];
  change(server, { v2: false, options: options.filter((option) => !removed.includes(option)) });
}

const v2Options: ArgType<readonly ProxyV2Option[]> = {
  label: "<option>[,<option>]*",
  describe: `${PROXY_V2_OPTIONS.join(", ")}, with commas between them`,
  schema: { type: "string" },
  parse({ text }) {
    const names = text.split(",");
    for (const name of names) {
      if ((PROXY_V2_OPTIONS as readonly string[]).includes(name)) continue;
      return new Refusal(
        `'${name}' is no option of the PROXY protocol`,
        v2Options.describe,
        nearest(name, PROXY_V2_OPTIONS),
      );
    }
    return names as ProxyV2Option[];
  },
};

/** The number of a TLV type, as C writes numbers. */
function tlvType(text: string): number | undefined {
  const value = /^(0x[0-9a-f]{1,2}|[0-9]{1,3})$/i.test(text) ? Number(text) : NaN;
  return value >= 0 && value <= 255 ? value : undefined;
}

export const serverProxySettings = [
  flag<ServerDraft>(
    "send-proxy",
    "Connections begin with a header of the PROXY protocol, version 1, with the client's address",
    (server) => change(server, { v1: true }),
  ),
  flag<ServerDraft>(
    "no-send-proxy",
    "Takes back a 'send-proxy' of default-server",
    (server) => change(server, { v1: false }),
  ),
  flag<ServerDraft>(
    "send-proxy-v2",
    "The same in version 2, which is binary",
    (server) => change(server, { v2: true }),
  ),
  flag<ServerDraft>(
    "no-send-proxy-v2",
    "Takes back a 'send-proxy-v2' of default-server",
    (server) => change(server, { v2: false }),
  ),
  flag<ServerDraft>(
    "send-proxy-v2-ssl",
    "The same with what is known of the client's TLS",
    (server) => {
      change(server, { v2: true });
      withOptions(server, ["ssl"]);
    },
  ),
  flag<ServerDraft>(
    "no-send-proxy-v2-ssl",
    "Takes back a 'send-proxy-v2-ssl' of default-server",
    (server) => without(server, ["ssl"]),
  ),
  flag<ServerDraft>(
    "send-proxy-v2-ssl-cn",
    "The same with the common name of the client's certificate",
    (server) => {
      change(server, { v2: true });
      withOptions(server, ["ssl", "cert-cn"]);
    },
  ),
  flag<ServerDraft>(
    "no-send-proxy-v2-ssl-cn",
    "Takes back a 'send-proxy-v2-ssl-cn' of default-server",
    (server) => without(server, ["ssl", "cert-cn"]),
  ),
  setting({
    name: "proxy-v2-options",
    value: v2Options,
    summary: "What a header of version 2 tells besides the addresses",
    apply(server: ServerDraft, value) {
      withOptions(server, value);
      if (value.some((name) => /^(cert|ssl)-/.test(name))) withOptions(server, ["ssl"]);
    },
  }),
  setting({
    name: "set-proxy-v2-tlv-fmt",
    usage: "set-proxy-v2-tlv-fmt(<id>) <fmt>",
    takesCall: true,
    value: word("<fmt>", "a log-format string"),
    manual: "5.2 (HAProxy 2.9)",
    summary: "A TLV of this type in a header of version 2, its value made by a format",
    apply(server: ServerDraft, value, { call, diagnostics, where }) {
      const type = tlvType(call ?? "");
      if (type === undefined) {
        diagnostics.alert(
          value.span,
          `${where}: 'set-proxy-v2-tlv-fmt' needs the number of a TLV type in parentheses`,
          { allowed: "a number from 0 to 255 or 0x00 to 0xFF: set-proxy-v2-tlv-fmt(0xE0)" },
        );
        return;
      }
      const tlvs = server.sendProxy?.tlvs ?? [];
      change(server, {
        tlvs: [...tlvs.filter((tlv) => tlv.type !== type), { type, format: value }],
      });
    },
  }),
];
