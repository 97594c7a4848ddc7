/**
 * Tunnel: bytes both ways between two connections until both sides have finished (mode tcp, upgrades, CONNECT).
 *
 * Laws:
 * - A direction reads only when what it read before was written: back-pressure, and one buffer a direction.
 * - FIN is passed on as FIN (half-close); an error on either side closes both.
 * - Bytes moved in either direction count as activity of both sides, unless `option independent-streams`.
 * - Where it is asked for, large pieces are moved inside the kernel, and small ones end that.
 * - An idle direction waits with a small buffer; a large one is lent while data comes in large pieces.
 */
import type { Conn } from "../net/conn.ts";
import { IoStatus } from "../net/conn.ts";
import { writeAll } from "../net/io.ts";
import type { Pipes, Splice } from "../net/epoll/pipes.ts";
import type { IoBuffer } from "../net/buffers.ts";
import { Timer, type TimerWheel } from "../net/timers.ts";
import type { BufferSource, Inbox } from "./inbox.ts";

/** bytes: what is moved inside the kernel with less gain than loss */
const SMALL = 4096;

export interface TunnelTimeouts {
  /** ms of silence; undefined: for ever */
  readonly client?: number;
  readonly server?: number;
  /** instead of both once bytes go both ways */
  readonly tunnel?: number;
  /** after that side has finished sending */
  readonly clientFin?: number;
  readonly serverFin?: number;
  readonly independent: boolean;
}

/** What ended it: "done", or who failed (`client`/`server`) and how. */
export type TunnelEnd =
  | "done"
  | "client-timeout"
  | "server-timeout"
  | "client-abort"
  | "server-abort";

/** Which directions are moved inside the kernel while much data comes (`option splice-…`). */
export interface TunnelSplicing {
  readonly pipes: Pipes;
  readonly request: boolean;
  readonly response: boolean;
}

/** What the tunnel counts on while it runs. */
export interface TunnelCounts {
  bytesIn: number;
  bytesOut: number;
}

export class Tunnel {
  readonly #client: Conn;
  readonly #server: Conn;
  readonly #source: BufferSource;
  readonly #timeouts: TunnelTimeouts;
  readonly #counts: TunnelCounts;
  readonly #splicing: TunnelSplicing | undefined;
  readonly #clientTimer: Timer;
  readonly #serverTimer: Timer;
  #clientFinished = false;
  #serverFinished = false;
  #end: TunnelEnd = "done";
  #stopped = false;

  constructor(
    client: Conn,
    server: Conn,
    source: BufferSource,
    wheel: TimerWheel,
    timeouts: TunnelTimeouts,
    counts: TunnelCounts,
    splicing?: TunnelSplicing,
  ) {
    this.#client = client;
    this.#server = server;
    this.#source = source;
    this.#timeouts = timeouts;
    this.#counts = counts;
    this.#splicing = splicing;
    this.#clientTimer = new Timer(wheel, () => this.#stop("client-timeout"));
    this.#serverTimer = new Timer(wheel, () => this.#stop("server-timeout"));
  }

  /**
   * Runs until the end; never rejects. The caller has sent on already what it had read from either side, and
   * closes both connections afterwards. A read that is pending in the client's inbox is taken over.
   */
  async run(clientInbox?: Inbox): Promise<TunnelEnd> {
    this.#touchClient();
    this.#touchServer();
    await Promise.all([this.#fromClient(clientInbox), this.#fromServer()]);
    this.#clientTimer.clear();
    this.#serverTimer.clear();
    return this.#end;
  }

  /** Ends it from outside (shutdown sessions, stop). */
  kill(): void {
    this.#stop("server-abort");
  }

  async #fromClient(inbox?: Inbox): Promise<void> {
    const ok = await this.#pipe(this.#client, this.#server, true, inbox);
    if (ok) {
      this.#clientFinished = true;
      this.#touchClient();
      this.#touchServer();
    } else this.#stop("client-abort");
  }

  async #fromServer(): Promise<void> {
    const ok = await this.#pipe(this.#server, this.#client, false);
    if (ok) {
      this.#serverFinished = true;
      this.#touchClient();
      this.#touchServer();
    } else this.#stop("server-abort");
  }

  /** Answers true after a clean FIN was passed on, false after an error on either side. */
  async #pipe(from: Conn, to: Conn, fromClient: boolean, inbox?: Inbox): Promise<boolean> {
    const { wait, bulk } = this.#source;
    let buffer: IoBuffer = wait.lend();
    let large = false;
    let splice: Splice | undefined;
    try {
      for (;;) {
        const first = inbox?.pending;
        const r = first ?? (splice === undefined ? from.read(buffer.bytes) : splice.fill());
        const n = typeof r === "number" ? r : await r;
        if (first !== undefined) inbox!.took(n);
        if (n <= 0) {
          if (n !== IoStatus.Eof) {
            // Who failed is the side that was read from.
            this.#stop(fromClient ? "client-abort" : "server-abort");
            return false;
          }
          to.closeWrite();
          return !this.#stopped;
        }
        this.#touch(fromClient);
        const w = splice !== undefined ? splice.drain() : writeAll(
          to,
          first !== undefined
            ? inbox!.bytes.subarray(inbox!.start, inbox!.end)
            : n === buffer.bytes.length
            ? buffer.bytes
            : buffer.bytes.subarray(0, n),
        );
        const status = typeof w === "number" ? w : await w;
        if (first !== undefined) inbox!.consume(inbox!.end);
        if (status < 0) {
          this.#stop(fromClient ? "server-abort" : "client-abort");
          return false;
        }
        if (fromClient) this.#counts.bytesIn += n;
        else this.#counts.bytesOut += n;
        this.#touch(fromClient);
        if (splice !== undefined) {
          if (n >= SMALL) continue;
          splice.close();
          splice = undefined;
        } else if (!large && n === wait.size) {
          wait.giveBack(buffer);
          buffer = bulk.lend();
          large = true;
        } else if (large && n < bulk.size >> 4) {
          bulk.giveBack(buffer);
          buffer = wait.lend();
          large = false;
        } else if (large && n > bulk.size >> 1) {
          splice = this.#spliced(from, to, fromClient);
          if (splice === undefined) continue;
          bulk.giveBack(buffer);
          buffer = wait.lend();
          large = false;
        }
      }
    } finally {
      splice?.close();
      (large ? bulk : wait).giveBack(buffer);
    }
  }

  #spliced(from: Conn, to: Conn, fromClient: boolean): Splice | undefined {
    const splicing = this.#splicing;
    if (splicing === undefined) return undefined;
    return (fromClient ? splicing.request : splicing.response)
      ? splicing.pipes.between(from, to)
      : undefined;
  }

  #touch(fromClient: boolean): void {
    if (!this.#timeouts.independent) {
      this.#touchClient();
      this.#touchServer();
    } else if (fromClient) this.#touchClient();
    else this.#touchServer();
  }

  #touchClient(): void {
    const t = this.#timeouts;
    const ms = this.#clientFinished || this.#serverFinished
      ? t.clientFin ?? t.tunnel ?? t.client
      : t.tunnel ?? t.client;
    if (ms !== undefined && !this.#stopped) this.#clientTimer.set(ms);
  }

  #touchServer(): void {
    const t = this.#timeouts;
    const ms = this.#clientFinished || this.#serverFinished
      ? t.serverFin ?? t.tunnel ?? t.server
      : t.tunnel ?? t.server;
    if (ms !== undefined && !this.#stopped) this.#serverTimer.set(ms);
  }

  #stop(end: TunnelEnd): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#end = end;
    this.#client.close();
    this.#server.close();
  }
}
