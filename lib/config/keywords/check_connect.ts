/** `connect` of `http-check` and `tcp-check` (manual 4.2). */
import type { CheckRuleDraft } from "../draft_check.ts";
import type { CheckConnect } from "../model_check.ts";
import { ipAddress } from "./address_types.ts";
import { type ArgType, integer, Refusal } from "./args.ts";
import { comment, type Mutable } from "./check_rule_words.ts";
import { readSettings, type RuleSetting, type RuleWords, valued } from "./check_settings.ts";
import type { ApplyContext } from "./types.ts";

/** A port, or an expression that gives one. */
const port: ArgType<CheckConnect["port"]> = {
  label: "<port>",
  describe: "a port from 1 to 65535, or an expression",
  schema: { type: ["integer", "string"] },
  parse(found) {
    if (!/^[0-9]+$/.test(found.text)) return found;
    const value = integer(1, 65535).parse(found);
    return value instanceof Refusal ? new Refusal(value.message, port.describe) : value;
  },
};

const refused = (
  name: string,
  count: number,
  reason: string,
): RuleSetting<never> => ({ name, usage: name, unsupported: reason, words: count });

const TLS =
  "write 'check-ssl' on the server line; checks with TLS settings of their own are not supported";

export const connectSettings: readonly RuleSetting<Mutable<CheckConnect>>[] = [
  {
    name: "default",
    usage: "default",
    read(rule) {
      rule.asServer = true;
    },
  },
  valued("port", port, (rule, value) => {
    rule.port = value;
  }),
  valued("addr", ipAddress, (rule, value) => {
    rule.addr = value;
  }),
  {
    name: "send-proxy",
    usage: "send-proxy",
    read(rule) {
      rule.sendProxy = true;
    },
  },
  {
    name: "linger",
    usage: "linger",
    read(rule) {
      rule.linger = true;
    },
  },
  comment,
  refused("via-socks4", 0, "SOCKS is not supported"),
  refused("ssl", 0, TLS),
  refused("sni", 1, TLS),
  refused("alpn", 1, TLS),
  refused("proto", 1, "checks speak HTTP/1 only"),
];

/** Reads the settings of a `connect` rule. */
export function connect(words: RuleWords, { statement }: ApplyContext): CheckRuleDraft {
  const rule: Mutable<CheckConnect> = {
    type: "connect",
    sendProxy: false,
    asServer: false,
    linger: false,
  };
  readSettings(words, connectSettings, rule);
  return { ...rule, span: statement.span };
}
