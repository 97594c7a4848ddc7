/** The commands of the master itself (management manual 9.4.1). */
import type { Answer, CliSession, CommandContext, CommandRow } from "../socket/command.ts";
import { generalCommands, sessionCommands } from "../socket/commands/general.ts";
import { processCommands } from "../socket/commands/process.ts";
import { CommandTable } from "../socket/command_table.ts";
import { VERSION } from "../socket/info.ts";
import type { MasterHost } from "./worker.ts";

export interface MasterContext {
  readonly session: CliSession;
  readonly host: MasterHost;
  readonly wall: () => number;
}

export interface MasterRow extends Pick<CommandRow, "words" | "args" | "level" | "doc" | "own"> {
  run(args: readonly string[], context: MasterContext): Answer;
}

/** Rows of the runtime socket that concern the connection alone. */
const own = (rows: readonly CommandRow[]): readonly MasterRow[] =>
  rows.filter((row) => row.own).map((row) => ({
    ...row,
    run: (args, { session }) => row.run(args, { session } as CommandContext),
  }));

function prefix(word: string, args: string, doc: string): MasterRow {
  return { words: [word], args, level: "user", doc, run: () => "" };
}

/** HAProxy's, without a meaning here. */
function absent(word: string, why: string): MasterRow {
  const doc = "has no meaning here, and says why";
  return { words: [word], args: "", level: "admin", doc, run: () => `${why}\n` };
}

const rows: readonly MasterRow[] = [
  absent("experimental-mode", "There are no experimental commands."),
  absent(
    "mcli-debug-mode",
    "The master serves nothing itself: all other commands are behind '@1'.",
  ),
  prefix(
    "@!<pid>",
    "",
    "the process of this pid: for the command behind it, or for all that follow",
  ),
  prefix("@<number>", "", "the same for the process of this number, from 1"),
  prefix("@master", "", "the master again"),
  {
    words: ["reload"],
    args: "",
    level: "operator",
    doc: "read the configuration again",
    run(_args, { host, session }) {
      session.quitting = true;
      host.reload();
      return "";
    },
  },
  {
    words: ["show", "cli", "sockets"],
    args: "",
    level: "user",
    doc: "the runtime sockets of the master: it has none beside this one",
    run: () => "",
  },
  {
    words: ["show", "proc"],
    args: "",
    level: "user",
    doc: "the processes there are",
    run: (_args, context) => processes(context),
  },
  {
    words: ["show", "version"],
    args: "",
    level: "user",
    doc: "version of the master",
    run: () => `${VERSION}\n`,
  },
  ...own(generalCommands),
  ...own(processCommands),
];

const help: MasterRow = {
  words: ["help"],
  args: "[<command>]",
  level: "user",
  doc: "list the commands, or those that match",
  run: (args) => masterCommands.help(args),
};

export const masterCommands: CommandTable<MasterRow> = new CommandTable(
  [...rows].sort((a, b) => a.words.join(" ") < b.words.join(" ") ? -1 : 1),
  [help, ...own(sessionCommands)],
);

/** wall ms when this process began */
const STARTED = Date.now() - performance.now();

function processes({ host, wall }: MasterContext): string {
  const { count, failed } = host.reloads();
  const now = wall();
  const line = (pid: number, type: string, reloads: string, since: number) =>
    `${String(pid).padEnd(15)} ${type.padEnd(15)} ${reloads.padEnd(15)} ` +
    `${uptime(now - since).padEnd(15)} ${VERSION.padEnd(15)}\n`;
  const head = ["#<PID>", "<type>", "<reloads>", "<uptime>", "<version>"];
  return `${head.map((word) => word.padEnd(15)).join(" ")}\n` +
    line(Deno.pid, "master", `${count} [failed: ${failed}]`, STARTED) + "# workers\n" +
    // A reload is taken in place: each of them has the configuration of now, or the one before those that failed.
    host.workers().map(({ pid, startedAt }) => line(pid, "worker", String(failed), startedAt))
      .join("") +
    "# programs\n";
}

/** `0d00h02m07s` */
function uptime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  return `${Math.floor(seconds / 86400)}d${two(seconds % 86400 / 3600)}h` +
    `${two(seconds % 3600 / 60)}m${two(seconds % 60)}s`;
}
