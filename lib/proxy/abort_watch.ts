/**
 * `option abortonclose`: watches a client whose request is complete. When it goes away, whatever the stream waits
 * for is given up. What the client sends instead (the next request) stays in its inbox.
 */
import type { Inbox } from "./inbox.ts";

export class AbortWatch {
  aborted = false;
  /** gives up what is waited for now: the queue, the connection, the answer */
  onAbort: (() => void) | undefined = undefined;
  #stopped = false;

  constructor(inbox: Inbox) {
    const r = inbox.fillBehind();
    if (typeof r === "number") return;
    r.then((n) => {
      // The pending answer is taken in by whoever reads next; only the end matters here.
      if (this.#stopped || n > 0) return;
      this.aborted = true;
      this.onAbort?.();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.onAbort = undefined;
  }
}
