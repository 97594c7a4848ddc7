/** Persistence (manual 4.2): cookies that keep clients on their server, and conditions that choose one. */
import type { PersistKind } from "../model_cookie.ts";
import { type ArgType, integer, oneOf, Refusal, text } from "./args.ts";
import { type CookieDraft, cookieOptions } from "./cookie_options.ts";
import { readOptions } from "./option_table.ts";
import {
  type ApplyContext,
  type KeywordRow,
  one,
  options,
  proxyKeyword,
  type SectionKind,
  words,
} from "./types.ts";

const BACK: readonly SectionKind[] = ["defaults", "listen", "backend"];
const REAL_BACK: readonly SectionKind[] = ["listen", "backend"];
const REAL_FRONT: readonly SectionKind[] = ["frontend", "listen"];

/** Bytes that are kept of a cookie (tune.http.cookielen). */
const LONGEST_CAPTURE = 63;

const CONDITION = "{ if | unless } <condition>";

/** RFC 6265 section 4.1.1: the name of a cookie is a token. */
const cookieName: ArgType<string> = {
  label: "<name>",
  describe: "the name of a cookie: letters, digits and !#$%&'*+-.^_`|~",
  schema: { type: "string", pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" },
  parse({ text }) {
    return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(text)
      ? text
      : new Refusal(`'${text}' is not the name of a cookie`, cookieName.describe);
  },
};

/** The condition must be there; what is in it is compiled later. */
function hasCondition(name: string, at: number, { words, diagnostics }: ApplyContext): boolean {
  const word = words[at];
  if (word?.text === "if" || word?.text === "unless") return true;
  diagnostics.alert(
    (word ?? words[at - 1]).span,
    `'${name}' needs 'if' or 'unless' and a condition${at > 0 ? " after the server" : ""}`,
  );
  return false;
}

function persistRule(kind: PersistKind, summary: string): KeywordRow {
  const name = `${kind}-persist`;
  return proxyKeyword({
    name,
    sections: REAL_BACK,
    args: { condition: words(CONDITION) },
    repeatable: true,
    summary,
    manual: "4.2",
    apply(proxy, { condition }, context) {
      if (!hasCondition(name, 0, context)) return;
      proxy.persistRules.push({ kind, words: condition, span: context.statement.span });
    },
  });
}

export const persistenceRows: readonly KeywordRow[] = [
  proxyKeyword({
    name: "persist rdp-cookie",
    sections: BACK,
    args: {},
    summary:
      "Streams go to the server that a cookie of RDP names ('msts', or another in parentheses)",
    manual: "4.2",
    apply(proxy, _values, { keyword, diagnostics }) {
      const inside = /\((.*)\)$/.exec(keyword.text)?.[1];
      if (keyword.text.includes("(") && (inside === undefined || inside === "")) {
        diagnostics.alert(keyword.span, "the name of the cookie is missing or not closed", {
          allowed: "'persist rdp-cookie', or 'persist rdp-cookie(msts)'",
        });
      } else proxy.persistRdpCookie = inside ?? "msts";
    },
  }),
  proxyKeyword({
    name: "cookie",
    sections: BACK,
    args: { name: one(cookieName), settings: options(() => cookieOptions) },
    summary: "Keeps clients on their server by a cookie",
    manual: "4.2",
    apply(proxy, { name, settings }, context) {
      const { diagnostics, statement } = context;
      const cookie: CookieDraft = {
        name,
        mode: "passive",
        indirect: false,
        nocache: false,
        postonly: false,
        preserve: false,
        httponly: false,
        secure: false,
        dynamic: false,
        domains: [],
        attributes: [],
        span: statement.span,
      };
      readOptions(cookieOptions, settings, cookie, `cookie ${name}`, "cookie", context);
      const preserve = settings.find((word) => word.text === "preserve");
      if (preserve !== undefined && cookie.mode !== "insert" && !cookie.indirect) {
        diagnostics.alert(
          preserve.span,
          `cookie ${name}: 'preserve' needs 'insert' or 'indirect' beside it`,
        );
      }
      const indirect = settings.find((word) => word.text === "indirect");
      if (indirect !== undefined && cookie.mode === "rewrite") {
        diagnostics.alert(
          indirect.span,
          `cookie ${name}: 'indirect' and 'rewrite' exclude each other`,
        );
      }
      proxy.cookie = cookie;
    },
  }),
  proxyKeyword({
    name: "dynamic-cookie-key",
    sections: BACK,
    args: { key: one(text("<key>", "any text; the same on all proxies of one site")) },
    summary: "The secret that 'cookie … dynamic' makes the servers' values with",
    manual: "4.2",
    apply(proxy, { key }) {
      proxy.dynamicCookieKey = key;
    },
  }),
  persistRule("force", "When persistence leads to a server even though it is down"),
  persistRule("ignore", "When persistence cookies are not looked at"),
  proxyKeyword({
    name: "use-server",
    sections: REAL_BACK,
    strict: true,
    args: { rule: words(`<server> ${CONDITION}`) },
    repeatable: true,
    summary: "The server for requests that meet the condition",
    manual: "4.2",
    apply(proxy, { rule }, context) {
      if (!hasCondition("use-server", 1, context)) return;
      proxy.useServers.push({ words: rule, span: context.statement.span });
    },
  }),
  proxyKeyword({
    name: "capture cookie",
    sections: REAL_FRONT,
    args: {
      name: one(text("<name>", "the beginning of a cookie's name; with '=' behind it, the name")),
      len: one(oneOf("len")),
      length: one(integer(1, 65535, "<length>")),
    },
    summary: "Keeps a cookie of requests and responses for the log (%CC, %CS)",
    manual: "4.2",
    apply(proxy, { name, length }, { diagnostics, words }) {
      if (length > LONGEST_CAPTURE) {
        diagnostics.warning(
          words[2].span,
          `'capture cookie': ${LONGEST_CAPTURE} bytes are kept at most`,
        );
      }
      proxy.cookieCapture = { prefix: name, length: Math.min(length, LONGEST_CAPTURE) };
    },
  }),
];
