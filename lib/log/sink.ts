/**
 * A sink takes finished log lines and sends them somewhere, in batches, without ever making the caller wait.
 *
 * The laws: `write` never blocks and never throws; what cannot be sent waits in a bounded queue; when the queue is
 * full, new lines are dropped and counted; a destination that fails is tried again with a growing pause. How the
 * bytes travel is the port's business (`port_*.ts`), so all transports share these laws.
 */
import type { Clock } from "../net/clock.ts";
import { encodeLine } from "./encode_line.ts";
import { LineQueue } from "./line_queue.ts";

/** What a port answers when it took no line. Positive numbers are counts of lines taken. */
export const PortResult = {
  /** Nothing was taken now; the same lines may be offered again shortly. */
  AGAIN: 0,
  /** The first line can never be sent (too long for a datagram): drop it. */
  REFUSED: -1,
  /** The destination does not answer: close the port, open a new one after a pause. */
  FAILED: -2,
} as const;

/** One open way to a destination. */
export interface LinePort {
  /**
   * Sends the first of `count` lines that lie end to end in `bytes`; line `i` ends before offset `ends[i]`.
   * Answers how many lines went out whole, or a `PortResult`. A new call follows only after the last has answered.
   */
  send(bytes: Uint8Array, ends: Uint32Array, count: number): number | Promise<number>;
  close(): void;
}

/** Opens a port. A rejection means "try again later". */
export type OpenPort = () => LinePort | Promise<LinePort>;

export interface SinkStats {
  /** lines handed over to the system */
  readonly sent: number;
  /** lines lost: the queue was full, or the line could not be sent at all */
  readonly dropped: number;
  /** lines waiting */
  readonly queued: number;
}

export interface Sink {
  /** Where the lines go, for messages: `udp 127.0.0.1:514`. */
  readonly name: string;
  readonly stats: SinkStats;
  /** Queues one line, without its line end. Never blocks, never throws. */
  write(line: string): void;
  /** Counts a line that is not sent because there were too many (`rate`). */
  refuse(): void;
  /** The next line goes to a destination that was opened anew (a file that was renamed). */
  reopen(): void;
  /** Tries to send at once what waits; resolves when nothing waits or the destination does not take it. */
  flush(): Promise<void>;
  close(): void;
}

export interface SinkOptions {
  readonly clock: Clock;
  /** most lines that wait, 16384 */
  readonly maxLines?: number;
  /** most characters that wait, 4 MiB */
  readonly maxChars?: number;
  /** ms that a line may wait for others to be sent with it, 1 */
  readonly gather?: number;
  /** Called when a line is dropped (on every one: it must be cheap). */
  readonly onDrop?: () => void;
}

const BATCH_LINES = 64;
/** Room for one line of the greatest `len` (65535) with its line end. */
const BATCH_BYTES = 65_536;
/** Lines that one turn of the event loop sends at most. */
const TURN_LINES = 512;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;
const AGAIN_PAUSE = 5;

/** Makes a sink that sends through the ports that `open` gives. */
export function createSink(name: string, open: OpenPort, options: SinkOptions): Sink {
  return new QueuedSink(name, open, options);
}

class QueuedSink implements Sink {
  readonly name: string;
  readonly #open: OpenPort;
  readonly #clock: Clock;
  readonly #gather: number;
  readonly #onDrop: (() => void) | undefined;
  readonly #queue: LineQueue;
  readonly #bytes = new Uint8Array(BATCH_BYTES);
  readonly #ends = new Uint32Array(BATCH_LINES);
  #port: LinePort | undefined;
  #sent = 0;
  #dropped = 0;
  #pause = FIRST_PAUSE;
  /** A port is being opened or a send has not answered yet. */
  #busy = false;
  #cancelTimer: (() => void) | undefined;
  /** The timer is a pause after a failure, which a new line must not cut short. */
  #pausing = false;
  #closed = false;
  /** the port is closed when what it is sending has gone out */
  #stale = false;
  #idleWaiters: (() => void)[] = [];

  constructor(name: string, open: OpenPort, options: SinkOptions) {
    this.name = name;
    this.#open = open;
    this.#clock = options.clock;
    this.#gather = options.gather ?? 1;
    this.#onDrop = options.onDrop;
    this.#queue = new LineQueue(options.maxLines ?? 16_384, options.maxChars ?? 4 << 20);
  }

