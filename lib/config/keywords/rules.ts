/**
 * ACLs, rules and captures (manual 4.2, 7). Their words are kept as they stand: `lib/expr` and `lib/rules`
 * compile them, and report mistakes inside them. What is checked here is only that there are words.
 */
import { SCOPED_ACL } from "../default_rules.ts";
import type { RuleList } from "../draft.ts";
import type { WordsAt } from "../model.ts";
import { integer, oneOf, time, word } from "./args.ts";
import { type KeywordRow, one, proxyKeyword, type SectionKind, words } from "./types.ts";

const FRONT: readonly SectionKind[] = ["defaults", "frontend", "listen"];
const BACK: readonly SectionKind[] = ["defaults", "listen", "backend"];
const ALL: readonly SectionKind[] = ["defaults", "frontend", "listen", "backend"];

function rules(
  name: string,
  sections: readonly SectionKind[],
  list: RuleList,
  summary: string,
): KeywordRow {
  return proxyKeyword({
    name,
    sections,
    namedDefaultsOnly: true,
    strict: true,
    args: { rule: words("<action> [ { if | unless } <condition> ]") },
    repeatable: true,
    summary,
    manual: "4.2",
    apply(proxy, { rule }, { statement }) {
      proxy[list].push({ words: rule, span: statement.span });
    },
  });
}

function inspectDelay(
  name: string,
  sections: readonly SectionKind[],
  field: "inspectDelay" | "responseInspectDelay",
  summary: string,
): KeywordRow {
  return proxyKeyword({
    name,
    sections,
    namedDefaultsOnly: true,
    args: { delay: one(time()) },
    summary,
    manual: "4.2",
    apply(proxy, { delay }, { previous, statement, diagnostics }) {
      if (previous !== undefined) {
        diagnostics.warning(statement.span, `a second '${name}': the first one holds`);
        return;
      }
      proxy[field] = delay === 0 ? undefined : delay;
    },
  });
}

function capture(side: "request" | "response"): KeywordRow {
  return proxyKeyword({
    name: `capture ${side} header`,
    sections: ["frontend", "listen"],
    args: {
      name: one(word("<name>", "the name of a header")),
      len: one(oneOf("len")),
      length: one(integer(1, 65535, "<length>")),
    },
    repeatable: true,
    summary: `Keeps a ${side} header for the log`,
    manual: "4.2",
    apply(proxy, _values, { words, statement }) {
      const kept: WordsAt = {
        words: [...statement.words.slice(1, 3), ...words],
        span: statement.span,
      };
      proxy.captures.push(kept);
    },
  });
}

/** A slot that rules fill (`http-request capture … id`); in the list of captures it has no header. */
function declareCapture(side: "request" | "response"): KeywordRow {
  return proxyKeyword({
    name: `declare capture ${side}`,
    sections: ["frontend", "listen"],
    args: { len: one(oneOf("len")), length: one(integer(1, 65535, "<length>")) },
    repeatable: true,
    summary: `Makes a slot for a ${side} capture that rules fill`,
    manual: "4.2",
    apply(proxy, _values, { words, statement }) {
      const [, kind, word] = statement.words;
      proxy.captures.push({ words: [kind, word, ...words], span: statement.span });
    },
  });
}

export const ruleRows: readonly KeywordRow[] = [
  proxyKeyword({
    name: "acl",
    sections: ALL,
    namedDefaultsOnly: true,
    args: {
      name: one(word("<name>", "letters, digits, '-', '_', '.' and ':'")),
      test: words("<criterion> [flags] [operator] <value> ..."),
    },
    repeatable: true,
    summary: "Names a test; lines with the same name are alternatives",
    manual: "4.2",
    apply(proxy, { name, test }, { diagnostics, statement }) {
      const bad = /[^A-Za-z0-9_.:-]/.exec(name.text);
      if (bad !== null) {
        diagnostics.alert(
          name.span,
          `character '${bad[0]}' is not allowed in the ACL name '${name.text}'`,
          {
            allowed: "letters, digits, '-', '_', '.' and ':'",
          },
        );
        return;
      }
      if (name.text.startsWith(SCOPED_ACL)) {
        diagnostics.alert(
          name.span,
          `ACL names that begin with '${SCOPED_ACL}' are kept for the ACLs of 'defaults' sections`,
        );
        return;
      }
      proxy.acls.push({ words: [name, ...test], span: statement.span });
    },
  }),
  rules(
    "http-request",
    ALL,
    "httpRequest",
    "A rule for requests: allow, deny, redirect, set headers …",
  ),
  rules("http-response", ALL, "httpResponse", "A rule for responses of servers"),
  rules(
    "http-after-response",
    ALL,
    "httpAfterResponse",
    "A rule for all responses, also sluice's own",
  ),
  rules(
    "tcp-request connection",
    FRONT,
    "tcpRequestConnection",
    "A rule for connections as soon as they are accepted",
  ),
  rules(
    "tcp-request session",
    FRONT,
    "tcpRequestSession",
    "A rule for connections once their handshakes are done",
  ),
  rules("tcp-request content", ALL, "tcpRequestContent", "A rule for what a client sends first"),
  rules(
    "tcp-response content",
    BACK,
    "tcpResponseContent",
    "A rule for what a server sends first",
  ),
  inspectDelay(
    "tcp-request inspect-delay",
    ALL,
    "inspectDelay",
    "How long 'tcp-request content' rules may wait for more of what the client sends",
  ),
  inspectDelay(
    "tcp-response inspect-delay",
    BACK,
    "responseInspectDelay",
    "How long 'tcp-response content' rules may wait for more of what the server sends",
  ),
  proxyKeyword({
    name: "redirect",
    sections: ["frontend", "listen", "backend"],
    args: {
      rule: words("{ location | prefix | scheme } <to> [options] [ { if | unless } <condition> ]"),
    },
    repeatable: true,
    summary: "Answers with a redirection",
    manual: "4.2",
    apply(proxy, { rule }, { statement }) {
      proxy.redirects.push({ words: rule, span: statement.span });
    },
  }),
  proxyKeyword({
    name: "use_backend",
    sections: ["frontend", "listen"],
    args: { rule: words("<backend> [ { if | unless } <condition> ]") },
    repeatable: true,
    summary: "The backend for requests that meet the condition",
    manual: "4.2",
    apply(proxy, { rule }, { diagnostics, statement }) {
      if (rule.length > 1 && !["if", "unless"].includes(rule[1].text)) {
        diagnostics.alert(
          rule[1].span,
          `unexpected '${rule[1].text}' after the name of the backend`,
          {
            allowed: "'if' or 'unless' and a condition, or nothing",
          },
        );
        return;
      }
      proxy.useBackends.push({ words: rule, span: statement.span });
    },
  }),
  capture("request"),
  capture("response"),
  declareCapture("request"),
  declareCapture("response"),
];
