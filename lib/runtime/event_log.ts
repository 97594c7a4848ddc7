/**
 * What happened to servers and to the process lately: for the statistics page, `show events` and the REST API. A
 * bounded memory; nothing of it is ever waited for.
 */

export interface ProcessEvent {
  /** counts from 1 */
  readonly id: number;
  /** wall ms */
  readonly at: number;
  /** level of RFC 5424 */
  readonly level: number;
  readonly message: string;
  readonly backend?: string;
  readonly server?: string;
}

/** Events that are kept. */
const KEPT = 512;
/** Events that are kept of one server. */
const KEPT_OF_SERVER = 8;
/** Servers whose events are kept: the longest silent one goes first. */
const SERVERS = 8192;

export class EventLog {
  readonly #wall: () => number;
  readonly #events: ProcessEvent[] = [];
  readonly #ofServer = new Map<string, ProcessEvent[]>();
  readonly #listeners = new Set<(event: ProcessEvent) => void>();
  #last = 0;

  constructor(wall: () => number) {
    this.#wall = wall;
  }

  add(level: number, message: string, backend?: string, server?: string): void {
    const event = { id: ++this.#last, at: this.#wall(), level, message, backend, server };
    this.#events.push(event);
    if (this.#events.length > KEPT) this.#events.shift();
    if (backend !== undefined && server !== undefined) this.#keep(`${backend}/${server}`, event);
    for (const listener of this.#listeners) listener(event);
  }

  #keep(key: string, event: ProcessEvent): void {
    const list = this.#ofServer.get(key) ?? [];
    list.push(event);
    if (list.length > KEPT_OF_SERVER) list.shift();
    this.#ofServer.delete(key);
    this.#ofServer.set(key, list);
    if (this.#ofServer.size > SERVERS) {
      this.#ofServer.delete(this.#ofServer.keys().next().value!);
    }
  }

  /** Oldest first; those after the event `id`. */
  since(id: number): readonly ProcessEvent[] {
    return this.#events.filter((event) => event.id > id);
  }

  /** The last ones of a server, oldest first. */
  ofServer(backend: string, server: string): readonly ProcessEvent[] {
    return this.#ofServer.get(`${backend}/${server}`) ?? [];
  }

  /** Calls `listener` for each new event until the answer is called. It must not throw. */
  listen(listener: (event: ProcessEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
