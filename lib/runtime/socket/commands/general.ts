/** Commands about the socket's own connection and about the process. */
import { parseTime } from "../duration.ts";
import type { CommandRow } from "../command.ts";
import { infoValues } from "../info.ts";
import { infoAnswer } from "../info_forms.ts";
import { VERSION } from "../info.ts";

const section = "9.3";

export const generalCommands: readonly CommandRow[] = [
  {
    words: ["reopen", "logs"],
    args: "",
    level: "operator",
    doc: "open log files anew, after they were renamed",
    section: "sluice",
    run(_args, { host }) {
      host.reopenLogs();
      return "";
    },
  },
  {
    words: ["operator"],
    own: true,
    args: "",
    level: "operator",
    doc: "give up the level admin on this connection",
    section,
    run(_args, { session }) {
      session.level = "operator";
      return "";
    },
  },
  {
    words: ["user"],
    own: true,
    args: "",
    level: "user",
    doc: "give up every higher level on this connection",
    section,
    run(_args, { session }) {
      session.level = "user";
      return "";
    },
  },
  {
    words: ["set", "timeout"],
    own: true,
    args: "[cli] <delay>",
    level: "user",
    doc: "how long this connection may be idle (seconds, or with a unit)",
    section,
    run([whose, text], { session }) {
      if (whose !== "cli") return "'set timeout' only supports 'cli'.\n";
      if (text === undefined) return "Expects an integer value.\n";
      const ms = parseTime(text, "s");
      if (ms === undefined || ms === 0) return "Invalid timeout value.\n";
      session.timeout = ms;
      return "";
    },
  },
  {
    words: ["show", "cli", "level"],
    own: true,
    args: "",
    level: "user",
    doc: "what this connection may do",
    section,
    run: (_args, { session }) => `${session.level}\n`,
  },
  {
    words: ["show", "cli", "sockets"],
    args: "",
    level: "user",
    doc: "the runtime sockets and their levels",
    section,
    run: (_args, { sockets }) =>
      "# socket lvl processes\n" +
      sockets.map(({ name, level }) => `${name} ${level} all\n`).join(""),
  },
  {
    words: ["show", "info"],
    args: "[desc|json|typed|float]*",
    level: "user",
    doc: "what this process is and does",
    section,
    run: (forms, { host, sockets }) =>
      infoAnswer(infoValues(host, sockets.length, forms.includes("float")), {
        typed: forms.includes("typed"),
        json: forms.includes("json"),
        described: forms.includes("desc"),
      }),
  },
  {
    words: ["show", "version"],
    args: "",
    level: "user",
    doc: "version of this process",
    section,
    run: () => `${VERSION}\n`,
  },
];

/** `help` itself is answered by the table of commands, of which it tells. */
export const sessionCommands: readonly CommandRow[] = [
  {
    words: ["prompt"],
    own: true,
    args: "[timed]",
    level: "user",
    doc: "switch between interactive mode and one command (timed: with the uptime)",
    section,
    run([word], { session }) {
      session.timed = word === "timed" && !session.timed;
      session.interactive = word === "timed" || !session.interactive;
      return "";
    },
  },
  {
    words: ["quit"],
    own: true,
    args: "",
    level: "user",
    doc: "close the connection",
    section,
    run(_args, { session }) {
      session.quitting = true;
      return "";
    },
  },
];
