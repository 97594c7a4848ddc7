/** How the servers of a backend are checked (manual 4.2 `option httpchk` and the other kinds of checks). */
import { ownRules } from "../draft_check.ts";
import type { HttpSendDraft } from "../draft_check.ts";
import type { ProxyDraft } from "../draft.ts";
import type { Word } from "../document.ts";
import { type ArgType, oneOf, Refusal, text, word } from "./args.ts";
import { checkRuleRows } from "./check_rules.ts";
import { mergeRequests, methodType, uriType, versionType } from "./check_send.ts";
import { readSettings, RuleWords, valued } from "./check_settings.ts";
import {
  type ApplyContext,
  type KeywordRow,
  named,
  one,
  optional,
  proxyKeyword,
  type SectionKind,
  words,
} from "./types.ts";

const BACK: readonly SectionKind[] = ["defaults", "listen", "backend"];

/** What stands behind HELO: it must not end the line. */
const domainType: ArgType<string> = {
  label: "<domain>",
  describe: "a domain name or an address in brackets",
  schema: { type: "string" },
  parse: ({ text }) =>
    /^[A-Za-z0-9._:[\]-]+$/.test(text)
      ? text
      : new Refusal(`'${text}' is not a domain name`, domainType.describe),
};

/** `VERSION\r\nName: value…\r\n\r\nbody`: how headers were added before there was `http-check send`. */
function readVersion(request: HttpSendDraft, word: Word, context: ApplyContext): boolean {
  const [version, ...lines] = word.text.split("\r\n");
  const words = new RuleWords("option httpchk", [], context.keyword, context.diagnostics);
  const checked = new RuleWords(
    "option httpchk",
    [{ ...word, text: version }],
    word,
    context.diagnostics,
  );
  request.version = checked.value(word, versionType);
  if (!checked.good) return false;
  if (lines.length === 0) return true;
  context.diagnostics.warning(
    word.span,
    "'option httpchk': headers behind the version are an old way to write them",
    { allowed: "'http-check send' with 'hdr' and 'body'" },
  );
  const headers: { name: string; value: Word }[] = [];
  for (let n = 0; n < lines.length; n++) {
    if (lines[n] === "") {
      const body = lines.slice(n + 1).join("\r\n");
      if (body !== "") request.body = { text: body };
      break;
    }
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(lines[n]);
    if (match === null) words.refuse(word, `'${lines[n]}' is not a header`);
    else if (!/^(content-length|transfer-encoding)$/i.test(match[1])) {
      headers.push({ name: match[1], value: { ...word, text: match[2] } });
    }
  }
  request.headers = headers;
  return words.good;
}

/** A kind of check that is chosen by its option alone. */
function kindRow(
  name: Exclude<ProxyDraft["checks"]["kind"], "tcp">,
  summary: string,
  manual = "4.2",
): KeywordRow {
  return proxyKeyword({
    name: `option ${name}`,
    sections: BACK,
    args: {},
    summary,
    manual,
    apply(proxy, _values, { statement }) {
      proxy.checks.kind = name;
      proxy.checks.span = statement.span;
    },
  });
}

/** RFC 1035 section 2.3.4 */
const dnsName: ArgType<string> = {
  label: "<name>",
  describe: "a host name",
  schema: { type: "string" },
  parse({ text }) {
    return /^(?=.{1,253}$)([A-Za-z0-9_-]{1,63}\.?)+$|^\.$/.test(text)
      ? text
      : new Refusal(`'${text}' is not a host name`, dnsName.describe);
  },
};

