/** What a backend says about the choice of a server (manual 4.2 `balance`, `hash-type`). */
import type { Span, Word } from "./document.ts";

export interface BalanceConfig {
  /** The algorithm's name without its parenthesis. */
  readonly algorithm: string;
  /** The words after it, as they stand. */
  readonly args: readonly Word[];
  readonly span?: Span;
  /** What parenthesis and words say; absent: nothing. */
  readonly settings?: BalanceSettings;
}

export interface BalanceSettings {
  /** `hdr`: the field's name in lower case; `url_param`: the parameter's */
  readonly name?: string;
  /** `hdr`: only the label before the last dot is hashed, back to the dot before it */
  readonly domainOnly?: boolean;
  /** `uri`: characters that are looked at; undefined: all */
  readonly len?: number;
  /** `uri`: slashes that are passed; undefined: all */
  readonly depth?: number;
  /** `uri`: the query counts */
  readonly whole?: boolean;
  /** `uri`: begins at the path, leaving scheme and authority out */
  readonly pathOnly?: boolean;
  /** `url_param`: the bodies of POST requests are looked at, too */
  readonly checkPost?: boolean;
  /** `random`: servers drawn, of which the least loaded is taken; undefined: 2 */
  readonly draws?: number;
  /** `hash`: a sample expression */
  readonly expression?: Word;
}

/** `hash-type` (manual 4.2). */
export interface HashTypeConfig {
  readonly method: "map-based" | "consistent";
  readonly function: "sdbm" | "djb2" | "wt6" | "crc32" | "none";
  readonly avalanche: boolean;
}

/** `hash-key` of a server (HAProxy 3.0): what its places of consistent hashing are reckoned from. */
export type HashKey = "id" | "addr" | "addr-port";

/** What holds when no `hash-type` is written. */
export const DEFAULT_HASH_TYPE: HashTypeConfig = {
  method: "map-based",
  function: "sdbm",
  avalanche: false,
};
