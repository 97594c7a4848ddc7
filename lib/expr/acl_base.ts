/** The expression of a criterion without what its keyword says about the match. */
import { ACL_KEYWORDS } from "./acl_keywords.ts";

/** `path_end` → `path`, `hdr_beg(host),lower` → `hdr(host),lower`. */
export function baseExpression(text: string): string {
  const keyword = /^[^(,]*/.exec(text)![0];
  if (!ACL_KEYWORDS.has(keyword)) return text;
  return keyword.replace(/_(beg|dir|dom|end|len|reg|sub)$/, "") + text.slice(keyword.length);
}
