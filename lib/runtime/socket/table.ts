/** All commands of the runtime socket: finding one, and help made from the rows. */
import type { Answer, CommandContext, CommandRow } from "./command.ts";
import { acmeCommands } from "./commands/acme.ts";
import { absentCommands } from "./commands/absent.ts";
import { certificateCommands } from "./commands/certificates.ts";
import { checkCommands } from "./commands/checks.ts";
import { configCommands } from "./commands/config.ts";
import { eventCommands } from "./commands/events.ts";
import { frontendCommands } from "./commands/frontends.ts";
import { limitCommands } from "./commands/limits.ts";
import { patternCommands } from "./commands/patterns.ts";
import { processCommands } from "./commands/process.ts";
import { sessionListCommands } from "./commands/sessions.ts";
import { generalCommands, sessionCommands } from "./commands/general.ts";
import { dynamicServerCommands } from "./commands/dynamic_servers.ts";
import { resolverCommands } from "./commands/resolvers.ts";
import { serverStateCommands } from "./commands/server_state.ts";
import { serverCommands } from "./commands/servers.ts";
import { statCommands } from "./commands/stat.ts";
import { cacheCommands } from "./commands/caches.ts";
import { peerCommands } from "./commands/peers.ts";
import { tableCommands } from "./commands/tables.ts";
import { traceCommands } from "./commands/trace.ts";
import { CommandTable } from "./command_table.ts";
import { mayDo } from "./level.ts";

const helpCommand: CommandRow = {
  words: ["help"],
  args: "[<command>]",
  level: "user",
  doc: "list the commands, or those that match",
  section: "9.3",
  run: (args) => table.help(args),
};

/** In the order of the alphabet. */
const sorted: readonly CommandRow[] = [
  ...absentCommands,
  ...acmeCommands,
  ...certificateCommands,
  ...checkCommands,
  ...configCommands,
  ...eventCommands,
  ...frontendCommands,
  ...generalCommands,
  ...limitCommands,
  ...patternCommands,
  ...processCommands,
  ...resolverCommands,
  ...dynamicServerCommands,
  ...sessionListCommands,
  ...serverCommands,
  ...serverStateCommands,
  ...statCommands,
  ...traceCommands,
  ...peerCommands,
  ...tableCommands,
  ...cacheCommands,
].sort((a, b) => a.words.join(" ") < b.words.join(" ") ? -1 : 1);

/** Those that every list ends with. */
const always: readonly CommandRow[] = [helpCommand, ...sessionCommands];

/** All rows, in the order of `help`. */
export const commands: readonly CommandRow[] = [...sorted, ...always];

const table = new CommandTable(sorted, always);

/** The command that `words` begin with; the longest that fits. */
export function findCommand(words: readonly string[]): CommandRow | undefined {
  return table.find(words);
}

/** Executes one command, in all threads that it concerns; the answer still lacks the empty line after it. */
export function execute(words: readonly string[], context: CommandContext): Answer {
  const row = findCommand(words);
  if (row === undefined) return table.unknown(words);
  const { host, session, payload } = context;
  if (!mayDo(session.level, row.level)) return "Permission denied\n";
  const args = words.slice(row.words.length);
  const others = host.otherThreads;
  const scope = others === undefined ? undefined : row.scope?.(args, host);
  if (scope === undefined || scope === host.state.thread) return row.run(args, context);
  if (typeof scope === "number") return joined("", others!.execute(words, payload, scope));
  if (scope === "other") return longest(others!.execute(words, payload));
  const answer = row.run(args, context);
  const rest = others!.execute(words, payload);
  return scope === "join" ? joined(answer, rest) : after(answer, rest);
}

/** Executes a command in this thread alone. */
export function executeHere(words: readonly string[], context: CommandContext): Answer {
  const row = findCommand(words);
  return row === undefined ? table.unknown(words) : row.run(words.slice(row.words.length), context);
}

async function* joined(answer: Answer, others: Promise<string[]>): AsyncIterable<string> {
  if (typeof answer === "string") yield answer;
  else yield* answer;
  yield* await others;
}

async function* longest(answers: Promise<string[]>): AsyncIterable<string> {
  yield (await answers).reduce((a, b) => b.length > a.length ? b : a, "");
}

/** The answer of the first thread, once the others have done the same. */
async function* after(answer: Answer, others: Promise<string[]>): AsyncIterable<string> {
  await others;
  if (typeof answer === "string") yield answer;
  else yield* answer;
}