  get stats(): SinkStats {
    return { sent: this.#sent, dropped: this.#dropped, queued: this.#queue.size };
  }

  write(line: string): void {
    if (this.#closed || !this.#queue.push(line)) {
      this.#drop();
      return;
    }
    if (this.#busy || this.#pausing) return;
    if (this.#cancelTimer === undefined) this.#later(this.#gather);
    else if (this.#queue.size >= BATCH_LINES) this.#pump();
  }

  refuse(): void {
    this.#drop();
  }

  reopen(): void {
    if (this.#busy) this.#stale = true;
    else this.#renew();
  }

  #renew(): void {
    this.#stale = false;
    this.#port?.close();
    this.#port = undefined;
  }

  flush(): Promise<void> {
    if (!this.#busy && !this.#closed) {
      this.#stopTimer();
      this.#pump();
    }
    if (!this.#busy && (this.#queue.size === 0 || this.#pausing || this.#closed)) {
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer();
    while (this.#queue.size > 0) {
      this.#queue.shift(1);
      this.#drop();
    }
    this.#port?.close();
    this.#port = undefined;
    this.#wake();
  }

  #drop(): void {
    this.#dropped++;
    this.#onDrop?.();
  }

  #later(ms: number): void {
    this.#cancelTimer = this.#clock.after(ms, () => {
      this.#cancelTimer = undefined;
      this.#pausing = false;
      this.#pump();
    });
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#pausing = false;
  }

  /** Sends until nothing waits, something must be waited for, or this turn has done its share. */
  #pump(): void {
    this.#stopTimer();
    let share = TURN_LINES;
    while (this.#queue.size > 0 && !this.#closed) {
      if (share <= 0) {
        this.#later(0);
        return;
      }
      const port = this.#port;
      if (port === undefined) {
        if (this.#openPort()) continue;
        return;
      }
      const count = this.#fill();
      let taken: number | Promise<number>;
      try {
        taken = port.send(this.#bytes, this.#ends, count);
      } catch {
        taken = PortResult.FAILED;
      }
      if (typeof taken !== "number") {
        this.#busy = true;
        taken.then((n) => this.#answered(n), () => this.#answered(PortResult.FAILED));
        return;
      }
      share -= count;
      if (!this.#account(taken)) return;
    }
    this.#wake();
  }

  #answered(taken: number): void {
    this.#busy = false;
    if (this.#stale) this.#renew();
    if (this.#closed) this.#wake();
    else if (this.#account(taken)) this.#pump();
  }

  /** True when a port stands ready at once. */
  #openPort(): boolean {
    let port: LinePort | Promise<LinePort>;
    try {
      port = this.#open();
    } catch {
      this.#account(PortResult.FAILED);
      return false;
    }
    if (!(port instanceof Promise)) {
      this.#port = port;
      return true;
    }
    this.#busy = true;
    port.then((opened) => {
      this.#busy = false;
      if (this.#closed) {
        opened.close();
        this.#wake();
      } else {
        this.#stale = false;
        this.#port = opened;
        this.#pump();
      }
    }, () => {
      this.#busy = false;
      if (this.#closed) this.#wake();
      else this.#account(PortResult.FAILED);
    });
    return false;
  }

  /** Packs waiting lines into the batch; answers how many. */
  #fill(): number {
    let at = 0;
    let count = 0;
    const waiting = Math.min(this.#queue.size, BATCH_LINES);
    while (count < waiting) {
      const end = encodeLine(this.#queue.peek(count), this.#bytes, at, count > 0);
      if (end === 0) break;
      this.#ends[count++] = at = end;
    }
    return count;
  }

  /** Books a port's answer. False: nothing more can be sent before a pause. */
  #account(taken: number): boolean {
    if (taken > 0) {
      this.#queue.shift(taken);
      this.#sent += taken;
      this.#pause = FIRST_PAUSE;
      return true;
    }
    if (taken === PortResult.REFUSED) {
      this.#queue.shift(1);
      this.#drop();
      return true;
    }
    this.#pausing = true;
    if (taken === PortResult.AGAIN) {
      this.#later(AGAIN_PAUSE);
    } else {
      this.#port?.close();
      this.#port = undefined;
      this.#later(this.#pause);
      this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    }
    this.#wake();
    return false;
  }

  #wake(): void {
    const waiters = this.#idleWaiters;
    if (waiters.length === 0) return;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}
