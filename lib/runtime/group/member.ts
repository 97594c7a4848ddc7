/** One process of a group, as the process that starts it sees it. */
import { type ChildProcess, spawn } from "node:child_process";
import { Asker } from "../master/answers.ts";
import type { Worker } from "../master/worker.ts";
import type { Answer, CliSession } from "../socket/command.ts";
import { type FromMember, GROUP_VARIABLE, type ToMember } from "./link.ts";

export interface MemberOptions {
  /** program and arguments */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** How a process has ended: an exit code, or a signal's name. */
export type MemberEnd = number | string;

export class Member implements Worker {
  readonly number: number;
  /** Resolves when it is ready (undefined) or cannot start (sentences). */
  readonly started: Promise<readonly string[] | undefined>;
  /** Resolves when it has ended; never rejects. */
  readonly ended: Promise<MemberEnd>;
  readonly startedAt: number = Date.now();
  readonly #child: ChildProcess;
  readonly #asker: Asker = new Asker((message) => this.#say(message));
  #reloaded: ((messages: readonly string[]) => void) | undefined;

  constructor(number: number, { command, cwd, env }: MemberOptions) {
    this.number = number;
    const child = spawn(command[0], command.slice(1), {
      cwd,
      env: { ...env, [GROUP_VARIABLE]: String(number) },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child = child;
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, signal) => resolve(signal ?? code ?? 0));
    });
    this.started = new Promise((resolve) => {
      child.on("message", (message: FromMember) => {
        if (message?.type === "ready") resolve(undefined);
        else if (message?.type === "failed") resolve(message.messages);
        else if (message?.type === "reloaded") this.#answer(message.messages);
        else if (message?.type === "answer") this.#asker.heard(message);
      });
      this.ended.then((end) => {
        this.#asker.gone();
        resolve([`process ${number} ended at its start (${end})`]);
        this.#answer([`process ${number} has ended (${end})`]);
      });
    });
  }

  /** 0: it could not even be started */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  execute(words: readonly string[], session: CliSession, payload?: string): Answer {
    return this.#asker.ask(words, session, payload);
  }

  signal(name: NodeJS.Signals): void {
    // False when it has ended meanwhile, which `ended` tells.
    this.#child.kill(name);
  }

  /** Asks it to read the configuration again; answers sentences when it keeps what it has. */
  reload(): Promise<readonly string[]> {
    return new Promise((resolve) => {
      this.#reloaded = resolve;
      if (!this.#say({ type: "reload" })) {
        this.#answer([`process ${this.number} does not answer`]);
      }
    });
  }

  reopenLogs(): void {
    this.#say({ type: "reopen-logs" });
  }

  /** Has it write a line to the log targets of the global section. */
  log(level: number, text: string): void {
    this.#say({ type: "log", level, text });
  }

  #say(message: ToMember): boolean {
    if (!this.#child.connected) return false;
    // What cannot be sent any more is told by `ended`.
    this.#child.send(message, () => {});
    return true;
  }

  #answer(messages: readonly string[]): void {
    this.#reloaded?.(messages);
    this.#reloaded = undefined;
  }
}
