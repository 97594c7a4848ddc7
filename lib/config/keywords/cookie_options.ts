/** The settings of a `cookie` line (manual 4.2). */
import type { Mutable } from "../draft.ts";
import type { CookieConfig, CookieMode } from "../model_cookie.ts";
import { type ArgType, MAX_TIME, Refusal, time } from "./args.ts";
import { flag, type OptionTable, optionTable, setting } from "./option_table.ts";

export type CookieDraft = Mutable<Omit<CookieConfig, "domains" | "attributes">> & {
  readonly domains: string[];
  readonly attributes: string[];
};

function mode(name: CookieMode, summary: string) {
  return flag<CookieDraft>(name, summary, (cookie, _set, { word, where, diagnostics }) => {
    if (cookie.mode !== "passive" && cookie.mode !== name) {
      diagnostics.alert(word.span, `${where}: '${name}' and '${cookie.mode}' exclude each other`, {
        allowed: "one of 'rewrite', 'insert' and 'prefix'",
      });
    } else cookie.mode = name;
  });
}

/** RFC 6265 section 4.1.1: what may stand in the value of a cookie. */
export const cookieValue: ArgType<string> = {
  label: "<value>",
  describe: "characters that may stand in a cookie: no blanks, quotes, ',', ';' or '\\'",
  schema: { type: ["string", "number"] },
  parse({ text }) {
    return /^[!#-+\-./0-9:<-[\]-~]{1,256}$/.test(text)
      ? text
      : new Refusal(`'${text}' cannot be the value of a cookie`, cookieValue.describe);
  },
};

/** RFC 6265 section 4.1.1: what may stand in an attribute. */
const attribute: ArgType<string> = {
  label: "<attribute>",
  describe: "an attribute such as 'SameSite=Lax', without ';' and control characters",
  schema: { type: "string" },
  parse({ text }) {
    // deno-lint-ignore no-control-regex
    const bad = /[\x00-\x1f\x7f;]/.exec(text);
    if (bad !== null) {
      const what = bad[0] === ";" ? "';'" : "a control character";
      return new Refusal(`${what} cannot stand in an attribute of a cookie`, attribute.describe);
    }
    return text === "" ? new Refusal("an attribute must not be empty", attribute.describe) : text;
  },
};

const domain: ArgType<string> = {
  label: "<domain>",
  describe: "a domain name such as 'example.com'",
  schema: { type: "string" },
  parse({ text }) {
    return /^[A-Za-z0-9.-]{1,255}$/.test(text)
      ? text
      : new Refusal(`'${text}' is not a domain name`, domain.describe);
  },
};

/** Seconds, of which parts count as one: a limit that was written never becomes "no limit". */
function life(name: "maxidle" | "maxlife", summary: string) {
  return setting<CookieDraft, number>({
    name,
    value: time({ unit: "s", max: MAX_TIME * 1000 }),
    summary,
    apply(cookie, ms) {
      cookie[name] = ms === 0 ? undefined : Math.ceil(ms / 1000);
    },
  });
}

export const cookieOptions: OptionTable = optionTable<CookieDraft>("cookie", "4.2", [
  mode("rewrite", "The server sets the cookie, and its value becomes the server's"),
  mode("insert", "The cookie is set by sluice when the client has none for this server"),
  mode("prefix", "The server's value and '~' are put before the value of the application's cookie"),
  flag("indirect", "No cookie for clients that have the right one; servers never see it", (c) => {
    c.indirect = true;
  }),
  flag("nocache", "A cacheable answer with the cookie is marked 'Cache-Control: private'", (c) => {
    c.nocache = true;
  }),
  flag("postonly", "The cookie is inserted into answers to POST requests only", (c) => {
    c.postonly = true;
  }),
  flag("preserve", "A cookie of this name from the server is left as it is", (c) => {
    c.preserve = true;
  }),
  flag("httponly", "The inserted cookie has the attribute 'HttpOnly'", (c) => {
    c.httponly = true;
  }),
  flag("secure", "The inserted cookie has the attribute 'Secure'", (c) => {
    c.secure = true;
  }),
  flag("dynamic", "Servers without 'cookie' get a value made of address and key", (c) => {
    c.dynamic = true;
  }),
  setting({
    name: "domain",
    value: domain,
    summary: "The inserted cookie has this domain; may be repeated",
    apply(cookie, value, { word, where, diagnostics }) {
      if (!value.slice(1, -1).includes(".")) {
        diagnostics.warning(
          word.span,
          `${where}: browsers take no cookie for '${value}', which has no dot inside`,
        );
      }
      cookie.domains.push(value);
    },
  }),
  setting({
    name: "attr",
    value: attribute,
    summary: "The inserted cookie has this attribute; may be repeated",
    apply(cookie, value) {
      cookie.attributes.push(value);
    },
  }),
  life("maxidle", "How long a client may be away before its cookie is ignored"),
  life("maxlife", "How long a cookie counts since it was first set"),
]);
