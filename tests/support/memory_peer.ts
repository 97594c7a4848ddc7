/** One end of a connection in memory as a test drives it. It reads all the time, unless told to stop. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { bytesOfLatin1, latin1 } from "../../lib/http1/bytes.ts";
import { IoStatus } from "../../lib/net/conn.ts";
import type { MemoryConn } from "./memory_conn.ts";

/** Lets every promise that can run do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** How the other side stands: `fin` it has finished sending, `reset` it is gone. */
export type PeerState = "open" | "fin" | "reset";

export class MemoryPeer {
  readonly conn: MemoryConn;
  state: PeerState = "open";
  /** bytes that came since the beginning */
  received = 0;
  #text = "";
  #reading = true;
  #wake: (() => void) | undefined;
  #left: string[] = [];
  #sending = false;
  #finish = false;

  constructor(conn: MemoryConn, reading = true) {
    this.conn = conn;
    this.#reading = reading;
    this.#read();
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(65536);
    for (;;) {
      while (!this.#reading) await new Promise<void>((resolve) => this.#wake = resolve);
      const n = await this.conn.read(buffer);
      if (n <= 0) {
        if (n !== IoStatus.Aborted) this.state = n === IoStatus.Eof ? "fin" : "reset";
        return;
      }
      this.received += n;
      this.#text += latin1(buffer, 0, n);
    }
  }

  /** Stops reading: what comes stays in the pipe. */
  pause(): void {
    this.#reading = false;
  }

  resume(): void {
    this.#reading = true;
    this.#wake?.();
  }

  /** Queues `text` (latin1); it goes out as the other side takes it. */
  send(text: string): void {
    this.#left.push(text);
    if (!this.#sending) this.#send();
  }

  async #send(): Promise<void> {
    this.#sending = true;
    for (let text = this.#left.shift(); text !== undefined; text = this.#left.shift()) {
      const bytes = bytesOfLatin1(text);
      for (let at = 0; at < bytes.length;) {
        const n = await this.conn.write(bytes.subarray(at));
        if (n < 0) {
          this.#left = [];
          this.#sending = false;
          return;
        }
        at += n;
      }
    }
    this.#sending = false;
    if (this.#finish) this.conn.closeWrite();
  }

  /** Ends our direction, behind what is still to be sent. */
  finish(): void {
    this.#finish = true;
    if (!this.#sending) this.conn.closeWrite();
  }

  /** True once this end has finished, closed or reset. */
  get ended(): boolean {
    return this.#finish || !this.conn.open;
  }

  close(): void {
    this.conn.close();
  }

  reset(): void {
    this.conn.abort();
  }

  /** What came since the last call, once everything has come to rest. */
  async take(): Promise<string> {
    await settle();
    const text = this.#text;
    this.#text = "";
    return text;
  }

  /** Exactly this came since the last call, and the connection is open. */
  async gets(text: string): Promise<void> {
    assert.equal(await this.take(), text);
    assert.equal(this.state, "open");
  }

  /** Exactly this came since the last call, and then the end. */
  async getsEnd(text = "", how: PeerState = "fin"): Promise<void> {
    assert.equal(await this.take(), text);
    assert.equal(this.state, how);
  }
}
