/**
 * Keywords that only ACLs have: a fetch together with a match method ("ACL derivatives" in the manual's 7.3).
 * They are made from the fetches' rows, not listed.
 */
import { FETCH_ROWS, FETCHES } from "./fetches/table.ts";
import { MATCHES, type MatchRow, VERSION_MATCH } from "./match.ts";
import type { FetchRow } from "./rows.ts";

export interface AclKeyword {
  readonly name: string;
  readonly row: FetchRow;
  /** used when no converter and no `-m` stand behind the keyword */
  readonly match: MatchRow;
}

const SUFFIXES: readonly string[] = ["beg", "dir", "dom", "end", "len", "reg", "sub"];

function build(): Map<string, AclKeyword> {
  const keywords = new Map<string, AclKeyword>();
  const add = (name: string, row: FetchRow, match: string) =>
    keywords.set(name, { name, row, match: MATCHES.get(match)! });
  for (const row of FETCH_ROWS) {
    for (const prefix of row.derived ?? []) {
      for (const suffix of SUFFIXES) add(`${prefix}_${suffix}`, row, suffix);
    }
  }
  // In an ACL `hdr` is always the request's.
  add("hdr", FETCHES.get("req.hdr")!, "str");
  for (const name of ["req.ssl_ver", "req_ssl_ver"]) {
    keywords.set(name, { name, row: FETCHES.get("req.ssl_ver")!, match: VERSION_MATCH });
  }
  return keywords;
}

export const ACL_KEYWORDS: ReadonlyMap<string, AclKeyword> = build();
