/** Certificates (management manual 9.3): they are exchanged in every thread. */
import type { AuthorityKind, AuthorityUpdates } from "../../../tls/authority_updates.ts";
import type { TlsMaterial } from "../../../tls/material.ts";
import type { CommandContext, CommandRow } from "../command.ts";

/** Makes rows of commands that ask or change what `of` finds in the Generation's TLS. */
function commandsOf<Updates>(of: (tls: TlsMaterial) => Updates) {
  return (
    words: string,
    args: string,
    doc: string,
    run: (updates: Updates, args: readonly string[], payload?: string) => string,
    more: Pick<CommandRow, "payload" | "scope"> = {},
  ): CommandRow => ({
    words: words.split(" "),
    args,
    level: "admin",
    doc,
    section: "9.3",
    ...more,
    run: (given, { host, payload }: CommandContext) => run(of(host.generation.tls), given, payload),
  });
}

const command = commandsOf((tls) => tls.updates);
const authorityCommand = commandsOf((tls) => tls.authorityUpdates);

const everywhere = { scope: () => "all" as const };

/** `show`, `new`, `set`, `add`, `commit`, `abort`, `del ssl ca-file` and `crl-file`. */
function authorityCommands(kind: AuthorityKind): CommandRow[] {
  const name = `ssl ${kind}-file`;
  const what = kind === "ca" ? "authorities" : "revocation lists";
  const changing = (
    verb: string,
    doc: string,
    run: (updates: AuthorityUpdates, file: string, payload?: string) => string,
    payload = false,
  ) =>
    authorityCommand(
      `${verb} ${name}`,
      payload ? "<file> <payload>" : "<file>",
      doc,
      (updates, [file], given) => run(updates, file ?? "", given),
      { ...everywhere, payload },
    );
  return [
    authorityCommand(
      `show ${name}`,
      "[<file>[:<number>]]",
      `the files of ${what}, or one of them, or of it the one with this number`,
      (updates, [file]) => file === undefined ? updates.list(kind) : updates.show(kind, file),
    ),
    changing("new", `a name for ${what} that are set next`, (u, file) => u.create(kind, file)),
    changing("set", `begin to exchange ${what}`, (u, file, p) => u.set(kind, file, p), true),
    ...kind === "ca"
      ? [changing("add", `add to ${what}`, (u, file, p) => u.set(kind, file, p, true), true)]
      : [],
    changing("commit", `the ${what} that were set hold`, (u, file) => u.commit(kind, file)),
    changing("abort", `forget the ${what} that were set`, (u, file) => u.abort(kind, file)),
    changing("del", `forget ${what} that are not used`, (u, file) => u.delete(kind, file)),
  ];
}

export const certificateCommands: readonly CommandRow[] = [
  command(
    "show ssl cert",
    "[<file>]",
    "the certificates, or one of them",
    (updates, [file]) => file === undefined ? updates.list() : updates.show(file),
  ),
  command(
    "set ssl cert",
    "<file> <payload>",
    "begin to exchange a certificate",
    (updates, [file], payload) => updates.set(file ?? "", payload),
    { ...everywhere, payload: true },
  ),
  command(
    "commit ssl cert",
    "<file> [<payload>]",
    "new connections get the certificate that was set, or this one",
    (updates, [file], payload) =>
      payload === undefined
        ? updates.commit(file ?? "")
        : updates.install(file ?? "", payload) ?? `Committing ${file}.\nSuccess!\n`,
    { ...everywhere, payload: true },
  ),
  command(
    "abort ssl cert",
    "<file>",
    "forget the certificate that was set",
    (updates, [file]) => updates.abort(file ?? ""),
    everywhere,
  ),
  command(
    "new ssl cert",
    "<file>",
    "a name for a certificate that is set next",
    (updates, [file]) =>
      file === undefined ? "'new ssl cert' expects a filename\n" : updates.create(file),
    everywhere,
  ),
  command(
    "del ssl cert",
    "<file>",
    "forget a certificate that is not used",
    (updates, [file]) => updates.delete(file ?? ""),
    everywhere,
  ),
  command(
    "show ssl crt-list",
    "[-n] [<list>]",
    "the crt-lists, or one of them",
    (updates, args) => {
      const numbered = args[0] === "-n";
      return updates.showLists(args[numbered ? 1 : 0], numbered);
    },
  ),
  command(
    "add ssl crt-list",
    "<list> <line>",
    "add a line to a crt-list",
    (updates, [list, ...line], payload) => updates.addToList(list ?? "", line, payload),
    { ...everywhere, payload: true },
  ),
  command(
    "del ssl crt-list",
    "<list> <file[:line]>",
    "take a line out of a crt-list",
    (updates, [list, which]) => updates.deleteFromList(list ?? "", which ?? ""),
    everywhere,
  ),
  command(
    "set ssl ocsp-response",
    "<response|payload>",
    "staple an OCSP answer (DER in base64) to the certificate that it is about",
    (updates, [response], payload) => updates.staple(payload ?? response ?? ""),
    { ...everywhere, payload: true },
  ),
  command(
    "show ssl ocsp-response",
    "[<id>|<file>]",
    "the OCSP answers that are stapled, or one of them",
    (updates, [which]) => updates.showStapled(which),
  ),
  ...(["ca", "crl"] as const).flatMap(authorityCommands),
  authorityCommand(
    "show tls-keys",
    "[id|*]",
    "files of ticket keys, or the names of their keys",
    (updates, [which]) => updates.showKeys(which),
  ),
  authorityCommand(
    "set ssl tls-key",
    "[id|file] <key>",
    "put a key behind those of a file, whose oldest one goes",
    (updates, [which, key]) => updates.setKey(which ?? "", key ?? ""),
    everywhere,
  ),
];
