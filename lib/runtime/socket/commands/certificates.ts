/** Certificates (management manual 9.3): they are exchanged in every thread. */
import type { CertificateUpdates } from "../../../tls/updates.ts";
import type { CommandContext, CommandRow } from "../command.ts";

function command(
  words: string,
  args: string,
  doc: string,
  run: (updates: CertificateUpdates, args: readonly string[], payload?: string) => string,
  more: Pick<CommandRow, "payload" | "scope"> = {},
): CommandRow {
  return {
    words: words.split(" "),
    args,
    level: "admin",
    doc,
    section: "9.3",
    ...more,
    run: (given, { host, payload }: CommandContext) =>
      run(host.generation.tls.updates, given, payload),
  };
}

const everywhere = { scope: () => "all" as const };

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
];
