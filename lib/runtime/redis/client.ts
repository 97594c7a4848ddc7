/**
 * The connection to one Redis or Valkey, by its own client (@redis/client). It connects by itself, again and again,
 * and nothing waits for it: while it is not there, `ready` is false.
 */
import { SCRIPT } from "../../stick/redis/script.ts";
import type { SumStore } from "../../stick/redis/sync.ts";

/** ms */
const CONNECT = 2000;
const COMMAND = 1000;
const MOST_PAUSE = 2000;

export class RedisClient implements SumStore {
  readonly #report: (message: string, good: boolean) => void;
  #client: Commands | undefined;
  #sha: string | undefined;
  #stopped = false;
  ready = false;
  #told: "up" | "down" | undefined;

  /** `report` is told when the server comes and goes. */
  constructor(url: string, report: (message: string, good: boolean) => void) {
    this.#report = report;
    // Loaded only where it is used: it would cost each start some milliseconds.
    this.#start(url).catch((error) => this.#down(error));
  }

  async #start(url: string): Promise<void> {
    const { createClient } = await import("@redis/client");
    if (this.#stopped) return;
    const client = createClient({
      url,
      disableOfflineQueue: true,
      commandOptions: { timeout: COMMAND },
      socket: {
        connectTimeout: CONNECT,
        reconnectStrategy: (tries: number) => Math.min(100 * (tries + 1), MOST_PAUSE),
      },
    });
    this.#client = client as unknown as Commands;
    client.on("error", (error: Error) => this.#down(error));
    client.on("ready", () => {
      this.#prepare().catch((error) => this.#down(error));
    });
    client.on("reconnecting", () => this.ready = false);
    await client.connect();
  }

  async #prepare(): Promise<void> {
    this.#sha = await this.#client!.scriptLoad(SCRIPT);
    this.ready = !this.#stopped;
    if (this.#told === "down") this.#report("is there again: counts of all nodes hold", true);
    this.#told = "up";
  }

  #down(error: unknown): void {
    this.ready = false;
    if (this.#stopped || this.#told === "down") return;
    this.#told = "down";
    const why = error instanceof Error ? error.message : String(error);
    this.#report(`is not there (${why}): each node counts alone`, false);
  }

  async run(keys: string[], words: string[]): Promise<readonly unknown[]> {
    const client = this.#client;
    if (client === undefined || !this.ready) throw new Error("not connected");
    try {
      return await client.evalSha(this.#sha!, { keys, arguments: words });
    } catch (error) {
      // Somebody has emptied the server's cache of scripts, or it is another server now.
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return await client.eval(SCRIPT, { keys, arguments: words });
    }
  }

  close(): void {
    this.#stopped = true;
    this.ready = false;
    this.#client?.destroy();
  }
}

/** What is used of the client. */
interface Commands {
  destroy(): void;
  eval: Run;
  evalSha: Run;
  scriptLoad(text: string): Promise<string>;
}

type Run = (
  script: string,
  options: { keys: string[]; arguments: string[] },
) => Promise<readonly unknown[]>;
