/** Moving bytes from one connection to another inside the kernel: splice(2) through a pipe. */
import type { Conn } from "../conn.ts";
import { Os } from "../libc.ts";
import { EpollConn } from "./conn.ts";
import type { Poller } from "./poller.ts";

/** pipes that are kept for the next transfer */
const KEPT = 64;
/** bytes that are moved at once at most: as much as a default pipe can be made to hold without privileges */
const MOST = 1 << 20;
/** bytes that a pipe is made for when the configuration does not say */
const SIZE = 256 * 1024;

interface Pipe {
  readonly to: number;
  readonly from: number;
}

/** The pipes of a thread. */
export class Pipes {
  readonly #poller: Poller;
  readonly #size: number;
  readonly most: number;
  readonly #free: Pipe[] = [];
  #used = 0;

  /** `most`: pipes at the same time (`maxpipes`); `size`: bytes of each (`tune.pipesize`). */
  constructor(poller: Poller, most: number, size: number | undefined) {
    this.#poller = poller;
    this.most = Math.floor(most);
    this.#size = size ?? SIZE;
  }

  get used(): number {
    return this.#used;
  }
  get free(): number {
    return this.#free.length;
  }

  /** A way from `from` to `to`; undefined: not with these connections, or there are no more pipes. */
  between(from: Conn, to: Conn): Splice | undefined {
    const source = socketOf(from);
    const sink = socketOf(to);
    if (source === undefined || sink === undefined || this.#used >= this.most) return undefined;
    const pipe = this.#free.pop() ?? this.#open();
    if (pipe === undefined) return undefined;
    this.#used++;
    return new Splice(this, pipe, source, sink, Math.min(this.#size, MOST));
  }

  #open(): Pipe | undefined {
    const { libc } = this.#poller;
    const ends = new Uint8Array(ENDS.buffer);
    if (libc.pipe2(ends, Os.O_CLOEXEC | Os.O_NONBLOCK) !== 0) return undefined;
    const [from, to] = ENDS;
    this.#poller.holds(from);
    this.#poller.holds(to);
    // More than the system allows an ordinary user: then it stays as it is.
    libc.fcntl(to, Os.F_SETPIPE_SZ, this.#size);
    return { to, from };
  }

  /** Used by Splice: a pipe that is empty may be used again. */
  giveBack(pipe: Pipe, empty: boolean): void {
    this.#used--;
    if (empty && this.#free.length < KEPT) this.#free.push(pipe);
    else {
      this.#poller.close(pipe.from);
      this.#poller.close(pipe.to);
    }
  }
}

// Larger than what lies inside an object of the engine.
const ENDS = new Int32Array(32);

function socketOf(conn: Conn): EpollConn | undefined {
  let at: Conn | undefined = conn;
  while (at !== undefined && !(at instanceof EpollConn)) at = at.under;
  return at;
}

/** One direction of a transfer: `fill`, then `drain`, and again. */
export class Splice {
  readonly #pipes: Pipes;
  readonly #pipe: Pipe;
  readonly #from: EpollConn;
  readonly #to: EpollConn;
  readonly #most: number;
  #held = 0;

  constructor(pipes: Pipes, pipe: Pipe, from: EpollConn, to: EpollConn, most: number) {
    this.#pipes = pipes;
    this.#pipe = pipe;
    this.#from = from;
    this.#to = to;
    this.#most = most;
  }

  /** Takes up to `most` bytes from the one connection: as `Conn.read`. */
  fill(most = this.#most): number | Promise<number> {
    const answer = this.#from.readToPipe(this.#pipe.to, Math.min(most, this.#most));
    if (typeof answer === "number") return this.#filled(answer);
    return answer.then((n) => this.#filled(n));
  }

  #filled(n: number): number {
    if (n > 0) this.#held += n;
    return n;
  }

  /** Gives all of it to the other: 0, or the negative IoStatus that stopped it. */
  drain(): number | Promise<number> {
    while (this.#held > 0) {
      const answer = this.#to.writeFromPipe(this.#pipe.from, this.#held);
      if (typeof answer !== "number") return this.#drainRest(answer);
      if (answer < 0) return answer;
      this.#held -= answer;
    }
    return 0;
  }

  async #drainRest(pending: Promise<number>): Promise<number> {
    let n = await pending;
    for (;;) {
      if (n < 0) return n;
      this.#held -= n;
      if (this.#held <= 0) return 0;
      n = await this.#to.writeFromPipe(this.#pipe.from, this.#held);
    }
  }

  /** Ends it. No `fill` or `drain` may be pending. */
  close(): void {
    this.#pipes.giveBack(this.#pipe, this.#held === 0);
  }
}
