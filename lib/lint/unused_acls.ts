/** ACLs that no condition names. */
import type { Word } from "../config/document.ts";
import type { Config, ProxyConfig } from "../config/model.ts";
import type { Acl } from "../expr/acl.ts";
import type { Finding } from "./finding.ts";

/** `used`: those that a condition was compiled with. */
export function unusedAcls(config: Config, used: ReadonlySet<Acl>): Finding[] {
  // A criterion is known by its first word: it is the same object in the configuration and in what was compiled.
  const first = new Set<Word>();
  for (const acl of used) for (const { words } of acl.criteria) first.add(words[0]);
  return config.proxies.filter(({ disabled }) => !disabled).flatMap((proxy) => {
    const mentioned = wordsOf(proxy);
    const names = new Map<string, { word: Word; used: boolean }>();
    for (const { words } of proxy.acls) {
      const [name, criterion] = words;
      // Those of `defaults` are there for whoever wants them.
      if (name === undefined || name.text.startsWith("defaults:")) continue;
      const seen = names.get(name.text) ?? { word: name, used: mentioned.has(name.text) };
      if (criterion !== undefined && first.has(criterion)) seen.used = true;
      names.set(name.text, seen);
    }
    return [...names.values()].filter((each) => !each.used).map(({ word }) => ({
      span: word.span,
      message: `acl '${word.text}' is never used in ${proxy.kind} '${proxy.name}'`,
    }));
  });
}

/** Every word of a proxy that might name an ACL: all but those of `acl` lines. */
function wordsOf(proxy: ProxyConfig): Set<string> {
  const found = new Set<string>();
  const visited = new Set<object>();
  const visit = (value: unknown): void => {
    if (typeof value === "string") found.add(value.replace(/^!+/, ""));
    if (typeof value !== "object" || value === null || visited.has(value)) return;
    if (ArrayBuffer.isView(value)) return;
    visited.add(value);
    for (const part of value instanceof Map ? value.values() : Object.values(value)) visit(part);
  };
  visit({ ...proxy, acls: undefined, name: undefined });
  return found;
}
