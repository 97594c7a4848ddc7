import type { Clock } from "./clock.ts";
import type { Address, Conn, Listener } from "./conn.ts";
import { DenoConn } from "./deno_conn.ts";

/** How long accepting rests after it failed, in ms: without descriptors the next try fails as well. */
const REST = 100;

function nothing(): void {}

/** What a listener does to each accepted connection, and when it is closed. */
export interface ListenerHooks {
  readonly keepAlive: boolean;
  /** the address that every accepted connection has on this side (Unix), else it is asked for */
  readonly local?: Address;
  readonly onClose?: () => void;
}

/** A Deno.Listener as Listener. */
export class DenoListener implements Listener {
  readonly address: Address;
  readonly #inner: Deno.Listener;
  readonly #clock: Clock;
  readonly #hooks: ListenerHooks;
  #onConn: (conn: Conn) => void = nothing;
  #onError: (reason: string) => void = nothing;
  #started = false;
  #paused = false;
  #open = true;
  /** A call of `accept` is out, or the rest after a failure. */
  #waiting = false;
  #cancelRest: () => void = nothing;
  readonly #accepted = (inner: Deno.Conn) => this.#deliver(inner);
  readonly #failed = (error: unknown) => this.#rest(error);
  readonly #rested = () => {
    this.#waiting = false;
    this.#accept();
  };

  constructor(inner: Deno.Listener, address: Address, clock: Clock, hooks: ListenerHooks) {
    this.#inner = inner;
    this.address = address;
    this.#clock = clock;
    this.#hooks = hooks;
  }

  start(onConn: (conn: Conn) => void, onError?: (reason: string) => void): void {
    this.#onConn = onConn;
    this.#onError = onError ?? nothing;
    this.#started = true;
    this.#accept();
  }

  /** A call of `accept` cannot be taken back: one more connection may be delivered. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#accept();
  }

  /** The kernel's socket goes in the next turn of the event loop, when the pending `accept` is given up. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#cancelRest();
    this.#inner.close();
    this.#hooks.onClose?.();
  }

  #accept(): void {
    if (this.#waiting || this.#paused || !this.#open || !this.#started) return;
    this.#waiting = true;
    this.#inner.accept().then(this.#accepted, this.#failed);
  }

  #deliver(inner: Deno.Conn): void {
    this.#waiting = false;
    let conn: DenoConn | undefined;
    try {
      if ("setNoDelay" in inner) {
        const tcp = inner as Deno.TcpConn;
        tcp.setNoDelay(true);
        if (this.#hooks.keepAlive) tcp.setKeepAlive(true);
      }
      conn = new DenoConn(inner, this.#hooks.local);
    } catch {
      // The peer reset it while it waited in the backlog; it is gone before it began.
      inner.close();
    }
    try {
      if (conn !== undefined) this.#onConn(conn);
    } finally {
      this.#accept();
    }
  }

  #rest(error: unknown): void {
    if (!this.#open) return;
    const { code } = error as { code?: string };
    if (code === "ECONNABORTED" || code === "EINTR") return this.#rested();
    this.#cancelRest = this.#clock.after(REST, this.#rested);
    this.#onError(code === "EMFILE" || code === "ENFILE" ? "emfile" : "failed");
  }
}
