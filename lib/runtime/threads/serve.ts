/** The inside of a thread of `nbthread`: does what the first thread asks for. */
import { Diagnostics } from "../../config/diagnostic.ts";
import type { Config } from "../../config/model.ts";
import type { TransportName } from "../../net/best_transport.ts";
import { poller } from "../../net/epoll/poller.ts";
import { StateStore, type StoreImage } from "../../state/store.ts";
import { pinThread } from "../affinity.ts";
import type { Generation } from "../generation.ts";
import type { SluiceProcess } from "../process.ts";
import { executeHere } from "../socket/table.ts";
import { surviveUncaught } from "../uncaught.ts";
import type { Birth, Blueprint, FromThread, ServerChange, ToThread } from "./messages.ts";

/** What of a process is particular to a thread; the caller adds what all have alike. */
export interface ThreadSettings {
  readonly config: Config;
  readonly maxconn?: number;
  readonly transport?: TransportName;
  readonly processNumber?: number;
  readonly store: StateStore;
  readonly report: (message: string) => void;
  readonly say: (message: FromThread) => void;
}

/** True in a thread that `Crew` has started. */
export function isThread(): boolean {
  return "WorkerGlobalScope" in globalThis;
}

/** Serves until the thread is ended. `create` makes the process's part in this thread. */
export function serveThread(create: (settings: ThreadSettings) => SluiceProcess): void {
  const scope = globalThis as unknown as {
    onmessage: ((event: MessageEvent<ToThread>) => void) | null;
    postMessage(message: FromThread): void;
  };
  const say = (message: FromThread) => scope.postMessage(message);
  const report = (text: string) => say({ type: "report", text });
  surviveUncaught(report);
  const server = new ThreadServer(create, say, report);
  scope.onmessage = ({ data }) => server.take(data);
}

class ThreadServer {
  readonly #create: (settings: ThreadSettings) => SluiceProcess;
  readonly #say: (message: FromThread) => void;
  readonly #report: (text: string) => void;
  #store: StateStore | undefined;
  #process: SluiceProcess | undefined;
  #prepared: Generation | undefined;

  constructor(
    create: (settings: ThreadSettings) => SluiceProcess,
    say: (message: FromThread) => void,
    report: (text: string) => void,
  ) {
    this.#create = create;
    this.#say = say;
    this.#report = report;
  }

  async take(message: ToThread): Promise<void> {
    if ("id" in message) {
      let messages: readonly string[];
      try {
        messages = message.type === "start"
          ? await this.#start(message.birth, message.blueprint)
          : message.type === "prepare"
          ? this.#prepare(message.blueprint)
          : message.type === "command"
          ? [await this.#command(message.words, message.payload, message.image)]
          : message.type === "change-server"
          ? this.#change(message.change, message.image)
          : await this.#commit();
      } catch (error) {
        messages = [error instanceof Error ? error.stack ?? error.message : String(error)];
      }
      return this.#say({ type: "answer", id: message.id, messages });
    }
    const process = this.#process;
    switch (message.type) {
      case "discard":
        this.#prepared?.discard();
        this.#prepared = undefined;
        break;
      case "checked":
        process?.generation.setLastCheck(message.backend, message.server, message.result);
        break;
      case "event": {
        const { level, message: text, backend, server } = message.event;
        process?.state.events.add(level, text, backend, server);
        break;
      }
      case "patterns":
        process?.patternsChanged(message);
        break;
      case "kill":
        process?.killHere(message.backend, message.server, message.cause);
        break;
      case "trace":
        process?.trace(message.wish);
        break;
      case "reopen-logs":
        process?.reopenLogs();
        break;
      case "pause":
        process?.pause();
        break;
      case "resume":
        process?.resume();
        break;
      case "drain":
        process?.drain(true);
        break;
      case "stop":
        if (process === undefined) this.#say({ type: "finished" });
        else process.stop();
    }
  }

  async #start(birth: Birth, blueprint: Blueprint): Promise<readonly string[]> {
    const { thread, cpus, maxconn, transport, processNumber, descriptors } = birth;
    if (descriptors !== undefined) poller()?.note(descriptors);
    // A thread inherits the CPUs of the one that started it.
    if (cpus !== undefined) pinThread(cpus);
    this.#store = StateStore.attach(blueprint.image, thread);
    const process = this.#create({
      config: blueprint.config,
      maxconn,
      transport,
      processNumber,
      store: this.#store,
      report: this.#report,
      say: this.#say,
    });
    process.readFilesBy(readerOf(blueprint));
    const diagnostics = new Diagnostics();
    if (!process.provision(diagnostics)) return alerts(diagnostics);
    process.generation.number = blueprint.generation;
    this.#process = process;
    process.finished.then(() => this.#say({ type: "finished" }));
    const failure = await process.start();
    return failure?.messages ?? [];
  }

  #prepare(blueprint: Blueprint): readonly string[] {
    const process = this.#process!;
    this.#store!.sync(blueprint.image);
    process.readFilesBy(readerOf(blueprint));
    const diagnostics = new Diagnostics();
    this.#prepared = process.prepare(blueprint.config, diagnostics);
    if (this.#prepared === undefined) return alerts(diagnostics);
    this.#prepared.number = blueprint.generation;
    return [];
  }

  async #command(
    words: readonly string[],
    payload: string | undefined,
    image: StoreImage,
  ): Promise<string> {
    this.#store!.sync(image);
    const answer = executeHere(words, {
      host: this.#process!,
      session: {
        level: "admin",
        timeout: Infinity,
        interactive: false,
        timed: false,
        expert: true,
        interrupted: new Promise(() => {}),
        quitting: false,
      },
      sockets: [],
      payload,
    });
    if (typeof answer === "string") return answer;
    let text = "";
    for await (const piece of answer) text += piece;
    return text;
  }

  #change(change: ServerChange, image: StoreImage): readonly string[] {
    this.#store!.sync(image);
    this.#process!.generation.changeServer(change);
    return [];
  }

  async #commit(): Promise<readonly string[]> {
    const next = this.#prepared!;
    this.#prepared = undefined;
    return await this.#process!.takeOver(next);
  }
}

function readerOf({ files: { contents, folders } }: Blueprint) {
  return {
    readSync: (path: string) => contents.get(path) ?? Deno.readFileSync(path),
    listSync: (path: string) => folders.get(path),
  };
}

function alerts({ list }: Diagnostics): string[] {
  return list.filter(({ severity }) => severity === "alert").map(({ message }) => message);
}
