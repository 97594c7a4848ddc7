/**
 * `option abortonclose`: watches a client whose request is complete. When it goes away, the stream gives up what it
 * waits for. What the client sends instead (the next request) stays in its inbox.
 */
import { IoStatus } from "../net/conn.ts";
import { FULL, type Inbox } from "./inbox.ts";
import type { Stream } from "./stream.ts";

export class AbortWatch {
  readonly #stream: Stream;
  #stopped = false;

  constructor(inbox: Inbox, stream: Stream) {
    this.#stream = stream;
    const r = inbox.fillBehind();
    if (r === FULL) return;
    // The pending answer is taken in by whoever reads next; only the end matters here.
    if (typeof r === "number") this.#look(r);
    else r.then((n) => this.#look(n));
  }

  #look(n: number): void {
    if (this.#stopped || n > 0) return;
    const stream = this.#stream;
    // One that has only finished sending can still hear why (400); one that reset cannot (HAProxy says CD then).
    if (n !== IoStatus.Eof && stream.where === "H") stream.fail("C", "D");
    stream.giveUp("C");
  }

  stop(): void {
    this.#stopped = true;
  }
}
