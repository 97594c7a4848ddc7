/**
 * ACLs, rules and captures (manual 4.2, 7). Their words are kept as they stand: `lib/expr` and `lib/rules`
 * compile them, and report mistakes inside them. What is checked here is only that there are words.
 */
import { SCOPED_ACL } from "../default_rules.ts";
import type { ProxyDraft, RuleList } from "../draft.ts";
import type { ErrorFileConfig, WordsAt } from "../model.ts";
import { type ArgType, integer, oneOf, path, Refusal, text, word } from "./args.ts";
import {
  type ApplyContext,
  type KeywordRow,
  one,
  proxyKeyword,
  type SectionKind,
  words,
} from "./types.ts";

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

/** Statuses that sluice answers with itself (manual 4.2 `errorfile`). */
export const ERROR_STATUSES = [
  200,
  400,
  401,
  403,
  404,
  405,
  407,
  408,
  410,
  413,
  425,
  429,
  500,
  501,
  502,
  503,
  504,
] as const;

const status: ArgType<string> = {
  ...oneOf(...ERROR_STATUSES.map(String)),
  label: "<code>",
  schema: { enum: [...ERROR_STATUSES, ...ERROR_STATUSES.map(String)] },
  parse({ text }) {
    if ((ERROR_STATUSES as readonly number[]).includes(Number(text))) return text;
    return new Refusal(
      `sluice gives no answer with the status '${text}' itself`,
      ERROR_STATUSES.join(", "),
    );
  },
};

/** An answer without a status line or without the end of its head is not HTTP. */
function looksLikeAnswer(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return true;
  const start = new TextDecoder("latin1").decode(bytes);
  return /^HTTP\/[0-9]\.[0-9] [0-9]{3}([ \r\n])/.test(start) && /\r?\n\r?\n/.test(start);
}

function setErrorFile(
  proxy: ProxyDraft,
  status: number,
  path: string,
  context: ApplyContext,
): void {
  const at = context.words[1].span;
  let bytes: Uint8Array;
  try {
    bytes = context.readFile(path);
  } catch (error) {
    context.diagnostics.alert(
      at,
      `'errorfile': '${path}' cannot be read: ${(error as Error).message}`,
    );
    return;
  }
  if (!looksLikeAnswer(bytes)) {
    context.diagnostics.alert(at, `'errorfile': '${path}' is not a complete HTTP answer`, {
      allowed: "a file with a status line, headers, an empty line and then the body",
    });
    return;
  }
  const file: ErrorFileConfig = { status, path, bytes, span: at };
  proxy.errorfiles.set(status, file);
}

function errorloc(
  name: string,
  answer: "302 Found" | "303 See Other",
  summary: string,
): KeywordRow {
  return proxyKeyword({
    name,
    sections: ALL,
    args: { status: one(status), url: one(text("<url>")) },
    repeatable: true,
    summary,
    manual: "4.2",
    apply(proxy, { status, url }, { diagnostics, words }) {
      // deno-lint-ignore no-control-regex
      if (/[\x00-\x20\x7f]/.test(url)) {
        diagnostics.alert(
          words[1].span,
          `'${name}': a URL has no spaces and no control characters`,
        );
        return;
      }
      const head = `HTTP/1.1 ${answer}\r\nContent-Length: 0\r\nCache-Control: no-cache\r\n` +
        `Location: ${url}\r\n\r\n`;
      proxy.errorfiles.set(Number(status), {
        status: Number(status),
        path: url,
        bytes: new TextEncoder().encode(head),
        span: words[1].span,
      });
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
  rules("tcp-response content", BACK, "tcpResponseContent", "A rule for what a server sends first"),
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
  proxyKeyword({
    name: "errorfile",
    sections: ALL,
    args: { status: one(status), file: one(path("<file>")) },
    repeatable: true,
    summary: "The file's bytes are the answer in place of sluice's own for this status",
    manual: "4.2",
    apply(proxy, { status, file }, context) {
      setErrorFile(proxy, Number(status), file, context);
    },
  }),
  errorloc(
    "errorloc",
    "302 Found",
    "Redirects with 302 in place of sluice's own answer for this status",
  ),
  errorloc(
    "errorloc302",
    "302 Found",
    "Redirects with 302 in place of sluice's own answer for this status",
  ),
  errorloc(
    "errorloc303",
    "303 See Other",
    "Redirects with 303 in place of sluice's own answer for this status",
  ),
];
