/** One line of the runtime socket without a connection: for the REST API. */
import type { Answer, RuntimeHost } from "./command.ts";
import type { Level } from "./level.ts";
import { parseLine } from "./line.ts";
import { execute, findCommand } from "./table.ts";

/** Bytes of an answer that are kept. */
const LONGEST = 16 * 1024 * 1024;

/** The answer to the commands of `line` (`;` between them; lines behind the first are a payload). Never rejects. */
export async function runCommand(line: string, host: RuntimeHost, level: Level): Promise<string> {
  const [first, ...lines] = line.split("\n");
  const { commands, payload } = parseLine(first);
  const text = lines.map((each) => `${each}\n`).join("");
  let answer = "";
  for (const [at, words] of commands.entries()) {
    const last = at === commands.length - 1;
    if (payload && last && findCommand(words)?.payload !== true) {
      answer += "The command takes no payload ('<<').\n";
      continue;
    }
    const pieces = executeFor(words, host, level, payload && last ? text : undefined);
    for await (const piece of typeof pieces === "string" ? [pieces] : pieces) {
      answer += piece;
      if (answer.length > LONGEST) return `${answer.slice(0, LONGEST)}\n… and more\n`;
    }
  }
  return answer;
}

/** The answer to one command whose words are known: nothing in them is looked at as the language of lines. */
export async function runWords(
  words: readonly string[],
  host: RuntimeHost,
  level: Level,
  payload?: string,
): Promise<string> {
  const pieces = executeFor(words, host, level, payload);
  let answer = "";
  for await (const piece of typeof pieces === "string" ? [pieces] : pieces) {
    answer += piece;
    if (answer.length > LONGEST) break;
  }
  return answer;
}

function executeFor(
  words: readonly string[],
  host: RuntimeHost,
  level: Level,
  payload: string | undefined,
): Answer {
  const session = {
    level,
    timeout: 0,
    interactive: false,
    timed: false,
    expert: false,
    quitting: false,
    // Nobody is there to interrupt: what waits for events gets none.
    interrupted: Promise.resolve(),
  };
  const context = { host, session, sockets: [] };
  return execute(words, payload === undefined ? context : { ...context, payload });
}
