/** `http-check …` and `tcp-check …` (manual 4.2): the steps of health checks. */
import { ownRules, talks } from "../draft_check.ts";
import type { CheckRuleDraft, HttpSendDraft } from "../draft_check.ts";
import type { ProxyDraft } from "../draft.ts";
import type { CheckConnect, CheckExpect, CheckSend } from "../model_check.ts";
import { ipAddress } from "./address_types.ts";
import { integer, oneOf, Refusal, text, word } from "./args.ts";
import type { ArgType } from "./args.ts";
import { hexString, httpMatches, type ReadMatch, tcpMatches } from "./check_match.ts";
import { readSettings, type RuleSetting, RuleWords, usageOf, valued } from "./check_settings.ts";
import {
  type ApplyContext,
  type KeywordRow,
  proxyKeyword,
  type SectionKind,
  words,
} from "./types.ts";

const BACK: readonly SectionKind[] = ["defaults", "listen", "backend"];

type Mutable<T> = { -readonly [K in keyof Omit<T, "step" | "span">]: T[K] };
type Family = "http" | "tcp";

const comment = valued<{ comment?: string }, string>("comment", text("<msg>"), (rule, value) => {
  rule.comment = value;
});

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

const connectSettings: readonly RuleSetting<Mutable<CheckConnect>>[] = [
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

/** A rule's own word for a log format: it is compiled later. */
const format = word("<fmt>", "a log format");

export const methodType: ArgType<string> = {
  label: "<method>",
  describe: "an HTTP method",
  schema: { type: "string" },
  parse: ({ text }) =>
    /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/.test(text)
      ? text
      : new Refusal(`'${text}' is not an HTTP method`),
};

/** What would break the request line is refused. */
export const uriType: ArgType<string> = {
  label: "<uri>",
  describe: "a path such as '/health', or another request target without spaces",
  schema: { type: "string" },
  parse: ({ text }) =>
    // deno-lint-ignore no-control-regex
    /[\x00-\x20\x7f]/.test(text)
      ? new Refusal(`'${text}' has a space or a control character`, uriType.describe)
      : text,
};

export const versionType: ArgType<string> = {
  label: "<version>",
  describe: "'HTTP/1.0' or 'HTTP/1.1'",
  schema: { type: "string" },
  parse: ({ text }) =>
    /^HTTP\/[0-9]\.[0-9]$/.test(text)
      ? text
      : new Refusal(`'${text}' is not an HTTP version`, versionType.describe),
};

const httpSendSettings: readonly RuleSetting<HttpSendDraft>[] = [
  valued("meth", methodType, (rule, value) => {
    rule.method = value;
  }),
  valued("uri", uriType, (rule, value) => {
    rule.uri = { text: value };
  }),
  valued("uri-lf", format, (rule, value) => {
    rule.uri = { format: value };
  }),
  valued("ver", versionType, (rule, value) => {
    rule.version = value;
  }),
  {
    name: "hdr",
    usage: "hdr <name> <fmt>",
    read(rule, words, setting) {
      const at = words.peek ?? setting;
      const name = words.value(setting, text("<name>", "the name of a header"));
      if (name === undefined) return;
      if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
        words.refuse(at, `'${name}' is not the name of an HTTP header`);
      }
      const value = words.value(setting, format);
      if (value === undefined) return;
      if (/^(content-length|transfer-encoding)$/i.test(name)) {
        words.diagnostics.warning(
          at.span,
          `'${words.rule}': '${name}' is left out: the body's length is written for you`,
        );
      } else rule.headers = [...rule.headers, { name, value }];
    },
  },
  valued("body", text("<string>"), (rule, value) => {
    rule.body = { text: value };
  }),
  valued("body-lf", format, (rule, value) => {
    rule.body = { format: value };
  }),
  comment,
];

function expectSettings(
  matches: Readonly<Record<string, ReadMatch>>,
): readonly RuleSetting<Mutable<CheckExpect>>[] {
  return [
    valued("min-recv", integer(-1), (rule, value) => {
      rule.minRecv = value < 0 ? undefined : value;
    }),
    comment,
    valued("ok-status", oneOf("L7OK", "L7OKC", "L6OK", "L4OK"), (rule, value) => {
      rule.okStatus = value;
    }),
    valued("error-status", oneOf("L7OKC", "L7RSP", "L7STS", "L6RSP", "L4CON"), (rule, value) => {
      rule.errorStatus = value;
    }),
    valued("tout-status", oneOf("L7TOUT", "L6TOUT", "L4TOUT"), (rule, value) => {
      rule.timeoutStatus = value;
    }),
    valued("on-success", format, (rule, value) => {
      rule.onSuccess = value;
    }),
    valued("on-error", format, (rule, value) => {
      rule.onError = value;
    }),
    valued("status-code", word("<expr>", "an expression"), (rule, value) => {
      rule.statusCode = value;
    }),
    ...Object.entries(matches).map(([name, read]) => ({
      name,
      usage: "",
      read: (rule: Mutable<CheckExpect>, words: RuleWords, setting: Word) =>
        readMatch(rule, words, setting, read),
    })),
  ];
}

type Word = Parameters<ReadMatch>[1];

function readMatch(
  rule: Mutable<CheckExpect>,
  words: RuleWords,
  setting: Word,
  read: ReadMatch,
): void {
  const match = read(words, setting);
  if (match === undefined) return;
  if (rule.match !== undefined) words.refuse(setting, "a rule looks for one thing only");
  rule.match = match;
}

const httpExpectSettings = expectSettings(httpMatches);
const tcpExpectSettings = expectSettings(tcpMatches);

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
    strict: true,
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

/** What `over` says wins; all its headers take the place of all headers. */
export function mergeRequests(base: HttpSendDraft, over: HttpSendDraft): HttpSendDraft {
  return {
    ...base,
    method: over.method ?? base.method,
    uri: over.uri ?? base.uri,
    version: over.version ?? base.version,
    headers: over.headers.length > 0 ? over.headers : base.headers,
    body: over.body ?? base.body,
    comment: over.comment ?? base.comment,
    span: over.span,
  };
}

function connect(words: RuleWords, { statement }: ApplyContext): CheckRuleDraft {
  const rule: Mutable<CheckConnect> = {
    type: "connect",
    sendProxy: false,
    asServer: false,
    linger: false,
  };
  readSettings(words, connectSettings, rule);
  return { ...rule, span: statement.span };
}

function expect(
  words: RuleWords,
  { statement }: ApplyContext,
  table: readonly RuleSetting<Mutable<CheckExpect>>[],
  matches: Readonly<Record<string, ReadMatch>>,
): CheckRuleDraft | undefined {
  const rule = { type: "expect", inverse: false } as Mutable<CheckExpect>;
  // `! status` and `!status` are the same
  readSettings(words, table, rule, (word) => {
    if (!word.text.startsWith("!")) return false;
    rule.inverse = true;
    if (word.text === "!") return words.peek !== undefined;
    const read = matches[word.text.slice(1)];
    if (read !== undefined) readMatch(rule, words, word, read);
    return read !== undefined;
  });
  if (rule.match === undefined && words.good) {
    words.refuse(words.at, "it does not say what to look for", {
      allowed: Object.keys(matches).join(", "),
    });
  }
  return { ...rule, span: statement.span };
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
    strict: true,
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
    usageOf(connectSettings),
    "Opens a connection for an HTTP check",
    connect,
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
  ruleRow("tcp", "connect", usageOf(connectSettings), "Opens a connection for a check", connect),
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