export const checkRows: readonly KeywordRow[] = [
  proxyKeyword({
    name: "option httpchk",
    sections: BACK,
    args: {
      first: optional(word("<method>", "an HTTP method; alone, the URI")),
      uri: optional(uriType),
      version: optional(word("<version>", versionType.describe)),
    },
    summary: "Checks by HTTP requests: a status from 200 to 399 is good",
    manual: "4.2",
    apply(proxy, { uri, version }, context) {
      const { words, statement, diagnostics, keyword } = context;
      const request: HttpSendDraft = { type: "http-send", headers: [], span: statement.span };
      const first = new RuleWords("option httpchk", words, keyword, diagnostics);
      if (uri !== undefined) {
        request.method = first.value(keyword, methodType);
        request.uri = { text: uri };
      } else if (words.length > 0) {
        const only = first.value(keyword, uriType);
        if (only !== undefined) request.uri = { text: only };
      }
      if (version !== undefined && !readVersion(request, version, context)) return;
      if (!first.good) return;
      proxy.checks.kind = "httpchk";
      const set = ownRules(proxy.checks, "http");
      set.inheritedRequest = undefined;
      const at = set.rules.findIndex((rule) => rule.type !== "comment" && rule.type !== "connect");
      const written = set.rules[at];
      if (written?.type === "http-send") set.rules[at] = mergeRequests(written, request);
      else set.request = request;
    },
  }),
  kindRow("tcp-check", "Checks by what 'tcp-check' rules send and expect"),
  kindRow("redis-check", "Checks Redis servers by PING"),
  kindRow("ldap-check", "Checks LDAP servers by an anonymous bind"),
  kindRow("ssl-hello-chk", "Checks TLS servers by an SSLv3 hello, which they answer in some way"),
  proxyKeyword({
    name: "option mysql-check",
    sections: BACK,
    args: { login: words("[user <name> [post-41|pre-41]]", 0) },
    summary: "Checks MySQL servers by their greeting, or by a login without a password",
    manual: "4.2",
    apply(proxy, { login }, { keyword, diagnostics }) {
      const list = new RuleWords("option mysql-check", login, keyword, diagnostics);
      const draft: { user?: string; version: "post-41" | "pre-41" } = { version: "post-41" };
      readSettings(list, [
        valued("user", text("<name>"), (login: typeof draft, user) => {
          login.user = user;
          const version = list.peek?.text;
          if (version === "post-41" || version === "pre-41") {
            login.version = version;
            list.take();
          }
        }),
      ], draft);
      if (!list.good) return;
      proxy.checks.kind = "mysql-check";
      const { user, version } = draft;
      proxy.checks.mysql = user === undefined ? undefined : { user, version };
    },
  }),
  proxyKeyword({
    name: "option pgsql-check",
    sections: BACK,
    args: { user: one(oneOf("user")), name: one(text("<name>")) },
    summary: "Checks PostgreSQL servers by the beginning of a session",
    manual: "4.2",
    apply(proxy, { name }) {
      proxy.checks.kind = "pgsql-check";
      proxy.checks.pgsqlUser = name;
    },
  }),
  proxyKeyword({
    name: "option smtpchk",
    sections: BACK,
    args: { hello: optional(word("HELO|EHLO")), domain: optional(domainType) },
    summary: "Checks mail servers by a greeting, 'HELO localhost' unless another is written",
    manual: "4.2",
    apply(proxy, { hello: word, domain }, { diagnostics }) {
      if (word !== undefined && domain === undefined) {
        diagnostics.alert(
          word.span,
          `'option smtpchk': '${word.text}' needs a domain behind it`,
        );
        return;
      }
      const hello = word?.text === "HELO" || word?.text === "EHLO" ? word.text : undefined;
      if (word !== undefined && hello === undefined) {
        diagnostics.warning(
          word.span,
          `'option smtpchk': in place of '${word.text}' the greeting is 'HELO localhost'`,
          { allowed: "'HELO' or 'EHLO', and a domain" },
        );
      }
      proxy.checks.kind = "smtpchk";
      proxy.checks.smtp = hello && domain ? { hello, domain } : undefined;
    },
  }),
  kindRow(
    "icmp-check",
    "Checks by an ICMP echo whether the server's machine is there (sluice's own)",
    "-",
  ),
  proxyKeyword({
    name: "option dns-check",
    sections: BACK,
    args: { name: optional(dnsName) },
    prefixes: ["no"],
    summary: "Checks by a DNS query over UDP; the root is asked for when there is no name",
    manual: "sluice's own",
    apply(proxy, { name }) {
      proxy.checks.kind = "dns-check";
      proxy.checks.dnsName = name;
    },
    reset(proxy) {
      if (proxy.checks.kind === "dns-check") proxy.checks.kind = "tcp";
    },
  }),
  proxyKeyword({
    name: "option udp-check",
    sections: BACK,
    args: { settings: named({ send: text("<string>"), expect: text("<string>") }) },
    prefixes: ["no"],
    summary: "Checks by a datagram: the server must answer, with 'expect' in its answer",
    manual: "sluice's own",
    apply(proxy, { settings }) {
      proxy.checks.kind = "udp-check";
      proxy.checks.udp = settings;
    },
    reset(proxy) {
      if (proxy.checks.kind === "udp-check") proxy.checks.kind = "tcp";
    },
  }),
  kindRow("external-check", "Checks by the exit code of a program"),
  proxyKeyword({
    name: "external-check command",
    sections: BACK,
    args: { command: one(word("<command>", "the path of a program")) },
    summary: "The program of 'option external-check'",
    manual: "4.2",
    apply(proxy, { command }) {
      proxy.checks.externalCommand = command;
    },
  }),
  proxyKeyword({
    name: "external-check path",
    sections: BACK,
    args: { path: one(text("<path>", "directories, separated by colons")) },
    summary: "PATH of that program; it is empty otherwise",
    manual: "4.2",
    apply(proxy, { path }) {
      proxy.checks.externalPath = path;
    },
  }),
  ...checkRuleRows,
];
