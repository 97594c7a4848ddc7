/** The commands of one process, as its runtime sockets have them. */
import type { Answer, CliSession, CommandContext, RuntimeHost, SocketView } from "./command.ts";
import type { Dialect } from "./connection.ts";
import { execute, findCommand } from "./table.ts";

export function processDialect(
  host: RuntimeHost,
  sockets: () => readonly SocketView[],
): Dialect & { execute(words: readonly string[], session: CliSession, payload?: string): Answer } {
  return {
    execute(words, session, payload) {
      const context: CommandContext = { host, session, sockets: sockets() };
      return execute(words, payload === undefined ? context : { ...context, payload });
    },
    takesPayload: (words) => findCommand(words)?.payload === true,
    prompt: ({ timed }) => timed ? `[${uptime(host.state.wall() - host.startedAt)}]> ` : "> ",
  };
}

/** `D:HH:MM:SS` */
function uptime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  return `${Math.floor(seconds / 86400)}:${two(seconds % 86400 / 3600)}:` +
    `${two(seconds % 3600 / 60)}:${two(seconds % 60)}`;
}
