/**
 * The threads of `nbthread` beside the first one, which is the control plane and serves as well: the others have
 * their own listening sockets of the same ports (SO_REUSEPORT), their own Generation and server connections, and
 * share State.
 *
 * Laws:
 * - The first thread serves while the others are still reading their code. One that cannot start is told of, and the
 *   others serve without it: the first one has opened and compiled the same before.
 * - A Generation begins in all threads or in none: it is compiled everywhere before the first takes it over.
 * - The first thread keeps a Generation's records until every thread has let go of it.
 * - A thread that dies is replaced; the event is told.
 */
import { closeHeld } from "../../net/epoll/poller.ts";
import type { StoreImage } from "../../state/store.ts";
import type {
  Birth,
  Blueprint,
  FromThread,
  KillCause,
  Notice,
  PatternsChanged,
  ServerChange,
} from "./messages.ts";
import type { LiveTrace, TraceWish } from "../../trace/live.ts";
import { Thread, type ThreadPort } from "./thread.ts";

export interface CrewOptions {
  /** what each thread is born with, one entry a thread */
  readonly births: readonly Birth[];
  readonly open: () => ThreadPort;
  readonly report: (text: string) => void;
  /** a thread has let go of that Generation */
  readonly onRetired: (generation: number) => void;
  readonly onSuspect: (suspect: FromThread & { type: "suspect" }) => void;
  readonly onPatterns: (notice: PatternsChanged) => void;
  readonly onTraced: (trace: LiveTrace) => void;
  /** which requests are to be traced now, for a thread that takes the place of another */
  readonly wish: () => TraceWish | undefined;
  readonly onKill: (backend: string, server: string, cause: KillCause) => void;
  /** the records there are now */
  readonly image: () => StoreImage;
}

/** a bit for each of the first million descriptors */
const DESCRIPTOR_BYTES = 131_072;

export class Crew {
  readonly #options: CrewOptions;
  readonly #threads = new Set<Thread>();
  #blueprint: Blueprint | undefined;
  #prepared: Blueprint | undefined;
  /** what the running Generation has become since it took over */
  #changes: ServerChange[] = [];
  #ending = false;

  constructor(options: CrewOptions) {
    this.#options = options;
  }

