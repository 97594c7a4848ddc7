/** Config of persistence: which requests belong to which server (manual 4.2 `cookie`, `capture cookie`). */
import type { Span } from "./document.ts";

/** What is done with the persistence cookie; `passive`: it is only read. */
export type CookieMode = "passive" | "rewrite" | "insert" | "prefix";

export interface CookieConfig {
  readonly name: string;
  readonly mode: CookieMode;
  readonly indirect: boolean;
  readonly nocache: boolean;
  readonly postonly: boolean;
  readonly preserve: boolean;
  readonly httponly: boolean;
  readonly secure: boolean;
  readonly dynamic: boolean;
  readonly domains: readonly string[];
  /** seconds */
  readonly maxidle?: number;
  /** seconds */
  readonly maxlife?: number;
  /** more attributes, `SameSite=None` */
  readonly attributes: readonly string[];
  readonly span: Span;
}

/** `capture cookie` */
export interface CookieCapture {
  /** beginning of `name=value` */
  readonly prefix: string;
  /** bytes kept at most */
  readonly length: number;
}

/** `force-persist`, `ignore-persist`; the words are the condition, with `if` or `unless` */
export type PersistKind = "force" | "ignore";
