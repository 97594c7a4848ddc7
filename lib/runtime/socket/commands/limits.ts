/** Limits of the process that an operator may change (management manual 9.3). */
import type { CommandContext, CommandRow } from "../command.ts";

const section = "9.3";

const RATES = "'set rate-limit' only supports :\n" +
  "   - 'connections global' to set the per-process maximum connection rate\n" +
  "   - 'sessions global' to set the per-process maximum session rate\n" +
  "   - 'ssl-sessions global' to set the per-process maximum SSL session rate\n" +
  "   - 'http-compression global' to set the per-process maximum compression speed in kB/s\n";

function setRate([what, whose, text]: readonly string[], { host }: CommandContext): string {
  const known = ["connections", "sessions", "ssl-sessions", "http-compression"];
  if (what === undefined || !known.includes(what) || whose !== "global") return RATES;
  if (text === undefined) return "Expects an integer value.\n";
  const value = /^\d{1,9}/.test(text) ? Number.parseInt(text, 10) : 0;
  const { acceptor } = host;
  if (what === "connections") acceptor.connectionRate = value;
  else if (what === "sessions") acceptor.sessionRate = value;
  else if (what === "http-compression") {
    host.state.shared.compression.limit = value * 1024;
    return "";
  } else acceptor.tlsRate = value;
  acceptor.admitWaiting();
  return "";
}

export const limitCommands: readonly CommandRow[] = [
  {
    words: ["set", "maxconn", "global"],
    args: "<value>",
    level: "admin",
    doc: "change the most connections of the process (0: as configured)",
    section,
    run([text], { host }) {
      if (text === undefined) return "Expects an integer value.\n";
      const value = /^\d{1,9}/.test(text) ? Number.parseInt(text, 10) : 0;
      const { acceptor } = host;
      if (value > acceptor.hardMaxconn) return "Value out of range.\n";
      acceptor.maxconn = value > 0 ? value : acceptor.hardMaxconn;
      acceptor.admitWaiting();
      return "";
    },
  },
  {
    words: ["set", "rate-limit"],
    args: "<setting> <value>",
    level: "admin",
    doc: "limit connections, sessions or TLS sessions of the process in a second (0: no limit)",
    section,
    scope: () => "all",
    run: setRate,
  },
];
