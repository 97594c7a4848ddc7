/**
 * Rules of named `defaults` sections (manual 4.2 `http-request`): they run before the proxy's own, and they see
 * the ACLs of their section only, which the proxy's own rules do not see. In the flat model this is kept by
 * giving such ACLs a name no configuration can write: `defaults:base:blocked` for ACL `blocked` of `defaults base`.
 */
import type { Word } from "./document.ts";
import { type ProxyDraft, RULE_LISTS } from "./draft.ts";
import type { WordsAt } from "./model.ts";

/** What the names of such ACLs begin with; `acl` lines may not. */
export const SCOPED_ACL = "defaults:";

/** True when the section has rules that its proxies run. */
export function hasRules(draft: ProxyDraft): boolean {
  return RULE_LISTS.some((list) => draft[list].length > 0);
}

/** Gives the ACLs that came from `defaults` names of their own, in their lines and in the rules beside them. */
export function scopeDefaultAcls(draft: ProxyDraft, section: string): void {
  const names = new Set(draft.acls.map((acl) => acl.words[0].text));
  if (names.size === 0) return;
  const scoped = (word: Word, name: string, sign = ""): Word => ({
    ...word,
    text: `${sign}${SCOPED_ACL}${section}:${name}`,
  });
  draft.acls = draft.acls.map((acl) => ({
    ...acl,
    words: [scoped(acl.words[0], acl.words[0].text), ...acl.words.slice(1)],
  }));
  const rewrite = (rule: WordsAt): WordsAt => {
    const start = rule.words.findLastIndex((w) => w.text === "if" || w.text === "unless");
    if (start < 0) return rule;
    let anonymous = false;
    const words = rule.words.map((word, i) => {
      if (i <= start || word.quoted) return word;
      if (/^!*\{$/.test(word.text)) anonymous = true;
      else if (word.text === "}") anonymous = false;
      if (anonymous) return word;
      const sign = /^!*/.exec(word.text)![0];
      const name = word.text.slice(sign.length);
      return names.has(name) ? scoped(word, name, sign) : word;
    });
    return { ...rule, words };
  };
  for (const list of RULE_LISTS) draft[list] = draft[list].map(rewrite);
}
