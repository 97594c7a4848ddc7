/** UpstreamConn: one connection to a server, with what was read from it. */
import type { BodyReader } from "../http1/body.ts";
import type { Head } from "../http1/head.ts";
import type { Server } from "../balance/server.ts";
import { type Conn, LATER, type Reader } from "../net/conn.ts";
import { Timer } from "../net/timers.ts";
import type { ReusePool } from "./reuse.ts";
import { Inbox } from "./inbox.ts";
import { Message } from "./message.ts";
import type { ProcessContext } from "./process_context.ts";

/** Keeps idle connections. */
export interface Keeper {
  /** the server has closed one, or said something unasked */
  moved(conn: UpstreamConn): void;
}

/** Waits for the answer of a connection. */
export interface Waiter {
  /** What a read has answered; it is the inbox's to take in. */
  came(count: number): void;
}

export class UpstreamConn implements Reader {
  readonly conn: Conn;
  readonly inbox: Inbox;
  /** of the Generation whose stream uses it */
  server: Server;
  /** where it goes when it is idle */
  readonly pool: ReusePool | undefined;
  /** of its pool when it was made: the server may move */
  readonly epoch: number;
  #message: Message | undefined = undefined;
  /** timeout server while a stream uses it, purge delay while it is idle */
  readonly timer: Timer;
  /** requests sent on it */
  requests = 0;
  /** its answer to the present request is complete */
  complete = false;
  idle = false;
  /** counted by its pool as in use */
  used = false;
  /** the server's time was up: the connection was closed for that */
  expired = false;
  closed = false;
  /** the PROXY header that it began with: no request of another client may follow it */
  proxyHeader: Uint8Array | undefined = undefined;

  constructor(
    conn: Conn,
    server: Server,
    pool: ReusePool | undefined,
    process: ProcessContext,
    /** no other request may ever be sent on it */
    readonly alone: boolean = false,
  ) {
    this.#process = process;
    // A stream's connection counts itself.
    if (conn.httpMajor !== 2) process.shared.addUpstreams(1);
    this.pool = pool;
    this.epoch = pool?.epoch ?? 0;
    pool?.use(this);
    this.conn = conn;
    this.server = server;
    this.inbox = new Inbox(conn, process.buffers);
    this.timer = new Timer(process.wheel, this);
  }

  /** `close`, bound once */
  readonly closer: () => void = () => this.close();
  readonly #process: ProcessContext;
  #watched = false;

  /** What an answer is read with; an idle connection holds none. */
  get #reading(): Message {
    return this.#message ??= this.#process.messages.pop() ?? new Message();
  }
  get head(): Head {
    return this.#reading.head;
  }
  /** where the answer's body ends */
  get body(): BodyReader {
    return this.#reading.body;
  }

  /** Gives the server `ms` for its next move; undefined: any time. */
  watch(ms: number | undefined): void {
    if (this.closed) return;
    this.#watched = ms !== undefined;
    if (ms !== undefined) this.timer.set(ms);
  }

  /** The server has nothing to do. The timer stays linked, because it is likely to be set again. */
  unwatch(): void {
    this.#watched = false;
  }

  /** Used by its timer. */
  expire(): void {
    if (!this.#watched) return;
    this.expired = true;
    this.close();
  }

  /**
   * Waits for the next request with a read pending: `keeper` is told when the server closes it or says something
   * unasked before `idle` is cleared. False when it has done so already.
   */
  rest(keeper: Keeper): boolean {
    this.unwatch();
    if (this.closed || this.inbox.length > 0) return false;
    // Where the connection can wait without memory, `forget` gives it back: the log line may still look at it.
    if (this.conn.readLent === undefined) this.inbox.shrink();
    if (this.inbox.fillFor(this) !== LATER) return false;
    this.idle = true;
    this.#keeper = keeper;
    return true;
  }
  #keeper: Keeper | undefined = undefined;

  /** As `fillFor` of its inbox; the read that waits since it was idle is this one. */
  readFor(waiter: Waiter): number {
    const { inbox } = this;
    const { pending } = inbox;
    const r = pending instanceof Promise ? LATER : pending ?? inbox.fillFor(this);
    if (r === LATER) this.#waiter = waiter;
    return r;
  }
  #waiter: Waiter | undefined = undefined;

  /** Used by the inbox's connection. */
  room(): Uint8Array {
    return this.inbox.room();
  }
  answered(count: number): void {
    const waiter = this.#waiter;
    if (waiter !== undefined) {
      this.#waiter = undefined;
      waiter.came(count);
    } else if (this.idle) this.#keeper!.moved(this);
    else this.inbox.pending = count;
  }

  /** The stream that used it has ended, log line and all: nobody looks at its answer any more. */
  forget(): void {
    const message = this.#message;
    if (message === undefined) return;
    this.#message = undefined;
    message.head.clear();
    this.#process.messages.push(message);
    if (this.idle) this.inbox.shrink();
  }

  /** Closes it and gives its buffer back. Idempotent. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.conn.httpMajor !== 2) this.#process.shared.addUpstreams(-1);
    this.pool?.unuse(this);
    this.timer.clear();
    this.conn.close();
    this.inbox.release();
  }
}
