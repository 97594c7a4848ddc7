/**
 * A connection of a `log-forward` section: syslog messages until it ends. It gets no answer.
 *
 * Laws:
 * - A message has one buffer (`tune.bufsize`). What is longer, or is framed wrongly, ends the connection and is counted
 *   (`ereq`): nobody could tell where the next message begins.
 * - Silence for `timeout client` ends it.
 */
import { latin1 } from "../../http1/bytes.ts";
import { takeFrames } from "../../log/syslog/framing.ts";
import { Timer } from "../../net/timers.ts";
import { PC } from "../../state/traffic.ts";
import { ClientSession } from "../client_session.ts";

export class SyslogSession extends ClientSession {
  readonly http = false;
  readonly requestCount = 1;
  /** nobody knows when a sender has said everything: a drain ends it with what has come */
  readonly idle = false;
  #retired = false;

  override adopt(): void {}

  override retire(): void {
    this.#retired = true;
    this.conn.close();
  }

  override kill(): void {}

  override abort(): void {
    this.conn.close();
  }

  override async run(): Promise<undefined> {
    if (!this.refused) {
      try {
        await this.#serve();
      } catch (error) {
        this.process.internalError("syslog session", error);
      }
    }
    this.conn.close();
    return undefined;
  }

  async #serve(): Promise<void> {
    const { conn, process, frontend } = this;
    const { timeouts } = frontend.config;
    const timer = new Timer(process.wheel, () => conn.close());
    const lent = process.buffers.full.lend();
    const buffer = lent.bytes;
    try {
      let length = 0;
      for (;;) {
        if (timeouts.client !== undefined) timer.set(timeouts.client);
        const answer = conn.read(buffer.subarray(length));
        const got = typeof answer === "number" ? answer : await answer;
        if (got <= 0) break;
        frontend.counters.bytes(got, 0);
        length = this.#take(buffer, length + got);
        if (length < 0) {
          frontend.counters.add(PC.ereq, 1);
          return;
        }
      }
      // The last line of a stream may lack its line feed.
      if (length > 0 && !this.#retired) this.#forward(latin1(buffer, 0, length));
    } finally {
      timer.clear();
      process.buffers.full.giveBack(lent);
    }
  }

  /** Forwards the whole messages in `buffer`; answers how many bytes are left, or -1. */
  #take(buffer: Uint8Array, length: number): number {
    const options = {
      longest: buffer.length,
      linesOnly: this.frontend.config.forward?.linesOnly,
    };
    const taken = takeFrames(buffer.subarray(0, length), options, (text) => this.#forward(text));
    if (taken < 0 || (taken === 0 && length === buffer.length)) return -1;
    buffer.copyWithin(0, taken, length);
    return length - taken;
  }

  #forward(text: string): void {
    // Of the Generation that the listener has now: a connection may live long.
    const { frontend } = this.listening;
    this.process.counters.logReceived();
    (frontend.syslog ?? this.frontend.syslog)?.forward(text, this.remote.host);
  }
}