  /** Starts all threads; resolves when all of them serve that can. */
  async start(blueprint: Blueprint): Promise<void> {
    this.#blueprint = blueprint;
    await Promise.all(this.#options.births.map((birth) => this.#begin(this.#open(birth))));
  }

  /** False: it cannot start, which was reported. */
  async #begin(thread: Thread): Promise<boolean> {
    const messages = await thread.start(this.#blueprint!);
    if (this.#ending) return false;
    for (const text of messages) {
      this.#options.report(`thread ${thread.birth.thread + 1} does not serve: ${text}`);
    }
    thread.serves = messages.length === 0;
    if (thread.serves) this.#watch(thread);
    else thread.kill();
    return thread.serves;
  }

  /** Has all threads compile a configuration; nothing changes yet. */
  async prepare(blueprint: Blueprint): Promise<readonly string[]> {
    this.#prepared = blueprint;
    const messages = unique(await Promise.all(this.#each((thread) => thread.prepare(blueprint))));
    if (messages.length > 0) this.discard();
    return messages;
  }

  discard(): void {
    this.#prepared = undefined;
    this.tell({ type: "discard" });
  }

  /** What was prepared takes over in all threads. Answers what could not be done (a listener). */
  async commit(): Promise<readonly string[]> {
    this.#blueprint = this.#prepared!;
    this.#changes = [];
    const { generation } = this.#blueprint;
    return unique(await Promise.all(this.#each((thread) => thread.commit(generation))));
  }

  /** Tells all threads of a server that was added or deleted; resolves when all know it. */
  async change(change: ServerChange): Promise<void> {
    this.#changes.push(change);
    const image = this.#options.image();
    await Promise.all(this.#each((thread) => thread.change(change, image)));
  }

  /** How many threads will tell that they have let go of `generation`. */
  holders(generation: number): number {
    return this.#each((thread) => thread.generations.has(generation)).filter(Boolean).length;
  }

  kill(backend: string, server: string, cause: KillCause, except?: Thread): void {
    for (const thread of this.#threads) {
      if (thread !== except) thread.tell({ type: "kill", backend, server, cause });
    }
  }

  tell(notice: Notice): void {
    this.#each((thread) => thread.tell(notice));
  }

  /** A list of patterns has changed in the first thread, or in `except`. */
  patternsChanged(notice: PatternsChanged, except?: Thread): void {
    for (const thread of this.#threads) if (thread !== except) thread.tell(notice);
  }

  /** Has all threads, or the one of this number, execute a command of a runtime socket; their texts. */
  async command(
    words: readonly string[],
    payload: string | undefined,
    image: StoreImage,
    only?: number,
  ): Promise<string[]> {
    const asked = [...this.#threads].filter(({ birth }) =>
      only === undefined || only === birth.thread
    );
    const answers = await Promise.all(asked.map((each) => each.command(words, payload, image)));
    return answers.map((answer) => answer.join(""));
  }

  pause(): void {
    this.tell({ type: "pause" });
  }

  resume(): void {
    this.tell({ type: "resume" });
  }

  /** Resolves when the streams of all threads have ended. */
  async drain(): Promise<void> {
    await this.#end("drain");
  }

  /** Ends all threads at once; resolves when their last log lines are out. */
  async stop(): Promise<void> {
    await this.#end("stop");
  }

  async #end(type: "drain" | "stop"): Promise<void> {
    this.#ending = true;
    await Promise.all(this.#each((thread) => {
      if (thread.serves) thread.tell({ type });
      else thread.kill();
      return thread.ended;
    }));
  }

  #each<T>(use: (thread: Thread) => T): T[] {
    return [...this.#threads].map(use);
  }

  #open(birth: Birth): Thread {
    const descriptors = new Int32Array(new SharedArrayBuffer(DESCRIPTOR_BYTES));
    const thread = new Thread(
      { ...birth, descriptors },
      this.#options.open(),
      (message, from) => this.#hear(message, from),
    );
    this.#threads.add(thread);
    thread.ended.then(() => {
      this.#threads.delete(thread);
      // Sockets of libc are not the runtime's to close: clients of a thread that died would wait for ever.
      closeHeld(descriptors);
      for (const generation of thread.generations) this.#options.onRetired(generation);
      thread.generations.clear();
    });
    return thread;
  }

  #hear(message: FromThread, from: Thread): void {
    switch (message.type) {
      case "report":
        return this.#options.report(message.text);
      case "suspect":
        return this.#options.onSuspect(message);
      case "patterns":
        this.#options.onPatterns(message);
        return this.patternsChanged(message, from);
      case "kill":
        this.#options.onKill(message.backend, message.server, message.cause);
        return this.kill(message.backend, message.server, message.cause, from);
      case "traced":
        return this.#options.onTraced(message.trace);
      case "retired":
        if (from.generations.delete(message.generation)) {
          this.#options.onRetired(message.generation);
        }
    }
  }

  /** Replaces a thread that dies. */
  async #watch(thread: Thread): Promise<void> {
    await thread.ended;
    if (this.#ending) return;
    const { birth } = thread;
    const reason = thread.failure ?? "it ended";
    this.#options.report(`thread ${birth.thread + 1} died (${reason}) and is started again`);
    const successor = this.#open(birth);
    if (!await this.#begin(successor)) return;
    for (const change of this.#changes) await successor.change(change, this.#options.image());
    const wish = this.#options.wish();
    if (wish !== undefined) successor.tell({ type: "trace", wish });
  }
}

function unique(answers: readonly (readonly string[])[]): string[] {
  return [...new Set(answers.flat())];
}
