/** One thread of `nbthread`, as the first thread sees it: requests with answers, notices, and its end. */
import type { StoreImage } from "../../state/store.ts";
import type {
  Birth,
  Blueprint,
  FromThread,
  Notice,
  Request,
  ServerChange,
  ToThread,
} from "./messages.ts";

/** The part of a Worker that is used; tests have their own. */
export interface ThreadPort {
  postMessage(message: ToThread): void;
  onmessage: ((event: MessageEvent<FromThread>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  terminate(): void;
}

export class Thread {
  /** Resolves when nothing runs in it any more, also when it died. */
  readonly ended: Promise<void>;
  /** Generations that it has taken over and not let go yet */
  readonly generations = new Set<number>();
  /** why it died; undefined: it has not */
  failure: string | undefined;
  /** it listens */
  serves = false;
  readonly #port: ThreadPort;
  readonly #answers = new Map<number, (messages: readonly string[]) => void>();
  #ids = 0;
  #end!: () => void;

  constructor(
    readonly birth: Birth,
    port: ThreadPort,
    onMessage: (message: FromThread, thread: Thread) => void,
  ) {
    this.#port = port;
    this.ended = new Promise((resolve) => this.#end = resolve);
    port.onmessage = ({ data }) => {
      if (data.type === "answer") this.#answer(data.id, data.messages);
      else if (data.type === "finished") this.#finish();
      else onMessage(data, this);
    };
    port.onerror = (event) => {
      event.preventDefault();
      this.failure = event.message;
      this.#finish();
    };
  }

  /** Compiles the first configuration and listens. */
  start(blueprint: Blueprint): Promise<readonly string[]> {
    this.generations.add(blueprint.generation);
    return this.#ask({ type: "start", birth: this.birth, blueprint });
  }

  prepare(blueprint: Blueprint): Promise<readonly string[]> {
    return this.#ask({ type: "prepare", blueprint });
  }

  commit(generation: number): Promise<readonly string[]> {
    this.generations.add(generation);
    return this.#ask({ type: "commit" });
  }

  command(
    words: readonly string[],
    payload: string | undefined,
    image: StoreImage,
  ): Promise<readonly string[]> {
    return this.#ask({ type: "command", words, payload, image });
  }

  /** The running Generation has a server more, or less. */
  change(change: ServerChange, image: StoreImage): Promise<readonly string[]> {
    return this.#ask({ type: "change-server", change, image });
  }

  tell(notice: Notice): void {
    this.#port.postMessage(notice);
  }

  /** Ends it at once, whatever it does. */
  kill(): void {
    this.#finish();
  }

  #ask(request: Request): Promise<readonly string[]> {
    if (this.failure !== undefined) return Promise.resolve([this.failure]);
    const id = ++this.#ids;
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      this.#port.postMessage({ ...request, id });
    });
  }

  #answer(id: number, messages: readonly string[]): void {
    const resolve = this.#answers.get(id);
    this.#answers.delete(id);
    resolve?.(messages);
  }

  #finish(): void {
    this.#port.terminate();
    for (const id of [...this.#answers.keys()]) {
      this.#answer(id, [this.failure ?? "the thread has ended"]);
    }
    this.#end();
  }
}
