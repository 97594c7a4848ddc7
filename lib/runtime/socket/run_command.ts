/** One line of the runtime socket without a connection: for the REST API. */
import type { RuntimeHost } from "./command.ts";
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
    const given = payload && last ? { ...context, payload: text } : context;
    const pieces = execute(words, given);
    for await (const piece of typeof pieces === "string" ? [pieces] : pieces) {
      answer += piece;
      if (answer.length > LONGEST) return `${answer.slice(0, LONGEST)}\n… and more\n`;
    }
  }
  return answer;
}
