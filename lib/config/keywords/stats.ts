/** The statistics page (manual 4.2 `stats …`). Each statement enables it, as in HAProxy. */
import type { ProxyDraft } from "../draft.ts";
import { DEFAULT_STATS, type StatsConfig, type StatsUser } from "../model_stats.ts";
import { type ArgType, name, Refusal, text, time } from "./args.ts";
import {
  type Args,
  type KeywordRow,
  one,
  proxyKeyword,
  rest,
  type SectionKind,
  type Values,
  words,
} from "./types.ts";

const ALL: readonly SectionKind[] = ["defaults", "frontend", "listen", "backend"];
const REAL: readonly SectionKind[] = ["frontend", "listen", "backend"];

/** `user:password`; the password is the rest of the word. */
const account: ArgType<StatsUser> = {
  label: "<user>:<password>",
  describe: "a name and a password with a colon between them",
  schema: { type: "string", pattern: "^[^:]+:" },
  parse({ text }) {
    const colon = text.indexOf(":");
    if (colon < 1) {
      return new Refusal(`'${text}' is no name with a password`, account.describe);
    }
    return { name: text.slice(0, colon), password: text.slice(colon + 1) };
  },
};

/** `.`, or the name of a proxy; that there is one is not checked (manual 4.2). */
const scope: ArgType<string> = {
  label: "{ <name> | . }",
  describe: "the name of a proxy, or '.' for this one",
  schema: { type: "string" },
  parse: (word) => word.text === "." ? word.text : name().parse(word),
};

const uri: ArgType<string> = {
  label: "<prefix>",
  describe: "what the URI of the page begins with, such as '/status'",
  schema: { type: "string" },
  parse({ text }) {
    return /^[\x21-\x7e]+$/.test(text)
      ? text
      : new Refusal(`'${text}' cannot be the beginning of a URI`, uri.describe);
  },
};

/** Sets a part of the draft's statistics; drafts made from a `defaults` section must not share it. */
function change(proxy: ProxyDraft, part: Partial<StatsConfig>): void {
  proxy.stats = { ...(proxy.stats ?? DEFAULT_STATS), ...part };
}

function row<const A extends Args>(
  what: string,
  args: A,
  summary: string,
  part: (values: Values<A>, stats: StatsConfig) => Partial<StatsConfig>,
  repeatable = false,
): KeywordRow {
  return proxyKeyword<Args>({
    name: `stats ${what}`,
    sections: ALL,
    args,
    repeatable,
    summary,
    manual: "4.2",
    apply(proxy, values) {
      change(proxy, part(values as Values<A>, proxy.stats ?? DEFAULT_STATS));
    },
  });
}

const own = (given: readonly string[]): string | true => given.length > 0 ? given.join(" ") : true;

export const statsRows: readonly KeywordRow[] = [
  row("enable", {}, "Enables the statistics page", () => ({})),
  row("uri", { prefix: one(uri) }, "Where the page is", ({ prefix }) => ({ uri: prefix })),
  row(
    "auth",
    { account: one(account) },
    "User and password of the statistics page",
    ({ account }, { users }) => ({ users: [...users, account] }),
    true,
  ),
  row(
    "realm",
    { realm: one(text("<realm>")) },
    "Realm of the password",
    ({ realm }) => ({ realm }),
  ),
  row(
    "refresh",
    { delay: one(time({ unit: "s", min: 1 })) },
    "Time between reloads of the page",
    ({ delay }) => ({ refresh: Math.max(1, Math.round(delay / 1000)) }),
  ),
  row(
    "scope",
    { proxy: one(scope) },
    "Proxies on the page",
    ({ proxy }, { scope }) => ({ scope: [...scope, proxy] }),
    true,
  ),
  row("hide-version", {}, "Hides the version", () => ({ hideVersion: true })),
  row("show-legends", {}, "Shows more about values", () => ({ showLegends: true })),
  row("show-modules", {}, "Shows statistics of modules", () => ({ showModules: true })),
  row(
    "show-desc",
    { text: rest(text("<desc>")) },
    "Shows the description",
    ({ text }) => ({ showDesc: own(text) }),
  ),
  row(
    "show-node",
    { name: rest(text("<name>")) },
    "Shows the node's name",
    ({ name }) => ({ showNode: own(name) }),
  ),
  proxyKeyword({
    name: "stats admin",
    sections: REAL,
    args: { condition: words("{ if | unless } <condition>") },
    repeatable: true,
    summary: "Who may change servers on the page",
    manual: "4.2",
    apply(proxy, { condition }, { diagnostics, statement }) {
      const first = condition[0];
      if (first.text !== "if" && first.text !== "unless") {
        diagnostics.alert(first.span, "'stats admin' needs 'if' or 'unless' and a condition");
        return;
      }
      const { admin } = proxy.stats ?? DEFAULT_STATS;
      change(proxy, { admin: [...admin, { words: condition, span: statement.span }] });
    },
  }),
  proxyKeyword({
    name: "stats http-request",
    sections: REAL,
    args: {
      rule: words("{ allow | deny | auth [realm <realm>] } [ { if | unless } <condition> ]"),
    },
    repeatable: true,
    summary: "Who may see the page",
    manual: "4.2",
    apply(proxy, { rule }, { diagnostics, statement }) {
      const action = rule[0];
      if (!["allow", "deny", "auth"].includes(action.text)) {
        diagnostics.alert(action.span, `'${action.text}' is no action of 'stats http-request'`, {
          allowed: "allow, deny, auth",
        });
        return;
      }
      const { httpRequest } = proxy.stats ?? DEFAULT_STATS;
      change(proxy, { httpRequest: [...httpRequest, { words: rule, span: statement.span }] });
    },
  }),
];
