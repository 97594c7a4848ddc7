/** `connect` of `http-check` and `tcp-check` (manual 4.2). */
import type { CheckRuleDraft } from "../draft_check.ts";
import type { CheckConnect } from "../model_check.ts";
import { ipAddress } from "./address_types.ts";
import { type ArgType, integer, oneOf, Refusal, text } from "./args.ts";
import { comment, type Mutable } from "./check_rule_words.ts";
import { flag, readSettings, type RuleSetting, type RuleWords, valued } from "./check_settings.ts";
import { protocols } from "./tls_settings.ts";
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

/** What the family's checks can speak on a connection. */
const PROTOCOLS = { http: ["h1", "h2"], tcp: ["none"] } as const;

const common: readonly RuleSetting<Mutable<CheckConnect>>[] = [
  flag("default", (rule) => {
    rule.asServer = true;
  }),
  valued("port", port, (rule, value) => {
    rule.port = value;
  }),
  valued("addr", ipAddress, (rule, value) => {
    rule.addr = value;
  }),
  flag("send-proxy", (rule) => {
    rule.sendProxy = true;
  }),
  flag("linger", (rule) => {
    rule.linger = true;
  }),
  comment,
  flag("via-socks4", (rule) => {
    rule.viaSocks = true;
  }),
  flag("ssl", (rule) => {
    rule.ssl = true;
  }),
  valued("sni", text("<sni>"), (rule, value) => {
    rule.sni = value;
  }),
  valued("alpn", protocols, (rule, value) => {
    rule.alpn = value;
  }),
];

const settingsOf = (family: keyof typeof PROTOCOLS) => [
  ...common,
  valued<Mutable<CheckConnect>, CheckConnect["proto"]>(
    "proto",
    oneOf(...PROTOCOLS[family]),
    (rule, value) => {
      rule.proto = value;
    },
  ),
];

/** The settings of a `connect` rule of each family. */
export const connectSettings = { http: settingsOf("http"), tcp: settingsOf("tcp") } as const;

/** Reads the settings of a `connect` rule. */
export function connect(
  family: keyof typeof PROTOCOLS,
  words: RuleWords,
  { statement }: ApplyContext,
): CheckRuleDraft {
  const rule: Mutable<CheckConnect> = {
    type: "connect",
    sendProxy: false,
    asServer: false,
    linger: false,
  };
  readSettings(words, connectSettings[family], rule);
  const idle = rule.sni !== undefined ? "sni" : rule.alpn !== undefined ? "alpn" : undefined;
  if (idle !== undefined && rule.ssl !== true && !rule.asServer) {
    words.diagnostics.warning(
      statement.span,
      `'${words.rule}': '${idle}' does nothing without 'ssl'`,
    );
  }
  return { ...rule, span: statement.span };
}
