/** Certificates from an authority (HAProxy 3.2): the first thread gets them. */
import type { CommandRow } from "../command.ts";

const section = "9.3 (HAProxy 3.2)";
const NONE = "No certificate is got from an authority.\n";

export const acmeCommands: readonly CommandRow[] = [
  {
    words: ["acme", "status"],
    args: "",
    level: "operator",
    doc: "certificates from an authority: when they end and are renewed, what failed last",
    section,
    run: (_args, { host: { acme } }) => acme === undefined ? NONE : acme.status(),
  },
  {
    words: ["acme", "renew"],
    args: "<certificate>",
    level: "admin",
    doc: "get a certificate from its authority now",
    section,
    run: ([name], { host: { acme } }) => {
      if (acme === undefined) return NONE;
      if (name === undefined) return "'acme renew' expects the name of a certificate\n";
      return acme.renew(name) ? "" : `Certificate '${name}' is not got from an authority.\n`;
    },
  },
];
