/**
 * `nbproc`: the process that was started serves nothing itself. It starts that many processes of this same program,
 * passes signals and reloads on to them, starts one again that died, and ends when all have ended.
 *
 * Laws:
 * - A configuration is compiled here before any of them is asked to read it: a mistake touches none of them.
 * - A process that ends by itself while the group serves is replaced, at most once a second.
 * - When this process dies, its processes stop as after SIGUSR1: they notice that the link is cut.
 */
import type { Config } from "../../config/model.ts";
import { Diagnostics } from "../../config/diagnostic.ts";
import type { ProxyProcess, StartFailure } from "../types.ts";
import type { Worker } from "../master/worker.ts";
import { Member, type MemberOptions } from "./member.ts";

export interface ProcessGroupOptions extends MemberOptions {
  readonly config: Config;
  /** a process that is never started: compiles a configuration to find its mistakes */
  readonly check: (config: Config) => ProxyProcess;
  readonly report: (message: string) => void;
  /** wall or monotonic ms */
  readonly now?: () => number;
}

/** ms between two starts of the same process */
const RESTART_MS = 1000;

export class ProcessGroup implements ProxyProcess {
  readonly keepsIdentity = true;
  readonly finished: Promise<number>;
  readonly #options: ProcessGroupOptions;
  readonly #count: number;
  readonly #members = new Map<number, Member>();
  readonly #restarts = new Set<ReturnType<typeof setTimeout>>();
  #serving = false;
  #ending = false;
  #finish!: (code: number) => void;

  constructor(options: ProcessGroupOptions) {
    this.#options = options;
    this.#count = options.config.global.nbproc ?? 1;
    this.finished = new Promise((resolve) => this.#finish = resolve);
  }

  provision(diagnostics: Diagnostics): boolean {
    return this.#options.check(this.#options.config).provision(diagnostics);
  }

  /** Starts all processes; when one of them cannot, all are ended again. */
  async start(): Promise<StartFailure | undefined> {
    const members = Array.from(
      { length: this.#count },
      (_, i) => new Member(i + 1, this.#options),
    );
    const failures = await Promise.all(members.map(({ started }) => started));
    const messages = [...new Set(failures.flatMap((failure) => failure ?? []))];
    if (messages.length > 0) {
      for (const member of members) member.signal("SIGTERM");
      await Promise.all(members.map(({ ended }) => ended));
      return { messages };
    }
    this.#serving = true;
    for (const member of members) this.#adopt(member);
    return undefined;
  }

  async reload(config: Config): Promise<Diagnostics> {
    const diagnostics = new Diagnostics();
    if ((config.global.nbproc ?? 1) !== this.#count) {
      diagnostics.add(
        "alert",
        undefined,
        `'nbproc' cannot change while running: it is ${this.#count}`,
      );
      return diagnostics;
    }
    if (!this.#options.check(config).provision(diagnostics)) return diagnostics;
    const answers = await Promise.all([...this.#members.values()].map((each) => each.reload()));
    for (const message of new Set(answers.flat())) diagnostics.add("alert", undefined, message);
    return diagnostics;
  }

  drain(): Promise<void> {
    this.#end("SIGUSR1");
    return Promise.resolve();
  }

  stop(): void {
    this.#end("SIGTERM");
  }

  workers(): readonly Worker[] {
    return [...this.#members.values()].sort((a, b) => a.number - b.number);
  }

  pause(): void {
    this.#signal("SIGTTOU");
  }

  resume(): void {
    this.#signal("SIGTTIN");
  }

  /** One of the processes writes it: this one has no log of its own. */
  log(level: number, text: string): void {
    for (const member of this.#members.values()) return member.log(level, text);
  }

  reopenLogs(): void {
    for (const member of this.#members.values()) member.reopenLogs();
  }

  #signal(name: NodeJS.Signals): void {
    for (const member of this.#members.values()) member.signal(name);
  }

  #end(signal: NodeJS.Signals): void {
    this.#ending = true;
    for (const timer of this.#restarts) clearTimeout(timer);
    this.#signal(signal);
    this.#finishWhenEmpty();
  }

  #finishWhenEmpty(): void {
    if (this.#members.size === 0) this.#finish(0);
  }

  #adopt(member: Member): void {
    const now = this.#options.now ?? performance.now.bind(performance);
    const since = now();
    this.#members.set(member.number, member);
    member.ended.then((end) => {
      this.#members.delete(member.number);
      if (this.#ending) return this.#finishWhenEmpty();
      this.#options.report(`process ${member.number} ended (${end}) and is started again`);
      const timer = setTimeout(() => {
        this.#restarts.delete(timer);
        this.#restart(member.number);
      }, Math.max(0, RESTART_MS - (now() - since)));
      this.#restarts.add(timer);
    });
  }

  #restart(number: number): void {
    const member = new Member(number, this.#options);
    this.#adopt(member);
    member.started.then((messages) => {
      if (messages === undefined || !this.#serving) return;
      for (const message of messages) this.#options.report(`process ${number}: ${message}`);
    });
  }
}
