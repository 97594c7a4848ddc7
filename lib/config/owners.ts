/** The owner of a Unix socket's file by name: the number is looked up while the configuration is read. */
import { findGroup, findUser } from "./accounts.ts";
import type { Word } from "./document.ts";
import type { Diagnostics } from "./diagnostic.ts";

export interface OwnerContext {
  readonly diagnostics: Diagnostics;
  /** Reads a file; throws when it cannot. */
  readFile(path: string): Uint8Array;
}

/**
 * The number of the user or group called `word.text`; undefined, after saying so, when there is none. `where`
 * begins the message.
 */
export function ownerNumber(
  kind: "user" | "group",
  word: Word,
  where: string,
  { diagnostics, readFile }: OwnerContext,
): number | undefined {
  const read = (path: string) => new TextDecoder().decode(readFile(path));
  const number = kind === "user" ? findUser(word.text, read)?.uid : findGroup(word.text, read);
  if (number !== undefined) return number;
  const file = kind === "user" ? "/etc/passwd" : "/etc/group";
  diagnostics.alert(word.span, `${where}: there is no ${kind} '${word.text}' in ${file}`, {
    allowed: `a name of that file, or '${kind === "user" ? "uid" : "gid"}' and a number`,
  });
  return undefined;
}
