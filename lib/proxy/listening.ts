/** Listening: one open listener and the frontend it belongs to now. A reload changes only `frontend`. */
import type { Listener } from "../net/conn.ts";
import type { ClientHello } from "../net/tls/client_hello.ts";
import type { ServerContext, TlsEngine } from "../net/tls/engine.ts";
import type { BindConfig } from "../config/model.ts";
import type { ListenerCounters } from "../state/listener.ts";
import type { Frontend } from "./frontend.ts";

/** The TLS of a `bind` line (lib/tls/listener.ts). */
export interface TlsAcceptor {
  readonly engine: TlsEngine;
  /** the context for a client, or the alert that refuses it */
  choose(hello: ClientHello): ServerContext | number;
}

export class Listening {
  readonly listener: Listener;
  readonly key: string;
  bind: BindConfig;
  frontend: Frontend;
  /** in its proxy */
  number = 1;
  /** undefined: plain connections */
  tls: TlsAcceptor | undefined = undefined;
  connections = 0;
  /** no new connections: the frontend is gone, or the process is draining */
  closed = false;
  /** while the process drains: whether the connection that asks may stay for now (`close-spread-time`) */
  stays: (() => boolean) | undefined = undefined;
  /** paused by a limit */
  paused = false;
  /** `option socket-stats`: what it is counted by, besides its frontend */
  #counters: ListenerCounters | undefined = undefined;
  /** paused by the operator (SIGTTOU): what a limit does in the meantime must not end it */
  #held = false;

  constructor(listener: Listener, key: string, bind: BindConfig, frontend: Frontend) {
    this.listener = listener;
    this.key = key;
    this.bind = bind;
    this.frontend = frontend;
  }

  get counters(): ListenerCounters | undefined {
    return this.#counters;
  }
  set counters(next: ListenerCounters | undefined) {
    if (this.#waits) this.#counters?.limited(false);
    this.#counters = next;
    if (this.#waits) next?.limited(true);
  }

  /** A limit keeps it from accepting. */
  get #waits(): boolean {
    return this.paused && !this.closed;
  }

  /** A limit is reached: connections wait in the kernel's backlog. */
  pause(): void {
    if (this.paused) return;
    this.paused = true;
    if (this.#waits) this.#counters?.limited(true);
    if (!this.#held) this.listener.pause();
  }

  resume(): void {
    if (!this.paused) return;
    if (this.#waits) this.#counters?.limited(false);
    this.paused = false;
    if (!this.#held) this.listener.resume();
  }

  /** SIGTTOU: no connection is accepted until `release`, whatever the limits allow. */
  hold(): void {
    if (this.#held) return;
    this.#held = true;
    if (!this.paused) this.listener.pause();
  }

  /** The operator has paused it. */
  get held(): boolean {
    return this.#held;
  }

  /** SIGTTIN. */
  release(): void {
    if (!this.#held) return;
    this.#held = false;
    if (!this.paused) this.listener.resume();
  }

  /** Its connections end while they are idle, or with their next answer. */
  get leaving(): boolean {
    return this.closed && this.stays?.() !== true;
  }

  close(): void {
    if (this.#waits) this.#counters?.limited(false);
    this.closed = true;
    this.listener.close();
  }

  get name(): string | undefined {
    return this.bind.name;
  }

  get id(): number {
    return this.number;
  }
}
