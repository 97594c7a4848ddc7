/** What is different between two configurations, in sentences for whoever reloads. */
import type { Config, ProxyConfig, ServerConfig } from "../config/model.ts";

/** Lists of rules and the keyword that each comes from. */
const RULES = [
  ["acls", "acl"],
  ["httpRequest", "http-request"],
  ["httpResponse", "http-response"],
  ["httpAfterResponse", "http-after-response"],
  ["tcpRequestConnection", "tcp-request connection"],
  ["tcpRequestSession", "tcp-request session"],
  ["tcpRequestContent", "tcp-request content"],
  ["redirects", "redirect"],
  ["useBackends", "use_backend"],
  ["useServers", "use-server"],
] as const satisfies readonly (readonly [keyof ProxyConfig, string])[];

/** Where and how something was written does not matter. */
const WRITTEN = new Set(["span", "raw", "quoted", "nameWord", "addressWord"]);

function meaning(value: unknown): string {
  return JSON.stringify(
    value,
    (key, each) => WRITTEN.has(key) ? undefined : each instanceof Map ? [...each] : each,
  ) ?? "";
}

/** One sentence for each thing that was added, removed or changed; none: they mean the same. */
export function configChanges(before: Config, after: Config): string[] {
  const lines: string[] = [];
  if (meaning(before.global) !== meaning(after.global)) lines.push("global: changed");
  compare(before.proxies, after.proxies, {
    added: (proxy) => lines.push(`${proxy.kind} ${proxy.name}: added`),
    removed: (proxy) => lines.push(`${proxy.kind} ${proxy.name}: removed`),
    both: (one, other) => lines.push(...proxyChanges(one, other)),
  });
  for (const key of changedKeys(before, after)) {
    if (key !== "global" && key !== "proxies") lines.push(`${key}: changed`);
  }
  return lines;
}

interface Verdicts<T> {
  added(item: T): void;
  removed(item: T): void;
  both(before: T, after: T): void;
}

function compare<T extends { readonly name: string }>(
  before: readonly T[],
  after: readonly T[],
  { added, removed, both }: Verdicts<T>,
): void {
  const old = new Map(before.map((item) => [item.name, item]));
  const fresh = new Set(after.map(({ name }) => name));
  for (const item of before) if (!fresh.has(item.name)) removed(item);
  for (const item of after) {
    const known = old.get(item.name);
    if (known === undefined) added(item);
    else both(known, item);
  }
}

function proxyChanges(before: ProxyConfig, after: ProxyConfig): string[] {
  const who = `${after.kind} ${after.name}`;
  const lines: string[] = [];
  compare<ServerConfig>(before.servers, after.servers, {
    added: ({ name }) => lines.push(`${who}: server ${name} added`),
    removed: ({ name }) => lines.push(`${who}: server ${name} removed`),
    both: (one, other) => {
      const keys = changedKeys(one, other).filter((key) => key !== "id");
      if (keys.length > 0) lines.push(`${who}: server ${other.name} changed (${keys.join(", ")})`);
    },
  });
  for (const [key, keyword] of RULES) {
    const text = ruleChange(before[key], after[key]);
    if (text !== undefined) lines.push(`${who}: ${keyword} rules: ${text}`);
  }
  const told = new Set<string>(["servers", "id", "idForced", ...RULES.map(([key]) => key)]);
  const rest = changedKeys(before, after).filter((key) => !told.has(key));
  if (rest.length > 0) lines.push(`${who}: changed (${rest.join(", ")})`);
  return lines;
}

function changedKeys(before: object, after: object): string[] {
  const one = before as Record<string, unknown>;
  const other = after as Record<string, unknown>;
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((key) =>
    !WRITTEN.has(key) && meaning(one[key]) !== meaning(other[key])
  );
}

/** `1 added, 2 removed`; `order changed`; undefined: they are the same. */
function ruleChange(before: readonly unknown[], after: readonly unknown[]): string | undefined {
  const old = before.map(meaning);
  const fresh = after.map(meaning);
  if (old.join("\n") === fresh.join("\n")) return undefined;
  const added = without(fresh, old).length;
  const removed = without(old, fresh).length;
  if (added + removed === 0) return "order changed";
  return [[added, "added"], [removed, "removed"]].filter(([n]) => Number(n) > 0)
    .map(([n, word]) => `${n} ${word}`).join(", ");
}

/** Those of `items` that are left when each of `others` has taken one away. */
function without(items: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return items.filter((item) => {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
