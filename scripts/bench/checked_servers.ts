/** Servers that are checked, in a thread of their own: they answer 200, and count how their checks come. */

export interface CheckReport {
  /** connections since the report before */
  readonly count: number;
  /** most connections that one server had at one time */
  readonly mostAtOnce: number;
  /** connections in the 100 ms that had the fewest, and the most */
  readonly least: number;
  readonly most: number;
}

export class CheckedServers {
  readonly #worker: Worker;

  private constructor(worker: Worker, readonly port: number) {
    this.#worker = worker;
  }

  static async start(): Promise<CheckedServers> {
    const url = new URL("./checked_servers_worker.ts", import.meta.url);
    const worker = new Worker(url, { type: "module" });
    return new CheckedServers(worker, await answer<number>(worker));
  }

  /** What has come since the last report. */
  report(): Promise<CheckReport> {
    const report = answer<CheckReport>(this.#worker);
    this.#worker.postMessage("report");
    return report;
  }

  close(): void {
    this.#worker.terminate();
  }
}

function answer<T>(worker: Worker): Promise<T> {
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
}
