/** Userlist: who may log in (manual 3.4), compiled for running. */
import { createHmac, randomBytes } from "node:crypto";
import type { UserConfig, UserlistConfig } from "../config/model_userlist.ts";
import { latin1OfText } from "../http1/bytes.ts";
import { isPassword } from "./password.ts";

/** Wrong passwords of one user that are remembered. */
const WRONG_KEPT = 16;

/**
 * One list. A hash costs what it was made to cost, so what was found out about a password is remembered: browsers
 * send it with every request. What is kept is a keyed digest that is worth nothing outside of this process.
 */
export class Userlist {
  readonly name: string;
  readonly #users = new Map<string, User>();
  readonly groups: ReadonlySet<string>;

  constructor(config: UserlistConfig) {
    this.name = config.name;
    this.groups = new Set(config.groups.map(latin1OfText));
    for (const user of config.users) this.#users.set(latin1OfText(user.name), new User(user));
  }

  /** Whether this is a user of the list and the right password (latin1). */
  check(name: string, password: string): boolean {
    return this.#users.get(name)?.check(password) ?? false;
  }

  /** The groups of a user. */
  groupsOf(name: string): readonly string[] {
    return this.#users.get(name)?.groups ?? [];
  }
}

class User {
  readonly groups: readonly string[];
  readonly #config: UserConfig;
  #right: string | undefined = undefined;
  readonly #wrong: string[] = [];

  constructor(config: UserConfig) {
    this.#config = config;
    this.groups = config.groups.map(latin1OfText);
  }

  check(password: string): boolean {
    const kept = this.#config.password;
    if (kept === undefined) return false;
    if (kept.kind === "plain") return isPassword(password, kept);
    const digest = digestOf(password);
    if (digest === this.#right) return true;
    if (this.#wrong.includes(digest)) return false;
    const right = isPassword(password, kept);
    if (right) this.#right = digest;
    else if (this.#wrong.push(digest) > WRONG_KEPT) this.#wrong.shift();
    return right;
  }
}

let key: Uint8Array | undefined;

function digestOf(password: string): string {
  key ??= randomBytes(32);
  return createHmac("sha256", key).update(password, "latin1").digest("base64");
}
