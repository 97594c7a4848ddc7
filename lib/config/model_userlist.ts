/** Config of a `userlist` section (manual 3.4). */
import type { Span } from "./document.ts";

export interface UserlistConfig {
  readonly name: string;
  readonly span: Span;
  readonly users: readonly UserConfig[];
  /** all groups that are declared */
  readonly groups: readonly string[];
}

export interface UserConfig {
  readonly name: string;
  /** undefined: the user cannot log in */
  readonly password?: UserPassword;
  readonly groups: readonly string[];
}

/** `insecure-password`: the text itself; `password`: its crypt(3) hash. */
export interface UserPassword {
  readonly kind: "plain" | "crypt";
  readonly text: string;
}
