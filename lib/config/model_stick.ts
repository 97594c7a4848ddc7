/** Config of stick tables and of the rules that use them (manual 4.2 `stick-table`, `stick on`). */
import type { Span, Word } from "./document.ts";
import type { WordsAt } from "./model.ts";

/** `type` of a table: what its keys are. */
export type StickKeyType = "ip" | "ipv6" | "integer" | "string" | "binary";

/** One entry of `store`. */
export interface StoredData {
  /** as the manual names it: `http_req_rate` */
  readonly name: string;
  /** ms over which a rate is taken */
  readonly period?: number;
  /** elements of `gpt`, `gpc`, `gpc_rate` */
  readonly count?: number;
}

/** `redis` on a table's line. */
export interface RedisConfig {
  /** `redis://…`, `rediss://…` */
  readonly url: string;
  /** ms between exchanges */
  readonly sync: number;
  /** begins the names of keys */
  readonly prefix: string;
  /** the word of the address */
  readonly word: Word;
}

export interface StickTableConfig {
  readonly type: StickKeyType;
  /** most bytes of a key of type string or binary */
  readonly length: number;
  /** most entries */
  readonly size: number;
  /** ms after which an entry that nobody touched is gone; undefined: never */
  readonly expire?: number;
  /** a full table takes nothing new in place of its oldest entries */
  readonly nopurge: boolean;
  /** what `server_key` holds */
  readonly srvkey: "name" | "addr";
  readonly store: readonly StoredData[];
  /** the `peers` section that shares it */
  readonly peers?: string;
  /** the store that adds up its counts over all nodes */
  readonly redis?: RedisConfig;
  readonly peersWord?: Word;
  /** the table that updates of peers are written to as well */
  readonly writeTo?: Word;
  readonly span: Span;
}

/** What a `stick` line does: `on` is `match` and `store-request` in one. */
export type StickKind = "on" | "match" | "store-request" | "store-response";

/** words: the pattern, `table` and its name, then the condition */
export interface StickRule extends WordsAt {
  readonly kind: StickKind;
}

/** The table's name in the words of a `stick` line. */
export function tableOfStickRule(rule: StickRule): Word | undefined {
  return rule.words[1]?.text === "table" ? rule.words[2] : undefined;
}
