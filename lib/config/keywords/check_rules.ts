/** `http-check …` and `tcp-check …` (manual 4.2): the steps of health checks. */
import { ownRules, talks } from "../draft_check.ts";
import type { CheckRuleDraft, HttpSendDraft } from "../draft_check.ts";
import type { ProxyDraft } from "../draft.ts";
import type { CheckSend } from "../model_check.ts";
import { text, word } from "./args.ts";
import { connect, connectSettings } from "./check_connect.ts";
import { expect, httpExpectSettings, tcpExpectSettings } from "./check_expect.ts";
import { hexString, httpMatches, tcpMatches } from "./check_match.ts";
import { comment, format, type Mutable } from "./check_rule_words.ts";
import { httpSendSettings, mergeRequests } from "./check_send.ts";
import { readSettings, RuleWords, usageOf } from "./check_settings.ts";
import {
  type ApplyContext,
  type KeywordRow,
  proxyKeyword,
  type SectionKind,
  words,
} from "./types.ts";

const BACK: readonly SectionKind[] = ["defaults", "listen", "backend"];

type Family = "http" | "tcp";

/** A row whose rule goes to the end of its family's list. */
function ruleRow(
  family: Family,
  name: string,
  usage: string,
  summary: string,
  read: (words: RuleWords, context: ApplyContext) => CheckRuleDraft | undefined,
): KeywordRow {
  return proxyKeyword({
    name: `${family}-check ${name}`,
    sections: BACK,
    args: { rule: words(usage, 0) },
    repeatable: true,
    summary,
    manual: "4.2",
    apply(proxy: ProxyDraft, { rule }, context) {
      const list = new RuleWords(
        `${family}-check ${name}`,
        rule,
        context.keyword,
        context.diagnostics,
      );
      const draft = read(list, context);
      if (draft !== undefined && list.good) addRule(proxy, family, draft, list);
    },
  });
}

/** Keeps the order that a check needs: connect, send, expect, and again (manual 4.2). */
function addRule(
  proxy: ProxyDraft,
  family: Family,
  rule: CheckRuleDraft,
  list: RuleWords,
): void {
  const set = ownRules(proxy.checks, family);
  const before = set.rules.filter(talks);
  const last = before.at(-1)?.type;
  const missing = (what: string) =>
    list.refuse(list.at, `a '${family}-check ${what}' rule must stand before this one`);
  if (rule.type === "connect" && before.length > 0 && before[0].type !== "connect") {
    list.refuse(list.at, "when rules connect, the first of them must be a 'connect'");
  } else if (family === "http" && last !== undefined) {
    if (rule.type === "http-send" && last !== "connect") missing("connect");
    else if (rule.type === "expect" && last === "connect") missing("send");
    else if (rule.type === "connect" && last !== "expect") missing("expect");
  }
  if (!list.good) return;
  if (rule.type === "http-send" && set.request !== undefined) {
    rule = mergeRequests(set.request, rule);
    set.request = undefined;
  }
  set.rules.push(rule);
}

function tcpSend(name: string, hex: boolean, formatted: boolean, summary: string): KeywordRow {
  const label = hex ? formatted ? "<hexfmt>" : "<hexstring>" : formatted ? "<fmt>" : "<data>";
  return ruleRow("tcp", name, `${label} [comment <msg>]`, summary, (words, { statement }) => {
    const rule = { type: "send", hex } as Mutable<CheckSend>;
    if (formatted) {
      const value = words.value(words.at, { ...format, label });
      if (value !== undefined) rule.data = { format: value };
    } else {
      const value = words.value(words.at, hex ? hexString : text(label));
      if (value !== undefined) rule.data = { text: value };
    }
    readSettings(words, [comment], rule);
    return { ...rule, span: statement.span };
  });
}

const COMMENT = "Comment on the next rule, told when that one fails";

function commentRow(family: Family): KeywordRow {
  return ruleRow(family, "comment", "<string>", COMMENT, (words, { statement }) => {
    const found = words.value(words.at, text("<string>"));
    readSettings(words, [], {});
    return found === undefined ? undefined : {
      type: "comment",
      comment: found,
      span: statement.span,
    };
  });
}

const VARIABLE_ACTIONS = {
  "set-var": ["<expr>", "Sets a variable to a sample while a server is checked"],
  "set-var-fmt": ["<fmt>", "Sets a variable by a format while a server is checked"],
  "unset-var": ["", "Removes a variable while a server is checked"],
} as const;

/** `set-var(check.port) int(1234)`: the call belongs to the keyword's last word. */
function variableRow(family: Family, name: keyof typeof VARIABLE_ACTIONS): KeywordRow {
  const [label, summary] = VARIABLE_ACTIONS[name];
  return ruleRow(family, name, label, summary, (words, { statement, keyword }) => {
    const value = label === ""
      ? undefined
      : words.value(words.at, word(label, "an expression or format"));
    if (label !== "" && value === undefined) return undefined;
    readSettings(words, [], {});
    return {
      type: "variable",
      words: value === undefined ? [keyword] : [keyword, value],
      span: statement.span,
    };
  });
}

function flagRow(
  name: string,
  summary: string,
  field: "disableOn404" | "sendState",
): KeywordRow {
  return proxyKeyword({
    name: `http-check ${name}`,
    sections: BACK,
    args: {},
    summary,
    manual: "4.2",
    apply(proxy) {
      proxy.checks[field] = true;
    },
  });
}

export const checkRuleRows: readonly KeywordRow[] = [
  ...(["http", "tcp"] as const).flatMap((family) =>
    (Object.keys(VARIABLE_ACTIONS) as (keyof typeof VARIABLE_ACTIONS)[]).map((name) =>
      variableRow(family, name)
    )
  ),
  commentRow("http"),
  ruleRow(
    "http",
    "connect",
    usageOf(connectSettings.http),
    "Opens a connection for an HTTP check",
    (words, context) => connect("http", words, context),
  ),
  flagRow(
    "disable-on-404",
    "A server that answers a check with 404 gets no new clients, as if it were drained",
    "disableOn404",
  ),
  ruleRow(
    "http",
    "expect",
    usageOf(httpExpectSettings, `[!] { ${Object.keys(httpMatches).join(" | ")} } <pattern>`),
    "What an HTTP check must get; without it any status from 200 to 399 is good",
    (words, context) => expect(words, context, httpExpectSettings, httpMatches),
  ),
  ruleRow(
    "http",
    "send",
    usageOf(httpSendSettings),
    "The request of an HTTP check",
    (words, { statement }) => {
      const rule: HttpSendDraft = { type: "http-send", headers: [], span: statement.span };
      readSettings(words, httpSendSettings, rule);
      return rule;
    },
  ),
  flagRow("send-state", "Tells the server in a header how it is seen", "sendState"),
  commentRow("tcp"),
  ruleRow(
    "tcp",
    "connect",
    usageOf(connectSettings.tcp),
    "Opens a connection for a check",
    (words, context) => connect("tcp", words, context),
  ),
  ruleRow(
    "tcp",
    "expect",
    usageOf(tcpExpectSettings, `[!] { ${Object.keys(tcpMatches).join(" | ")} } <pattern>`),
    "What a check must get from the server",
    (words, context) => expect(words, context, tcpExpectSettings, tcpMatches),
  ),
  tcpSend("send", false, false, "What a check sends"),
  tcpSend("send-lf", false, true, "What a check sends, by a log format"),
  tcpSend("send-binary", true, false, "What a check sends, in hexadecimal"),
  tcpSend("send-binary-lf", true, true, "What a check sends, in hexadecimal by a log format"),
];
