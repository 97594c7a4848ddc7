/**
 * What is spoken on a master socket (management manual 9.4): commands of the master's own, and with a prefix (`@1`,
 * `@!PID`) those of a process that serves. A prefix alone holds for all commands that follow on the connection.
 */
import type { Answer, CliSession } from "../socket/command.ts";
import type { Dialect } from "../socket/connection.ts";
import { mayDo } from "../socket/level.ts";
import { findCommand } from "../socket/table.ts";
import { masterCommands } from "./commands.ts";
import type { MasterHost, Worker } from "./worker.ts";

const MASTER = new Set(["@", "@0", "@master"]);

/** One for each connection: it remembers whom the commands are for. */
export class MasterDialect implements Dialect {
  readonly #host: MasterHost;
  readonly #wall: () => number;
  /** undefined: the master */
  #target: Worker | undefined;

  constructor(host: MasterHost, wall: () => number) {
    this.#host = host;
    this.#wall = wall;
  }

  execute(words: readonly string[], session: CliSession, payload?: string): Answer | undefined {
    const [prefix] = words;
    if (prefix === undefined || !prefix.startsWith("@")) {
      return this.#ask(this.#target, words, session, payload);
    }
    const rest = words.slice(1);
    const worker = MASTER.has(prefix) ? undefined : this.#find(prefix);
    if (worker === undefined && !MASTER.has(prefix)) {
      return `Can't find the target PID matching the prefix '${prefix}'\n`;
    }
    if (rest.length > 0) return this.#ask(worker, rest, session, payload);
    this.#target = worker;
    return undefined;
  }

  takesPayload(words: readonly string[]): boolean {
    const own = words[0]?.startsWith("@") ? words.slice(1) : words;
    return findCommand(own)?.payload === true;
  }

  prompt({ expert }: CliSession): string {
    const flags = expert ? "(e)" : "";
    if (this.#target !== undefined) return `${this.#target.pid}${flags}> `;
    return `master${this.#host.reloads().failed > 0 ? "[ReloadFailed]" : ""}${flags}> `;
  }

  /** `@1`: by its number; `@!4711`: by its pid. */
  #find(prefix: string): Worker | undefined {
    const [, pid, text] = /^@(!?)(\d{1,10})$/.exec(prefix) ?? [];
    if (text === undefined) return undefined;
    const wanted = Number(text);
    return this.#host.workers().find((each) => (pid === "" ? each.number : each.pid) === wanted);
  }

  #ask(
    worker: Worker | undefined,
    words: readonly string[],
    session: CliSession,
    payload: string | undefined,
  ): Answer | undefined {
    if (words.length === 0) return undefined;
    const own = masterCommands.find(words);
    // What concerns the connection alone is the master's, whoever is meant.
    if (worker === undefined || own?.own === true) {
      if (own === undefined) return masterCommands.unknown(words);
      if (!mayDo(session.level, own.level)) return "Permission denied\n";
      const args = words.slice(own.words.length);
      const answer = own.run(args, { session, host: this.#host, wall: this.#wall });
      return own.own === true && answer === "" ? undefined : answer;
    }
    // It may have ended, or have been started again, meanwhile.
    if (!this.#host.workers().some(({ pid }) => pid === worker.pid)) {
      return `The process ${worker.pid} has ended.\n`;
    }
    return worker.execute(words, session, payload);
  }
}
