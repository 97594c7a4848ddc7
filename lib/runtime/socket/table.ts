/** All commands of the runtime socket: finding one, and help made from the rows. */
import { distance } from "../../config/suggest.ts";
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
import { mayDo } from "./level.ts";

const helpCommand: CommandRow = {
  words: ["help"],
  args: "[<command>]",
  level: "user",
  doc: "list the commands, or those that match",
  section: "9.3",
  run: (args) => {
    const matching = args.length === 0 ? sorted : matches(args);
    return listing("The following commands are valid at this level:", matching);
  },
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

const byWords = new Map(commands.map((row) => [row.words.join(" "), row]));
const MOST_WORDS = Math.max(...commands.map(({ words }) => words.length));

/** The command that `words` begin with; the longest that fits. */
export function findCommand(words: readonly string[]): CommandRow | undefined {
  for (let n = Math.min(MOST_WORDS, words.length); n > 0; n--) {
    const row = byWords.get(words.slice(0, n).join(" "));
    if (row !== undefined) return row;
  }
  return undefined;
}

/** Executes one command, in all threads that it concerns; the answer still lacks the empty line after it. */
export function execute(words: readonly string[], context: CommandContext): Answer {
  const row = findCommand(words);
  if (row === undefined) return unknown(words);
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
  return row === undefined ? unknown(words) : row.run(words.slice(row.words.length), context);
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

function unknown(words: readonly string[]): string {
  const near = matches(words);
  return near.length > 0
    ? listing("Unknown command, but maybe one of the following ones is a better match:", near)
    : listing("Unknown command. Please enter one of the following commands only:", sorted);
}

function listing(title: string, rows: readonly CommandRow[]): string {
  const line = ({ words, args, doc }: CommandRow) =>
    `  ${[...words, args].join(" ").trim().padEnd(40)}: ${doc}\n`;
  return `${title}\n${[...rows, ...always].map(line).join("")}`;
}

/**
 * Rows that `words` may have meant: those that begin with them, else those that are nearly them, else those with
 * the same first word.
 */
function matches(words: readonly string[]): readonly CommandRow[] {
  if (words.length === 0) return [];
  const text = words.join(" ").slice(0, 80);
  const beginning = sorted.filter((row) => row.words.join(" ").startsWith(text));
  if (beginning.length > 0) return beginning;
  const exact = findCommand(words);
  if (exact !== undefined) return sorted.filter((row) => row === exact);
  const near = sorted.filter((row) => {
    const own = row.words.join(" ");
    const given = words.slice(0, row.words.length).join(" ").slice(0, 80);
    return distance(given, own) <= Math.max(1, Math.floor(own.length / 4));
  });
  return near.length > 0 ? near : sorted.filter((row) => row.words[0] === words[0]);
}
